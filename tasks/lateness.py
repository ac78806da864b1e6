"""How late reports came before a release: what its detectors are told at the beginning, and what then holds for good.

Add here when another source says how late its reports are; rather in `tasks/rules/late.py` when other shares follow from it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from configs.policy import Policy
from configs.terms import Metric, Release
from integrations.ledger.book import Txn
from integrations.ledger.readings import has_events
from tasks.rules.detection import Delays, is_older
from tasks.rules.late import lag_shares
from tasks.rules.plausibility import is_unlisted


def delays_before(txn: Txn, policy: Policy, release: Release, metric: Metric, listed: Collection[str], bad: Collection[str]) -> Delays:
    """By source, the shares of the reports of older versions that came at once, in the next five minutes, and so on.

    Of the days before the release, as many as for the earlier rate. Sources without single events, or with few, are left out.
    """
    if not has_events(txn, release.app, release.platform):
        return ()
    from integrations.ledger.event_delays import SESSION, delays_between, kind_of, versions_told  # Arrow costs a third of a second

    kind, detection = kind_of(metric), policy.detection
    told = versions_told(txn, release.app, release.platform)
    older = [v for v in told if is_older(v, release.version) and v not in bad and not is_unlisted(v, listed)]
    if kind is None or not older:
        return ()
    since, within = release.released_at - timedelta(days=detection.reference_days), timedelta(hours=policy.events.count_within_hours)
    found = delays_between(txn, release.app, release.platform, older, since, release.released_at, within)
    shares = {s: lag_shares(d[kind].tolist(), d[SESSION].tolist(), detection.reference_min_events) for s, d in found.items()}
    return tuple((source, late) for source, late in sorted(shares.items()) if len(late) > 1)
