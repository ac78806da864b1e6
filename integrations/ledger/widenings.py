"""Questions whether a recall that is being carried out is to be widened: they stand beside its own proposals until they are signed.

A recall has one open question of this kind at most (the database refuses a second), and goes on as it is while one is open.

Add here when such a question's row changes; rather in `signing.py` when every question's does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from configs.terms import Proposal
from integrations.ledger.book import Txn
from integrations.ledger.signing import add_proposal

BESIDE = "widen-"


@dataclass(frozen=True, slots=True)
class Asked:
    """One such question, as far as it must be known to ask another."""

    id: str
    revision: int
    is_open: bool
    expires_at: datetime


def is_widening(about: str) -> bool:
    """Whether a question is one of these, by what it is about."""
    return about.startswith(BESIDE)


def add_widening(txn: Txn, proposal: Proposal) -> None:
    """Opens the question beside the recall's own proposals."""
    add_proposal(txn, proposal, about=BESIDE + proposal.recall_id)


def adopt_widening(txn: Txn, proposal: Proposal) -> None:
    """The signed question is the recall's own proposal from now on."""
    txn.run("UPDATE proposals SET recall_id = :recall_id WHERE id = :id", recall_id=proposal.recall_id, id=proposal.id)


def widenings_of(txn: Txn, recall_id: str) -> tuple[Asked, ...]:
    """What was asked of a recall and not signed, oldest first."""
    sql = "SELECT id, revision, open, expires_at FROM proposals WHERE recall_id = :about ORDER BY revision"
    rows = txn.rows(sql, about=BESIDE + recall_id)
    return tuple(Asked(row.text("id"), row.number("revision"), row["open"] == 1, row.moment("expires_at")) for row in rows)


def close_widenings(txn: Txn, recall_id: str) -> None:
    """Takes no more signatures: the recall has ended."""
    txn.run("UPDATE proposals SET open = NULL WHERE recall_id = :about AND open = 1", about=BESIDE + recall_id)
