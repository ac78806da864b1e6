"""What healthy releases teach: how much they differ beyond chance, how much a version's rate swings, and nothing from too few."""

import math
from dataclasses import replace
from functools import reduce
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import BadInput
from configs.terms import Count, Metric
from tasks.rules.e_process import NO_SUMS, Sums, added, spread_sums
from tasks.rules.learnt import MOST_LESSONS, NOISE_RANGE, Learnt, Lesson, lesson_of, variance_between, with_lesson
from tests.tasks.rules.counts import OLD, POLICY, RELEASE, a_roll_out, an_hour

A_LESSON = Lesson("1.0", "vitals", 0.0, 0.01, (50.0, 100.0, 1000.0, 60.0, 150.0))
"""With phi 1 its noise is 0.05."""


def lessons(*log_ratios: float, variance: float = 0.0001) -> Learnt:
    return Learnt(tuple(replace(A_LESSON, version=str(i), log_ratio=y, variance=variance) for i, y in enumerate(log_ratios)))


def the_lesson(counts: list[Count], excluded: tuple[str, ...] = ()) -> Lesson:
    found = lesson_of(counts, RELEASE, Metric.CRASH, POLICY, excluded)
    assert found is not None
    return found


# --- variance between releases ------------------------------------------------------------------------------------------


def test_equal_variances_give_the_sample_variance_less_theirs() -> None:
    values = [0.1, -0.2, 0.3, 0.0, -0.1]
    assert variance_between(values, [0.01] * 5) == pytest.approx(float(np.var(values, ddof=1)) - 0.01)


def test_releases_that_differ_by_chance_alone_do_not_differ() -> None:
    assert variance_between([0.1, -0.1, 0.05], [0.04, 0.04, 0.04]) == 0.0
    assert variance_between([0.4], [0.01]) == 0.0
    assert variance_between([], []) == 0.0


def test_with_the_variance_found_the_weighted_squares_are_the_degrees_of_freedom() -> None:
    values, variances = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.01, 0.05, 0.02, 0.003])
    weights = 1 / (variances + variance_between(values.tolist(), variances.tolist()))
    mean = (weights * values).sum() / weights.sum()
    assert float((weights * (values - mean) ** 2).sum()) == pytest.approx(3)


# --- margin and noise ---------------------------------------------------------------------------------------------------


def test_the_margin_follows_how_much_healthy_releases_differ() -> None:
    wide = lessons(0.3, -0.3, 0.2, -0.2, 0.0)
    tau = math.sqrt(np.var([0.3, -0.3, 0.2, -0.2, 0.0], ddof=1) - 0.0001)
    assert wide.margin(POLICY) == pytest.approx(math.exp(1.3 * tau) - 1)
    assert lessons(0.01, -0.01, 0.0, 0.01, -0.01).margin(POLICY) == POLICY.margin


def test_too_few_releases_teach_nothing() -> None:
    few = lessons(0.3, -0.3, 0.2, -0.2)
    assert (few.margin(POLICY), few.noise(POLICY)) == (POLICY.margin, POLICY.noise)


@pytest.mark.parametrize(("total", "noise"), [(150.0, 0.05), (20.0, NOISE_RANGE[0]), (9999.0, NOISE_RANGE[1])])
def test_noise_is_the_mean_of_the_blocks_within_reason(total: float, noise: float) -> None:
    spread = (50.0, 100.0, 1000.0, 60.0, total)
    assert Learnt(tuple(replace(A_LESSON, version=str(i), spread=spread) for i in range(5))).noise(POLICY) == pytest.approx(noise)


def test_releases_without_a_full_block_teach_no_noise() -> None:
    assert Learnt(tuple(replace(A_LESSON, version=str(i), spread=NO_SUMS) for i in range(5))).noise(POLICY) == POLICY.noise


# --- clusters of events -------------------------------------------------------------------------------------------------


def sums_of_blocks(seed: int, phi: float, noise: float, blocks: int = 56) -> Sums:
    """Blocks of a release whose use grows; each squared excess as it comes out by chance."""
    chance, found = np.random.default_rng(seed), NO_SUMS
    for variance in np.geomspace(1, 200, blocks):
        excess = chance.normal(0, math.sqrt(phi * variance + noise * variance**2))
        found = added(found, spread_sums(float(variance), float(excess), POLICY.noise))
    return found


def of_blocks(seed: int, phi: float, noise: float, releases: int = 8) -> Learnt:
    return Learnt(tuple(replace(A_LESSON, version=str(i), spread=sums_of_blocks(100 * seed + i, phi, noise)) for i in range(releases)))


@given(phi=st.floats(1, 30), noise=st.floats(0.02, 0.5), releases=st.integers(5, 30))
def test_clusters_and_noise_are_told_apart(phi: float, noise: float, releases: int) -> None:
    """With every squared excess as it is on average; of few blocks the policy's phi keeps a little weight."""
    blocks = [spread_sums(v, math.sqrt(phi * v + noise * v**2), POLICY.noise) for v in np.geomspace(1, 200, 56).tolist()]
    learnt = Learnt(tuple(replace(A_LESSON, version=str(i), spread=reduce(added, blocks)) for i in range(releases)))
    assert learnt.phi(POLICY, "vitals") == pytest.approx(phi, rel=0.05, abs=0.3)
    assert learnt.noise(POLICY, phi) == pytest.approx(noise)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("phi", [1.0, 2.0, 5.0])
def test_phi_is_found_by_chance_as_well(seed: int, phi: float) -> None:
    assert of_blocks(seed, phi, 0.05, releases=20).phi(POLICY, "vitals") == pytest.approx(1.1 * phi, rel=0.5, abs=0.5)


@given(seed=st.integers(0, 1000), worse=st.floats(1, 4))
def test_more_excess_everywhere_never_lowers_phi(seed: int, worse: float) -> None:
    learnt = of_blocks(seed, 3.0, 0.05)
    more = Learnt(tuple(replace(x, spread=(*x.spread[:3], worse * x.spread[3], worse * x.spread[4])) for x in learnt.lessons))
    assert 1 <= learnt.phi(POLICY, "vitals") <= more.phi(POLICY, "vitals") <= 50


def test_phi_is_learnt_from_enough_releases_of_the_same_source_only() -> None:
    assert of_blocks(1, 2.0, 0.05, releases=4).phi(POLICY, "vitals") == POLICY.phi_sessions
    assert of_blocks(1, 2.0, 0.05).phi(POLICY, "another") == POLICY.phi_sessions
    assert Learnt(tuple(replace(A_LESSON, version=str(i), spread=NO_SUMS) for i in range(5))).phi(POLICY, "vitals") == POLICY.phi_sessions


def test_what_clusters_make_is_neither_noise_nor_a_difference_between_releases() -> None:
    learnt = of_blocks(3, 8.0, 0.02)
    assert learnt.noise(POLICY, 8.0) < learnt.noise(POLICY, 1.0)
    apart = lessons(0.3, -0.3, 0.2, -0.2, 0.0, variance=0.01)
    assert apart.margin(POLICY, 5.0) < apart.margin(POLICY, 1.0)


# --- a release's lesson -------------------------------------------------------------------------------------------------


def test_a_lesson_is_the_ratio_with_its_variance_by_hand() -> None:
    found = the_lesson([c for hour in range(4) for c in an_hour(hour, (12, 1000), (20, 2000))])
    assert found.log_ratio == pytest.approx(math.log(12 / 1000 / (20 / 2000)))
    assert found.variance == pytest.approx((1 / 12 + 1 / 20) / 4, rel=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_a_healthy_releases_ratio_is_about_one(seed: int) -> None:
    found = the_lesson(list(chain.from_iterable(a_roll_out(seed))))
    assert abs(found.log_ratio) < 4 * math.sqrt(found.variance)
    assert found.spread[2] > 0
    assert found.source == "simulator"


def test_too_few_events_are_no_lesson() -> None:
    assert lesson_of(an_hour(0, (4, 100), (90, 1000)), RELEASE, Metric.CRASH, POLICY, ()) is None
    assert lesson_of([], RELEASE, Metric.CRASH, POLICY, ()) is None
    assert lesson_of(an_hour(0, (40, 100), (90, 1000)), RELEASE, Metric.CRASH, POLICY, (OLD,)) is None


def test_a_release_teaches_once_and_the_oldest_make_room() -> None:
    learnt = Learnt()
    for number in range(MOST_LESSONS + 3):
        learnt = with_lesson(learnt, str(number), replace(A_LESSON, version=str(number)))
    again = with_lesson(learnt, "20", replace(A_LESSON, version="20", log_ratio=0.7))
    assert len(again.lessons) == len(again.asked) == MOST_LESSONS
    assert (again.lessons[0].version, again.lessons[-1].log_ratio) == ("3", 0.7)


def test_a_release_with_nothing_to_teach_is_not_asked_again() -> None:
    learnt = with_lesson(with_lesson(lessons(0.1), "9.9", None), "9.9", None)
    assert learnt == Learnt(lessons(0.1).lessons, ("9.9",))
    assert learnt.asked == {"0", "9.9"}


def test_the_text_reads_back() -> None:
    learnt = with_lesson(lessons(0.1, 0.2), "9.9", None)
    assert Learnt.from_json(learnt.to_json()) == learnt


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"other/1","lessons":[]}', '{"format":"learnt/2","lessons":[{"version":"1"}]}'])
def test_a_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="learn again"):
        Learnt.from_json(text)
