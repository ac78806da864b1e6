"""The first detector: an exact test of the new version's events against those of the older versions used at the same time.

Of the N events of a bucket, given N, the new version's number is binomial with share q = theta n1 / (theta n1 + n0), where n1 and n0
are the exposures and theta = 1 + margin is the worst ratio of rates a healthy release may have. Conditioning on N removes whatever
hits both versions alike: time of day, incidents, the size of the roll-out. Over many buckets the number is a sum of binomials with
different shares; its upper tail is at most that of one binomial with the average share (Hoeffding, On the distribution of the number
of successes in independent trials, 1956), so three sums a segment are all the state, and the p-value is exact or too large, never
too small. For reviews, where an event is not rare, the binomial is likewise too wide (the true law is hypergeometric).

Guaranteed: with independent counts, and exposures that do not react to earlier counts, the chance that a release no worse than
1 + margin ever raises an alarm is at most alpha, over all looks, segments and metrics together. A look is taken each time the
version's exposure has grown by a tenth (or more, where the policy plans few looks), and the bound is divided evenly over the looks
(Bonferroni), then over all users and the segments in use, then by `metric_weights`.

Not guaranteed: counts that vary more than the binomial within one version (crash loops counted as sessions, a faulty server that only
one version calls) alarm more often than alpha. A halted or hastened roll-out makes exposures react to counts. A regression that
starts late is diluted by the good days before it. Bounds of the ratio hold for one look, not for all of them. More events on the new
version never lower the evidence while its share of use stays, nor when they take the place of older versions' events; where the share
has changed since, the average of shares can make one more event weigh slightly less than none. A sequential e-process behind the same
seam mends these.

Add here when this test changes; rather a detector in a file of its own when the mathematics is another.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from scipy.special import betainc, ndtri

from configs.policy import Detection
from configs.terms import Count, Dimension, Evidence, Health, Metric, Release, Scope
from tasks.rules.detection import KIND_OF_METRIC, NOTHING, Before, Pair, Subject, doubted, narrowed, paired, seen
from tasks.rules.two_proportions_state import Parameters, Sums, TwoProportionsState

ALL_USERS_SHARE = 0.7
"""Part of the false-alarm bound kept for all users; the segments in use divide the rest. Most regressions hit everyone."""

LOOK_GROWTH = 1.1
"""Exposure grows at least by this factor between two looks, so an alarm comes at most a tenth of the exposure late."""

EXPOSURE_SPAN = 1e7
"""Looks reach from the least exposure to this many times it: from 50 sessions to 500 million."""

LARGEST_EXACT = 690.0
"""Nats beyond which the tail underflows a float (e^-745) and Chernoff's bound stands in for it."""


class TwoProportions:
    """A `tasks.rules.detection.Detector`."""

    name = "two_proportions"

    def start(
        self, release: Release, metric: Metric, policy: Detection, excluded: Collection[str] = (), before: Before = NOTHING
    ) -> TwoProportionsState:
        """Nothing of what was known before is used."""
        growth = max(LOOK_GROWTH, EXPOSURE_SPAN ** (1 / policy.planned_looks))
        looks = min(policy.planned_looks, 1 + math.floor(math.log(EXPOSURE_SPAN) / math.log(growth)))
        return TwoProportionsState(
            subject=Subject(release.app, release.platform, release.version, metric, tuple(sorted(set(excluded)))),
            parameters=Parameters(
                policy.margin, looks, growth, policy.min_events, policy.min_exposure, policy.metric_weights.get(metric, 0.0)
            ),
            next_look=max(1, policy.min_exposure),
        )

    def fold(self, state: TwoProportionsState, counts: Sequence[Count]) -> TwoProportionsState:
        for (source, start, end), pairs in groupby(paired(counts, state.subject), key=lambda p: (p.source, p.start, p.end)):
            taken = state.source in ("", source) and (state.folded_until is None or start >= state.folded_until)
            if taken:
                state = _looked(replace(_added(state, pairs), source=source, folded_until=end))
        return state

    def assess(self, state: TwoProportionsState, at: datetime, policy: Detection, *, alarmed: bool = False) -> Evidence:
        log_evidence = _weighted(state)
        alarm = alarmed or log_evidence >= math.log(1 / policy.alpha_halt)
        scope, sums = _affected(state, policy) if alarm else (None, state.all_users)
        ratio, low, high = _ratio(sums, policy.alpha_halt)
        doubt = doubted(state.all_users, state.source, state.folded_until, at, policy)
        health = Health.DEGRADED if alarm else Health.UNKNOWN if doubt else Health.HEALTHY
        return Evidence(
            app=state.subject.app,
            platform=state.subject.platform,
            version=state.subject.version,
            metric=state.subject.metric,
            at=at,
            health=health,
            log_evidence=log_evidence,
            events=sums.events,
            exposure=sums.exposure,
            control_events=sums.control_events,
            control_exposure=sums.control_exposure,
            ratio=ratio,
            ratio_low=low,
            ratio_high=high,
            looks=state.looks,
            kind=KIND_OF_METRIC[state.subject.metric],
            scope=scope,
            reason="; ".join(part for part in (seen(sums, sums.dimension, sums.value, ratio), _bound(state), doubt) if part),
        )

    def load(self, text: str) -> TwoProportionsState:
        return TwoProportionsState.from_json(text)


# --- folding ------------------------------------------------------------------------------------------------------------


def _added(state: TwoProportionsState, pairs: Iterable[Pair]) -> TwoProportionsState:
    streams = {(s.dimension, s.value): s for s in state.streams}
    for pair in pairs:
        key = pair.dimension, pair.value
        streams[key] = _summed(streams.get(key, Sums(*key)), pair, 1 + state.parameters.margin)
    return replace(state, streams=tuple(streams[key] for key in sorted(streams)))


def _summed(sums: Sums, pair: Pair, theta: float) -> Sums:
    """`sums` with one bucket more; the last three are Mantel and Haenszel's, with Greenland and Robins' variance (1985)."""
    n1, n0, both = pair.exposure, pair.control_exposure, pair.events + pair.control_events
    return replace(
        sums,
        events=sums.events + pair.events,
        exposure=sums.exposure + n1,
        control_events=sums.control_events + pair.control_events,
        control_exposure=sums.control_exposure + n0,
        expected=sums.expected + both * theta * n1 / (theta * n1 + n0),
        above=sums.above + pair.events * n0 / (n1 + n0),
        below=sums.below + pair.control_events * n1 / (n1 + n0),
        spread=sums.spread + both * n1 * n0 / (n1 + n0) ** 2,
    )


def _looked(state: TwoProportionsState) -> TwoProportionsState:
    """Takes a look when the exposure has grown enough. When to look depends on exposures only, never on events."""
    limits, exposure = state.parameters, state.all_users.exposure
    if exposure < state.next_look or state.looks >= limits.looks:
        return state
    found = max((evidence for _, evidence in _by_stream(state)), default=0.0)
    next_look = max(exposure + 1, math.ceil(exposure * limits.growth))
    return replace(state, looks=state.looks + 1, next_look=next_look, best=max(state.best, found))


def _by_stream(state: TwoProportionsState) -> list[tuple[Sums, float]]:
    """Each stream in use with its evidence after paying for looks and streams. "In use" depends on exposures only."""
    limits = state.parameters
    everyone = state.all_users
    segments = [s for s in state.streams if s.dimension is not Dimension.ALL and s.exposure >= limits.min_exposure]
    price = math.log(limits.looks)
    share = ALL_USERS_SHARE if segments else 1.0
    shares = [(everyone, share), *((s, (1 - ALL_USERS_SHARE) / len(segments)) for s in segments)]
    return [(s, log_surprise(s, limits.min_events) - price + math.log(part)) for s, part in shares]


def log_surprise(sums: Sums, min_events: int) -> float:
    """Minus the natural log of the p-value, 0 when the events are too few or no more than expected."""
    trials = sums.events + sums.control_events
    if sums.events < max(1, min_events) or sums.events < sums.expected + 1:
        return 0.0
    share = sums.expected / trials
    tail = float(betainc(sums.events, sums.control_events + 1, share))
    exact = -math.log(tail) if tail > 0 else math.inf
    return exact if exact < LARGEST_EXACT else max(LARGEST_EXACT, _chernoff(sums.events, trials, share))


def _chernoff(events: int, trials: int, share: float) -> float:
    seen = events / trials
    rest = (1 - seen) * math.log((1 - seen) / (1 - share)) if seen < 1 else 0.0
    return trials * (seen * math.log(seen / share) + rest)


# --- assessing ----------------------------------------------------------------------------------------------------------


def _affected(state: TwoProportionsState, policy: Detection) -> tuple[Scope, Sums]:
    """Whom it concerns: the most surprising segment when the users outside it show nothing, else everyone."""
    subject, everyone = state.subject, state.all_users
    scope = Scope(subject.app, subject.platform, subject.version)
    segments = [(s, found) for s, found in _by_stream(state) if s.dimension is not Dimension.ALL]
    worst, found = max(segments, key=lambda pair: (pair[1], pair[0].dimension, pair[0].value), default=(everyone, 0.0))
    enough = math.log(1 / policy.alpha_halt)
    if found < enough or log_surprise(_without(everyone, worst), 1) >= enough:
        return scope, everyone
    return narrowed(scope, worst.dimension, worst.value), worst


def _without(everyone: Sums, part: Sums) -> Sums:
    return replace(
        everyone,
        events=max(0, everyone.events - part.events),
        control_events=max(0, everyone.control_events - part.control_events),
        expected=max(0.0, everyone.expected - part.expected),
    )


def _ratio(sums: Sums, alpha: float) -> tuple[float | None, float | None, float | None]:
    """Mantel-Haenszel ratio of rates with its bounds at two-sided `alpha`; None where a side has no events."""
    if sums.above <= 0 or sums.below <= 0:
        return (0.0 if sums.below > 0 else None), None, None
    ratio = sums.above / sums.below
    width = math.exp(float(ndtri(1 - alpha / 2)) * math.sqrt(sums.spread / (sums.above * sums.below)))
    return ratio, ratio / width, ratio * width


def _weighted(state: TwoProportionsState) -> float:
    weight = state.parameters.weight
    return max(0.0, state.best + math.log(weight)) if weight > 0 else 0.0


def _bound(state: TwoProportionsState) -> str:
    if state.parameters.weight <= 0:
        return "this metric has no weight in the policy, so it never alarms"
    return f"probability of such evidence from a healthy release at most {math.exp(-_weighted(state)):.2g}"
