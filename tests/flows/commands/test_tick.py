"""`recall tick` does what the schedules do, one kind or all, without a server, and as often as one likes."""

from pathlib import Path

import pytest

from tests.flows.commands.conftest import Recall
from tests.tasks.homes import APP, SETTINGS, Play, make_home, reopened

KINDS = ("monitor", "advance", "review", "attest")


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_does_only_that(recall: Recall, fresh: Play, kind: str) -> None:
    assert set(recall("tick", kind, "--json").json) == {kind}


def test_all_does_everything_in_the_order_of_a_day(recall: Recall, fresh: Play) -> None:
    told = recall("tick", "--json").json
    assert tuple(told) == KINDS
    assert told["monitor"] == {APP: [fresh.issue().id]}
    assert told["attest"]["entries"] > 0


def test_people_read_one_line_for_each(recall: Recall, fresh: Play) -> None:
    lines = recall("tick").out.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(KINDS)
    assert fresh.issue().id in lines[0]


def test_an_unknown_source_is_told_beside_nothing_due(recall: Recall, tmp_path: Path) -> None:
    app = {**SETTINGS["apps"][0], "sources": [{"kind": "files", "name": "reviews", "path": "not-there.csv"}]}  # type: ignore[index]  # a list
    reopened(make_home(tmp_path / "home", apps=[app]))
    said = recall("tick", "monitor")
    assert said.status == 0
    assert f"source reviews of {APP} is unknown: no file at not-there.csv" in said.err


@pytest.mark.parametrize("kind", KINDS[:3])
def test_the_same_moment_twice_changes_nothing(recall: Recall, fresh: Play, kind: str) -> None:
    recall("tick", "monitor")
    recall("tick", kind)
    before = recall("status", "--json").json
    assert recall("tick", kind).status == 0
    assert recall("status", "--json").json == before


def test_one_app_only(recall: Recall, fresh: Play) -> None:
    assert recall("tick", "--app", APP, "--json").json["monitor"] == {APP: [fresh.issue().id]}


def test_an_unknown_app_is_named_with_the_known_ones(recall: Recall, fresh: Play) -> None:
    said = recall("tick", "monitor", "--app", "com.example.other")
    assert (said.status, said.out) == (3, "")
    assert f"no app 'com.example.other' in the settings; known: {APP}" in said.err


def test_a_broken_journal_ends_the_tick_as_a_failed_check(recall: Recall, proposed: Play) -> None:
    with proposed.tools.book.write() as txn:
        txn.run("UPDATE journal SET kind = 'nothing' WHERE seq = 2")
    said = recall("tick", "attest")
    assert said.status == 1
    assert "2" in said.err
