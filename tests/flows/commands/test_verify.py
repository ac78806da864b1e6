"""`recall verify` proves the journal, against copies and keys kept elsewhere too, and names what is wrong."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.flows.commands.conftest import Recall
from tests.tasks.homes import Play

SHAPE = {"restored", "entries", "checkpoints", "covered", "head", "fault", "seq", "warnings", "is_sound"}


def tamper(play: Play, sql: str) -> None:
    play.tools.book.close()
    with sqlite3.connect(play.home / "ledger.db") as connection:
        connection.execute(sql)
    connection.close()


def test_an_empty_ledger_verifies(recall: Recall, fresh: Play) -> None:
    assert recall("verify").status == 0


def test_a_sound_journal_is_said_with_its_head(recall: Recall, proposed: Play) -> None:
    said, told = recall("verify"), recall("verify", "--json").json
    assert (said.status, set(told)) == (0, SHAPE)
    assert told["is_sound"] is True
    assert 0 < told["covered"] <= told["entries"]
    assert f"✔ {told['entries']} entries verify" in said.out
    assert told["head"] in said.out


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("UPDATE journal SET body = replace(body, 'proposed', 'declined') WHERE seq = 4", 4),
        ("DELETE FROM journal WHERE seq = 3", 3),
        ("UPDATE journal SET at = '2026-03-02T06:06:00.000000Z' WHERE seq = 2", 2),
    ],
    ids=["edited", "deleted", "redated"],
)
def test_tampering_is_found_and_named(recall: Recall, proposed: Play, sql: str, seq: int) -> None:
    tamper(proposed, sql)
    said, told = recall("verify"), recall("verify", "--json").json
    assert (said.status, told["is_sound"], told["seq"]) == (1, False, seq)
    assert said.out.startswith("✘ ")
    assert told["fault"] in said.out


def test_a_copy_of_the_checkpoints_kept_elsewhere_is_enough(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.jsonl", tmp_path / "keys.json"
    shutil.copy(proposed.home / "elsewhere" / "checkpoints.jsonl", copy)
    shutil.copy(proposed.home / "checkpoint-keys.json", keys)
    assert recall("verify", "--checkpoints", copy, "--keys", keys).status == 0


def test_a_cut_journal_is_found_by_the_copy(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    shutil.copy(proposed.home / "elsewhere" / "checkpoints.jsonl", copy)
    last = json.loads(recall("verify", "--json").out)["covered"]
    tamper(proposed, f"DELETE FROM journal WHERE seq >= {last}")
    assert recall("verify", "--checkpoints", copy).status == 1


@pytest.mark.parametrize("option", ["--keys", "--checkpoints"])
def test_a_file_that_is_not_there_is_named(recall: Recall, proposed: Play, tmp_path: Path, option: str) -> None:
    said = recall("verify", option, tmp_path / "nowhere")
    assert said.status in (1, 3)
    assert "nowhere" in said.out + said.err


def test_a_file_of_something_else_is_named(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("[]\n", encoding="utf-8")
    for option in ("--keys", "--checkpoints"):
        said = recall("verify", option, other)
        assert said.status in (1, 3)
        assert "other.json" in said.out + said.err
