"""The two matrices: probability of harm times severity of harm gives the risk level, and the units in use may raise it.

The 32 cells are the risk matrix of the EU's Safety Gate guidelines (Implementing Decision (EU) 2019/417), the 16 cells the impact matrix
of the UK's PRISM, both as in the Office for Product Safety and Standards' product-safety-database. Bounds are strict and compared as
exact fractions: a rounded 1-in-n puts 0.6 and 0.010004 into the wrong band.

Add here when a published cell changes; rather in `severity.py` when a release is judged by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from configs.errors import BadInput
from configs.terms import Harm, Level

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


def risk_level(harm: Harm, probability: Fraction) -> Level:
    """The cell of the risk matrix. `probability`: of harm to one exposed user over the horizon, 0 to 1, exact.

    Raises:
        BadInput: not a probability.
    """
    checked(probability)
    row = next((levels for bound, levels in BANDS if probability > bound), (_L, _L, _L, _L))
    return row[harm - 1]


def checked(probability: Fraction) -> Fraction:
    """The same probability. Raises BadInput when it is none."""
    if not 0 <= probability <= 1:
        raise BadInput(f"{probability} is not a probability; give one from 0 to 1")
    return probability


def band_in_words(probability: Fraction) -> str:
    """The band that a probability is in."""
    return next((f"above 1 in {1 / bound}" for bound, _ in BANDS if probability > bound), f"at most 1 in {1 / BANDS[-1][0]}")


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
