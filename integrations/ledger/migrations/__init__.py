"""Brings a ledger to this code's schema: a fresh one from one script in milliseconds, an older one by Alembic, forward only.

`fresh_*.sql` are what Alembic prints for `versions/`; `python -m integrations.ledger.migrations` writes them again, and a test compares.

Add here when the way to migrate changes; rather a file in `versions/` (and its number in `version.py`) when a table does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from configs.errors import LedgerMissing
from integrations.ledger.connections import Connections
from integrations.ledger.engine import Connection, Engine, engine_of
from integrations.ledger.sqlite import Sqlite
from integrations.ledger.times import EARLIEST
from integrations.ledger.version import CURRENT, SCHEMAS, newer

ADVISORY_LOCK = 0x5245_4341_4C4C
"""Who migrates on PostgreSQL holds this ("RECALL"); SQLite has one writer anyway."""


def migrate(url: str) -> str:
    """The schema's revision after creating the ledger or bringing it up to date. Again, or by two processes at once, is harmless.

    Raises:
        LedgerVersion: it is newer than this code.
        LedgerBusy, LedgerFull, LedgerMissing: the database cannot be reached, written, or does not exist.
    """
    engine = engine_of(url)
    if isinstance(engine, Sqlite):
        engine.create()
    connections = Connections(engine)
    try:
        _brought_up(engine, connections)
        found = connections.schema()
    finally:
        connections.close()
    if found is None:
        raise LedgerMissing(f"{engine.shown}: the schema could not be created; check the rights of its user", url=engine.shown)
    return found


def _brought_up(engine: Engine, connections: Connections) -> None:
    found = connections.schema()
    if found is None:
        with _migrating(engine, connections) as connection:
            if not _has_schema(engine, connection):
                _create(engine, connection)
        return
    if found not in SCHEMAS:
        raise newer(found, engine.shown)
    if found != CURRENT:
        from integrations.ledger.migrations.upgrade import upgrade  # Alembic costs half a second

        upgrade(engine)


@contextmanager
def _migrating(engine: Engine, connections: Connections) -> Iterator[Connection]:
    """One transaction that no other migration overlaps."""
    with connections.transaction(engine.begin_write) as connection:
        try:
            if not isinstance(engine, Sqlite):
                connection.cursor().execute(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            yield connection
        except engine.errors as err:
            raise engine.failure(err) from err


def _has_schema(engine: Engine, connection: Connection) -> bool:
    catalogue = (
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if isinstance(engine, Sqlite)
        else "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"
    )
    cursor = connection.cursor()
    cursor.execute(catalogue)
    return cursor.fetchone() is not None


def _create(engine: Engine, connection: Connection) -> None:
    cursor = connection.cursor()
    for statement in fresh_script(engine).split(";\n"):
        if statement.strip():
            cursor.execute(statement)
    insert, genesis = genesis_row()
    cursor.execute(engine.sql(insert), genesis)


def fresh_script(engine: Engine) -> str:
    """The statements that make an empty database a ledger of this code's schema."""
    name = "fresh_sqlite.sql" if isinstance(engine, Sqlite) else "fresh_postgresql.sql"
    return files("integrations.ledger.migrations").joinpath(name).read_text(encoding="utf-8")


def genesis_row() -> tuple[str, dict[str, object]]:
    """The statement and values of a new ledger's head: the random hash before the first entry is the ledger's identity."""
    insert = "INSERT INTO journal_head (id, seq, hash, at) VALUES (1, 0, :hash, :at)"
    return insert, {"hash": secrets.token_bytes(32), "at": EARLIEST}
