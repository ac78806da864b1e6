"""One way one piece of evidence may harm, with every input its level is computed from, and the level.

P over the horizon is 1 - (1 - U)^(horizon / days), of which (ratio - 1) / ratio is the release's doing. For a suspected segment, of which
only the ratio is known, U is the older versions' and the release adds (ratio - 1) times as much. The ratio's upper end goes with the
bound, its most likely value with the point estimate.

Add here when a level depends on another input; rather in `severity_matrix.py` when a cell changes, in `sensitivity.py` when it is asked
which input matters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from configs.policy import Risk
from configs.terms import Evidence, Level, Suspect
from tasks.rules.decision import is_narrow
from tasks.rules.exposed import Known, exposed_users
from tasks.rules.scenarios import Way, ways
from tasks.rules.severity_bounds import Number, jeffreys, over_horizon, point, under_peeking
from tasks.rules.severity_matrix import impact_level, risk_level


@dataclass(frozen=True, slots=True)
class Case:
    """The inputs. `suspect`: the segment concerned, when `harmed` and `users` are those of the older versions beside it."""

    evidence: Evidence
    way: Way
    harmed: Number
    users: Number
    days: float
    horizon_days: float
    confidence: float
    dispersion: Fraction
    units: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    doubt: str = ""
    suspect: Suspect | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with what follows from it. `cell`: the level before the units in use; `shown`: Jeffreys' bound."""

    case: Case
    point: Fraction
    shown: Fraction
    upper: Fraction
    cell: Level
    level: Level
    level_point: Level

    @property
    def order(self) -> tuple[int, int, Fraction]:
        """The worst case is the greatest."""
        return self.level.rank, self.level_point.rank, self.upper


def cases(evidence: Evidence, use: Known, risk: Risk) -> tuple[Case, ...]:
    """Every way the evidence may harm: its users by each scenario, then each segment that is surely worse than they."""
    seen = exposed_users(evidence, use, risk)
    first = Case(
        evidence=evidence,
        way=ways(evidence.kind, risk)[0],
        harmed=evidence.events,
        users=seen.number,
        days=use.days,
        horizon_days=risk.horizon_days,
        confidence=risk.confidence,
        dispersion=Fraction(risk.dispersion),
        units=use.units,
        ratio=evidence.ratio,
        ratio_low=evidence.ratio_low,
        ratio_high=evidence.ratio_high,
        doubt=seen.doubt,
    )
    return tuple(replace(case, way=way) for case in (first, *_segments(first)) for way in ways(evidence.kind, risk))


def _segments(first: Case) -> Iterable[Case]:
    """A suspected segment counts once it is surely worse than everyone together; the evidence's own scope is judged by its own counts."""
    evidence = first.evidence
    if not evidence.exposure or not evidence.control_exposure:
        return
    control_users = evidence.control_exposure * Fraction(first.users) / evidence.exposure
    for suspect in evidence.suspects:
        if _is_surely_worse(suspect, evidence.ratio) and is_narrow(suspect.scope) and suspect.scope != evidence.scope:
            yield replace(
                first,
                harmed=evidence.control_events,
                users=control_users,
                ratio=suspect.ratio,
                ratio_low=suspect.ratio_low,
                ratio_high=suspect.ratio_high,
                suspect=suspect,
            )


def _is_surely_worse(suspect: Suspect, everyones: float | None) -> bool:
    """Else a segment would only repeat what is said of everyone, with the wider bounds of fewer users."""
    if suspect.ratio is None or suspect.ratio_low is None or suspect.ratio_high is None:
        return False
    return suspect.ratio_low > max(1.0, everyones or 1.0)


def judge(case: Case) -> Judged:
    """The probabilities and levels of a case."""
    x, n = case.harmed / case.dispersion, case.users / case.dispersion
    upper = upper_probability(case)
    shown = _over_all(case, jeffreys(x, n, case.confidence), case.ratio_high)
    best = min(_over_all(case, point(x, n), case.ratio), upper)
    cell = risk_level(case.way.harm, upper)
    level_point = impact_level(risk_level(case.way.harm, best), case.units)[0]
    return Judged(case, best, shown, upper, cell, impact_level(cell, case.units)[0], level_point)


def upper_probability(case: Case) -> Fraction:
    """The probability of harm that decides: its bound at every look together."""
    share = under_peeking(case.harmed / case.dispersion, case.users / case.dispersion, case.confidence)
    return _over_all(case, share, case.ratio_high)


def deciding_level(case: Case) -> Level:
    """The level at the bound."""
    return impact_level(risk_level(case.way.harm, upper_probability(case)), case.units)[0]


def _over_all(case: Case, share: Fraction, ratio: float | None) -> Fraction:
    """From a share of users in the days seen to the way's probability over the horizon, as far as the release adds it."""
    if case.suspect is None:
        return case.way.probability(over_horizon(share, case.days, case.horizon_days) * _added_part(ratio))
    times = Fraction(max(0.0, ratio - 1)) if ratio is not None and math.isfinite(ratio) else 1 / share
    added = min(Fraction(1), share * times)
    return case.way.probability(over_horizon(added, case.days, case.horizon_days))


def _added_part(ratio: float | None) -> Fraction:
    """The part of the harm that the release adds: (ratio - 1) / ratio; all of it where the ratio is unknown."""
    if ratio is None or not math.isfinite(ratio):
        return Fraction(1)
    exact = Fraction(ratio)
    return (exact - 1) / exact if exact > 1 else Fraction(0)
