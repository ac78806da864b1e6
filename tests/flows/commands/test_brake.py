"""`recall brake` stops everything, says what each store answered, and asks every role before anything goes on."""

from datetime import timedelta

import pytest

from integrations.rehearsal.pen import Fault, Mode
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import APP, BAD, EVERYONE, REASON, START, Play

STOP = ("brake", "--person", "tech-lead", "--reason", REASON, "--wait", "0")


def down(play: Play, call: str, hours: float) -> None:
    play.world.plan(Fault("store", Mode.DOWN, call, until=START + timedelta(hours=hours)))


def is_halted(play: Play) -> bool:
    return any((m.kind.value, m.version) == ("halted", BAD) for m in play.world.moves())


def test_every_roll_out_is_halted_and_read_back(recall: Recall, fresh: Play) -> None:
    said = recall(*STOP)
    assert said.status == 0
    assert f"✔ {APP} (play, android): stands still, read back at" in said.out
    assert is_halted(fresh)


def test_json_tells_every_surface_and_what_is_held(recall: Recall, fresh: Play) -> None:
    told = recall(*STOP, "--json").json
    assert (told["brake"], told["person"], told["reason"]) == (1, "tech-lead", REASON)
    assert [(s["app"], s["standing"], s["running"]) for s in told["surfaces"]] == [(APP, "still", [])]
    assert {h["kind"]: h["waiting"] for h in told["held"]} == {"send_notices": 0, "publish_fix": 0, "send_holding": 0}


def test_a_store_that_is_down_is_said_and_the_halt_follows(recall: Recall, fresh: Play) -> None:
    down(fresh, "halt", 7)
    said = recall(*STOP)
    assert said.status == 5
    assert f"✘ {APP} (play, android): NOT CONFIRMED, {BAD} is still being handed out" in said.out
    assert not is_halted(fresh)
    fresh.wait(hours=1)
    assert recall("tick", "advance").status == 0
    assert is_halted(fresh)
    assert recall("brake", "--show").status == 0


def test_a_store_that_cannot_be_read_is_named(recall: Recall, fresh: Play) -> None:
    down(fresh, "rollouts", 7)
    said = recall(*STOP)
    assert said.status == 5
    assert f"✘ {APP} (play, android): NOT CONFIRMED, could not be read" in said.out
    assert recall("status", "--json").json["brake"]["engaged"] is True
    assert recall("status", "--json").json["surfaces"][0]["standing"] == "unread"


def test_everyone_can_see_who_braked_and_why(recall: Recall, fresh: Play) -> None:
    assert "not engaged" in recall("brake", "--show").out
    recall(*STOP)
    shown = recall("brake", "--show")
    assert shown.status == 0
    assert "brake 1 engaged by tech-lead" in shown.out
    assert REASON in shown.out
    assert "chunks of notices: 0 held" in shown.out
    assert "Surfaces under the brake" in recall("status").out


def test_a_stop_without_a_name_says_what_is_missing(recall: Recall, fresh: Play) -> None:
    said = recall("brake")
    assert (said.status, said.out) == (3, "")
    assert "--person and --reason" in said.err


@pytest.mark.parametrize(
    ("person", "reason", "status", "words"),
    [("counsel", REASON, 4, "those who may: "), ("stranger", REASON, 4, "'stranger' may not"), ("tech-lead", "no  no", 3, "at least 10")],
    ids=["may not", "unknown", "no reason"],
)
def test_without_permission_or_reason_nothing_is_stopped(
    recall: Recall, fresh: Play, person: str, reason: str, status: int, words: str
) -> None:
    said = recall("brake", "--person", person, "--reason", reason)
    assert (said.status, said.out) == (status, "")
    assert words in said.err
    assert recall("status", "--json").json["brake"]["engaged"] is False


def test_it_is_released_by_every_role_and_not_before(recall: Recall, fresh: Play) -> None:
    recall(*STOP)
    asked = recall("brake", "--release", "--person", "product-lead", "--reason", "the fix is out for all", "--json")
    assert asked.json == {"question": "brake-1"}
    for person, role in EVERYONE:
        assert recall("status", "--json").json["brake"]["engaged"] is True
        code = fresh.code(person, role, "brake-1")
        given = ["--person", person, "--role", role, "--verdict", "approve", "--reason", REASON, "--code", code]
        assert recall("sign", "brake-1", *given).status == 0
    assert recall("status", "--json").json["brake"]["engaged"] is False


def test_a_release_needs_an_engaged_brake_and_a_reason(recall: Recall, fresh: Play) -> None:
    assert recall("brake", "--release", "--person", "tech-lead", "--reason", REASON).status == 4
    recall(*STOP)
    assert recall("brake", "--release", "--person", "tech-lead", "--reason", "ok").status == 3
    assert recall("brake", "--release", "--person", "stranger", "--reason", REASON).status == 3
