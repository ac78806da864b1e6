"""Forecasts are kept once a proposal, read back as they were, and scored once their recall is closed; on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from configs.errors import TransitionRefused
from configs.terms import (
    Action,
    Basis,
    Count,
    Course,
    Dimension,
    Forecast,
    Health,
    Measure,
    Metric,
    Platform,
    Prediction,
    Reading,
    Score,
    ScoreLine,
    TakeUp,
    Uptake,
)
from integrations.ledger.book import Book
from integrations.ledger.forecasts import add_forecast, find_forecast, keep_score, scores_of, sessions_after
from integrations.ledger.readings import store_reading
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.test_stories import HOUR

COURSE = Course(1234.5, None, 0.1 + 0.2, None, 24.0, TakeUp(48.0), TakeUp(96.0, Basis.RELEASES, 4), 336.0, 1 / 3, 0.5, 168.0)
NOTHING = Prediction(Action.PARTIAL, None, None, None, (Uptake(24.0, None),), None, None, None)
FORECAST = Forecast("P-1", "REC-1", NOON, Action.FULL, COURSE, (NOTHING, replace(NOTHING, action=Action.FULL, exposure_hours=1 / 7)))
SCORE = Score("REC-1", "P-1", NOON + 100 * HOUR, 1.25, (ScoreLine(Measure.UPTAKE, 24.0, 0.1, None, None),))


def test_a_forecast_is_read_back_to_the_last_digit(book: Book) -> None:
    with book.write() as txn:
        add_forecast(txn, "app", FORECAST)
    with book.read() as txn:
        assert find_forecast(txn, "P-1") == FORECAST
        assert find_forecast(txn, "P-2") is None
        assert scores_of(txn, "app") == ()


def test_a_proposal_has_one_forecast(book: Book) -> None:
    with book.write() as txn:
        add_forecast(txn, "app", FORECAST)
    with pytest.raises(TransitionRefused), book.write() as txn:
        add_forecast(txn, "app", FORECAST)


def test_scores_are_an_apps_own_oldest_first(book: Book) -> None:
    later = replace(SCORE, proposal_id="P-2", at=SCORE.at + HOUR)
    with book.write() as txn:
        for app, proposal in (("app", "P-1"), ("app", "P-2"), ("other", "P-3")):
            add_forecast(txn, app, replace(FORECAST, proposal_id=proposal))
        for score in (later, SCORE, replace(SCORE, proposal_id="P-3")):
            keep_score(txn, score)
    with book.read() as txn:
        assert scores_of(txn, "app") == (SCORE, later)


def test_only_everyones_crash_counts_tell_sessions(book: Book) -> None:
    mine = Count("s", "app", Platform.ANDROID, "2.0", Metric.CRASH, NOON, NOON + HOUR, 1, 10)
    others = (
        replace(mine, metric=Metric.ANR), replace(mine, dimension=Dimension.OS, value="15"), replace(mine, app="other"),
        replace(mine, start=NOON - HOUR, end=NOON), replace(mine, platform=Platform.IOS),
    )  # fmt: skip
    with book.write() as txn:
        for app, counts in (("app", (mine, *(o for o in others if o.app == "app"))), ("other", (others[2],))):
            store_reading(txn, app, Reading("s", NOON - HOUR, NOON + HOUR, NOON + HOUR, Health.HEALTHY, counts=counts))
    with book.read() as txn:
        assert sessions_after(txn, "app", Platform.ANDROID, NOON) == (mine,)
