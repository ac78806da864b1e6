"""The counts that are judged, watched and learnt from: all in the ledger but those of versions that nobody released.

What sources deliver is sifted before it is kept; but a release list may come after counts, when it is too late to hold them.

Add here when other counts say nothing; rather in `sift.py` when they are not even kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from configs.terms import Count, Metric, Release
from integrations.ledger.book import Txn
from integrations.ledger.readings import counts_after
from tasks.rules.plausibility import is_unlisted


def counted(txn: Txn, release: Release, metric: Metric, after: datetime, listed: Collection[str]) -> Sequence[Count]:
    """Counts of a metric from that moment on, of the release and of every other listed or older version of its app."""
    counts = counts_after(txn, release.app, release.platform, metric, after)
    nobodys = {version for version in {c.version for c in counts} if is_unlisted(version, listed)}
    return [c for c in counts if c.version not in nobodys] if nobodys else counts
