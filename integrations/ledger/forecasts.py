"""Forecasts in the ledger, their scores, and the counts that take-up is learnt from.

Add here when a forecast's row changes or it is read in another cut; rather in `tasks/rules/predictions.py` when it predicts otherwise.
"""

from __future__ import annotations

from datetime import datetime

from configs.terms import Count, Dimension, Forecast, Metric, Platform, Score
from integrations.ledger.book import Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text, as_time


def add_forecast(txn: Txn, app: str, forecast: Forecast) -> None:
    """Adds the forecast of a proposal."""
    txn.run(
        "INSERT INTO forecasts (proposal_id, recall_id, app, at, forecast_json) VALUES (:proposal, :recall, :app, :at, :json)",
        proposal=forecast.proposal_id,
        recall=forecast.recall_id,
        app=app,
        at=as_text(forecast.at),
        json=dumped(forecast),
    )


def find_forecast(txn: Txn, proposal_id: str) -> Forecast | None:
    """The forecast kept with a proposal; None for a proposal of before forecasts were kept."""
    row = txn.one("SELECT forecast_json FROM forecasts WHERE proposal_id = :id", id=proposal_id)
    return None if row is None else loaded(Forecast, row.text("forecast_json"))


def keep_score(txn: Txn, score: Score) -> None:
    """Writes down how well a proposal's forecast fitted."""
    txn.run(
        "UPDATE forecasts SET scored_at = :at, score_json = :json WHERE proposal_id = :id",
        at=as_text(score.at),
        json=dumped(score),
        id=score.proposal_id,
    )


def scores_of(txn: Txn, app: str) -> tuple[Score, ...]:
    """Every score of an app's forecasts, oldest first."""
    rows = txn.rows("SELECT score_json FROM forecasts WHERE app = :app AND score_json IS NOT NULL ORDER BY scored_at, proposal_id", app=app)
    return tuple(loaded(Score, row.text("score_json")) for row in rows)


def sessions_after(txn: Txn, app: str, platform: Platform, after: datetime) -> tuple[Count, ...]:
    """Crash counts of all users together that start at or after that moment: what a version's share of the sessions is read from."""
    found = txn.tuples(
        'SELECT source, version, start, "end", events, exposure FROM counts WHERE app = :app AND platform = :platform AND metric = :metric'
        " AND dimension = :all AND start >= :after ORDER BY start, version, source",
        app=app,
        platform=platform.value,
        metric=Metric.CRASH.value,
        all=Dimension.ALL.value,
        after=as_text(after),
    )
    counted = tuple(
        Count(source, app, platform, version, Metric.CRASH, as_time(start), as_time(end), events, exposure)
        for source, version, start, end, events, exposure in found
    )
    if (
        counted
        or txn.one("SELECT 1 FROM event_streams WHERE app = :app AND platform = :platform", app=app, platform=platform.value) is None
    ):
        return counted
    from integrations.ledger.events import counts_of_events  # Arrow costs a third of a second

    told = counts_of_events(txn, app, platform, Metric.CRASH, after, ())
    return tuple(count for count in told if count.dimension is Dimension.ALL)
