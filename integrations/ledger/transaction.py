"""One short transaction: rows in, rows out, and journal entries that commit with them.

SQL has `:name` parameters and is valid on SQLite and PostgreSQL (quote the columns `"end"`, `"open"` and `"value"`). No network call
belongs inside a transaction.

Add here when every writer of the ledger needs it; rather in `steps.py`, `outbox.py`, ... when it is about one table.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from configs.errors import LedgerCorrupt, LedgerError
from integrations.ledger.chain import Entry, Linked, links
from integrations.ledger.engine import Connection, Cursor, Engine
from integrations.ledger.times import as_text, as_time


class Row(dict[str, Any]):
    """A row by column name. The typed readers refuse what is not there."""

    def text(self, column: str) -> str:
        """A column that holds text."""
        value = self[column]
        if not isinstance(value, str):
            raise LedgerCorrupt(f"column {column!r} should hold text, holds {type(value).__name__}; run `recall verify`")
        return value

    def number(self, column: str) -> int:
        """A column that holds a whole number."""
        value = self[column]
        if not isinstance(value, int):
            raise LedgerCorrupt(f"column {column!r} should hold a whole number, holds {type(value).__name__}; run `recall verify`")
        return value

    def moment(self, column: str) -> datetime:
        """A column that holds a time."""
        return as_time(self.text(column))

    def moment_or_none(self, column: str) -> datetime | None:
        """A column that may hold a time."""
        return None if self[column] is None else self.moment(column)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: number, hash and time of the last entry."""

    seq: int
    hash: bytes
    at: str


class Txn:
    """An open transaction; made by `Book.write` and `Book.read`, of no use after them. `now` never runs behind the journal.

    `memo`: what a reader keeps until the transaction ends, so as not to read it again; whoever changes those rows drops it.
    """

    def __init__(self, engine: Engine, connection: Connection, now: datetime) -> None:
        self._engine = engine
        self._connection = connection
        self.now = now
        self.memo: dict[object, Any] = {}
        self._head: Head | None = None

    # --- reading -------------------------------------------------------------------------------------------------------

    def rows(self, sql: str, /, **params: object) -> list[Row]:
        """All rows of a query, in its order."""
        cursor = self._executed(sql, params)
        names = [column[0] for column in cursor.description or ()]
        return [Row(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def one(self, sql: str, /, **params: object) -> Row | None:
        """The first row of a query, or None."""
        cursor = self._executed(sql, params)
        values = cursor.fetchone()
        names = [column[0] for column in cursor.description or ()]
        return None if values is None else Row(zip(names, values, strict=True))

    def tuples(self, sql: str, /, **params: object) -> list[tuple[Any, ...]]:
        """All rows of a query by position: for many of them."""
        return self._executed(sql, params).fetchall()

    def stream(self, sql: str, /, **params: object) -> Iterator[tuple[Any, ...]]:
        """Rows by position, never all in memory."""
        try:
            yield from self._engine.stream(self._connection, sql, params)
        except self._engine.errors as err:
            raise self._engine.failure(err) from err

    # --- writing -------------------------------------------------------------------------------------------------------

    def run(self, sql: str, /, **params: object) -> int:
        """How many rows a statement changed."""
        return self._executed(sql, params).rowcount

    def run_many(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> int:
        """How many rows a statement changed, run once for each of `rows`."""
        batch = list(rows)
        if not batch:
            return 0
        cursor = cast(Cursor, self._connection.cursor())
        try:
            cursor.executemany(self._engine.sql(sql), batch)
        except self._engine.errors as err:
            raise self._engine.failure(err) from err
        return cursor.rowcount

    def append(self, *entries: Entry) -> int:
        """Number of the last entry after adding these to the journal, at `now`. They stand once the transaction commits."""
        if entries:
            self._insert(links(entries, self.head.seq, as_text(self.now), self.head.hash))
        return self.head.seq

    @property
    def head(self) -> Head:
        """The end of the chain as this transaction sees it."""
        if self._head is None:
            self._head = self._read_head("SELECT seq, hash, at FROM journal_head WHERE id = 1")
        return self._head

    def lock_head(self) -> Head:
        """The end of the chain, held against every other writer until this transaction ends."""
        self._head = self._read_head(self._engine.head_lock)
        return self._head

    def _insert(self, rows: Iterator[Linked]) -> None:
        newest: deque[Linked] = deque(maxlen=1)
        cursor = cast(Cursor, self._connection.cursor())
        try:
            # one row at a time: a thousand held at once cost more in fresh memory than in hashing
            cursor.executemany(self._engine.insert_journal, _noting(rows, newest))
        except self._engine.errors as err:
            raise self._engine.failure(err) from err
        seq, at, _, _, _, digest = newest[0]
        self.run("UPDATE journal_head SET seq = :seq, hash = :hash, at = :at WHERE id = 1", seq=seq, hash=digest, at=at)
        self._head = Head(seq, digest, at)

    def _read_head(self, sql: str) -> Head:
        found = self.one(sql)
        if found is None:
            raise LedgerCorrupt("the ledger has lost the head of its journal; restore the newest backup, then run `recall verify`")
        return Head(found.number("seq"), bytes(found["hash"]), found.text("at"))

    def _executed(self, sql: str, params: Mapping[str, object]) -> Cursor:
        cursor = cast(Cursor, self._connection.cursor())
        try:
            cursor.execute(self._engine.sql(sql), params)
        except self._engine.errors as err:
            raise self._engine.failure(err) from err
        return cursor


def _noting(rows: Iterator[Linked], newest: deque[Linked]) -> Iterator[Linked]:
    for row in rows:
        newest.append(row)
        yield row


def not_before_head(now: datetime, head: Head, max_skew: timedelta) -> datetime:
    """`now`, or the journal's last time when the clock is a little behind it.

    Raises:
        LedgerError: the clock is further back than `max_skew`.
    """
    last = as_time(head.at)
    if now >= last:
        return now
    if last - now > max_skew:
        raise LedgerError(
            f"the clock says {as_text(now)}, but the journal's last entry is of {head.at}: {(last - now).total_seconds():.0f} s back, "
            f"more than the {max_skew.total_seconds():g} s allowed; set this machine's clock (NTP) and try again",
            behind_seconds=(last - now).total_seconds(),
        )
    return last
