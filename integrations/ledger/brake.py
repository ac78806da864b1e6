"""The emergency stop, as rows: the newest counts, none is ever changed.

Add here when the brake remembers something new; rather in `tasks/rules/signoff.py` when it is about who may engage or release it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from configs.errors import TransitionRefused
from integrations.ledger.book import Row, Txn
from integrations.ledger.times import as_text


@dataclass(frozen=True, slots=True)
class BrakeEvent:
    """One engaging or releasing of the brake: by whom, why, when."""

    id: int
    engaged: bool
    person: str
    reason: str
    at: datetime


def is_engaged(txn: Txn) -> bool:
    """Whether every effect is held now."""
    now = latest(txn)
    return now is not None and now.engaged


def latest(txn: Txn) -> BrakeEvent | None:
    """The event that counts now; None when the brake was never touched."""
    row = txn.one("SELECT id, engaged, person, reason, at FROM brake ORDER BY id DESC LIMIT 1")
    return None if row is None else _event(row)


def history(txn: Txn) -> tuple[BrakeEvent, ...]:
    """Every event, oldest first."""
    return tuple(_event(row) for row in txn.rows("SELECT id, engaged, person, reason, at FROM brake ORDER BY id"))


def engage(txn: Txn, person: str, reason: str) -> BrakeEvent:
    """Holds every effect from the next claim on. Engaging an engaged brake adds the further person and reason."""
    return _added(txn, True, person, reason)


def release(txn: Txn, person: str, reason: str) -> BrakeEvent:
    """Lets effects go again.

    Raises:
        TransitionRefused: the brake is not engaged.
    """
    if not is_engaged(txn):
        raise TransitionRefused("the brake is not engaged; there is nothing to release")
    return _added(txn, False, person, reason)


def _added(txn: Txn, engaged: bool, person: str, reason: str) -> BrakeEvent:
    before = latest(txn)
    event = BrakeEvent(1 if before is None else before.id + 1, engaged, person, reason, txn.now)
    txn.run(
        "INSERT INTO brake (id, engaged, person, reason, at) VALUES (:id, :engaged, :person, :reason, :at)",
        id=event.id,
        engaged=int(engaged),
        person=person,
        reason=reason,
        at=as_text(event.at),
    )
    return event


def _event(row: Row) -> BrakeEvent:
    return BrakeEvent(row.number("id"), bool(row["engaged"]), row.text("person"), row.text("reason"), row.moment("at"))
