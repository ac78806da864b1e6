"""People are asked once for each rung that no proposal carries out; never for what the signers are asked, nor for what is settled."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from configs.effects import EffectKind
from configs.terms import Assessment, Evidence, Harm, Health, Issue, IssueKind, IssueState, Level, Metric, Platform, Rung, Scope
from integrations.ledger.cases import open_issue, reassess_issue, the_issue
from tasks.act import perform_due
from tasks.urge import urge_people
from tests.tasks.homes import APP, BAD, START, Play

ISSUE_ID = "ISS-1"


def judged(play: Play, level: Level, evidence: float, state: IssueState = IssueState.OPEN) -> None:
    """The issue at that level on that evidence; judged anew when it is there."""
    issue = Issue(
        ISSUE_ID, APP, Platform.ANDROID, BAD, IssueKind.CRASH, state, level, START, "more crashes", Scope(APP, Platform.ANDROID, BAD)
    )
    seen = Evidence(APP, Platform.ANDROID, BAD, Metric.CRASH, START, Health.DEGRADED, math.log(evidence), 9, 99, 1, 99)
    risk = Assessment(level, level, Harm.ANNOYANCE, Fraction(1, 9), Fraction(1, 8), 99, False)
    with play.tools.book.write() as txn:
        if not open_issue(txn, issue, (seen,), risk, "policy"):
            reassess_issue(txn, the_issue(txn, ISSUE_ID), (seen,), risk, "policy")


def asked(play: Play) -> list[str]:
    return [e.target for e in play.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("ladder/")]


@pytest.mark.parametrize(
    ("level", "evidence", "rung"),
    [(Level.MEDIUM, 101.0, Rung.FIX_FORWARD), (Level.HIGH, 21.0, Rung.HALT)],
    ids=["medium, sure", "high, likely"],
)
def test_people_are_asked_once_and_read_what_for(fresh: Play, level: Level, evidence: float, rung: Rung) -> None:
    judged(fresh, level, evidence)
    assert [u.rung for u in urge_people(fresh.tools, APP)] == [rung]
    assert urge_people(fresh.tools, APP) == ()
    assert asked(fresh) == [f"ladder/{rung}/webhook"]
    assert [e.facts["rung"] for e in fresh.entries("people.urged")] == [rung.value]
    perform_due(fresh.tools, EffectKind.TELL_OPERATORS)
    (message,) = fresh.world.messages_to("operators")
    assert f"crash at level {level} asks for: halt the roll-out in the store" in message.text
    assert "more crashes" in message.text


def test_another_rung_is_asked_for_anew(fresh: Play) -> None:
    judged(fresh, Level.HIGH, 21.0)
    urge_people(fresh.tools, APP)
    judged(fresh, Level.MEDIUM, 150.0)
    urge_people(fresh.tools, APP)
    assert asked(fresh) == ["ladder/halt/webhook", "ladder/fix_forward/webhook"]


@pytest.mark.parametrize(
    ("level", "evidence", "state"),
    [
        (Level.LOW, 1e9, IssueState.OPEN),
        (Level.MEDIUM, 99.0, IssueState.OPEN),
        (Level.HIGH, 19.0, IssueState.OPEN),
        (Level.HIGH, 101.0, IssueState.OPEN),
        (Level.SERIOUS, 21.0, IssueState.OPEN),
        (Level.MEDIUM, 101.0, IssueState.DISMISSED),
        (Level.HIGH, 21.0, IssueState.PROPOSED),
    ],
    ids=["low", "medium, likely", "high, faint", "high, sure", "serious", "dismissed", "proposed"],
)
def test_nobody_is_urged_otherwise(fresh: Play, level: Level, evidence: float, state: IssueState) -> None:
    judged(fresh, level, evidence, state)
    assert urge_people(fresh.tools, APP) == ()
    assert asked(fresh) == []


def test_other_apps_are_left_alone(fresh: Play) -> None:
    judged(fresh, Level.MEDIUM, 101.0)
    assert urge_people(fresh.tools, "com.example.other") == ()
