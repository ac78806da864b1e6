"""Scenarios are exact products, read from the policy as people write them; what cannot be read stops the policy, naming the line."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from configs.errors import BadInput, PolicyInvalid
from configs.policies import load_policy
from configs.policy import Risk
from configs.scenarios import Scenario, step_probability
from configs.terms import Harm, IssueKind
from tasks.rules.scenarios import OneIn, Way, scenario_probability, ways
from tests.house import ROOT

RISK = load_policy("default").risk
PAYING = {"name": "cut off while paying", "harm": 3, "kinds": ["crash", "hang"], "steps": ["observed", "1 in 50", 0.2]}


def a_risk(*scenarios: dict[str, object]) -> Risk:
    return Risk.model_validate(RISK.model_dump() | {"scenarios": scenarios})


def test_a_scenario_is_the_product_of_its_steps() -> None:
    assert scenario_probability([Fraction("0.2"), OneIn(50), OneIn(Fraction(5, 2))]) == Fraction(1, 625)
    assert scenario_probability([]) == 1


@pytest.mark.parametrize("step", [OneIn(0), OneIn(Fraction(1, 2)), Fraction(-1, 2), Fraction(3, 2)])
def test_a_step_that_is_no_probability_is_refused(step: Fraction | OneIn) -> None:
    with pytest.raises(BadInput):
        scenario_probability([step])


@pytest.mark.parametrize(
    ("written", "probability"),
    [
        ("1 in 3", "1/3"),
        ("1 in 2.5", "2/5"),
        ("1 in 10_000", "1/10000"),
        (0.2, "1/5"),
        (1, "1"),
        ("0.2", "1/5"),
        ("1/7", "1/7"),
        (1e-7, "1/10000000"),
    ],
)
def test_steps_are_read_exactly(written: object, probability: str) -> None:
    (step,) = Scenario.model_validate(PAYING | {"steps": [written]}).steps
    assert step_probability(step) == Fraction(probability)


@pytest.mark.parametrize("written", ["1 in 0", "1 in 0.5", "often", "2", -0.1, "nan", True, None, "observed twice", "1/0"])
def test_what_is_no_step_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate(PAYING | {"steps": [written]})


def test_an_issue_harms_as_its_kind_does_and_in_every_scenario_of_its_kind() -> None:
    risk = a_risk(
        PAYING, PAYING | {"name": "twice in a row", "steps": ["observed", "observed"]}, PAYING | {"name": "x", "kinds": ["safety"]}
    )
    assert ways(IssueKind.CRASH, risk) == (
        Way(Harm.REVERSIBLE_LOSS),
        Way(Harm.IRREVERSIBLE_LOSS, "cut off while paying", Fraction(1, 250)),
        Way(Harm.IRREVERSIBLE_LOSS, "twice in a row", observed=2),
    )
    assert ways(IssueKind.PAYMENT, risk) == (Way(Harm.IRREVERSIBLE_LOSS),)


def test_the_observed_probability_takes_the_place_of_its_word() -> None:
    cut_off, twice = ways(IssueKind.CRASH, a_risk(PAYING, PAYING | {"name": "y", "steps": ["observed", "observed", "1 in 3"]}))[1:]
    assert cut_off.probability(Fraction(1, 100)) == Fraction(1, 25_000)
    assert twice.probability(Fraction(1, 100)) == Fraction(1, 30_000)
    (fixed,) = ways(IssueKind.CRASH, a_risk(PAYING | {"steps": ["1 in 9"]}))[1:]
    assert fixed.probability(Fraction(1, 100)) == Fraction(1, 9)


@given(one=st.fractions(0, 1), other=st.fractions(0, 1))
def test_a_likelier_observation_never_makes_a_scenario_less_likely(one: Fraction, other: Fraction) -> None:
    for way in ways(IssueKind.CRASH, a_risk(PAYING)):
        assert way.probability(min(one, other)) <= way.probability(max(one, other)) <= 1


def test_two_scenarios_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="same name: cut off while paying"):
        a_risk(PAYING, PAYING)


def test_a_step_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    text = (ROOT / "configs" / "policies" / "default.yaml").read_text(encoding="utf-8")
    bad = "  scenarios:\n    - {name: x, harm: 3, kinds: [crash], steps: [observed,\n        seldom]}\n"
    begin = text.index("  scenarios: []")
    broken = text[:begin] + bad + text[text.index("\n", begin) + 1 :]
    (tmp_path / "policy.yaml").write_text(broken, encoding="utf-8")
    line = broken[: broken.index("seldom")].count("\n") + 1
    with pytest.raises(PolicyInvalid, match=rf"policy.yaml:{line}: risk.scenarios.0.steps.1: .*cannot read the step 'seldom'"):
        load_policy(str(tmp_path / "policy.yaml"))
