"""Every published cell, the vectors others got wrong, and what rounding 1-in-n would have said instead."""

from fractions import Fraction
from itertools import product

import pytest

from configs.errors import BadInput
from configs.terms import Harm, Level
from tasks.rules.severity_matrix import band_in_words, highest, impact_level, risk_level

LETTER = {"L": Level.LOW, "M": Level.MEDIUM, "H": Level.HIGH, "S": Level.SERIOUS}
MATRIX = {"1/2": "HSSS", "1/10": "MSSS", "1/100": "MSSS", "1/1000": "LHSS", "1/10000": "LMHS", "1/100000": "LLMH", "1/1000000": "LLLM"}
ROWS = [*MATRIX.items(), ("0", "LLLL")]
JUST = Fraction(1, 10**12)


@pytest.mark.parametrize(("row", "harm"), list(product(range(8), Harm)))
def test_every_cell_of_the_risk_matrix_up_to_both_edges(row: int, harm: Harm) -> None:
    bound, letters = ROWS[row]
    top = Fraction(ROWS[row - 1][0]) if row else Fraction(1)
    assert risk_level(harm, Fraction(bound) + JUST) is LETTER[letters[harm - 1]]
    assert risk_level(harm, top) is LETTER[letters[harm - 1]]


MISBANDED = [
    ("0.6", 1, "H", "M"),
    ("0.010004", 1, "M", "L"),
    ("0.010004", 2, "S", "H"),
    ("0.0010004", 2, "H", "M"),
    ("0.0010004", 3, "S", "H"),
]


def rounded_level(harm: Harm, probability: Fraction) -> Level:
    """What a comparison of 1/p, rounded to an integer, gives: the mistake in the published code."""
    return risk_level(harm, Fraction(1, round(1 / probability)))


@pytest.mark.parametrize(("probability", "harm", "right", "wrong"), MISBANDED)
def test_probabilities_that_rounding_puts_into_the_wrong_band(probability: str, harm: int, right: str, wrong: str) -> None:
    assert risk_level(Harm(harm), Fraction(probability)) is LETTER[right]
    assert rounded_level(Harm(harm), Fraction(probability)) is LETTER[wrong]


@pytest.mark.parametrize("row", range(7))
def test_a_bound_itself_is_in_the_band_below(row: int) -> None:
    bound, below = Fraction(ROWS[row][0]), ROWS[row + 1][1]
    assert [risk_level(harm, bound) for harm in Harm] == [LETTER[letter] for letter in below]
    assert band_in_words(bound + JUST) == f"above 1 in {1 / bound}"


@pytest.mark.parametrize("probability", [Fraction(-1, 2), Fraction(3, 2)])
def test_what_is_not_a_probability_is_refused(probability: Fraction) -> None:
    with pytest.raises(BadInput, match="not a probability"):
        risk_level(Harm.DANGER, probability)


def test_the_highest_scenario_decides() -> None:
    assert highest([Level.LOW, Level.HIGH, Level.MEDIUM]) is Level.HIGH
    assert highest([]) is Level.LOW


IMPACT = [(0, "LMHS"), (100_000, "LMHS"), (100_001, "MHHS"), (500_000, "MHHS"), (500_001, "MHSS"), (1_000_000, "MHSS"), (1_000_001, "HSSS")]


@pytest.mark.parametrize(("units", "letters"), IMPACT)
def test_units_in_use_raise_the_level_at_their_boundaries(units: int, letters: str) -> None:
    assert [impact_level(level, units) for level in Level] == [(LETTER[letter], False) for letter in letters]


def test_unknown_units_leave_the_level_and_make_it_uncertain() -> None:
    assert [impact_level(level, None) for level in Level] == [(level, True) for level in Level]
    with pytest.raises(BadInput, match="-1 units"):
        impact_level(Level.LOW, -1)


def test_a_probability_of_nothing_is_low_and_named() -> None:
    assert {risk_level(harm, Fraction(0)) for harm in Harm} == {Level.LOW}
    assert band_in_words(Fraction(0)) == band_in_words(Fraction(1, 10**6)) == "at most 1 in 1000000"
