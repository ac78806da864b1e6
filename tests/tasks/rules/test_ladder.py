"""The ladder's table, at its edges; a worse level or more evidence never asks for less; the proposals keep to it."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.policy import Policy
from configs.terms import Evidence, Health, Issue, IssueKind, IssueState, Level, Metric, Platform, Rung, Scope
from tasks.rules.issues import is_due_for_proposal
from tasks.rules.ladder import IN_WORDS, action_for, strength
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


def proposing_from(level: Level) -> Policy:
    return POLICY.model_copy(update={"risk": POLICY.risk.model_copy(update={"propose_from": level})})


@given(
    one=st.floats(0, 12), other=st.floats(0, 12), level=st.sampled_from(Level), worse=st.sampled_from(Level), lowest=st.sampled_from(Level)
)
def test_a_worse_level_or_more_evidence_never_asks_for_less(one: float, other: float, level: Level, worse: Level, lowest: Level) -> None:
    order, policy = list(Rung), proposing_from(lowest)
    low, high = sorted((level, worse), key=lambda found: found.rank)
    assert order.index(action_for(low, min(one, other), policy)) <= order.index(action_for(high, max(one, other), policy))


@pytest.mark.parametrize("lowest", Level)
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("evidence", [19.9, 20.1, 99.9, 100.1])
def test_a_recall_is_proposed_by_itself_where_the_ladder_asks_for_one(lowest: Level, level: Level, evidence: float) -> None:
    found, policy = replace(EVIDENCE, log_evidence=math.log(evidence)), proposing_from(lowest)
    asks = action_for(level, math.log(evidence), policy) is Rung.RECALL
    assert is_due_for_proposal(replace(ISSUE, level=level), (found,), policy) is asks


def test_a_level_that_is_never_proposed_is_fixed_in_the_next_version() -> None:
    policy = proposing_from(Level.SERIOUS)
    assert [action_for(Level.HIGH, math.log(e), policy) for e in (20.1, 100.1)] == [Rung.HALT, Rung.FIX_FORWARD]


def test_the_strongest_evidence_counts_alone_or_together() -> None:
    alone, together = replace(EVIDENCE, log_evidence=4.0), replace(EVIDENCE, log_evidence=1.0, log_combined=5.0)
    assert [strength(()), strength((alone,)), strength((alone, together))] == [0.0, 4.0, 5.0]


def test_every_rung_has_its_words() -> None:
    assert set(IN_WORDS) == set(Rung)
