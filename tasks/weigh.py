"""What the detectors say of an app's releases, by the counts in the ledger: fold what is new, metric by metric, and weigh it together.

Add here when counts reach the detectors in another way; rather in `score.py` when it is what follows from what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from configs.errors import BadInput
from configs.policy import Policy
from configs.settings import App
from configs.terms import Count, Evidence, Metric, RecallState, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in
from integrations.ledger.detectors import detector_state, keep_state
from tasks.counted import counted
from tasks.lateness import delays_before
from tasks.learn import counting_sessions, learnt_of
from tasks.rules.detection import Before
from tasks.rules.detectors import DETECTOR, DetectorState, unfolded_from
from tasks.rules.issues import watched
from tasks.rules.together import TOGETHER, Together, folded_together, told_together


@dataclass(frozen=True, slots=True)
class Weighed:
    """`began`: with what parameters a metric of a release began to be watched, by version and metric."""

    evidence: tuple[Evidence, ...]
    began: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Scales:
    """Where releases are weighed: the open transaction, and what holds for all of them. `bad`: versions that are no control."""

    txn: Txn
    policy: Policy
    app: App
    bad: tuple[str, ...]
    listed: tuple[str, ...]
    began: dict[str, dict[str, str]] = field(default_factory=dict)


def weigh(txn: Txn, policy: Policy, app: App, releases: Sequence[Release], until: datetime) -> Weighed:
    """What is said of each watched release and counted metric; nothing of a metric that nobody has ever counted."""
    bad = tuple(r.version for r in recalls_in(txn, app=app.id) if r.state is not RecallState.DECLINED)
    scales = _Scales(txn, policy, app, bad, tuple(r.version for r in releases))
    evidence = tuple(e for release in watched(releases, until, policy) for e in _evidence(scales, release, until))
    return Weighed(evidence, scales.began)


def _evidence(scales: _Scales, release: Release, until: datetime) -> tuple[Evidence, ...]:
    txn, policy = scales.txn, scales.policy
    kept, together = _kept(txn, policy, release)
    states, counts = {}, {}
    for metric in policy.detection.metric_weights:
        since = _since(kept[metric], release, until, policy) if metric in kept else release.released_at
        found = counted(txn, release, metric, since, scales.listed)
        if metric in kept or found:
            states[metric], counts[metric] = kept.get(metric) or _begun(scales, release, metric, found), found
    known, together = folded_together(states, counts, together)
    for metric, state in known.items():
        _keep(txn, release, metric.value, state.folded_until or until, state.to_json())
    if known:
        _keep(txn, release, TOGETHER, until, together.to_json())
    return told_together(tuple(known.values()), together, until, policy.detection)


def _since(state: DetectorState, release: Release, until: datetime, policy: Policy) -> datetime:
    """From where on counts may be new. With no version beside it nothing is folded, and not all since its first day is read."""
    late = timedelta(hours=policy.quarantine.old_after_hours)
    return unfolded_from(state, late) or max(release.released_at, until - timedelta(days=policy.detection.reference_days))


def _begun(scales: _Scales, release: Release, metric: Metric, found: Sequence[Count]) -> DetectorState:
    """A state with what was known when the release came out; its parameters are told, for they are frozen from here on."""
    policy, learnt = scales.policy.detection, learnt_of(scales.txn, scales.app, metric)
    phi = max((learnt.phi(policy, s) for s in counting_sessions(scales.app) & {c.source for c in found}), default=1.0)
    since = release.released_at - timedelta(days=policy.reference_days)
    earlier = counted(scales.txn, release, metric, since, scales.listed)
    before = Before(
        counts=tuple(c for c in earlier if c.end <= release.released_at),
        margin=learnt.margin(policy, phi),
        noise=learnt.noise(policy, phi),
        phi=phi,
        delays=delays_before(scales.txn, scales.policy, release, metric, scales.listed, scales.bad),
    )
    frozen = {"margin": before.margin, "noise": before.noise, "phi": before.phi, "learnt_from": len(learnt.lessons)}
    late = {f"late {source}": " ".join(f"{share:.3g}" for share in shares) for source, shares in before.delays}
    scales.began[f"{release.version} {metric.value}"] = {name: f"{value:.4g}" for name, value in frozen.items()} | late
    return DETECTOR.start(release, metric, policy, [v for v in scales.bad if v != release.version], before)


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
