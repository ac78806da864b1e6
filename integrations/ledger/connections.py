"""A connection per thread and per process, and the transactions on it.

A forked child never uses or closes its parent's connections: closing an inherited SQLite file would drop the parent's locks.

Add here when it is about opening, closing, beginning or ending; rather in `transaction.py` when it happens inside a transaction.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from configs.errors import LedgerError
from integrations.ledger.engine import Connection, Engine

_inherited: list[object] = []
"""Connections of the process this one was forked from, kept so that nothing closes them here."""


class _Held:
    """A thread's connection; closed when its thread ends, or with the pool."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.process = os.getpid()
        self.is_open = False
        self.close = weakref.finalize(self, connection.close)
        self.close.atexit = False

    def abandon(self) -> None:
        self.close.detach()
        _inherited.append(self.connection)


class Connections:
    """Hands the calling thread its own connection, and runs transactions on it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        self._all: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._guard = threading.Lock()

    @contextmanager
    def transaction(self, begin: str) -> Iterator[Connection]:
        """A connection inside a transaction: committed when the block ends well, rolled back when it does not."""
        held = self._held()
        if held.is_open:
            raise LedgerError("this thread already has a transaction open; use that one instead of a second")
        self._say(held, begin)
        held.is_open = True
        try:
            yield held.connection
            self._say(held, "COMMIT")
        except BaseException:
            self._roll_back(held)
            raise
        finally:
            held.is_open = False

    def schema(self) -> str | None:
        """The schema's revision, or None where there is no ledger yet."""
        try:
            with self.transaction(self._engine.begin_read) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT version_num FROM alembic_version")
                found = cursor.fetchone()
        except self._engine.errors as err:
            if self._engine.is_missing_table(err):
                return None
            raise self._engine.failure(err) from err
        return None if found is None else str(found[0])

    def close(self) -> None:
        """Closes every thread's connection; the next use opens a new one."""
        with self._guard:
            every = list(self._all)
            self._all.clear()
        self._local = threading.local()
        for held in every:
            if held.process == os.getpid():
                held.close()
            else:
                held.abandon()

    def _held(self) -> _Held:
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None and held.process != os.getpid():
            held.abandon()
            held = None
        if held is None or not self._engine.is_usable(held.connection):
            held = _Held(self._engine.connect())
            self._local.held = held
            with self._guard:
                self._all.add(held)
        return held

    def _say(self, held: _Held, sql: str) -> None:
        try:
            held.connection.cursor().execute(sql)
        except self._engine.errors as err:
            raise self._engine.failure(err) from err

    def _roll_back(self, held: _Held) -> None:
        # a lost connection has rolled back by itself; SQLite does after some errors, and then says that nothing is open
        with suppress(*self._engine.errors):
            held.connection.cursor().execute("ROLLBACK")
