"""How bad it is: probability of harm times severity of harm gives the risk level, and the units in use may raise it.

The 32 cells are the risk matrix of the EU's Safety Gate guidelines (Implementing Decision (EU) 2019/417), the 16 cells the impact matrix
of the UK's PRISM, both as in the Office for Product Safety and Standards' product-safety-database. Bounds are strict and compared as
exact fractions: a rounded 1-in-n puts 0.6 and 0.010004 into the wrong band. The mapping from crashes to severity is the policy's.

Add here when the level itself is computed otherwise; rather in `decision.py` when it is what to do at a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy.special import betaincinv

from configs.errors import BadInput
from configs.policy import Risk
from configs.terms import Assessment, Evidence, Harm, Health, Level

_L, _M, _H, _S = Level.LOW, Level.MEDIUM, Level.HIGH, Level.SERIOUS

BANDS: tuple[tuple[Fraction, tuple[Level, Level, Level, Level]], ...] = (
    (Fraction(1, 2), (_H, _S, _S, _S)),
    (Fraction(1, 10), (_M, _S, _S, _S)),
    (Fraction(1, 100), (_M, _S, _S, _S)),
    (Fraction(1, 1_000), (_L, _H, _S, _S)),
    (Fraction(1, 10_000), (_L, _M, _H, _S)),
    (Fraction(1, 100_000), (_L, _L, _M, _H)),
    (Fraction(1, 1_000_000), (_L, _L, _L, _M)),
)
"""The probability of harm is above this (strictly): level at severity 1 to 4. At or below the last one every level is low."""

UNITS: tuple[tuple[int, dict[Level, Level]], ...] = (
    (1_000_000, {_L: _H, _M: _S, _H: _S, _S: _S}),
    (500_000, {_L: _M, _M: _H, _H: _S, _S: _S}),
    (100_000, {_L: _M, _M: _H, _H: _H, _S: _S}),
)
"""More units in use than this (strictly): the level becomes that one. At or below the last one it stays."""


@dataclass(frozen=True, slots=True)
class OneIn:
    """A step of a harm scenario that happens in one case in `n`."""

    n: int | Fraction


def risk_level(harm: Harm, probability: Fraction) -> Level:
    """The cell of the risk matrix. `probability`: of harm to one exposed user over the horizon, 0 to 1, exact.

    Raises:
        BadInput: not a probability.
    """
    _check(probability)
    row = next((levels for bound, levels in BANDS if probability > bound), (_L, _L, _L, _L))
    return row[harm - 1]


def scenario_probability(steps: Iterable[Fraction | OneIn]) -> Fraction:
    """Probability that every step of a harm scenario happens: the product of its steps, exact.

    Raises:
        BadInput: a step is not a probability, or 1 in less than 1.
    """
    product = Fraction(1)
    for step in steps:
        if isinstance(step, OneIn) and step.n < 1:
            raise BadInput(f"a step cannot happen in 1 of {step.n} cases; give 1 in n with n of at least 1")
        product *= _check(1 / Fraction(step.n) if isinstance(step, OneIn) else step)
    return product


def _check(probability: Fraction) -> Fraction:
    if not 0 <= probability <= 1:
        raise BadInput(f"{probability} is not a probability; give one from 0 to 1")
    return probability


def highest(levels: Iterable[Level]) -> Level:
    """The highest of several scenarios' levels decides; low when there is none."""
    return max(levels, key=lambda level: level.rank, default=Level.LOW)


def impact_level(level: Level, units: int | None) -> tuple[Level, bool]:
    """The level after the number of units in use, and whether it is uncertain because that number is unknown.

    Raises:
        BadInput: a negative number of units.
    """
    if units is None:
        return level, True
    if units < 0:
        raise BadInput(f"{units} units in use is impossible; give 0 or more, or none when unknown")
    cells = next((cells for bound, cells in UNITS if units > bound), None)
    return (cells[level] if cells else level), False


def harmed_probability(harmed: int, users: int, days: float, horizon_days: float, confidence: float) -> tuple[Fraction, Fraction]:
    """Probability that an exposed user is harmed within the horizon: point estimate and one-sided upper bound.

    `harmed` of `users` in `days`; the point is (x + 1/2) / (n + 1), the bound is Clopper and Pearson's (never below its confidence),
    and both are carried over to the horizon as 1 - (1 - p)^(horizon / days). More harmed than users (a crash before the session is
    counted) is everyone. No users: the bound is 1.

    Raises:
        BadInput: negative counts, or a time that is not positive.
    """
    if min(harmed, users) < 0 or min(days, horizon_days) <= 0:
        raise BadInput(f"{harmed} harmed of {users} users in {days} of {horizon_days} days is impossible; counts from 0, days above 0")
    hit = min(harmed, users)
    point = Fraction(2 * hit + 1, 2 * users + 2)
    upper = Fraction(1) if hit == users else Fraction(float(betaincinv(hit + 1, users - hit, confidence)))
    return _over_horizon(point, days, horizon_days), _over_horizon(upper, days, horizon_days)


def _over_horizon(probability: Fraction, days: float, horizon_days: float) -> Fraction:
    if days == horizon_days:
        return probability
    return Fraction(1 - (1 - float(probability)) ** (horizon_days / days))


# --- one release --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judged:
    """One evidence's risk, before and after the units in use."""

    evidence: Evidence
    harm: Harm
    point: Fraction
    upper: Fraction
    cell: Level
    level: Level
    level_point: Level

    @property
    def order(self) -> tuple[int, int, Fraction]:
        return self.level.rank, self.level_point.rank, self.upper


def assess(evidence: Sequence[Evidence], units: int | None, risk: Risk, days: float) -> Assessment:
    """Risk of one release: the highest over its degraded evidence; the upper bound decides, the point estimate is shown.

    `days`: how long the release has been out, as far as the evidence reaches. Healthy evidence has no attributable harm and is left
    out; unknown evidence lowers nothing and makes the result uncertain, as do unknown units and a level that differs between point
    and bound. Without degraded evidence the level is low, whatever the units: there is no hazard that they could spread.
    """
    judged = [_judged(e, units, risk, days) for e in evidence if e.health is Health.DEGRADED]
    unknown = tuple(f"{e.metric}: unknown ({e.reason})" for e in evidence if e.health is Health.UNKNOWN)
    if not judged:
        return _without_harm(units, unknown, nothing=not evidence)
    worst = max(judged, key=lambda j: j.order)
    unsure = (*unknown, *_doubts(worst, units))
    return Assessment(
        level=worst.level,
        level_point=worst.level_point,
        harm=worst.harm,
        probability=worst.point,
        probability_upper=worst.upper,
        units=units,
        uncertain=bool(unsure),
        reasons=(*(_found(j, risk) for j in judged), _cells(worst, units), *unsure),
    )


def _judged(evidence: Evidence, units: int | None, risk: Risk, days: float) -> _Judged:
    harm = risk.harm_of_kind[evidence.kind]
    point, upper = harmed_probability(evidence.events, evidence.exposure, days, risk.horizon_days, risk.confidence)
    upper *= _attributable(evidence.ratio_high)
    point = min(point * _attributable(evidence.ratio), upper)
    cell = risk_level(harm, upper)
    return _Judged(evidence, harm, point, upper, cell, impact_level(cell, units)[0], impact_level(risk_level(harm, point), units)[0])


def _attributable(ratio: float | None) -> Fraction:
    """The part of the harm that the release adds: (ratio - 1) / ratio; all of it where the ratio is unknown."""
    if ratio is None:
        return Fraction(1)
    exact = Fraction(ratio)
    return (exact - 1) / exact if exact > 1 else Fraction(0)


def _without_harm(units: int | None, unknown: tuple[str, ...], *, nothing: bool) -> Assessment:
    reasons = ("there is no evidence at all",) if nothing else ("no evidence of harm above the older versions' rate",)
    uncertain = bool(unknown) or nothing
    return Assessment(Level.LOW, Level.LOW, Harm.ANNOYANCE, Fraction(0), Fraction(0), units, uncertain, (*reasons, *unknown))


def _found(judged: _Judged, risk: Risk) -> str:
    found = judged.evidence
    return (
        f"{found.metric}: {found.events} of {found.exposure} harmed; attributable over {risk.horizon_days:g} days: "
        f"{float(judged.point):.2g}, at most {float(judged.upper):.2g} ({risk.confidence:.0%} bound)"
    )


def _cells(judged: _Judged, units: int | None) -> str:
    band = next((f"above 1 in {1 / bound}" for bound, _ in BANDS if judged.upper > bound), f"at most 1 in {1 / BANDS[-1][0]}")
    used = "units in use unknown" if units is None else f"{units} units in use"
    return f"severity {int(judged.harm)}, probability {band}: {judged.cell}; {used}: {judged.level}"


def _doubts(judged: _Judged, units: int | None) -> Iterable[str]:
    if units is None:
        yield "uncertain: the number of units in use is unknown"
    if judged.level is not judged.level_point:
        yield f"uncertain: {judged.level_point} at the point estimate, {judged.level} at the bound; more users are needed to tell"
