"""Signed heads of the journal, kept outside the database: what a hash chain alone cannot show, they do (truncation, re-hashing, rollback).

The signed line is committed with the entries it covers, then appended to every file; what a crash leaves out is appended by the next
process. Every file has every checkpoint, so each proves the whole.

Add here when it is about when a head is signed; rather in `checkpoint_files.py` when it is about where it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from configs.errors import ChainBroken
from integrations.ledger.checkpoint_files import append_missing, checkpoint_files, newest_in
from integrations.ledger.checkpoint_line import Checkpoint, parsed
from integrations.ledger.hashing import line_hash
from integrations.ledger.keys import signing_key
from integrations.ledger.times import as_text, as_time

if TYPE_CHECKING:  # they would import each other
    from configs.policy import Journal
    from integrations.ledger.transaction import Txn

Reader = Callable[[], AbstractContextManager["Txn"]]


@dataclass(frozen=True, slots=True)
class CheckpointKeeper:
    """Signs heads with the key of `home` and appends them to its files: every `every_entries` entries, every `every`, and when asked."""

    home: Path
    configured: tuple[Path, ...]
    every_entries: int
    every: timedelta

    @classmethod
    def at(cls, home: Path, configured: Sequence[Path], journal: Journal) -> Self:
        """The keeper of that home folder, as often as the policy says. Relative file names are relative to the folder of `home`."""
        files = tuple(home.parent / path for path in configured)
        return cls(home, files, journal.checkpoint_every_entries, timedelta(seconds=journal.checkpoint_every_seconds))

    def sign(self, txn: Txn, *, force: bool) -> bool:
        """Whether the head was signed in this transaction: it is newer than the last checkpoint, and due or asked for."""
        last = last_checkpoint(txn)
        if txn.head.seq == (last.seq if last else 0) or not (force or self._is_due(txn, last)):
            return False
        key = signing_key(self.home, txn.now)
        unsigned = Checkpoint(
            ledger=ledger_id(txn),
            number=last.number + 1 if last else 1,
            seq=txn.head.seq,
            hash=txn.head.hash.hex(),
            at=as_text(txn.now),
            key=key.id,
            previous=line_hash(last.line) if last else "",
        )
        signed = replace(unsigned, signature=key.sign(unsigned.signed_bytes))
        sql = "INSERT INTO checkpoints (id, seq, at, line) VALUES (:number, :seq, :at, :line)"
        txn.run(sql, number=signed.number, seq=signed.seq, at=signed.at, line=signed.line)
        return True

    def _is_due(self, txn: Txn, last: Checkpoint | None) -> bool:
        return last is None or txn.head.seq - last.seq >= self.every_entries or txn.now - as_time(last.at) >= self.every

    def files(self, reader: Reader) -> tuple[Path, ...]:
        """Where this ledger's checkpoints are kept."""
        with reader() as txn:
            return checkpoint_files(self.home, self.configured, ledger_id(txn))

    def publish(self, reader: Reader) -> None:
        """Appends to every file what it lacks.

        Raises:
            LedgerFull: a file cannot be written.
            ChainBroken: a file has seen what the ledger no longer has.
        """
        for path in self.files(reader):
            append_missing(path, partial(_lines_after, reader, path))

    def compare(self, reader: Reader) -> None:
        """Returns when the ledger has everything its files have seen; raises ChainBroken otherwise."""
        for path in self.files(reader):
            _lines_after(reader, path, newest_in(path))


def ledger_id(txn: Txn) -> str:
    """The random hash every chain begins with: tells a ledger from any other one at the same address."""
    first = txn.one("SELECT body FROM journal WHERE seq = 1")
    return txn.head.hash.hex() if first is None else str(json.loads(first["body"])["prev"])


def last_checkpoint(txn: Txn) -> Checkpoint | None:
    """The newest checkpoint in the database, or None."""
    row = txn.one("SELECT id, line FROM checkpoints ORDER BY id DESC LIMIT 1")
    if row is None:
        return None
    found = parsed(row.text("line"))
    if found is None:
        raise ChainBroken(f"checkpoint {row['id']} in the ledger was altered; run `recall verify`", number=row["id"])
    return found


def _lines_after(reader: Reader, path: Path, newest: Checkpoint | None) -> list[str]:
    # the file was read first: whatever it has was committed before, so a later look at an honest ledger has it too
    with reader() as txn:
        if newest is not None:
            _check_holds(txn, path, newest)
        after = txn.rows("SELECT line FROM checkpoints WHERE id > :number ORDER BY id", number=newest.number if newest else 0)
    return [row.text("line") for row in after]


def _check_holds(txn: Txn, path: Path, newest: Checkpoint) -> None:
    if newest.ledger != ledger_id(txn):
        raise ChainBroken(
            f"{path} belongs to another ledger ({newest.ledger[:16]}); restore that ledger, or move the file away if it was given up"
        )
    entry = txn.one("SELECT hash FROM journal WHERE seq = :seq", seq=newest.seq)
    row = txn.one("SELECT line FROM checkpoints WHERE id = :number", number=newest.number)
    if entry is None or row is None:
        raise ChainBroken(
            f"the ledger is older than its checkpoints: it ends at entry {txn.head.seq}, {path} has seen {newest.seq} at {newest.at}; "
            "it was rolled back; restore the newest copy, then run `recall verify`",
            seq=newest.seq,
        )
    if bytes(entry["hash"]).hex() != newest.hash or row["line"] != newest.line:
        raise ChainBroken(f"entry {newest.seq} is not the one {path} has seen at {newest.at}; run `recall verify`", seq=newest.seq)
