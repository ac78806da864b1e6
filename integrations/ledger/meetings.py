"""Meetings and their minutes in the ledger: one meeting a recall, and every entry of minutes with the one that counts last.

Add here when a meeting's row or its minutes' change; rather in `tasks/rules/meetings.py` when it is about when people meet.
"""

from __future__ import annotations

from datetime import datetime

from configs.terms import Meeting, MeetingState, Minutes
from integrations.ledger.book import Row, Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text

COLUMNS = "recall_id, uid, sequence, state, starts_at, ends_at, proposal_id, digest"
MINUTES = "proposal_id, number, recall_id, at, person, attended_json, arguments_json, decision, correction"


def keep_meeting(txn: Txn, meeting: Meeting) -> None:
    """Writes a recall's meeting as it is from now on."""
    txn.run(
        f"INSERT INTO meetings ({COLUMNS}) VALUES (:recall_id, :uid, :sequence, :state, :starts_at, :ends_at, :proposal_id, :digest)"
        " ON CONFLICT (recall_id) DO UPDATE SET sequence = excluded.sequence, state = excluded.state, starts_at = excluded.starts_at,"
        " ends_at = excluded.ends_at, proposal_id = excluded.proposal_id, digest = excluded.digest",
        recall_id=meeting.recall_id,
        uid=meeting.uid,
        sequence=meeting.sequence,
        state=meeting.state.value,
        starts_at=as_text(meeting.starts_at),
        ends_at=as_text(meeting.ends_at),
        proposal_id=meeting.proposal_id,
        digest=meeting.digest,
    )


def find_meeting(txn: Txn, recall_id: str) -> Meeting | None:
    """A recall's meeting, if one was ever arranged."""
    row = txn.one(f"SELECT {COLUMNS} FROM meetings WHERE recall_id = :id", id=recall_id)
    return None if row is None else _meeting(row)


def coming_meetings(txn: Txn, now: datetime) -> tuple[Meeting, ...]:
    """Every planned meeting that has not begun."""
    sql = f"SELECT {COLUMNS} FROM meetings WHERE state = 'planned' AND starts_at > :now ORDER BY recall_id"
    return tuple(map(_meeting, txn.rows(sql, now=as_text(now))))


def _meeting(row: Row) -> Meeting:
    return Meeting(
        recall_id=row.text("recall_id"),
        uid=row.text("uid"),
        sequence=row.number("sequence"),
        state=MeetingState(row["state"]),
        starts_at=row.moment("starts_at"),
        ends_at=row.moment("ends_at"),
        proposal_id=row.text("proposal_id"),
        digest=row.text("digest"),
    )


def add_minutes(txn: Txn, minutes: Minutes) -> None:
    """Adds an entry of minutes; the last one of a proposal counts."""
    txn.run(
        f"INSERT INTO minutes ({MINUTES}) VALUES (:proposal_id, :number, :recall_id, :at, :person, :attended, :arguments, :decision,"
        " :correction)",
        proposal_id=minutes.proposal_id,
        number=minutes.number,
        recall_id=minutes.recall_id,
        at=as_text(minutes.at),
        person=minutes.person,
        attended=dumped(minutes.attended),
        arguments=dumped(minutes.arguments),
        decision=minutes.decision,
        correction=minutes.correction,
    )


def minutes_of(txn: Txn, recall_id: str) -> tuple[Minutes, ...]:
    """Every entry about a recall's proposals, oldest first, those that were corrected too."""
    return tuple(map(_minutes, txn.rows(f"SELECT {MINUTES} FROM minutes WHERE recall_id = :id ORDER BY at, number", id=recall_id)))


def minutes_about(txn: Txn, proposal_id: str) -> tuple[Minutes, ...]:
    """Every entry about one proposal, oldest first."""
    return tuple(map(_minutes, txn.rows(f"SELECT {MINUTES} FROM minutes WHERE proposal_id = :id ORDER BY number", id=proposal_id)))


def _minutes(row: Row) -> Minutes:
    return Minutes(
        recall_id=row.text("recall_id"),
        proposal_id=row.text("proposal_id"),
        number=row.number("number"),
        at=row.moment("at"),
        person=row.text("person"),
        attended=loaded(tuple[str, ...], row.text("attended_json")),
        arguments=loaded(tuple[str, ...], row.text("arguments_json")),
        decision=row.text("decision"),
        correction=row.text("correction"),
    )
