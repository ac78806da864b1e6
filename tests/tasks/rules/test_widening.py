"""The rule for widening: a partial recall is put before the signers as a full one, and only then."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.terms import Action, Evidence, Level, Plan, Scope, Suspect
from tasks.rules.milestones import planned
from tasks.rules.widening import widening
from tests.tasks.rules.alarmed import ALL, OS_15, PIXEL_8, PIXEL_9, PIXELS, an_alarm

PLAN = planned(Action.PARTIAL, Level.HIGH, PIXEL_9, load_policy("default"))


def said(*suspects: Suspect, plan: Plan = PLAN, concerned: Scope = PIXEL_9) -> str:
    return widening(plan, (an_alarm(scope=PIXEL_9, suspects=suspects),), concerned)


def seen(scope: Scope, e_value: float, explains: float | None = None) -> Suspect:
    return Suspect(scope, 0.5, math.log(e_value), explains=explains)


@pytest.mark.parametrize(
    ("suspects", "expected"),
    [
        ((), ""),
        ((seen(PIXEL_8, 19.9),), ""),
        ((seen(PIXEL_8, 20.1),), "E = 20.1 for devices Pixel 8, outside the scope; 20 asks for a full recall"),
        ((seen(PIXEL_9, 1e9),), ""),
        ((seen(PIXELS, 1e9),), ""),
        ((seen(OS_15, 1e9),), ""),
        ((seen(PIXEL_9, 1e9, explains=0.51),), ""),
        ((seen(PIXEL_9, 1e9, explains=0.49),), "51 % of the harm falls outside the scope; more than 50 %"),
        ((seen(PIXEL_9, 1e9, explains=None),), ""),
    ],
    ids=["nothing", "faint", "outside", "inside", "holds it", "overlaps", "most inside", "most outside", "unknown"],
)
def test_evidence_outside_the_scope_asks(suspects: Sequence[Suspect], expected: str) -> None:
    found = said(*suspects)
    assert expected in found
    assert bool(found) == bool(expected)


def test_an_issue_that_grew_asks() -> None:
    assert "everyone who has it by now, and not only devices Pixel 9" in said(concerned=ALL)
    assert said(concerned=PIXEL_9) == ""


def test_a_full_recall_is_never_widened() -> None:
    assert said(seen(PIXEL_8, 1e9), plan=replace(PLAN, action=Action.FULL), concerned=ALL) == ""


def test_zero_switches_a_rule_off() -> None:
    never = replace(PLAN, widen=replace(PLAN.widen, e_outside=0.0, share_outside=0.0))
    assert said(seen(PIXEL_8, 1e9), seen(PIXEL_9, 1e9, explains=0.0), plan=never, concerned=ALL) == ""


@given(st.floats(0, 700), st.floats(0, 700))
def test_more_evidence_never_asks_less(one: float, other: float) -> None:
    less, more = sorted((one, other))

    def asks(log_evidence: float) -> bool:
        evidence: Evidence = an_alarm(suspects=(Suspect(PIXEL_8, 0.5, log_evidence),))
        return bool(widening(PLAN, (evidence,), PIXEL_9))

    assert asks(more) or not asks(less)
