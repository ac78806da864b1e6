"""What healthy releases teach: how much they differ beyond chance, how much a version's rate swings, and nothing from too few."""

import math
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from configs.errors import BadInput
from configs.terms import Count, Metric
from tasks.rules.learnt import MOST_LESSONS, NOISE_RANGE, Learnt, Lesson, lesson_of, variance_between, with_lesson
from tests.tasks.rules.counts import OLD, POLICY, RELEASE, a_roll_out, an_hour

A_LESSON = Lesson("1.0", 0.0, 0.01, 0.5, 10.0)


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


@pytest.mark.parametrize(("total", "noise"), [(0.5, 0.05), (-3.0, NOISE_RANGE[0]), (99.0, NOISE_RANGE[1])])
def test_noise_is_the_mean_of_the_blocks_within_reason(total: float, noise: float) -> None:
    assert Learnt(tuple(replace(A_LESSON, version=str(i), noise_sum=total) for i in range(5))).noise(POLICY) == pytest.approx(noise)


def test_releases_without_a_full_block_teach_no_noise() -> None:
    assert Learnt(tuple(replace(A_LESSON, version=str(i), noise_sum=0, noise_weight=0) for i in range(5))).noise(POLICY) == POLICY.noise


# --- a release's lesson -------------------------------------------------------------------------------------------------


def test_a_lesson_is_the_ratio_with_its_variance_by_hand() -> None:
    found = the_lesson([c for hour in range(4) for c in an_hour(hour, (12, 1000), (20, 2000))])
    assert found.log_ratio == pytest.approx(math.log(12 / 1000 / (20 / 2000)))
    assert found.variance == pytest.approx((1 / 12 + 1 / 20) / 4, rel=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_a_healthy_releases_ratio_is_about_one(seed: int) -> None:
    found = the_lesson(list(chain.from_iterable(a_roll_out(seed))))
    assert abs(found.log_ratio) < 4 * math.sqrt(found.variance)
    assert found.noise_weight > 0


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


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"other/1","lessons":[]}', '{"format":"learnt/1","lessons":[{"version":"1"}]}'])
def test_a_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="learn again"):
        Learnt.from_json(text)
