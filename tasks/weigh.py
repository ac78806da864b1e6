"""What the detectors say of an app's releases, by the counts in the ledger: fold what is new, metric by metric, and weigh it together.

Add here when counts reach the detectors in another way; rather in `score.py` when it is what follows from what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from configs.errors import BadInput
from configs.policy import Policy
from configs.settings import App
from configs.terms import Evidence, Metric, RecallState, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in
from integrations.ledger.detectors import detector_state, keep_state
from integrations.ledger.readings import counts_after
from tasks.rules.detectors import DETECTOR, DetectorState, resumed
from tasks.rules.issues import told_together, watched
from tasks.rules.together import TOGETHER, Together, folded_together


def counted_evidence(txn: Txn, policy: Policy, app: App, releases: Sequence[Release], until: datetime) -> list[Evidence]:
    """What is said of each watched release and counted metric; nothing of a metric that nobody has ever counted."""
    bad = [r.version for r in recalls_in(txn, app=app.id) if r.state is not RecallState.DECLINED]
    return [e for release in watched(releases, until, policy) for e in _evidence(txn, policy, release, bad, until)]


def _evidence(txn: Txn, policy: Policy, release: Release, bad: Sequence[str], until: datetime) -> tuple[Evidence, ...]:
    states, together = _resumed(txn, policy, release, [v for v in bad if v != release.version])
    counts = {metric: _counts(txn, release, metric, state.folded_until) for metric, state in states.items()}
    counted = {metric: state for metric, state in states.items() if state.folded_until or counts[metric]}
    known, together = folded_together(counted, counts, together)
    for metric, state in known.items():
        _keep(txn, release, metric.value, state.folded_until or until, state.to_json())
    if known:
        _keep(txn, release, TOGETHER, until, together.to_json())
    return told_together([(DETECTOR, state) for state in known.values()], together.best, until, policy)


def _resumed(txn: Txn, policy: Policy, release: Release, bad: Sequence[str]) -> tuple[dict[Metric, DetectorState], Together]:
    """The release's states. When one of them cannot be read, all begin anew: evidence together is of one and the same course of time."""
    ...
