"""The ledger in a PostgreSQL database, for more than one machine.

Add here when only PostgreSQL needs it; rather in `engine.py` when SQLite does too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import psycopg

from configs.errors import LedgerBusy, LedgerCorrupt, LedgerError, LedgerFull, LedgerMissing, RecallError, TransitionRefused
from integrations.ledger.engine import BUSY_SECONDS, Connection, pyformat, without_password

_BUSY = ("08", "40", "53300", "55P03", "57P", "25P03", "25P04")
_FULL = ("53100", "53200", "53400", "25006")
_CORRUPT = ("XX001", "XX002")
"""Beginnings of SQLSTATE codes; https://www.postgresql.org/docs/current/errcodes-appendix.html"""

STREAM_ROWS = 5000
"""Rows a round trip when a whole table is read."""


class Postgres:
    """One database (or schema, by `options=-csearch_path=...`). READ COMMITTED under the head's row lock: every later read is current."""

    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    head_lock = "SELECT seq, hash, at FROM journal_head WHERE id = 1 FOR UPDATE"
    begin_write = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    insert_journal = "INSERT INTO journal (seq, at, kind, subject, body, hash) VALUES (%s, %s, %s, %s, %s, %s)"

    def __init__(self, url: str) -> None:
        self.shown = without_password(url)
        self.address = "postgresql:" + url.partition(":")[2]

    def connect(self) -> Connection:
        """A connection whose waits for locks end."""
        try:
            made = psycopg.connect(self.address, autocommit=True, connect_timeout=int(BUSY_SECONDS), application_name="app-recall")
            made.execute(f"SET lock_timeout = {int(BUSY_SECONDS * 1000)}")
        except psycopg.Error as err:
            raise self._unreached(err) from err
        return cast(Connection, made)

    def _unreached(self, err: psycopg.Error) -> RecallError:
        words = " ".join(str(err).split())
        if "does not exist" in words and "database" in words:
            return LedgerMissing(f"{self.shown}: no such database; create it, then run `recall init` or `recall up`", url=self.shown)
        if "authentication" in words or "role" in words:
            return LedgerError(f"{self.shown} does not let us in; check user and password in `ledger` or RECALL_LEDGER", url=self.shown)
        return LedgerBusy(f"{self.shown} does not answer; will be tried again; check that the server runs", url=self.shown)

    def is_usable(self, connection: Connection) -> bool:
        """False once the server hung up."""
        return not cast("psycopg.Connection[Any]", connection).closed

    def sql(self, text: str) -> str:
        """With psycopg's parameters."""
        return pyformat(text)

    def stream(self, connection: Connection, text: str, params: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        """Through a cursor on the server."""
        with cast("psycopg.Connection[Any]", connection).cursor(name="stream", binary=True) as cursor:
            cursor.execute(pyformat(text).encode(), params)
            while chunk := cursor.fetchmany(STREAM_ROWS):
                yield from chunk

    def is_missing_table(self, err: Exception) -> bool:
        """By SQLSTATE: undefined table, or an undefined schema."""
        return getattr(err, "sqlstate", None) in ("42P01", "3F000")

    def failure(self, err: Exception) -> RecallError:
        """By SQLSTATE; without one the connection was lost."""
        code = getattr(err, "sqlstate", None) or ""
        words = getattr(getattr(err, "diag", None), "message_primary", None) or " ".join(str(err).split())
        if code.startswith("23"):
            return TransitionRefused(f"the ledger refuses a row: {words}; read it again before changing it", code=code)
        if code.startswith(_BUSY) or (not code and isinstance(err, psycopg.OperationalError)):
            return LedgerBusy(f"{self.shown} is locked, restarting or unreachable; will be tried again", code=code)
        if code.startswith(_FULL):
            return LedgerFull(
                f"{self.shown} cannot be written ({words}); free some space or make it writable; what was there is intact", code=code
            )
        if code.startswith(_CORRUPT):
            return LedgerCorrupt(f"{self.shown} is damaged ({words}); restore the newest backup, then run `recall verify`", code=code)
        return LedgerError(f"{self.shown}: {words}; check the server's log", code=code)
