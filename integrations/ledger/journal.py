"""Reading the journal back: what was written down about a recall, the head, the last checkpoints.

Add here when a page or command reads the journal; rather in `verify.py` when it is about proving it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from configs.terms import Recall
from integrations.ledger.book import Head, Row, Txn
from integrations.ledger.cases import the_issue
from integrations.ledger.times import as_text, as_time


@dataclass(frozen=True, slots=True)
class Told:
    """One journal entry, read back. `hash` as hex; `facts` as they were written."""

    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    facts: dict[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class SignedHead:
    """One checkpoint as kept in the ledger."""

    seq: int
    at: datetime
    line: str


COLUMNS = "seq, at, kind, subject, body, hash"


def entries_about(txn: Txn, recall: Recall, limit: int) -> tuple[Told, ...]:
    """The newest `limit` entries from the issue's opening on that are about this recall, oldest first.

    About it: those whose subject is the recall, its issue or its app, or whose facts name one of its proposals or effects, or its issue
    as what another was merged into, or split off as.
    """
    issue = the_issue(txn, recall.issue_id)
    asked = [str(r["id"]) for r in txn.rows("SELECT id FROM proposals WHERE recall_id = :id", id=recall.id)]
    effects = {str(r["key"]) for r in txn.rows("SELECT key FROM effects WHERE recall_id = :id", id=recall.id)}
    subjects = {recall.id, issue.id, recall.app, *asked}
    rows = txn.rows(f"SELECT {COLUMNS} FROM journal WHERE at >= :since ORDER BY seq", since=as_text(issue.opened_at))
    told = (_told(row) for row in rows)
    found = [e for e in told if e.subject.split(" · ")[0] in subjects or _names(e, effects, issue.id) or e.kind == "journal.attested"]
    return tuple(found[-limit:])


def _names(entry: Told, effects: set[str], issue: str) -> bool:
    return entry.facts.get("effect") in effects or issue in (entry.facts.get("into"), entry.facts.get("part"))


def entries_after(txn: Txn, seq: int) -> tuple[Told, ...]:
    """Every entry after that one, oldest first."""
    return tuple(_told(row) for row in txn.rows(f"SELECT {COLUMNS} FROM journal WHERE seq > :seq ORDER BY seq", seq=seq))


def latest_entries(txn: Txn, limit: int) -> tuple[Told, ...]:
    """The newest entries, oldest first."""
    rows = txn.rows(f"SELECT {COLUMNS} FROM journal ORDER BY seq DESC LIMIT :limit", limit=limit)
    return tuple(_told(row) for row in reversed(rows))


def head_of(txn: Txn) -> Head:
    """The end of the chain."""
    return txn.head


def last_checkpoints(txn: Txn, limit: int) -> tuple[SignedHead, ...]:
    """The newest signed heads, oldest first."""
    rows = txn.rows("SELECT seq, at, line FROM checkpoints ORDER BY id DESC LIMIT :limit", limit=limit)
    return tuple(SignedHead(row.number("seq"), row.moment("at"), row.text("line")) for row in reversed(rows))


def _told(row: Row) -> Told:
    body = json.loads(bytes(row["body"]))
    return Told(
        seq=row.number("seq"),
        at=as_time(row.text("at")),
        kind=row.text("kind"),
        subject=row.text("subject"),
        actor=str(body.get("actor", "")),
        facts=dict(body["facts"]),
        hash=bytes(row["hash"]).hex(),
    )
