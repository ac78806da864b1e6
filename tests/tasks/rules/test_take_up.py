"""Half-lives are learnt from what an app's people did, and taken from the policy only where nothing is known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import Basis, Count, Dimension, Metric, Platform, Reconciliation, Release, Review, ReviewVerdict, TakeUp
from tasks.rules.take_up import curve_of_reviews, curve_of_sessions, fix_after, half_life_hours, take_up

AT = datetime(2026, 3, 2, tzinfo=UTC)
RELEASE = Release("app", Platform.ANDROID, "2.0", AT)


def exponential(half_life: float, *hours: float) -> list[tuple[float, float]]:
    return [(h, 1 - 0.5 ** (h / half_life)) for h in hours]


@given(st.floats(1, 200), st.lists(st.floats(1, 300), min_size=1, max_size=10))
def test_an_exponential_curve_gives_its_own_half_life(half_life: float, hours: list[float]) -> None:
    early = [h for h in hours if h < 6 * half_life]
    found = half_life_hours(exponential(half_life, *early))
    assert found == (pytest.approx(half_life, rel=1e-6) if early else None)


@pytest.mark.parametrize("curve", [[], [(0.0, 0.5)], [(24.0, 0.0)]], ids=["nothing seen", "only at the start", "nobody moved"])
def test_a_curve_that_tells_nothing_has_no_half_life(curve: list[tuple[float, float]]) -> None:
    assert half_life_hours(curve) is None


def test_everybody_at_once_is_fast_but_no_miracle() -> None:
    assert take_up([[(0.1, 1.0)]], Basis.RECALLS, 1, 48.0) == TakeUp(0.5, Basis.RECALLS, 1)


def test_the_median_of_enough_curves_is_learnt_else_the_policys_figure_stands() -> None:
    curves = [exponential(h, 12, 36) for h in (10, 20, 90)]
    learnt = take_up(curves, Basis.RELEASES, 3, 144.0)
    assert (learnt.half_life_hours, learnt.basis, learnt.examples) == (pytest.approx(20), Basis.RELEASES, 3)
    assert take_up(curves[:2], Basis.RELEASES, 3, 144.0) == TakeUp(144.0, Basis.POLICY, 0)
    assert take_up([], Basis.RECALLS, 1, 48.0) == TakeUp(48.0)


def test_how_soon_a_fix_is_out_is_learnt_from_enough_recalls() -> None:
    assert fix_after([5.0, 30.0, 7.0], 2, 24.0) == (7.0, 3)
    assert fix_after([5.0], 2, 24.0) == (24.0, 0)
    assert fix_after([], 1, 24.0) == (24.0, 0)


def a_night(number: int, reach: float | None) -> Review:
    at = AT + timedelta(days=number)
    return Review("REC-1", f"{at:%Y-%m-%d}", at, ReviewVerdict.NOT_YET, Reconciliation(1, 0, 0, 0, 0, 1), reach, None, None)


def test_a_recalls_curve_begins_when_its_fix_is_out() -> None:
    nights = [a_night(1, 0.1), a_night(2, 0.4), a_night(3, None), a_night(4, 0.8)]
    assert curve_of_reviews(nights, AT + timedelta(days=1)) == [(24.0, 0.4), (72.0, 0.8)]


def sessions(version: str, day: float, exposure: int, dimension: Dimension = Dimension.ALL) -> Count:
    start = AT + timedelta(days=day)
    return Count("s", "app", Platform.ANDROID, version, Metric.CRASH, start, start + timedelta(hours=1), 0, exposure, dimension, "")


def test_a_releases_curve_is_its_share_of_sessions_day_by_day() -> None:
    counts = [
        sessions("1.9", -1, 500),
        sessions("1.9", 0, 300), sessions("2.0", 0.5, 100),
        sessions("1.9", 1, 100), sessions("2.0", 1, 200), sessions("2.1", 1.2, 100), sessions("2.0", 1, 999, Dimension.DEVICE),
        sessions("2.0", 9, 50),
    ]  # fmt: skip
    assert curve_of_sessions(counts, RELEASE, days=3) == [(12.0, 0.25), (36.0, 0.75)]
