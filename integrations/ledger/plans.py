"""Plans in the ledger: every version with who made it and why, and what became of their milestones.

Add here when a plan's or a milestone's row changes; rather in `tasks/rules/milestones.py` when it is about which change is allowed.
"""

from __future__ import annotations

from datetime import datetime

from configs.terms import Mark, Plan, PlanVersion
from integrations.ledger.book import Row, Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text

COLUMNS = "recall_id, number, revision, at, person, reason, digest, by_hand, plan_json"


def add_plan(txn: Txn, version: PlanVersion) -> None:
    """Adds a version of a recall's plan, which is in force from now on."""
    txn.run(
        f"INSERT INTO plans ({COLUMNS}) VALUES (:recall_id, :number, :revision, :at, :person, :reason, :digest, :by_hand, :plan)",
        recall_id=version.recall_id,
        number=version.number,
        revision=version.revision,
        at=as_text(version.at),
        person=version.person,
        reason=version.reason,
        digest=version.digest,
        by_hand=int(version.by_hand),
        plan=dumped(version.plan),
    )


def plans_of(txn: Txn, recall_id: str) -> tuple[PlanVersion, ...]:
    """Every version of a recall's plan, oldest first; none for a recall from before there were plans."""
    return tuple(map(_version, txn.rows(f"SELECT {COLUMNS} FROM plans WHERE recall_id = :id ORDER BY number", id=recall_id)))


def find_plan(txn: Txn, recall_id: str) -> PlanVersion | None:
    """The version that is in force."""
    row = txn.one(f"SELECT {COLUMNS} FROM plans WHERE recall_id = :id ORDER BY number DESC LIMIT 1", id=recall_id)
    return None if row is None else _version(row)


def marks_of(txn: Txn, recall_id: str, revision: int) -> dict[str, Mark]:
    """What became of the milestones of a revision, by name; one that nothing happened to is not in it."""
    sql = "SELECT name, reached_at, reminded_for, late_for FROM milestones WHERE recall_id = :id AND revision = :revision ORDER BY name"
    return {row.text("name"): _mark(row) for row in txn.rows(sql, id=recall_id, revision=revision)}


def mark_reached(txn: Txn, recall_id: str, revision: int, name: str, at: datetime) -> None:
    """Writes down when a milestone was reached; the first time counts."""
    _upsert(txn, recall_id, revision, name, "reached_at", "coalesce(milestones.reached_at, excluded.reached_at)", at)


def mark_reminded(txn: Txn, recall_id: str, revision: int, name: str, due_at: datetime) -> None:
    """Writes down for which due time the owner was reminded."""
    _upsert(txn, recall_id, revision, name, "reminded_for", "excluded.reminded_for", due_at)


def mark_late(txn: Txn, recall_id: str, revision: int, name: str, due_at: datetime) -> None:
    """Writes down for which due time the owner was told that it is late."""
    _upsert(txn, recall_id, revision, name, "late_for", "excluded.late_for", due_at)


def _upsert(txn: Txn, recall_id: str, revision: int, name: str, column: str, value: str, at: datetime) -> None:
    """`column` and `value` are ours."""
    txn.run(
        f"INSERT INTO milestones (recall_id, revision, name, {column}) VALUES (:recall_id, :revision, :name, :at)"
        f" ON CONFLICT (recall_id, revision, name) DO UPDATE SET {column} = {value}",
        recall_id=recall_id,
        revision=revision,
        name=name,
        at=as_text(at),
    )


def _mark(row: Row) -> Mark:
    return Mark(row.text("name"), *(row.moment_or_none(column) for column in ("reached_at", "reminded_for", "late_for")))


def _version(row: Row) -> PlanVersion:
    return PlanVersion(
        recall_id=row.text("recall_id"),
        number=row.number("number"),
        revision=row.number("revision"),
        at=row.moment("at"),
        person=row.text("person"),
        reason=row.text("reason"),
        plan=loaded(Plan, row.text("plan_json")),
        digest=row.text("digest"),
        by_hand=row.number("by_hand") == 1,
    )
