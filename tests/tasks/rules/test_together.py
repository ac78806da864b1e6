"""All metrics of a release together: one mean at one moment, kept at its largest, and what it lets a release's evidence say."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import BadInput
from configs.policies import load_policy
from configs.terms import Count, Health, Issue, IssueState, Level, Metric, Scope
from tasks.rules.detectors import DetectorState
from tasks.rules.e_process_state import EProcessState
from tasks.rules.e_processes import EProcess, log_now
from tasks.rules.issues import alarming, is_due_for_proposal
from tasks.rules.together import States, Together, folded_together, log_together, told_together
from tasks.rules.two_proportions import TwoProportions
from tests.tasks.rules.counts import APP, HOUR, NEW, POLICY, RELEASE, START, a_roll_out, an_hour

METRICS = tuple(POLICY.metric_weights)


def begun(*metrics: Metric) -> dict[Metric, DetectorState]:
    return {m: EProcess().start(RELEASE, m, POLICY) for m in metrics or METRICS}


def a_course(metric: Metric, seed: int = 1, ratio: float = 1.0, hours: int = 48) -> list[Count]:
    return [replace(c, metric=metric) for c in chain.from_iterable(a_roll_out(seed, ratio, hours=hours))]


def together(*courses: Sequence[Count]) -> tuple[States, Together]:
    counts = {course[0].metric: course for course in courses}
    return folded_together(begun(*counts), counts, Together())


def test_the_mean_is_the_one_written_down() -> None:
    states, _ = together(a_course(Metric.CRASH, 1, 1.4), a_course(Metric.ANR, 2, 1.4))
    by_hand = 0.4 * math.exp(own(states[Metric.CRASH])) + 0.2 * math.exp(own(states[Metric.ANR])) + 0.4
    assert log_together(states.values()) == pytest.approx(math.log(by_hand))


def own(state: DetectorState) -> float:
    assert isinstance(state, EProcessState)
    return log_now(state)


def test_nothing_counted_yet_counts_as_one() -> None:
    assert log_together(begun().values()) == pytest.approx(0.0, abs=1e-12)
    assert log_together([]) == 0.0
    assert folded_together({}, {}, Together(2.5))[1] == Together(2.5)


def test_a_metric_without_counts_keeps_its_weight() -> None:
    course = a_course(Metric.CRASH, 3, 2)
    alone, _ = folded_together(begun(Metric.CRASH), {Metric.CRASH: course}, Together())
    beside, _ = folded_together(begun(Metric.CRASH, Metric.ANR), {Metric.CRASH: course}, Together())
    assert log_together(alone.values()) == pytest.approx(log_together(beside.values()))


def test_two_weak_metrics_are_stronger_together_than_either() -> None:
    states, found = together(a_course(Metric.CRASH, 1, 1.6), a_course(Metric.ANR, 2, 1.6))
    assert found.best > max(own(s) + math.log(POLICY.metric_weights[m]) for m, s in states.items())


def test_the_largest_moment_is_kept_and_not_the_sum_of_each_metrics_largest() -> None:
    """The crashes peak on the first day, the hangs on the second: their peaks never meet."""
    first = [*a_course(Metric.CRASH, 1, 2, hours=12), *_calm(Metric.CRASH, 12, 48)]
    second = _later(a_course(Metric.ANR, 1, 2, hours=12), 24)
    states, found = together(first, second)
    peaks = [s.best + math.log(POLICY.metric_weights[m]) for m, s in states.items() if isinstance(s, EProcessState)]
    assert peaks[0] - peaks[1] == pytest.approx(math.log(2))
    assert max(peaks) - 1e-9 <= found.best < float(np.logaddexp.reduce(peaks)) - 0.01
    assert found.best > log_together(states.values()) + 0.5


def _calm(metric: Metric, begin: int, end: int) -> list[Count]:
    return [replace(c, metric=metric) for hour in range(begin, end) for c in an_hour(hour, (0, 2000), (60, 6000))]


def _later(counts: Sequence[Count], hours: int) -> list[Count]:
    return [replace(c, start=c.start + hours * HOUR, end=c.end + hours * HOUR) for c in counts]


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 48), max_size=4))
def test_replay_equals_live_however_the_polls_were_cut(cuts: list[int]) -> None:
    courses = {Metric.CRASH: a_course(Metric.CRASH, 1, 2), Metric.ANR: a_course(Metric.ANR, 2, 2)}
    states: States = begun(*courses)
    found, places = Together(), sorted({0, *cuts, 48})
    for begin, end in pairwise(places):
        part = {m: [c for c in course if begin * HOUR <= c.start - START < end * HOUR] for m, course in courses.items()}
        states, found = folded_together(states, part, Together.from_json(found.to_json()))
    whole, best = folded_together(begun(*courses), courses, Together())
    assert (dict(states), found) == (dict(whole), best)


def test_the_same_buckets_again_change_nothing() -> None:
    course = a_course(Metric.CRASH, 1, 2)
    once = folded_together(begun(Metric.CRASH), {Metric.CRASH: course}, Together())
    assert folded_together(once[0], {Metric.CRASH: course}, once[1]) == once


def test_a_release_no_worse_than_allowed_averages_at_most_one() -> None:
    """Over simulated healthy releases, evidence together at a fixed moment averages at most one, and hardly ever reaches twenty."""
    found = [together(a_course(Metric.CRASH, 100 + s, hours=24), a_course(Metric.ANR, 500 + s, hours=24)) for s in range(60)]
    assert np.mean([math.exp(log_together(states.values())) for states, _ in found]) < 1.2
    assert sum(one.best >= math.log(1 / POLICY.alpha_halt) for _, one in found) <= 4


def test_states_of_the_exact_test_count_as_one() -> None:
    course = a_course(Metric.CRASH, 1, 3)
    exact = TwoProportions().fold(TwoProportions().start(RELEASE, Metric.CRASH, POLICY), course)
    assert log_together([exact]) == 0.0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"other/1","best":1}', '{"format":"together/1","best":"x"}'])
def test_a_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="start again"):
        Together.from_json(text)


# --- what it says -------------------------------------------------------------------------------------------------------


def test_every_metric_tells_what_all_say_together() -> None:
    states, found = together(a_course(Metric.CRASH, 1, 2), a_course(Metric.ANR, 2, 2))
    told = told_together(tuple(states.values()), found, START + 48 * HOUR, POLICY)
    assert [e.metric for e in told] == [Metric.CRASH, Metric.ANR]
    assert {e.log_combined for e in told} == {found.best}
    assert found.best >= max(e.log_evidence for e in told)


def test_where_only_all_together_reach_a_halt_the_strongest_speaks() -> None:
    crash, anr = a_course(Metric.CRASH, 1, 1.0), a_course(Metric.ANR, 2, 1.1)
    states, _ = together(crash, anr)
    loud = Together(math.log(1 / POLICY.alpha_halt) + 0.1)
    told = told_together(tuple(states.values()), loud, START + timedelta(hours=48), POLICY)
    strongest = max(told, key=lambda e: e.log_evidence)
    assert [e.health is Health.DEGRADED for e in told] == [e is strongest for e in told]
    assert strongest.scope is not None
    assert "only all metrics together" in strongest.reason
    assert alarming(told, load_policy("default")) == (strongest,)
    quiet = told_together(tuple(states.values()), Together(1.0), START + timedelta(hours=48), POLICY)
    assert alarming(quiet, load_policy("default")) == ()


@pytest.mark.parametrize(
    ("level", "times", "due"),
    [
        (Level.SERIOUS, 20, True),
        (Level.SERIOUS, 19, False),
        (Level.HIGH, 100, True),
        (Level.HIGH, 99, False),
        (Level.MEDIUM, 1000, False),
    ],
)
def test_a_recall_is_proposed_on_all_metrics_together(level: Level, times: float, due: bool) -> None:
    states, _ = together(a_course(Metric.CRASH, 1, 1.0))
    told = told_together(tuple(states.values()), Together(math.log(times) + 1e-9), START + 48 * HOUR, POLICY)
    assert max(e.log_evidence for e in told) < math.log(15)
    issue = Issue("i", APP, RELEASE.platform, NEW, told[0].kind, IssueState.OPEN, level, START, "", Scope(APP, RELEASE.platform, NEW))
    assert is_due_for_proposal(issue, told, load_policy("default")) is due
