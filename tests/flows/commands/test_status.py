"""`recall status` tells people and machines how everything stands, and is never the thing that fails."""

from pathlib import Path

import pytest

from flows.commands.printing import as_table, console
from integrations.ledger.glance import QUERIES
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import APP, BAD, Play

LISTS = {
    "sources": {"app", "name", "health", "fresh_until", "read_until", "warning"},
    "issues": {"id", "app", "version", "kind", "level", "state", "opened_at", "reason", "further_harm"},
    "issue_events": {"at", "issue_id", "change", "metric", "kind", "source", "other", "person", "reason"},
    "recalls": {"id", "issue_id", "app", "version", "revision", "level", "action", "state", "opened_at", "fixed_version"},
    "proposals": {"id", "recall_id", "expires_at", "signatures"},
    "milestones": {"recall_id", "milestone", "owner", "due_at", "reached_at", "late"},
    "meetings": {"recall_id", "sequence", "state", "starts_at", "ends_at", "proposal_id"},
    "effects": {"kind", "state", "n"},
    "deliveries": {"recall_id", "wave", "state", "n"},
    "reviews": {"recall_id", "night", "verdict"},
    "unknown": {"app", "subject", "since", "told_at", "why", "way_out"},
    "held": {"app", "source", "reason", "n", "since"},
    "rejected": {"source", "n"},
    "rejected_by_reason": {"app", "source", "reason", "n"},
    "latest_rejected": {"app", "source", "place", "reason"},
    "needs_person": {"kind", "target", "state"},
    "surfaces": {"app", "store", "standing", "looked_at", "still_since", "detail"},
    "roles": {"changes", "at"},
}
"""What scripts of others read: a name may be added, none may change."""


def test_an_empty_ledger_says_how_to_begin(recall: Recall, fresh: Play) -> None:
    said = recall("status")
    assert said.status == 0
    assert "Journal: 0 entries" in said.out
    assert "`recall up`" in said.out


def test_json_of_an_empty_ledger_has_every_part(recall: Recall, fresh: Play) -> None:
    assert recall("status", "--json").json == {name: [] for name in LISTS} | {
        "brake": {"engaged": False, "person": "", "reason": "", "at": None},
        "journal": {"seq": 0, "at": None},
    }


def test_json_has_the_shape_scripts_rely_on(recall: Recall, proposed: Play) -> None:
    seen = recall("status", "--json").json
    assert set(seen) == set(LISTS) | {"brake", "journal"} == set(QUERIES) - {"plans"}
    for name, keys in LISTS.items():
        assert isinstance(seen[name], list)
        assert all(set(row) == keys for row in seen[name]), name
    assert [(i["app"], i["version"], i["state"]) for i in seen["issues"]] == [(APP, BAD, "proposed")]
    assert seen["proposals"][0]["id"] == proposed.question()
    assert seen["journal"]["seq"] > 0


def test_people_see_issue_recall_and_the_question(recall: Recall, proposed: Play) -> None:
    shown = recall("status").out
    for word in (proposed.issue().id, proposed.recall().id, proposed.question(), "healthy", "Waiting for signatures"):
        assert word in shown


def test_an_engaged_brake_comes_first(recall: Recall, fresh: Play) -> None:
    recall("brake", "--person", "tech-lead", "--reason", "the crash is everywhere")
    first = recall("status").out.splitlines()[0]
    assert first.startswith("BRAKE ENGAGED by tech-lead at 2026-03-02 06:05: the crash is everywhere")
    brake = recall("status", "--json").json["brake"]
    assert (brake["engaged"], brake["person"], brake["reason"]) == (True, "tech-lead", "the crash is everywhere")


def test_a_narrow_terminal_breaks_no_word(recall: Recall, proposed: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    shown = recall("status").out
    assert max(map(len, shown.splitlines())) <= 60
    for word in (proposed.issue().id, proposed.recall().id, proposed.question(), "serious", "2.1.0", "proposed"):
        assert word in shown


def test_a_table_stays_a_table_where_there_is_room(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("ISS-1", "[bold]x[/bold]", "a word and another"), ("ISS-2", "y" * 30, "")]
    monkeypatch.setenv("COLUMNS", "60")
    console().print(as_table("Things", ("id", "app", "why"), rows))
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].split() == ["id", "app", "why"]
    assert "[bold]x[/bold]" in shown[2]


def test_no_ledger_yet_is_said_with_the_way_out(recall: Recall, fresh: Play) -> None:
    fresh.tools.book.close()
    for file in fresh.home.glob("ledger.db*"):
        file.unlink()
    said = recall("status")
    assert (said.status, said.out) == (6, "")
    assert "run `recall init`" in said.err


@pytest.mark.parametrize("command", ["status", "verify", "tick", "explain"])
def test_no_settings_are_said_with_the_way_out(recall: Recall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("RECALL_CONFIG", str(tmp_path / "nowhere.yaml"))
    said = recall(command, *(["ISS-1"] if command == "explain" else []))
    assert (said.status, said.out) == (3, "")
    assert f"no settings at {tmp_path / 'nowhere.yaml'}; `recall init` writes" in said.err
