"""The published cells, the vectors others got wrong, and that worse is never lower."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from configs.errors import BadInput
from configs.policies import load_policy
from configs.terms import Assessment, Evidence, Harm, Health, IssueKind, Level, Metric, Platform
from tasks.rules.severity import OneIn, assess, harmed_probability, highest, impact_level, risk_level, scenario_probability
from tests.tasks.rules.counts import START

LETTER = {"L": Level.LOW, "M": Level.MEDIUM, "H": Level.HIGH, "S": Level.SERIOUS}
MATRIX = {"1/2": "HSSS", "1/10": "MSSS", "1/100": "MSSS", "1/1000": "LHSS", "1/10000": "LMHS", "1/100000": "LLMH", "1/1000000": "LLLM"}
ROWS = [*MATRIX.items(), ("0", "LLLL")]
JUST = Fraction(1, 10**12)
RISK = load_policy("default").risk


@pytest.mark.parametrize(("row", "harm"), list(product(range(8), Harm)))
def test_every_cell_of_the_risk_matrix_up_to_both_edges(row: int, harm: Harm) -> None:
    bound, letters = ROWS[row]
    top = Fraction(ROWS[row - 1][0]) if row else Fraction(1)
    assert risk_level(harm, Fraction(bound) + JUST) is LETTER[letters[harm - 1]]
    assert risk_level(harm, top) is LETTER[letters[harm - 1]]


@pytest.mark.parametrize(
    ("probability", "harm", "level"),
    [
        ("0.6", 1, Level.HIGH),
        ("0.010004", 1, Level.MEDIUM),
        ("0.010004", 2, Level.SERIOUS),
        ("0.0010004", 2, Level.HIGH),
        ("0.0010004", 3, Level.SERIOUS),
        ("0", 4, Level.LOW),
    ],
)
def test_probabilities_that_rounding_would_put_into_the_wrong_band(probability: str, harm: int, level: Level) -> None:
    assert risk_level(Harm(harm), Fraction(probability)) is level


@pytest.mark.parametrize("probability", [Fraction(-1, 2), Fraction(3, 2)])
def test_what_is_not_a_probability_is_refused(probability: Fraction) -> None:
    with pytest.raises(BadInput, match="not a probability"):
        risk_level(Harm.DANGER, probability)
    with pytest.raises(BadInput, match="not a probability"):
        scenario_probability([probability])


def test_a_scenario_is_the_product_of_its_steps() -> None:
    assert scenario_probability([Fraction("0.2"), OneIn(50), OneIn(Fraction(5, 2))]) == Fraction(1, 625)
    assert scenario_probability([]) == 1
    with pytest.raises(BadInput, match="1 in n"):
        scenario_probability([OneIn(0)])


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


def test_the_worked_numbers() -> None:
    point, upper = harmed_probability(37, 21_000, 7, 7, 0.95)
    assert point == Fraction(75, 42_002)
    assert (round(float(point), 5), round(float(upper), 5)) == (0.00179, 0.00232)
    assert float(harmed_probability(0, 1_000, 7, 7, 0.95)[1]) == pytest.approx(0.0030, abs=5e-5)


@given(harmed=st.integers(0, 50), more=st.integers(0, 5000))
def test_the_upper_bound_is_the_exact_binomial_one(harmed: int, more: int) -> None:
    users = harmed + more
    expected = binomtest(harmed, users, alternative="less").proportion_ci(0.95, "exact").high if users else 1.0
    assert float(harmed_probability(harmed, users, 1, 1, 0.95)[1]) == pytest.approx(expected)


def test_a_longer_horizon_gives_more_time_for_harm() -> None:
    point, upper = harmed_probability(10, 1_000, 1, 7, 0.95)
    once, at_most = harmed_probability(10, 1_000, 1, 1, 0.95)
    assert float(point) == pytest.approx(1 - (1 - float(once)) ** 7)
    assert float(upper) == pytest.approx(1 - (1 - float(at_most)) ** 7)


@pytest.mark.parametrize(("harmed", "users"), [(0, 0), (5, 5), (9, 5)], ids=["nobody seen", "everyone", "more than seen"])
def test_where_nothing_bounds_the_harm_the_bound_is_one(harmed: int, users: int) -> None:
    assert harmed_probability(harmed, users, 3, 7, 0.95)[1] == 1


@pytest.mark.parametrize(("harmed", "users", "days"), [(-1, 5, 1.0), (1, -5, 1.0), (1, 5, 0.0)])
def test_impossible_counts_are_refused(harmed: int, users: int, days: float) -> None:
    with pytest.raises(BadInput, match="impossible"):
        harmed_probability(harmed, users, days, 7, 0.95)


EVIDENCE = Evidence(
    "com.example.app", Platform.ANDROID, "4.2.0", Metric.CRASH, START, Health.DEGRADED, 9.0, 200, 20_000, 100, 20_000, 2.0, 1.6, 2.5
)


def assessed(*evidence: Evidence, units: int | None = 50_000) -> Assessment:
    return assess(evidence, units, RISK, 7)


def test_only_the_part_that_the_release_adds_counts() -> None:
    found = assessed(EVIDENCE)
    point, upper = harmed_probability(200, 20_000, 7, 7, RISK.confidence)
    assert found.probability == point / 2
    assert found.probability_upper == upper * Fraction(3, 5)
    assert (found.level, found.level_point, found.uncertain) == (Level.HIGH, Level.HIGH, False)
    assert found.harm is Harm.REVERSIBLE_LOSS


def test_an_unknown_ratio_attributes_all_harm_to_the_release() -> None:
    found = assessed(replace(EVIDENCE, ratio=None, ratio_low=None, ratio_high=None))
    assert (found.probability, found.probability_upper) == harmed_probability(200, 20_000, 7, 7, RISK.confidence)
    assert found.level is Level.SERIOUS


def test_the_reasons_name_the_cells_used() -> None:
    reasons = " | ".join(assessed(EVIDENCE, units=600_000).reasons)
    assert "200 of 20000" in reasons
    assert "severity 2, probability above 1 in 1000: high; 600000 units in use: serious" in reasons


def test_a_level_that_differs_between_estimate_and_bound_is_uncertain() -> None:
    found = assessed(replace(EVIDENCE, events=3, exposure=300, ratio_high=50.0))
    assert (found.level_point, found.level, found.uncertain) == (Level.HIGH, Level.SERIOUS, True)
    assert "more users are needed" in found.reasons[-1]


def test_unknown_units_are_uncertain_and_say_so() -> None:
    found = assessed(EVIDENCE, units=None)
    assert (found.level, found.uncertain) == (Level.HIGH, True)
    assert any("units in use is unknown" in reason for reason in found.reasons)


UNKNOWN = replace(EVIDENCE, health=Health.UNKNOWN, metric=Metric.ANR, reason="stale", events=0, exposure=0)


def test_unknown_evidence_never_lowers_the_level_and_makes_it_uncertain() -> None:
    assert assessed(EVIDENCE, UNKNOWN).level is assessed(EVIDENCE).level
    assert assessed(EVIDENCE, UNKNOWN).uncertain
    assert "anr: unknown (stale)" in assessed(EVIDENCE, UNKNOWN).reasons


@pytest.mark.parametrize(("evidence", "uncertain"), [((), True), ((UNKNOWN,), True), ((replace(EVIDENCE, health=Health.HEALTHY),), False)])
def test_without_degraded_evidence_the_level_is_low(evidence: tuple[Evidence, ...], uncertain: bool) -> None:
    found = assessed(*evidence, units=2_000_000)
    assert (found.level, found.level_point, found.uncertain) == (Level.LOW, Level.LOW, uncertain)


def test_the_worst_kind_of_harm_decides() -> None:
    found = assessed(EVIDENCE, replace(EVIDENCE, kind=IssueKind.DATA_LOSS, events=40))
    assert (found.harm, found.level) == (Harm.IRREVERSIBLE_LOSS, Level.SERIOUS)


@given(
    events=st.integers(0, 2_000),
    more=st.integers(0, 500),
    kind=st.sampled_from(IssueKind),
    units=st.one_of(st.none(), st.integers(0, 2_000_000)),
    more_units=st.integers(0, 2_000_000),
)
def test_worse_is_never_lower(events: int, more: int, kind: IssueKind, units: int | None, more_units: int) -> None:
    mild = replace(EVIDENCE, events=events, kind=kind)
    before = assessed(mild, units=units)
    assert assessed(replace(mild, events=events + more), units=units).level.rank >= before.level.rank
    assert assessed(mild, EVIDENCE, units=units).level.rank >= before.level.rank
    assert assessed(mild, units=(units or 0) + more_units).level.rank >= before.level.rank
    assert before.level.rank >= before.level_point.rank
    assert before.probability_upper >= before.probability
