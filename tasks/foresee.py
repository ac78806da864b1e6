"""Predicts what each option of a proposal leads to, keeps that with the proposal, and compares it with what happened.

Add here when a prediction needs another fact from the ledger; rather in `tasks/rules/predictions.py` when it is computed otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from configs.terms import (
    Assessment,
    Basis,
    Count,
    Course,
    Dimension,
    Forecast,
    InstalledBase,
    Measure,
    Metric,
    Proposal,
    Recall,
    RecallState,
    Release,
    Scope,
    Score,
    TakeUp,
)
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in
from integrations.ledger.forecasts import add_forecast, find_forecast, keep_score, scores_of, sessions_after
from integrations.ledger.readings import counts_after, installed_of, releases_of
from integrations.ledger.reviews import reviews_of
from integrations.ledger.signing import proposals_of
from integrations.toolbox import Toolbox
from tasks.review import fix_published_at
from tasks.rules.detection import is_older
from tasks.rules.predictions import predictions
from tasks.rules.reconciliation import reconcile
from tasks.rules.scores import score
from tasks.rules.take_up import curve_of_reviews, curve_of_sessions, fix_after, take_up
from tasks.step import Work

LOOKED_AT = 8
"""Earlier releases that take-up is learnt from at most: older ones were taken by other people."""

DAY = timedelta(days=1)


def keep_forecast(work: Work, txn: Txn, proposal: Proposal, assessment: Assessment) -> None:
    """Keeps the forecast of a proposal and journals its figures, in the transaction of the proposal."""
    found = forecast(work.tools, txn, proposal, assessment)
    add_forecast(txn, proposal.scope.app, found)
    hours = {p.action.value: _whole(p.exposure_hours) for p in found.predictions}
    waiting = {p.action.value: _whole(p.hour_exposure) for p in found.predictions}
    work.note(txn, "prediction.made", {"proposal": proposal.id, "exposure_hours": hours, "an_hour_of_waiting": waiting})


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def forecast_of(tools: Toolbox, txn: Txn, proposal: Proposal, assessment: Assessment) -> Forecast:
    """The forecast kept with a proposal, or, for one of before forecasts were kept, what would be predicted now."""
    return find_forecast(txn, proposal.id) or forecast(tools, txn, proposal, assessment)


def forecast(tools: Toolbox, txn: Txn, proposal: Proposal, assessment: Assessment) -> Forecast:
    """What every option leads to, from what the ledger knows now."""
    course = course_of(tools, txn, proposal.scope, assessment, proposal.opened_at)
    agreed = tools.policy.predictions
    moments = (*agreed.uptake_hours, agreed.horizon_days * 24)
    return Forecast(proposal.id, proposal.recall_id, proposal.opened_at, proposal.action, course, predictions(course, moments))


def course_of(tools: Toolbox, txn: Txn, scope: Scope, assessment: Assessment, now: datetime) -> Course:
    """Everything the predictions are computed from."""
    releases, cells = releases_of(txn, scope.app, scope.platform), installed_of(txn, scope.app, scope.platform, scope.version)
    release = next((r for r in releases if r.version == scope.version), None)
    counts = () if release is None else counts_after(txn, scope.app, scope.platform, Metric.CRASH, release.released_at)
    users = float(sum(map(still_exposed, cells))) if cells else assessment.units
    agreed, risk, past = tools.policy.predictions, tools.policy.risk, _past(tools, txn, scope)
    return Course(
        users=users,
        in_scope=_in_scope(users, cells, counts, scope),
        per_hour=None if users is None or release is None else users / max((now - release.released_at).total_seconds() / 3600, 1.0),
        ceiling=_ceiling(users, counts, scope.version, now),
        fix_after_hours=past.fix_after_hours,
        told=past.told,
        alone=_alone(tools, txn, scope, releases),
        horizon_hours=agreed.horizon_days * 24,
        harm=float(assessment.probability),
        harm_most=float(assessment.probability_upper),
        harm_hours=risk.horizon_days * 24,
        fix_examples=past.fix_examples,
    )


def still_exposed(cell: InstalledBase) -> int:
    """Installs of a cell that have the bad build, as far as anyone knows."""
    done = reconcile(cell)
    return done.unreached + done.dormant


def is_meant(cell: InstalledBase, scope: Scope) -> bool:
    """Whether a cell lies inside a scope; cells do not tell devices apart."""
    return (not scope.countries or cell.country in scope.countries) and (not scope.os_versions or cell.os_version in scope.os_versions)


def _in_scope(users: float | None, cells: tuple[InstalledBase, ...], counts: tuple[Count, ...], scope: Scope) -> float | None:
    """Users in the scope; a device's part is its part of the version's sessions, the same in every country and OS."""
    part = device_share(counts, scope)
    if users is None or part is None or (not cells and (scope.countries or scope.os_versions)):
        return None
    return part * (sum(still_exposed(c) for c in cells if is_meant(c, scope)) if cells else users)


def device_share(counts: tuple[Count, ...], scope: Scope) -> float | None:
    """The part of the version's sessions that the scope's devices have; 1 where it names none, None where no session is known."""
    if not scope.devices:
        return 1.0
    mine = [c for c in counts if c.version == scope.version]
    everyone = sum(c.exposure for c in mine if c.dimension is Dimension.ALL)
    named = sum(c.exposure for c in mine if c.dimension is Dimension.DEVICE and c.value in scope.devices)
    return min(1.0, named / everyone) if everyone else None


def _ceiling(users: float | None, counts: tuple[Count, ...], version: str, now: datetime) -> float | None:
    """How many can ever get it: all users, as the version's part of the last day's sessions tells."""
    last_day = [c for c in counts if c.dimension is Dimension.ALL and c.start > now - DAY]
    mine = sum(c.exposure for c in last_day if c.version == version)
    return None if not mine or users is None else users * sum(c.exposure for c in last_day) / mine


# --- take-up ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """What the app's closed recalls teach: how soon a fix was out, and how fast those told took it."""

    fix_after_hours: float
    fix_examples: int
    told: TakeUp


def _past(tools: Toolbox, txn: Txn, scope: Scope) -> Past:
    closed = [r for r in recalls_in(txn, RecallState.CLOSED, app=scope.app) if r.platform is scope.platform]
    fixed = [(r, out) for r in closed if (out := fix_published_at(txn, r)) is not None]
    agreed = tools.policy.predictions
    curves = [curve_of_reviews(reviews_of(txn, r.id), out) for r, out in fixed]
    waits = [max(0.0, (out - r.approved_at).total_seconds() / 3600) for r, out in fixed if r.approved_at is not None]
    return Past(
        *fix_after(waits, agreed.learn_from_recalls, agreed.fix_after_hours),
        take_up(curves, Basis.RECALLS, agreed.learn_from_recalls, agreed.told_half_life_hours),
    )


def _alone(tools: Toolbox, txn: Txn, scope: Scope, releases: tuple[Release, ...]) -> TakeUp:
    """From releases that people took by themselves: neither recalled ones, nor the fixes of those."""
    agreed, recalls = tools.policy.predictions, recalls_in(txn, app=scope.app)
    special = {r.version for r in recalls} | {r.fixed_version for r in recalls}
    usual = [r for r in releases if is_older(r.version, scope.version) and r.version not in special][-LOOKED_AT:]
    if len(usual) < agreed.learn_from_releases:
        return TakeUp(agreed.alone_half_life_hours)
    counts = sessions_after(txn, scope.app, scope.platform, usual[0].released_at)
    curves = [curve_of_sessions(counts, release, agreed.learn_days) for release in usual]
    return take_up(curves, Basis.RELEASES, agreed.learn_from_releases, agreed.alone_half_life_hours)


# --- afterwards ---------------------------------------------------------------------------------------------------------


def score_forecast(work: Work, txn: Txn, recall: Recall) -> dict[str, object]:
    """Compares the signed proposal's forecast with the nightly reviews and keeps the score; returns what the journal tells of it."""
    proposal = proposals_of(txn, recall.id)[-1]
    kept = find_forecast(txn, proposal.id)
    if kept is None or recall.approved_at is None:
        return {}
    found = score(kept, reviews_of(txn, recall.id), recall.approved_at, txn.now, work.tools.policy.predictions.uptake_hours)
    keep_score(txn, found)
    return {"prediction": _in_numbers(found)} if found.lines else {}


def _in_numbers(found: Score) -> list[dict[str, object]]:
    """Whole numbers only, for the journal: shares and errors in thousandths."""
    return [
        {
            "measure": line.measure.value,
            "hours": round(line.hours),
            "predicted": _scaled(line.predicted, line.measure),
            "actual": _scaled(line.actual, line.measure),
            "error_thousandths": None if line.error is None else round(1000 * line.error),
        }
        for line in found.lines
    ]


def _scaled(value: float | None, measure: Measure) -> int | None:
    return None if value is None else round(value * (1000 if measure is Measure.UPTAKE else 1))


def scored_before(txn: Txn, app: str, recall_id: str = "") -> tuple[Score, ...]:
    """Scores of an app's earlier recalls."""
    return tuple(s for s in scores_of(txn, app) if s.recall_id != recall_id and s.lines)
