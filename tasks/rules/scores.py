"""How well a forecast fitted, once its recall is closed: predicted against seen, with the relative error.

Seen are the nightly reviews: who still has the bad build (unreached and dormant), from the decision (everyone exposed) to the last night,
in straight lines between the nights. Predicted is the forecast's own course for the action that was signed and those it was meant for,
with the decision at the hour it really fell. A time after the last night is not scored, and what is unknown has no error.

Add here when a forecast is compared by something else; rather in `predictions.py` when it predicts otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median

from configs.terms import Forecast, Measure, Review, Score, ScoreLine
from tasks.rules.predictions import exposure_hours, meant, safe_share

Path = Sequence[tuple[float, float]]
"""(hours since the decision, users who still have the bad build), by time."""


def score(forecast: Forecast, reviews: Sequence[Review], decided: datetime, at: datetime, hours: Sequence[float]) -> Score:
    """Exposure-hours up to the last night, and uptake at each of these hours and on the last night."""
    waited = max(0.0, _hours(forecast.at, decided))
    seen = path_of(reviews, decided)
    if not seen:
        return Score(forecast.recall_id, forecast.proposal_id, at, waited, ())
    course, end = meant(forecast.course, forecast.action), seen[-1][0]
    moments = (*(h for h in hours if h < end), end)
    uptake = [_line(Measure.UPTAKE, h, safe_share(course, forecast.action, h, waited), _safe(seen, h)) for h in moments]
    exposure = _line(Measure.EXPOSURE_HOURS, end, _area(forecast, waited, end), _seen_area(seen))
    return Score(forecast.recall_id, forecast.proposal_id, at, waited, (exposure, *uptake))


def path_of(reviews: Sequence[Review], decided: datetime) -> Path:
    """Who still had the bad build, from the decision on; empty where no review knows."""
    nights = sorted((r for r in reviews if r.reconciliation.exposed > 0 and r.at > decided), key=lambda r: r.at)
    if not nights:
        return ()
    left = [(_hours(decided, r.at), float(r.reconciliation.unreached + r.reconciliation.dormant)) for r in nights]
    return ((0.0, float(max(r.reconciliation.exposed for r in nights))), *left)


def off_by(scores: Sequence[Score]) -> float | None:
    """How far earlier predictions of exposure-hours were off, as a share: the median over recalls, whatever the direction."""
    errors = [abs(line.error) for s in scores for line in s.lines if line.measure is Measure.EXPOSURE_HOURS and line.error is not None]
    return median(errors) if errors else None


def _area(forecast: Forecast, waited: float, end: float) -> float | None:
    course = meant(forecast.course, forecast.action)
    whole, before = (exposure_hours(course, forecast.action, until, waited) for until in (waited + end, waited))
    return None if whole is None or before is None else whole - before


def _seen_area(seen: Path) -> float:
    return sum((b - a) * (x + y) / 2 for (a, x), (b, y) in pairwise(seen))


def _safe(seen: Path, hours: float) -> float | None:
    for (a, x), (b, y) in pairwise(seen):
        if a <= hours <= b:
            return 1 - (x + (y - x) * (hours - a) / (b - a)) / seen[0][1]
    return None


def _line(measure: Measure, hours: float, predicted: float | None, actual: float | None) -> ScoreLine:
    error = (predicted - actual) / actual if predicted is not None and actual else None
    return ScoreLine(measure, hours, predicted, actual, error)


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600
