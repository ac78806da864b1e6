"""The daily proof: a sound journal is attested, a touched one is not. Add here when the proof covers more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from configs.errors import ChainBroken
from tasks.attest import attest_journal
from tests.tasks.homes import Play


def attest(play: Play) -> object:
    return attest_journal(play.tools, at=play.world.now())


def tamper(play: Play, sql: str) -> None:
    """Somebody with the database's file, past every rule of ours."""
    play.tools.book.close()
    with sqlite3.connect(play.home / "ledger.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql)
    connection.close()


def test_sound_journal_is_attested_with_its_head(approved: Play) -> None:
    with approved.tools.book.read() as txn:
        head = txn.head
    proof = attest_journal(approved.tools, at=approved.world.now())
    assert (proof.entries, proof.head) == (head.seq, head.hash.hex())
    assert [e.facts["covered"] for e in approved.entries("journal.attested")] == [head.seq]


TAMPERINGS = {
    "edited": "UPDATE journal SET body = replace(CAST(body AS TEXT), 'approve', 'apprave') WHERE kind = 'signature.given'",
    "deleted": "DELETE FROM journal WHERE kind = 'signature.given'",
    "cut off": "DELETE FROM journal WHERE seq > 5",
    "back-dated": "UPDATE journal SET at = '2026-03-01T00:00:00.000000Z' WHERE seq = 4",
}


@pytest.mark.parametrize("sql", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_touched_journal_is_not_attested(approved: Play, sql: str) -> None:
    attest(approved)
    approved.wait(minutes=1)
    tamper(approved, sql)
    with pytest.raises(ChainBroken):
        attest(approved)


def test_older_copy_of_the_ledger_is_not_attested(approved: Play, tmp_path: Path) -> None:
    approved.tools.book.close()
    kept = (approved.home / "ledger.db").read_bytes()
    attest(approved)
    approved.tools.book.close()
    for left in approved.home.glob("ledger.db*"):
        left.unlink()
    (approved.home / "ledger.db").write_bytes(kept)
    approved.wait(minutes=1)
    with pytest.raises(ChainBroken):
        attest(approved)
