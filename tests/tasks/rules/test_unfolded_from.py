"""From where on counts may be new to a detector, also where nobody uses an older version any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from configs.terms import Count, Metric
from tasks.rules.detectors import Detectors, DetectorState, unfolded_from
from tests.tasks.rules.counts import HOUR, POLICY, RELEASE, START, a_count, an_hour

LATE = timedelta(hours=72)
DETECTOR, EXACT = Detectors("e_process"), Detectors("two_proportions")
BESIDE = [c for hour in range(10) for c in an_hour(hour, (3, 300), (9, 900))]


def alone(first: int, last: int) -> list[Count]:
    return [a_count(hour, events=3, exposure=300) for hour in range(first, last)]


def folded(*counts: Count, detector: Detectors = DETECTOR) -> DetectorState:
    return detector.fold(detector.start(RELEASE, Metric.CRASH, POLICY), counts)


def test_before_the_first_fold_nothing_bounds_it() -> None:
    assert unfolded_from(folded(), LATE) is None
    assert unfolded_from(folded(*alone(0, 500)), LATE) is None


def test_it_is_the_last_fold_while_there_is_a_control() -> None:
    for detector in (DETECTOR, EXACT):
        assert unfolded_from(folded(*BESIDE, detector=detector), LATE) == START + 10 * HOUR


def test_where_the_control_died_out_only_the_last_days_are_looked_at_again() -> None:
    assert unfolded_from(folded(*BESIDE, *alone(10, 50)), LATE) == START + 10 * HOUR
    assert unfolded_from(folded(*BESIDE, *alone(10, 500)), LATE) == START + 500 * HOUR - LATE


def test_another_sources_or_newer_versions_buckets_bound_nothing() -> None:
    others = [replace(c, source="other") for c in alone(10, 500)]
    newer = [replace(c, version="9.0.0") for c in alone(10, 500)]
    assert unfolded_from(folded(*BESIDE, *others, *newer), LATE) == START + 10 * HOUR


def test_a_control_that_comes_back_is_compared_as_if_everything_had_been_read() -> None:
    back = [c for hour in range(500, 520) for c in an_hour(hour, (30, 300), (9, 900))]
    whole = folded(*BESIDE, *alone(10, 500), *back)
    state = folded(*BESIDE, *alone(10, 500))
    since = unfolded_from(state, LATE)
    assert since is not None
    assert DETECTOR.fold(state, [c for c in back if c.start >= since]) == whole
