"""How probable harm is: a point estimate and three upper bounds of the share of users harmed.

| bound              | holds                                | used for                                              |
|--------------------|--------------------------------------|-------------------------------------------------------|
| Jeffreys           | on average over all shares           | what dashboards show                                  |
| Clopper-Pearson    | at one look, never below its promise | a sample that is taken once                           |
| Beta mixture       | at every look together               | the decision, for releases are looked at all the time |

The mixture bound ends where E(p) = B(a + x, b + n - x) / (B(a, b) p^x (1 - p)^(n - x)) reaches 1 / (1 - confidence); by Ville's inequality
the chance that it is ever below the true share is at most 1 - confidence (Ramdas and others, arXiv 2210.01948).

Counts may be fractions: over-dispersed ones count as x / phi of n / phi.

Add here when a probability gets another bound; rather in `severity_cases.py` when it is about which counts go in.
"""

from __future__ import annotations

import math
from fractions import Fraction

from scipy.special import betaincinv

from configs.errors import BadInput

Number = int | Fraction

PRIOR = (0.5, 20.0)
"""a and b of the mixture: weight on small shares. Any prior is valid; this one needs 74 clean checks to show less than 5 %."""

_HALVINGS = 64
"""Of the interval the mixture bound is sought in: down to the last digit of a float."""


def point(harmed: Number, users: Number) -> Fraction:
    """(x + 1/2) / (n + 1), exact; more harmed than users is everyone.

    Raises:
        BadInput: a negative number.
    """
    hit = _hit(harmed, users)
    return (hit + Fraction(1, 2)) / (users + 1)


def jeffreys(harmed: Number, users: Number, confidence: float) -> Fraction:
    """Upper end of the one-sided interval from Jeffreys' prior; 1 where everyone is harmed or nobody was seen. Raises BadInput likewise."""
    hit = _hit(harmed, users)
    if hit == users:
        return Fraction(1)
    return Fraction(float(betaincinv(float(hit) + 0.5, float(users - hit) + 0.5, confidence)))


def clopper_pearson(harmed: Number, users: Number, confidence: float) -> Fraction:
    """Exact one-sided upper bound for one look; 1 where everyone is harmed or nobody was seen. Raises BadInput likewise."""
    hit = _hit(harmed, users)
    if hit == users:
        return Fraction(1)
    return Fraction(float(betaincinv(float(hit) + 1, float(users - hit), confidence)))


def under_peeking(harmed: Number, users: Number, confidence: float) -> Fraction:
    """Upper bound that holds at all looks together; 1 where everyone is harmed or nobody was seen. Raises BadInput likewise."""
    hit = _hit(harmed, users)
    if hit == users:
        return Fraction(1)
    x, rest = float(hit), float(users - hit)
    a, b = PRIOR
    enough = _log_beta(a + x, b + rest) - _log_beta(a, b) + math.log1p(-confidence)
    below, above = x / (x + rest), 1.0
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        if not below < middle < above:
            break
        reached = enough - (x * math.log(middle) if x else 0.0) - rest * math.log1p(-middle) >= 0
        below, above = (below, middle) if reached else (middle, above)
    return Fraction(above)


def over_horizon(probability: Fraction, days: float, horizon_days: float) -> Fraction:
    """The chance within `horizon_days`, given the chance within `days`: 1 - (1 - p)^(horizon / days).

    Raises:
        BadInput: a time that is not above 0.
    """
    if min(days, horizon_days) <= 0:
        raise BadInput(f"{days} of {horizon_days} days is impossible; give days above 0")
    if days == horizon_days or probability in (0, 1):
        return probability
    return Fraction(-math.expm1(horizon_days / days * math.log1p(-float(probability)))) if float(probability) < 1 else Fraction(1)


def _hit(harmed: Number, users: Number) -> Number:
    if min(harmed, users) < 0:
        raise BadInput(f"{harmed} harmed of {users} users is impossible; give counts from 0")
    return min(harmed, users)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
