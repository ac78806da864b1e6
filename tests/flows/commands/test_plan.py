"""`recall plan` and `recall minutes`: what people type, and what they read. Add here when the commands ask for something else."""

import pytest

from configs.terms import RecallState
from tasks.meet import meet_due
from tasks.track import track_plans
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import EVERYONE, REASON, Play

WHY = ("--person", "tech-lead", "--reason", REASON)


def test_the_plan_is_shown_with_its_history(recall: Recall, proposed: Play) -> None:
    said = recall("plan", proposed.recall().id)
    assert said.status == 0
    for expected in ("halt", "notices", "report", "tech", "after the verdict", "made with the proposal"):
        assert expected in said.out


def test_setting_a_milestone_before_the_verdict_says_what_is_to_be_signed(recall: Recall, proposed: Play) -> None:
    said = recall("plan", proposed.recall().id, "set", "check", "--due", "+6d", "--owner", "counsel", *WHY)
    assert said.status == 0
    assert "check due 6 d after the verdict" in said.out
    assert f"everybody signs {proposed.question()}" in " ".join(said.out.split())
    shown = recall("plan", proposed.recall().id, "--json").json
    (check,) = (one for one in shown["milestones"] if one["name"] == "check")
    assert (check["due"], check["owner"]) == ("6 d after the verdict", "counsel")
    assert [one["person"] for one in shown["history"]] == ["recall", "tech-lead"]


@pytest.fixture
def approved(proposed: Play) -> Play:
    """Everyone has signed; nothing is carried out."""
    question = proposed.question()
    for person, role in EVERYONE:
        proposed.sign(person, role, question=question)
    return proposed


def test_setting_a_milestone_after_the_verdict_asks_nobody_to_sign(recall: Recall, approved: Play) -> None:
    said = recall("plan", approved.recall().id, "set", "fix", "--due", "+2d", *WHY, "--json")
    assert (said.status, said.json["proposal"]) == (0, "")
    assert approved.recall().state is RecallState.APPROVED


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (("set", "fix", *WHY), 3, "--due or --owner"),
        (("set", "--due", "+6h", *WHY), 3, "name it"),
        (("set", "fix", "--due", "+6h"), 3, "--person and --reason"),
        (("set", "fix", "--due", "6 hours", *WHY), 3, "+30m, +6h, +2d"),
        (("set", "fix", "--due", "+1m", *WHY), 4, "comes after halt"),
        (("set", "fix", "--due", "+9d", "--person", "tech-lead", "--reason", "no"), 3, "at least 10 letters"),
    ],
    ids=["nothing to set", "no milestone", "nobody", "span", "order", "reason"],
)
def test_what_cannot_be_set_says_the_way_out(
    recall: Recall, proposed: Play, arguments: tuple[str, ...], status: int, expected: str
) -> None:
    said = recall("plan", proposed.recall().id, *arguments)
    assert said.status == status
    assert expected in said.err
    assert recall("plan", "REC-none").status == 3


def test_status_lists_milestones_and_meetings(recall: Recall, approved: Play) -> None:
    meet_due(approved.tools)
    approved.wait(hours=2)
    track_plans(approved.tools)
    seen = recall("status", "--json").json
    late = {one["milestone"]: one["late"] for one in seen["milestones"]}
    assert late["halt"] is True
    assert late["report"] is False
    assert "LATE" in recall("status").out


def minutes(play: Play, *more: str, person: str = "counsel", decision: str = "Recall everyone.") -> tuple[str, ...]:
    given = ("--person", person, "--attended", "counsel, tech-lead", "--argument", "The rate tripled.", "--argument", "The fix is ready.")
    return ("minutes", play.question(), *given, "--decision", decision, *more)


def test_minutes_are_entered_once_and_corrected_with_a_reason(recall: Recall, proposed: Play) -> None:
    assert recall(*minutes(proposed), "--json").json == {"proposal": proposed.question(), "number": 1}
    refused = recall(*minutes(proposed, decision="Nobody."))
    assert (refused.status, "--correct" in refused.err) == (4, True)
    corrected = recall(*minutes(proposed, "--correct", "The scope was misheard.", decision="Germany."))
    assert (corrected.status, "entry 2" in corrected.out) == (0, True)


def test_minutes_by_or_about_strangers_are_refused(recall: Recall, proposed: Play) -> None:
    assert recall(*minutes(proposed, person="mallory")).status == 3
    said = recall("minutes", "P-none", *minutes(proposed)[2:])
    assert (said.status, "P-none" in said.err) == (3, True)
