"""Tails against brute force and against simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tasks.rules.surprise import Usual, count_tail, share_tail, usual

CALM = Usual(days=28, events=56, trials=560, count_dispersion=1.0, share_dispersion=1.0)
WILD = Usual(days=28, events=56, trials=560, count_dispersion=3.0, share_dispersion=3.0)


def test_a_count_has_the_negative_binomial_tail_of_mean_and_spread() -> None:
    mean, spread = CALM.per_day * 3 * 1.5, 1 + 3 / 28
    expected = stats.nbinom.sf(13, mean / (spread - 1), 1 / spread)
    assert math.exp(count_tail(CALM, 14, 3, 0.5)) == pytest.approx(expected, rel=1e-9)


def test_a_share_has_the_beta_binomial_tail() -> None:
    share = CALM.share * 1.25
    weight = 1 / (1 / 560)
    expected = stats.betabinom.sf(14, 60, share * weight, (1 - share) * weight)
    assert math.exp(share_tail(CALM, 15, 60, 3, 0.25)) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 80), st.integers(1, 7))
def test_more_events_are_more_surprising_and_wilder_days_less(events: int, days: int) -> None:
    assert count_tail(CALM, events + 1, days, 0.5) <= count_tail(CALM, events, days, 0.5) <= 0
    assert share_tail(CALM, events + 1, 101, days, 0.25) <= share_tail(CALM, events, 100, days, 0.25) <= 0
    if events > 6 * days:
        assert count_tail(WILD, events, days, 0.5) >= count_tail(CALM, events, days, 0.5)


@pytest.mark.parametrize(("events", "trials"), [([0] * 20, [0] * 20), ([0] * 20, [5] * 20), ([5] * 20, [5] * 20)])
def test_silent_or_uniform_days_can_be_usual(events: list[int], trials: list[int]) -> None:
    known = usual(events, trials, 1.5)
    assert count_tail(known, 3, 1, 0.5) <= 0
    assert share_tail(known, 3, 5, 1, 0.25) <= 0
    assert known.count_dispersion >= 1
    assert known.share_dispersion >= 1


def test_an_extreme_count_has_a_finite_tail() -> None:
    assert count_tail(CALM, 100_000, 1, 0.5) == -700.0


@pytest.mark.parametrize(("dispersion", "margin", "bound"), [(1.0, 0.0, 0.014), (2.5, 0.0, 0.026), (1.0, 0.5, 0.002), (2.5, 0.5, 0.01)])
def test_the_count_tail_holds_its_level_when_usual_days_are_learnt(dispersion: float, margin: float, bound: float) -> None:
    """Tails of at most 0.01 over simulated pasts: once in a hundred on calm days, twice on wild ones, never so often with the margin."""
    rng = np.random.default_rng(7)
    size = 4.0 / (dispersion - 1) if dispersion > 1 else None
    draws = rng.poisson(4.0, (3000, 31)) if size is None else rng.negative_binomial(size, 1 / dispersion, (3000, 31))
    tails = [count_tail(usual(row[:28].tolist(), [20] * 28, 1.5), int(row[28:].sum()), 3, margin) for row in draws]
    assert np.mean(np.exp(tails) <= 0.01) <= bound
