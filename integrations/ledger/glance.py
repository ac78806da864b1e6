"""The state of everything in a few plain queries: what `recall status` prints, without loading the glossary or pydantic.

Add here when the glance must show another fact; rather in the rooms beside it when a step needs it.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.ledger.checkpoints import ledger_id
from integrations.ledger.connections import Connections
from integrations.ledger.engine import engine_of
from integrations.ledger.times import as_text, as_time
from integrations.ledger.transaction import Txn
from integrations.ledger.version import require_current

QUERIES = {
    "sources": "SELECT app, name, health, fresh_until, read_until, warning FROM sources ORDER BY app, name",
    "issues": "SELECT id, app, version, kind, level, state, opened_at, reason, assessment_json FROM issues"
    " ORDER BY CASE WHEN state IN ('open', 'proposed', 'recalling') THEN 0 ELSE 1 END, opened_at DESC LIMIT 20",
    "issue_events": "SELECT at, issue_id, change, metric, kind, source, other, person, reason FROM issue_events ORDER BY seq DESC LIMIT 20",
    "recalls": "SELECT id, issue_id, app, version, revision, level, action, state, opened_at, fixed_version FROM recalls"
    " ORDER BY opened_at DESC LIMIT 20",
    "proposals": "SELECT p.id, p.recall_id, p.expires_at, count(s.person) AS signatures FROM proposals p"
    " LEFT JOIN signatures s ON s.proposal_id = p.id AND s.void = 0 WHERE p.open = 1"
    " GROUP BY p.id, p.recall_id, p.expires_at ORDER BY p.id",
    "plans": "SELECT r.id AS recall_id, r.approved_at, p.plan_json FROM recalls r JOIN plans p ON p.recall_id = r.id"
    " WHERE r.state IN ('approved', 'reviewing') AND p.number = (SELECT max(number) FROM plans WHERE recall_id = r.id) ORDER BY r.id",
    "milestones": "SELECT m.recall_id, m.name, m.reached_at, m.late_for FROM milestones m"
    " JOIN recalls r ON r.id = m.recall_id AND r.revision = m.revision WHERE r.state IN ('approved', 'reviewing')",
    "meetings": "SELECT recall_id, sequence, state, starts_at, ends_at, proposal_id FROM meetings ORDER BY starts_at DESC LIMIT 10",
    "effects": "SELECT kind, state, count(*) AS n FROM effects GROUP BY kind, state ORDER BY kind, state",
    "deliveries": "SELECT recall_id, wave, state, count(*) AS n FROM deliveries"
    " GROUP BY recall_id, wave, state ORDER BY recall_id, wave, state",
    "reviews": "SELECT recall_id, night, verdict FROM reviews ORDER BY night DESC LIMIT 10",
    "unknown": "SELECT app, state_json FROM detectors WHERE version = '' AND metric = 'unknown' ORDER BY app",
    "held": "SELECT app, source, substr(reason, 7) AS reason, count(*) AS n, min(at) AS since FROM rejected"
    " WHERE substr(reason, 1, 6) = 'held: ' GROUP BY app, source, reason ORDER BY app, source, reason",
    "rejected": "SELECT source, count(*) AS n FROM rejected WHERE substr(reason, 1, 6) <> 'held: ' GROUP BY source ORDER BY source",
    "rejected_by_reason": "SELECT app, source, reason, count(*) AS n FROM rejected WHERE substr(reason, 1, 6) <> 'held: '"
    " GROUP BY app, source, reason ORDER BY n DESC, app, source, reason LIMIT 20",
    "latest_rejected": "SELECT app, source, place, reason FROM rejected WHERE substr(reason, 1, 6) <> 'held: '"
    " ORDER BY at DESC, source, place LIMIT 5",
    "needs_person": "SELECT kind, target, state FROM effects WHERE state IN ('failed', 'unknown') ORDER BY kind, target LIMIT 20",
    "roles": "SELECT changes, at FROM signoff_file WHERE changes <> ''",
    "brake": "SELECT engaged, person, reason, at FROM brake ORDER BY id DESC LIMIT 1",
    "surfaces": "SELECT app, store, standing, looked_at, still_since, detail FROM brake_surfaces"
    " WHERE brake_id = (SELECT max(id) FROM brake) ORDER BY app",
    "journal": "SELECT seq, at FROM journal_head WHERE id = 1",
}
"""One query a section; every one is valid on SQLite and PostgreSQL."""

UNSETTLED = ("open", "proposed", "recalling")
LEVELS = ("serious", "high", "medium", "low")


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
            seen = {name: _rows(connection, sql) for name, sql in QUERIES.items()}
            plans = _milestones(seen.pop("plans"), seen["milestones"])
            return seen | {"issues": _ranked(seen["issues"]), "unknown": _unknown(seen["unknown"]), "milestones": plans}
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


def restored_at(url: str) -> list[str]:
    """When, by the journal, people began to sign whom nobody had signed for, oldest first. Raises as `glance`."""
    engine = engine_of(url)
    connections = Connections(engine)
    try:
        require_current(connections.schema(), engine.shown)
        with connections.transaction(engine.begin_read) as connection:
            return [str(row["at"]) for row in _rows(connection, "SELECT at FROM journal WHERE kind = 'roles.restored' ORDER BY seq")]
    except engine.errors as err:
        raise engine.failure(err) from err
    finally:
        connections.close()


def _unknown(kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is unknown, one row a thing, from the text the watch keeps for each app."""
    return [{"app": row["app"], **one} for row in kept for one in json.loads(row["state_json"])]


def _milestones(plans: list[dict[str, Any]], marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every milestone of the recalls being carried out, in the order of their plans. `late`: not reached, and its owner was told so."""
    known = {(mark["recall_id"], mark["name"]): mark for mark in marks}
    found = []
    for row in plans:
        for one in json.loads(row["plan_json"])["milestones"]:
            mark = known.get((row["recall_id"], one["name"]), {"reached_at": None, "late_for": None})
            due = as_text(as_time(row["approved_at"]) + timedelta(minutes=one["after_minutes"]))
            late = mark["reached_at"] is None and mark["late_for"] == due
            told = {"due_at": due, "reached_at": mark["reached_at"], "late": late}
            found.append({"recall_id": row["recall_id"], "milestone": one["name"], "owner": one["owner"], **told})
    return found


def _rows(connection: Any, sql: str) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _ranked(issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Unsettled issues first, then by how many users each still harms: unknown before any number, for it may be more than all."""
    for issue in issues:
        issue["further_harm"] = json.loads(issue.pop("assessment_json")).get("further_harm")

    def rank(issue: dict[str, Any]) -> tuple[bool, float, int]:
        harm = issue["further_harm"]
        return issue["state"] not in UNSETTLED, -math.inf if harm is None else -harm, LEVELS.index(issue["level"])

    return sorted(issues, key=rank)
