"""The exact test: against sums by hand, against simulated roll-outs, and the properties a reader takes for granted."""

import math
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from configs.terms import Count, Dimension, Evidence, Health, Metric, Scope
from tasks.rules.two_proportions import LARGEST_EXACT, TwoProportions, log_surprise
from tasks.rules.two_proportions_state import Sums
from tests.tasks.rules.counts import APP, NEW, POLICY, RELEASE, START, a_roll_out, an_hour

DETECTOR = TwoProportions()
ALARM = math.log(1 / POLICY.alpha_halt)
EVERYONE = Scope(APP, RELEASE.platform, NEW)
STRICT = POLICY.model_copy(update={"metric_weights": {Metric.CRASH: 1.0}})
"""The whole bound on crashes, so that a wrong bound shows sooner."""


def evidence_of(counts: list[Count], policy: object = POLICY) -> Evidence:
    state = DETECTOR.fold(DETECTOR.start(RELEASE, Metric.CRASH, policy), counts)  # type: ignore[arg-type]  # always a Detection
    return DETECTOR.assess(state, state.folded_until or START, policy)  # type: ignore[arg-type]  # always a Detection


def test_one_look_at_one_bucket_is_the_binomial_tail_and_nothing_else() -> None:
    once = STRICT.model_copy(update={"planned_looks": 1})
    evidence = evidence_of(an_hour(0, (20, 1000), (90, 9000)), once)
    share = 1.05 * 1000 / (1.05 * 1000 + 9000)
    assert evidence.log_evidence == pytest.approx(-math.log(binom.sf(19, 110, share)))
    assert evidence.looks == 1


def test_no_look_is_taken_beyond_the_plan() -> None:
    once = STRICT.model_copy(update={"planned_looks": 1})
    first = an_hour(0, (20, 1000), (90, 9000))
    assert evidence_of([*first, *an_hour(1, (9000, 10**11), (0, 10**11))], once).log_evidence == evidence_of(first, once).log_evidence


def test_looks_segments_and_weights_are_paid_for() -> None:
    looks = STRICT.model_copy(update={"planned_looks": 100})
    counts = an_hour(0, (60, 1000), (90, 9000))
    free = evidence_of(counts, STRICT.model_copy(update={"planned_looks": 1})).log_evidence
    assert evidence_of(counts, looks).log_evidence == pytest.approx(free - math.log(100))
    halved = looks.model_copy(update={"metric_weights": {Metric.CRASH: 0.5}})
    assert evidence_of(counts, halved).log_evidence == pytest.approx(free - math.log(100) - math.log(2))
    segmented = counts + an_hour(0, (1, 500), (50, 4500), "Pixel 8")
    assert evidence_of(segmented, looks).log_evidence == pytest.approx(free - math.log(100) + math.log(0.7))


@settings(max_examples=60, deadline=None)
@given(buckets=st.lists(st.tuples(st.integers(1, 12), st.floats(0.02, 0.9)), min_size=1, max_size=5), events=st.integers(1, 40))
def test_the_average_share_never_understates_the_tail_of_the_sum(buckets: list[tuple[int, float]], events: int) -> None:
    law = np.ones(1)
    for trials, share in buckets:
        law = np.convolve(law, binom.pmf(np.arange(trials + 1), trials, share))
    trials, expected = sum(n for n, _ in buckets), sum(n * q for n, q in buckets)
    if events > trials:
        return
    sums = Sums(Dimension.ALL, "", events=events, control_events=trials - events, expected=expected)
    assert math.exp(-log_surprise(sums, 1)) >= law[events:].sum() * (1 - 1e-9)


HOURS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4000), st.integers(0, 60), st.integers(1, 9000)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(hours=HOURS, which=st.integers(0, 5), more=st.integers(0, 30))
def test_more_of_the_same_crashes_on_the_new_version_never_lower_the_evidence(
    hours: list[tuple[int, int, int, int]], which: int, more: int
) -> None:
    moved = [(x1, n1, x0 + more, n0) if i == which % len(hours) else (x1, n1, x0, n0) for i, (x1, n1, x0, n0) in enumerate(hours)]
    worse = [(x1 + more, n1, x0, n0) if i == which % len(hours) else (x1, n1, x0, n0) for i, (x1, n1, x0, n0) in enumerate(hours)]
    assert evidence_of(folded(worse)).log_evidence >= evidence_of(folded(moved)).log_evidence - 1e-9


@settings(max_examples=60, deadline=None)
@given(hours=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), min_size=1, max_size=6), more=st.integers(1, 200))
def test_more_crashes_at_an_unchanged_share_never_lower_the_evidence(hours: list[tuple[int, int]], more: int) -> None:
    before = [(x1, 500, x0, 4500) for x1, x0 in hours]
    after = [*before[:-1], (before[-1][0] + more, 500, before[-1][2], 4500)]
    assert evidence_of(folded(after)).log_evidence >= evidence_of(folded(before)).log_evidence - 1e-9


def folded(hours: list[tuple[int, int, int, int]]) -> list[Count]:
    return [c for i, (x1, n1, x0, n0) in enumerate(hours) for c in an_hour(i, (x1, n1), (x0, n0))]


def test_renaming_the_segments_changes_nothing() -> None:
    counts = list(chain.from_iterable(a_roll_out(seed=5, ratio=2)))
    names = {"Pixel 8": "zz", "Galaxy S21": "aa", "Redmi 9": "mm", "": ""}
    renamed = [replace(c, value=names[c.value]) for c in counts]
    assert evidence_of(renamed).log_evidence == evidence_of(counts).log_evidence


def test_releases_just_within_the_margin_alarm_no_more_often_than_alpha() -> None:
    runs = 150
    alarms = sum(
        evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=1.05, hours=24))), STRICT).log_evidence >= ALARM for seed in range(runs)
    )
    assert binomtest(alarms, runs, POLICY.alpha_halt, alternative="greater").pvalue > 0.01


@pytest.mark.parametrize("seed", range(8))
def test_a_release_three_times_as_bad_is_found_for_everyone(seed: int) -> None:
    evidence = evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=3))))
    assert evidence.health is Health.DEGRADED
    assert evidence.log_evidence >= math.log(1 / POLICY.alpha_recall)
    assert evidence.scope == EVERYONE
    assert evidence.ratio_low is not None
    assert evidence.ratio_high is not None
    assert evidence.ratio_low < 3 < evidence.ratio_high


@pytest.mark.parametrize("seed", range(8))
def test_a_release_bad_on_one_model_is_found_there(seed: int) -> None:
    evidence = evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=8, only="Redmi 9"))))
    assert evidence.scope == replace(EVERYONE, devices=("Redmi 9",))
    assert "only device Redmi 9" in evidence.reason


@pytest.mark.parametrize(
    ("dimension", "field"), [(Dimension.OS, "os_versions"), (Dimension.COUNTRY, "countries")], ids=["operating system", "country"]
)
def test_every_dimension_can_be_the_scope(dimension: Dimension, field: str) -> None:
    counts = [
        replace(c, dimension=dimension) if c.dimension is Dimension.DEVICE else c
        for c in chain.from_iterable(a_roll_out(1, ratio=8, only="Redmi 9"))
    ]
    assert getattr(evidence_of(counts).scope, field) == ("Redmi 9",)


def test_an_incident_that_hits_both_versions_is_no_evidence() -> None:
    outage = [c for hour in range(48) for c in an_hour(hour, (500, 1000), (4500, 9000))]
    assert evidence_of(outage).log_evidence == 0.0


def test_a_short_plan_still_sees_the_whole_roll_out() -> None:
    daily = POLICY.model_copy(update={"planned_looks": 7})
    assert evidence_of(list(chain.from_iterable(a_roll_out(2, ratio=3))), daily).health is Health.DEGRADED


def test_no_alarm_on_fewer_events_than_the_policy_asks() -> None:
    once = STRICT.model_copy(update={"planned_looks": 1})
    assert evidence_of(an_hour(0, (4, 100), (1, 90000)), once).log_evidence == 0.0
    assert evidence_of(an_hour(0, (5, 100), (0, 90000)), once).log_evidence > 10


def test_evidence_beyond_what_a_float_can_hold_still_grows() -> None:
    found = [log_surprise(Sums(Dimension.ALL, "", events=x, control_events=10, expected=0.01 * (x + 10)), 1) for x in (50, 140, 160, 2000)]
    assert found == sorted(found)
    assert found[0] < LARGEST_EXACT < found[-1] < math.inf
