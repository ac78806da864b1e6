"""The state of everything in a few plain queries: what `recall status` prints, without loading the glossary or pydantic.

Add here when the glance must show another fact; rather in the rooms beside it when a step needs it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.ledger.checkpoints import ledger_id
from integrations.ledger.connections import Connections
from integrations.ledger.engine import engine_of
from integrations.ledger.transaction import Txn
from integrations.ledger.version import require_current

QUERIES = {
    "sources": "SELECT app, name, health, fresh_until, read_until, warning FROM sources ORDER BY app, name",
    "issues": "SELECT id, app, version, kind, level, state, opened_at, reason FROM issues ORDER BY opened_at DESC LIMIT 20",
    "issue_events": "SELECT at, issue_id, change, metric, kind, source, other, person, reason FROM issue_events ORDER BY seq DESC LIMIT 20",
    "recalls": "SELECT id, issue_id, app, version, revision, level, action, state, opened_at, fixed_version FROM recalls"
    " ORDER BY opened_at DESC LIMIT 20",
    "proposals": "SELECT p.id, p.recall_id, p.expires_at, count(s.person) AS signatures FROM proposals p"
    " LEFT JOIN signatures s ON s.proposal_id = p.id AND s.void = 0 WHERE p.open = 1"
    " GROUP BY p.id, p.recall_id, p.expires_at ORDER BY p.id",
    "effects": "SELECT kind, state, count(*) AS n FROM effects GROUP BY kind, state ORDER BY kind, state",
    "deliveries": "SELECT recall_id, wave, state, count(*) AS n FROM deliveries"
    " GROUP BY recall_id, wave, state ORDER BY recall_id, wave, state",
    "reviews": "SELECT recall_id, night, verdict FROM reviews ORDER BY night DESC LIMIT 10",
    "rejected": "SELECT source, count(*) AS n FROM rejected GROUP BY source ORDER BY source",
    "latest_rejected": "SELECT app, source, place, reason FROM rejected ORDER BY at DESC, source, place LIMIT 5",
    "needs_person": "SELECT kind, target, state FROM effects WHERE state IN ('failed', 'unknown') ORDER BY kind, target LIMIT 20",
    "brake": "SELECT engaged, person, reason, at FROM brake ORDER BY id DESC LIMIT 1",
    "journal": "SELECT seq, at FROM journal_head WHERE id = 1",
}
"""One query a section; every one is valid on SQLite and PostgreSQL."""


def glance(url: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of each section by column name, as of one moment.

    Raises:
        LedgerMissing, LedgerVersion, LedgerBusy, LedgerCorrupt: the ledger cannot be read.
    """
    engine = engine_of(url)
    connections = Connections(engine)
    try:
        require_current(connections.schema(), engine.shown)
        with connections.transaction(engine.begin_read) as connection:
            return {name: _rows(connection, sql) for name, sql in QUERIES.items()}
    except engine.errors as err:
        raise engine.failure(err) from err
    finally:
        connections.close()


def ledger_at(url: str) -> str:
    """The id of the ledger at that address, by which its checkpoint files are found. Raises as `glance`."""
    engine = engine_of(url)
    connections = Connections(engine)
    try:
        require_current(connections.schema(), engine.shown)
        with connections.transaction(engine.begin_read) as connection:
            return ledger_id(Txn(engine, connection, datetime.now(UTC)))
    except engine.errors as err:
        raise engine.failure(err) from err
    finally:
        connections.close()


def _rows(connection: Any, sql: str) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
