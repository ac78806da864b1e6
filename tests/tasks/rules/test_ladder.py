"""The ladder's table, at its edges; a worse level or more evidence never asks for less; the proposals keep to it."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.terms import Assessment, Evidence, Harm, Health, Issue, IssueKind, IssueState, Level, Metric, Platform, Rung, Scope
from tasks.rules.issues import is_due_for_proposal
from tasks.rules.ladder import action_for, strength, with_rung
from tests.tasks.rules.counts import APP, NEW, START

POLICY = load_policy("default")
EVIDENCE = Evidence(APP, Platform.ANDROID, NEW, Metric.CRASH, START, Health.DEGRADED, 0.0, 200, 20_000, 100, 20_000)
ISSUE = Issue(
    "I", APP, Platform.ANDROID, NEW, IssueKind.CRASH, IssueState.OPEN, Level.LOW, START, "more crashes", Scope(APP, Platform.ANDROID, NEW)
)
TABLE = [
    (19.9, "watch", "watch", "watch", "watch"),
    (20.1, "ticket", "ticket", "halt", "recall"),
    (99.9, "ticket", "ticket", "halt", "recall"),
    (100.1, "ticket", "fix_forward", "recall", "recall"),
]


@pytest.mark.parametrize(("evidence", "low", "medium", "high", "serious"), TABLE, ids=lambda v: str(v))
def test_what_each_level_asks_for(evidence: float, low: str, medium: str, high: str, serious: str) -> None:
    assert [action_for(level, math.log(evidence), POLICY) for level in Level] == [low, medium, high, serious]


@given(one=st.floats(0, 12), other=st.floats(0, 12), level=st.sampled_from(Level), worse=st.sampled_from(Level))
def test_a_worse_level_or_more_evidence_never_asks_for_less(one: float, other: float, level: Level, worse: Level) -> None:
    order = list(Rung)
    low, high = sorted((level, worse), key=lambda found: found.rank)
    assert order.index(action_for(low, min(one, other), POLICY)) <= order.index(action_for(high, max(one, other), POLICY))


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("evidence", [19.9, 20.1, 99.9, 100.1])
def test_a_recall_is_proposed_by_itself_where_the_ladder_asks_for_one(level: Level, evidence: float) -> None:
    found = replace(EVIDENCE, log_evidence=math.log(evidence))
    asks = action_for(level, math.log(evidence), POLICY) is Rung.RECALL
    assert is_due_for_proposal(replace(ISSUE, level=level), (found,), POLICY) is asks


def test_the_strongest_evidence_counts_alone_or_together() -> None:
    alone, together = replace(EVIDENCE, log_evidence=4.0), replace(EVIDENCE, log_evidence=1.0, log_combined=5.0)
    assert [strength(()), strength((alone,)), strength((alone, together))] == [0.0, 4.0, 5.0]


def test_people_read_what_the_level_asks_for() -> None:
    assessed = Assessment(Level.MEDIUM, Level.LOW, Harm.ANNOYANCE, Fraction(1, 9), Fraction(1, 8), 5, False, ("why",))
    found = with_rung(assessed, (replace(EVIDENCE, log_evidence=9.0),), POLICY)
    assert found.reasons == ("why", "level medium asks for: halt the roll-out and fix it in the next version")
