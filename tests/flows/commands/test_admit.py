"""`recall admit`: history that came in a flood waits for a person, who takes it in or leaves it out; both are written down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from configs.terms import Held, Platform, Signal, SignalKind
from integrations.ledger.quarantine import held_rows, hold
from tasks.rules.plausibility import HISTORY, place_of
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import APP, REASON, START, Play

ROWS = 3
WHO = ("--person", "tech-lead", "--reason", REASON)


@pytest.fixture
def flooded(fresh: Play) -> Play:
    """Three old reviews of the source `vitals` are held."""
    old = [
        Signal("vitals", f"old-{n}", SignalKind.REVIEW, APP, Platform.ANDROID, START - timedelta(days=30), "Old", "it fails", 1)
        for n in range(ROWS)
    ]
    with fresh.tools.book.write() as txn:
        assert hold(txn, APP, "vitals", [Held(s, place_of(s), HISTORY) for s in old]) == ROWS
        assert hold(txn, APP, "vitals", [Held(s, place_of(s), HISTORY) for s in old]) == 0
    return fresh


def kept(play: Play) -> int:
    with play.tools.book.read() as txn:
        return len(txn.tuples("SELECT id FROM signals WHERE source = 'vitals' AND id LIKE 'old-%'"))


def held(play: Play) -> int:
    with play.tools.book.read() as txn:
        return sum(one.rows for one in held_rows(txn))


def test_status_shows_what_is_held_and_how_to_decide(recall: Recall, flooded: Play) -> None:
    (seen,) = recall("status", "--json").json["held"]
    assert (seen["app"], seen["source"], seen["n"], seen["reason"]) == (APP, "vitals", ROWS, HISTORY)
    assert recall("status", "--json").json["rejected"] == []
    assert "recall admit" in recall("status").out


def test_a_person_takes_it_in(recall: Recall, flooded: Play) -> None:
    said = recall("admit", "vitals", *WHO, "--json")
    assert (said.status, said.json) == (0, {"source": "vitals", "rows": ROWS, "new": ROWS, "dropped": False})
    assert (kept(flooded), held(flooded)) == (ROWS, 0)
    (entry,) = flooded.entries("quarantine.released")
    assert (entry.actor, entry.facts["reason"], entry.facts["rows"]) == ("tech-lead", REASON, ROWS)


def test_a_person_drops_it_and_it_stays_readable_and_dropped(recall: Recall, flooded: Play) -> None:
    assert "3 held rows of vitals: dropped" in recall("admit", "vitals", *WHO, "--drop", "--app", APP).out
    assert (kept(flooded), held(flooded)) == (0, 0)
    (aside,) = recall("status", "--json").json["rejected_by_reason"]
    assert (aside["n"], aside["reason"]) == (ROWS, f"dropped by tech-lead: {REASON}")
    assert flooded.entries("quarantine.dropped")[0].actor == "tech-lead"
    one = Signal("vitals", "old-1", SignalKind.REVIEW, APP, Platform.ANDROID, START - timedelta(days=30), "Old", "it fails", 1)
    with flooded.tools.book.write() as txn:
        assert hold(txn, APP, "vitals", [Held(one, place_of(one), HISTORY)]) == 0


def test_time_takes_nothing_in(recall: Recall, flooded: Play) -> None:
    flooded.wait(days=60)
    said = recall("tick", "monitor")
    assert "history held of source vitals, com.example.app, is unknown: 3 rows: much history at once" in said.err
    assert (kept(flooded), held(flooded)) == (0, ROWS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("vitals", "--person", "somebody", "--reason", REASON), "a person the policy knows"),
        (("vitals", "--person", "tech-lead", "--reason", "ok"), "a reason that says something"),
        (("other", *WHO), "no history of source 'other' is held"),
        (("vitals", "--app", "com.example.other", *WHO), "no history of source 'vitals' is held"),
    ],
    ids=["stranger", "no reason", "other source", "other app"],
)
def test_nobody_decides_without_name_reason_and_something_to_decide(
    recall: Recall, flooded: Play, arguments: tuple[str, ...], words: str
) -> None:
    said = recall("admit", *arguments)
    assert said.status == 3
    assert words in said.err
    assert held(flooded) == ROWS
