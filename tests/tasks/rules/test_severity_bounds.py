"""The worked numbers, and that each bound keeps its promise: coverage by exact summation over the binomial, never by simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import beta as beta_function
from scipy.stats import beta, binom, binomtest

from configs.errors import BadInput
from tasks.rules.severity_bounds import clopper_pearson, jeffreys, over_horizon, point, under_peeking

CONFIDENCE = 0.95
BOUNDS = pytest.mark.parametrize("bound", [jeffreys, clopper_pearson, under_peeking], ids=lambda b: b.__name__)
SHARES = (0.0002, 0.001, 0.004, 0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 0.99)


def test_the_worked_numbers() -> None:
    assert point(37, 21_000) == Fraction(75, 42_002)
    worked = [point(37, 21_000), jeffreys(37, 21_000, CONFIDENCE), clopper_pearson(37, 21_000, CONFIDENCE)]
    assert [round(float(p), 5) for p in worked] == [0.00179, 0.00229, 0.00232]
    assert float(clopper_pearson(0, 1_000, CONFIDENCE)) == pytest.approx(0.0030, abs=5e-5)
    assert under_peeking(0, 1_000, CONFIDENCE) > clopper_pearson(0, 1_000, CONFIDENCE)


def test_74_clean_checks_show_less_than_five_percent_at_every_look() -> None:
    clean = [n for n in range(1, 200) if under_peeking(0, n, CONFIDENCE) < Fraction(5, 100)]
    assert clean == list(range(74, 200))


@given(x=st.integers(0, 40), more=st.integers(20, 400), confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_the_bound_under_peeking_is_where_the_mixture_reaches_its_level(x: int, more: int, confidence: float) -> None:
    n, upper = x + more, float(under_peeking(x, x + more, confidence))
    logs = math.log(beta_function(0.5 + x, 20 + n - x) / beta_function(0.5, 20)) - x * math.log(upper) - (n - x) * math.log1p(-upper)
    assert logs == pytest.approx(-math.log1p(-confidence), abs=1e-6)
    assert upper > x / n


@given(x=st.integers(0, 50), more=st.integers(0, 5000))
def test_the_others_are_the_published_quantiles(x: int, more: int) -> None:
    n = x + more
    exact = binomtest(x, n, alternative="less").proportion_ci(CONFIDENCE, "exact").high if n else 1.0
    assert float(clopper_pearson(x, n, CONFIDENCE)) == pytest.approx(exact)
    assert float(jeffreys(x, n, CONFIDENCE)) == pytest.approx(beta.ppf(CONFIDENCE, x + 0.5, n - x + 0.5) if more else 1.0)


@given(x=st.integers(0, 300), more=st.integers(0, 10**7), phi=st.sampled_from([1, 5, Fraction(3, 2)]))
def test_each_bound_lies_above_the_one_that_promises_less(x: int, more: int, phi: Fraction) -> None:
    harmed, users = Fraction(x) / phi, Fraction(x + more) / phi
    assert point(harmed, users) <= jeffreys(harmed, users, CONFIDENCE) <= clopper_pearson(harmed, users, CONFIDENCE)
    assert clopper_pearson(harmed, users, CONFIDENCE) <= under_peeking(harmed, users, CONFIDENCE) <= 1


@BOUNDS
@given(x=st.integers(0, 200), n=st.integers(0, 10**6), more=st.integers(1, 50))
def test_more_harmed_never_lowers_a_bound(bound: object, x: int, n: int, more: int) -> None:
    assert callable(bound)
    assert bound(x + more, n, CONFIDENCE) >= bound(x, n, CONFIDENCE)


# --- coverage -----------------------------------------------------------------------------------------------------------


def coverage(bound: object, n: int, share: float) -> float:
    """The chance that the bound is not below the true share, summed over every count."""
    assert callable(bound)
    kept = [x for x in range(n + 1) if float(bound(x, n, CONFIDENCE)) >= share]
    return float(binom.pmf(kept, n, share).sum())


@pytest.mark.parametrize("bound", [clopper_pearson, under_peeking], ids=lambda b: b.__name__)
@pytest.mark.parametrize("n", [1, 10, 75, 400])
@pytest.mark.parametrize("share", SHARES)
def test_at_one_look_the_bound_covers_as_often_as_it_promises(bound: object, n: int, share: float) -> None:
    assert coverage(bound, n, share) >= CONFIDENCE - 1e-9


def missed_at_any_look(bound: object, looks: int, share: float) -> float:
    """The chance that the bound is below the true share at one look at least, one look after each user: exact, path by path."""
    assert callable(bound)
    alive, missed = np.array([1.0]), 0.0
    for n in range(1, looks + 1):
        alive = np.append(alive * (1 - share), 0.0) + np.append(0.0, alive * share)
        gone = np.array([p > 0 and float(bound(x, n, CONFIDENCE)) < share for x, p in enumerate(alive)])
        missed += float(alive[gone].sum())
        alive[gone] = 0.0
    return missed


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2, 0.5])
def test_only_the_mixture_bound_keeps_its_promise_when_every_user_is_a_look(share: float) -> None:
    assert missed_at_any_look(under_peeking, 150, share) <= 1 - CONFIDENCE


def test_the_exact_bound_for_one_look_is_missed_more_often_when_looked_at_again_and_again() -> None:
    assert missed_at_any_look(clopper_pearson, 150, 0.2) > 2 * (1 - CONFIDENCE)


# --- edges --------------------------------------------------------------------------------------------------------------


@BOUNDS
@pytest.mark.parametrize(("harmed", "users"), [(0, 0), (5, 5), (9, 5)], ids=["nobody seen", "everyone", "more than seen"])
def test_where_nothing_bounds_the_harm_the_bound_is_one(bound: object, harmed: int, users: int) -> None:
    assert callable(bound)
    assert bound(harmed, users, CONFIDENCE) == 1


@pytest.mark.parametrize(("harmed", "users"), [(-1, 5), (1, -5)])
def test_impossible_counts_are_refused(harmed: int, users: int) -> None:
    with pytest.raises(BadInput, match="impossible"):
        point(harmed, users)
    with pytest.raises(BadInput, match="impossible"):
        under_peeking(harmed, users, CONFIDENCE)


def test_a_longer_horizon_gives_more_time_for_harm() -> None:
    once = Fraction(1, 100)
    assert float(over_horizon(once, 1, 7)) == pytest.approx(1 - 0.99**7)
    assert float(over_horizon(once, 7, 1)) == pytest.approx(1 - 0.99 ** (1 / 7))
    assert over_horizon(once, 7, 7) == once
    assert [over_horizon(Fraction(p), 1, 7) for p in (0, 1)] == [0, 1]
    with pytest.raises(BadInput, match="days above 0"):
        over_horizon(once, 0, 7)


def test_a_small_chance_over_a_longer_time_loses_no_digits() -> None:
    assert float(over_horizon(Fraction(1, 10**12), 1, 7)) == pytest.approx(7e-12, rel=1e-9)
