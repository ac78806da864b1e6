"""The sequential detector: folds counts into the e-process bucket by bucket, and tells its evidence.

Guaranteed: with counts that are binomial given their sum, the chance that a release no worse than 1 + margin ever raises an alarm is at
most alpha times the metric's weight, over all looks, starts and segments together, whatever the roll-out does. Noise of one version
beyond that is tempered, which is nearly as good. More events in the newest bucket of all users never lower the evidence.

Add here when more is told; rather in `e_process_reading.py` when counts are read in another way, in `e_process.py` when the test changes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from configs.policy import Detection
from configs.terms import Count, Evidence, Health, Metric, Release, Scope, Suspect
from tasks.rules.detection import (
    KIND_OF_METRIC,
    NOTHING,
    Before,
    Pair,
    Subject,
    by_time,
    concerns,
    doubted,
    is_older,
    lonely,
    narrowed,
    paired,
    seen,
)
from tasks.rules.e_process import (
    Parameters,
    folded,
    log_by_stream,
    log_e,
    widened,
)
from tasks.rules.e_process_reading import EVERYONE, read
from tasks.rules.e_process_scope import explained, narrow, ratio_of, scope_posterior
from tasks.rules.e_process_state import EProcessState
from tasks.rules.reference import Segment, reference_of

SUSPECTS = 5
"""At most so many scopes are told, the most probable first."""
LEAST_PROBABLE = 0.02
"""A scope less probable than this is not told."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """Totals of one stream."""

    events: int
    exposure: int
    control_events: int
    control_exposure: int


class EProcess:
    """A `tasks.rules.detection.Detector`."""

    name = "e_process"

    def start(
        self, release: Release, metric: Metric, policy: Detection, excluded: Collection[str] = (), before: Before = NOTHING
    ) -> EProcessState:
        subject = Subject(release.app, release.platform, release.version, metric, tuple(sorted(set(excluded))))
        parameters = Parameters(
            margin=before.margin or policy.margin,
            noise=before.noise or policy.noise,
            phi=before.phi,
            delays=before.delays,
            weight=policy.metric_weights.get(metric, 0.0),
            min_events=policy.min_events,
            alone_margin=policy.alone_margin,
            alone_noise=policy.alone_noise,
        )
        reference = reference_of(before.counts, subject, policy.reference_min_events, parameters.segments)
        return EProcessState(subject, parameters, reference=reference)

    def fold(self, state: EProcessState, counts: Sequence[Count]) -> EProcessState:
        pairs = paired(counts, state.subject)
        if state.reference is not None:
            pairs = tuple(sorted((*pairs, *lonely(counts, state.subject)), key=by_time))
        for _, bucket in groupby(pairs, key=lambda p: (p.source, p.start, p.end)):
            state = _taken(state, list(bucket))
        return replace(state, seen_until=_seen_until(state, counts)) if state.source else state

    def assess(self, state: EProcessState, at: datetime, policy: Detection, *, alarmed: bool = False) -> Evidence:
        log_evidence = _weighted(state)
        alarm = alarmed or log_evidence >= math.log(1 / policy.alpha_halt)
        row = narrow(state.process, policy.alpha_halt) if alarm else 0
        segment, sums, everyone = _segment(state, row), _sums(state, row), _sums(state, 0)
        ratio, low, high = _ratio(state, row, policy.alpha_halt)
        doubt = doubted(everyone, state.source, state.folded_until, at, policy)
        subject = state.subject
        return Evidence(
            app=subject.app,
            platform=subject.platform,
            version=subject.version,
            metric=subject.metric,
            at=at,
            health=Health.DEGRADED if alarm else Health.UNKNOWN if doubt else Health.HEALTHY,
            log_evidence=log_evidence,
            events=sums.events,
            exposure=sums.exposure,
            control_events=sums.control_events,
            control_exposure=sums.control_exposure,
            ratio=ratio,
            ratio_low=low,
            ratio_high=high,
            looks=state.looks,
            kind=KIND_OF_METRIC[subject.metric],
            scope=_scope(state, row) if alarm else None,
            reason="; ".join(part for part in (seen(sums, *segment, ratio), _bound(state), _weaker(state), doubt) if part),
            suspects=_suspects(state, policy.alpha_halt),
        )

    def load(self, text: str) -> EProcessState:
        return EProcessState.from_json(text)


# --- folding ------------------------------------------------------------------------------------------------------------


def _taken(state: EProcessState, pairs: list[Pair]) -> EProcessState:
    """The state after one bucket, if it is the next one of the state's source and there is something to compare it with."""
    first = pairs[0]
    if state.source not in ("", first.source) or (state.folded_until is not None and first.start < state.folded_until):
        return state
    if first.control_exposure == 0 and (state.reference is None or state.reference.source != first.source):
        return state
    return _folded(replace(state, source=first.source, began=state.began or first.start, folded_until=first.end), pairs)


def _seen_until(state: EProcessState, counts: Sequence[Count]) -> datetime | None:
    newest, subject = state.seen_until, state.subject
    for c in counts:
        if c.source == state.source and (newest is None or c.end > newest) and concerns(c, subject):
            newest = c.end if c.version == subject.version or is_older(c.version, subject.version) else newest
    return newest


def _folded(state: EProcessState, pairs: list[Pair]) -> EProcessState:
    """A bucket without a row for all users has nothing to compare. Once there is a control, the earlier rate is done with."""
    by_segment = {(p.dimension, p.value): p for p in pairs}
    if EVERYONE not in by_segment:
        return state
    seen = read(state, by_segment)
    process = folded(widened(state.process, len(seen.poll.streams)), seen.poll, state.parameters)
    reference = state.reference if seen.poll.alone else None
    after = replace(state, segments=seen.segments, process=process, looks=state.looks + 1, reference=reference, recent=seen.recent)
    return replace(after, best=max(state.best, log_now(after)))


def log_now(state: EProcessState) -> float:
    """ln E of the metric as it is now; never above 0 while the new version has fewer events than say anything."""
    found = log_e(state.process, state.parameters)
    return found if state.process.totals[0, 0] >= max(1, state.parameters.min_events) else min(found, 0.0)


# --- assessing ----------------------------------------------------------------------------------------------------------


def _suspects(state: EProcessState, alpha: float) -> tuple[Suspect, ...]:
    """The scopes that may be concerned; none before the first event."""
    if state.process.totals[0, 0] <= 0:
        return ()
    posterior, alone = scope_posterior(state.process), log_by_stream(state.process, state.parameters)
    order = sorted(range(len(posterior)), key=lambda row: (-posterior[row], _segment(state, row)))
    likely = (row for row in order[:SUSPECTS] if posterior[row] >= LEAST_PROBABLE)
    return tuple(
        Suspect(
            _scope(state, row),
            float(posterior[row]),
            float(alone[row]),
            *_ratio(state, row, alpha),
            explained(state.process, row),
        )
        for row in likely
    )


def _scope(state: EProcessState, row: int) -> Scope:
    whole = Scope(state.subject.app, state.subject.platform, state.subject.version)
    return narrowed(whole, *_segment(state, row)) if row else whole


def _segment(state: EProcessState, row: int) -> Segment:
    return state.segments[row - 1] if row else EVERYONE


def _sums(state: EProcessState, row: int) -> _Sums:
    return _Sums(*(int(v) for v in state.process.totals[row]))


def _ratio(state: EProcessState, row: int, alpha: float) -> tuple[float | None, float | None, float | None]:
    """The most likely ratio of rates with bounds that hold at all looks together; None where a side has no events."""
    totals = state.process.totals[row]
    if totals[0] <= 0 or totals[2] <= 0:
        return (0.0 if totals[2] > 0 else None), None, None
    found = ratio_of(state.process, row, alpha)
    return found.ratio, found.low, found.high


def _weighted(state: EProcessState) -> float:
    weight = state.parameters.weight
    return max(0.0, state.best + math.log(weight)) if weight > 0 else 0.0


def _bound(state: EProcessState) -> str:
    if state.parameters.weight <= 0:
        return "this metric has no weight in the policy, so it never alarms"
    return f"probability of such evidence from a healthy release at most {math.exp(-_weighted(state)):.2g}"


def _weaker(state: EProcessState) -> str:
    if not state.process.alone:
        return ""
    return (
        "nobody uses an older version beside it, so it is compared with the rate of the days before, which is weaker: "
        "keep 1 to 5 % of the users on the old version"
    )
