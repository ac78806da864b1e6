"""What the detectors say of an app's releases, by the counts in the ledger: fold what is new, metric by metric, and weigh it together.

Add here when counts reach the detectors in another way; rather in `score.py` when it is what follows from what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from configs.errors import BadInput
from configs.policy import Policy
from configs.settings import App
from configs.terms import Evidence, Metric, RecallState, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in
from integrations.ledger.detectors import detector_state, keep_state
from integrations.ledger.readings import counts_after
from tasks.rules.detection import Before
from tasks.rules.detectors import DETECTOR, DetectorState
from tasks.rules.issues import watched
from tasks.rules.together import TOGETHER, Together, folded_together, told_together


def counted_evidence(txn: Txn, policy: Policy, app: App, releases: Sequence[Release], until: datetime) -> list[Evidence]:
    """What is said of each watched release and counted metric; nothing of a metric that nobody has ever counted."""
    bad = [r.version for r in recalls_in(txn, app=app.id) if r.state is not RecallState.DECLINED]
    return [e for release in watched(releases, until, policy) for e in _evidence(txn, policy, release, bad, until)]


def _evidence(txn: Txn, policy: Policy, release: Release, bad: Sequence[str], until: datetime) -> tuple[Evidence, ...]:
    began, together = _kept(txn, policy, release)
    states, counts = {}, {}
    for metric in policy.detection.metric_weights:
        since = began[metric].folded_until if metric in began else None
        found = counts_after(txn, release.app, release.platform, metric, since or release.released_at)
        if metric in began or found:
            states[metric], counts[metric] = began.get(metric) or _begun(txn, policy, release, metric, bad), found
    known, together = folded_together(states, counts, together)
    for metric, state in known.items():
        _keep(txn, release, metric.value, state.folded_until or until, state.to_json())
    if known:
        _keep(txn, release, TOGETHER, until, together.to_json())
    return told_together(tuple(known.values()), together, until, policy.detection)


def _begun(txn: Txn, policy: Policy, release: Release, metric: Metric, bad: Sequence[str]) -> DetectorState:
    """A state with what was known when the release came out."""
    since = release.released_at - timedelta(days=policy.detection.reference_days)
    earlier = counts_after(txn, release.app, release.platform, metric, since)
    before = Before(tuple(c for c in earlier if c.end <= release.released_at))
    return DETECTOR.start(release, metric, policy.detection, [v for v in bad if v != release.version], before)


def _kept(txn: Txn, policy: Policy, release: Release) -> tuple[dict[Metric, DetectorState], Together]:
    """The states kept of a release. When one cannot be read all begin anew: together they are about one and the same course of time."""
    names = (*(m.value for m in policy.detection.metric_weights), TOGETHER)
    texts = {name: detector_state(txn, release.app, release.platform, release.version, name) for name in names}
    together = texts.pop(TOGETHER)
    try:
        states = {Metric(name): DETECTOR.load(text) for name, text in texts.items() if text is not None}
        return states, Together.from_json(together) if together else Together()
    except BadInput:
        return {}, Together()


def _keep(txn: Txn, release: Release, name: str, folded_until: datetime, text: str) -> None:
    keep_state(txn, release.app, release.platform, release.version, name, folded_until, text)
