"""The ledger in one SQLite file: WAL, every commit on disk before it counts, one writer at a time.

Add here when only SQLite needs it; rather in `engine.py` when PostgreSQL does too.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from configs.errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerMissing,
    RecallError,
    SettingsInvalid,
    TransitionRefused,
)
from integrations.ledger.engine import BUSY_SECONDS, Connection

_IO_WITHOUT_SPACE = frozenset(
    {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_FSYNC}
)
"""Extended codes SQLite answers with where a full disk is met outside its own page writes."""


class Sqlite:
    """One file. Every connection is used by the thread that made it, and may be closed by any."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    head_lock = "SELECT seq, hash, at FROM journal_head WHERE id = 1"
    begin_write = "BEGIN IMMEDIATE"
    begin_read = "BEGIN"
    insert_journal = "INSERT INTO journal (seq, at, kind, subject, body, hash) VALUES (?, ?, ?, ?, ?, ?)"

    def __init__(self, url: str) -> None:
        name = url.partition("://")[2].removeprefix("/")
        if not name or name == ":memory:" or not url.startswith("sqlite:///"):
            raise SettingsInvalid(f"{url!r} names no file; use sqlite:///path/to/ledger.db (four slashes for an absolute path)")
        self.shown = url
        self.path = Path(name)

    def connect(self) -> Connection:
        """A connection to the file, which must exist."""
        if not self.path.exists():
            raise LedgerMissing(f"no ledger at {self.path}; run `recall init` or `recall up`, which create it", url=self.shown)
        try:
            made = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256)
            if made.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as err:
            raise self.failure(err) from err
        return cast(Connection, made)

    def create(self) -> None:
        """An empty file only its owner may read, in a folder only its owner may enter, where there was none."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self.path.chmod(0o600)
        except OSError as err:
            raise LedgerFull(f"{self.path} cannot be created ({err.strerror}); make room or name another place in `ledger`") from err

    def is_usable(self, connection: Connection) -> bool:
        """A file does not hang up."""
        return True

    def sql(self, text: str) -> str:
        """As it is: `:name` is SQLite's own way."""
        return text

    def stream(self, connection: Connection, text: str, params: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        """SQLite's cursor reads as it goes."""
        return iter(connection.cursor().execute(text, params))

    def is_missing_table(self, err: Exception) -> bool:
        """By SQLite's words: it has no code for it."""
        return "no such table" in str(err)

    def failure(self, err: Exception) -> RecallError:
        """By the driver's result code."""
        code = getattr(err, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        primary = code & 0xFF
        if isinstance(err, sqlite3.IntegrityError):
            return TransitionRefused(f"the ledger refuses a row: {err}; read it again before changing it", code=code)
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return LedgerBusy(f"{self.path} was locked for {BUSY_SECONDS:g} s by another process; will be tried again", code=code)
        if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM) or code in _IO_WITHOUT_SPACE:
            return LedgerFull(
                f"{self.path} cannot be written ({err}); free some space or make it writable; what was there is intact", code=code
            )
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return LedgerCorrupt(f"{self.path} is damaged ({err}); restore the newest backup, then run `recall verify`", code=code)
        return LedgerError(f"{self.path}: {err}; check the file, its folder and the disk, then try again", code=code)
