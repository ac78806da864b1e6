"""A forecast is compared with what the nightly reviews saw: right, the error is nought; where nothing was seen there is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from configs.terms import Action, Forecast, Measure, Reconciliation, Review, ReviewVerdict, Score, ScoreLine
from tasks.rules.predictions import having_it
from tasks.rules.scores import off_by, score
from tests.tasks.rules.courses import a_course

AT = datetime(2026, 3, 2, tzinfo=UTC)
DECIDED = AT + timedelta(hours=2)
COURSE = a_course(per_hour=0.0, fix_after_hours=0.0)
FORECAST = Forecast("P-1", "REC-1", AT, Action.FULL, COURSE, ())


def a_night(hours: float, left: float, exposed: int = 10_000) -> Review:
    at = DECIDED + timedelta(hours=hours)
    parts = Reconciliation(exposed, exposed - round(left), 0, 0, round(left) // 4, round(left) - round(left) // 4)
    return Review("REC-1", f"{at:%Y-%m-%d}", at, ReviewVerdict.NOT_YET, parts, None, None, None)


def as_predicted(*hours: float, factor: float = 1.0) -> list[Review]:
    return [a_night(h, factor * (having_it(COURSE, Action.FULL, h) or 0)) for h in hours]


def scored(reviews: list[Review], forecast: Forecast = FORECAST) -> Score:
    return score(forecast, reviews, DECIDED, DECIDED + timedelta(days=5), (24.0, 72.0))


def test_a_forecast_that_came_true_has_no_error() -> None:
    found = scored(as_predicted(*range(4, 100, 4)))
    assert [(line.measure, line.hours) for line in found.lines] == [
        (Measure.EXPOSURE_HOURS, 96.0), (Measure.UPTAKE, 24.0), (Measure.UPTAKE, 72.0), (Measure.UPTAKE, 96.0),
    ]  # fmt: skip
    assert all(line.error == pytest.approx(0, abs=0.002) for line in found.lines)
    assert found.waited_hours == 2


def test_half_as_many_left_is_an_uptake_too_low_and_exposure_too_high() -> None:
    exposure, first, *_ = scored(as_predicted(*range(4, 100, 4), factor=0.5)).lines
    assert exposure.error == pytest.approx(0.95, abs=0.1)
    assert first.error is not None
    assert first.error < -0.2


def test_a_time_after_the_last_night_is_not_scored() -> None:
    assert [line.hours for line in scored(as_predicted(10, 30)).lines if line.measure is Measure.UPTAKE] == [24.0, 30.0]


def test_nothing_seen_scores_nothing() -> None:
    assert scored([]).lines == ()
    assert scored([a_night(24, 0, exposed=0)]).lines == ()


def test_an_unknown_prediction_has_no_error_but_says_what_was_seen() -> None:
    unknown = replace(FORECAST, course=replace(COURSE, users=None, in_scope=None))
    assert {(line.predicted, line.error) for line in scored(as_predicted(24, 48), unknown).lines} == {(None, None)}
    assert all(line.actual for line in scored(as_predicted(24, 48), unknown).lines)


def test_a_partial_recall_is_scored_by_those_in_scope() -> None:
    partial = replace(FORECAST, action=Action.PARTIAL)
    nights = [a_night(h, 2_000 * 0.5 ** (h / 48), exposed=2_000) for h in range(4, 100, 4)]
    assert [line.error for line in scored(nights, partial).lines] == pytest.approx([0, 0, 0, 0], abs=0.002)


def a_score(*errors: float | None) -> Score:
    return Score("REC-1", "P-1", AT, 0.0, tuple(ScoreLine(Measure.EXPOSURE_HOURS, 24.0, 1.0, 1.0, e) for e in errors))


def test_earlier_forecasts_are_summed_up_by_the_median_error_whatever_its_direction() -> None:
    assert off_by([a_score(-0.4), a_score(0.1), a_score(0.2)]) == pytest.approx(0.2)
    assert off_by([a_score(None)]) is None
    assert off_by([]) is None
