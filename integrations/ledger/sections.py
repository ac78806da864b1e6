"""Which signoff section is in force, and those that were asked about, as rows: agreements are only ever added.

Add here when an agreement remembers something new; rather in `tasks/rules/roles.py` when it is about what may be agreed, and how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from configs.errors import LedgerCorrupt
from integrations.ledger.book import Row, Txn
from integrations.ledger.times import as_text


@dataclass(frozen=True, slots=True)
class Agreement:
    """A section in force: its number and digest, how it came to be ("founded", "signed", "restored"), by which question, and since when."""

    number: int
    digest: str
    manner: str
    question: str
    at: datetime


def agreed(txn: Txn) -> Agreement | None:
    """The agreement that counts now; None before the founding."""
    row = txn.one("SELECT number, digest, manner, question, at FROM signoff_agreed ORDER BY number DESC LIMIT 1")
    return None if row is None else _agreement(row)


def agreements(txn: Txn) -> tuple[Agreement, ...]:
    """Every agreement, oldest first."""
    return tuple(map(_agreement, txn.rows("SELECT number, digest, manner, question, at FROM signoff_agreed ORDER BY number")))


def add_agreement(txn: Txn, digest: str, manner: str, question: str = "") -> Agreement:
    """Puts a section in force that was kept before."""
    before = agreed(txn)
    now = Agreement(1 if before is None else before.number + 1, digest, manner, question, txn.now)
    txn.run(
        "INSERT INTO signoff_agreed (number, digest, manner, question, at) VALUES (:number, :digest, :manner, :question, :at)",
        number=now.number,
        digest=digest,
        manner=manner,
        question=question,
        at=as_text(now.at),
    )
    return now


def keep_section(txn: Txn, digest: str, section_json: str) -> None:
    """Keeps a section's text under its digest; one that is there already stays."""
    sql = "INSERT INTO signoff_sections (digest, section_json) VALUES (:digest, :text) ON CONFLICT (digest) DO NOTHING"
    txn.run(sql, digest=digest, text=section_json)


def section_of(txn: Txn, digest: str) -> str:
    """The text of a section. Raises LedgerCorrupt when it is gone, for then nobody knows who signs."""
    row = txn.one("SELECT section_json FROM signoff_sections WHERE digest = :digest", digest=digest)
    if row is None:
        raise LedgerCorrupt(f"the signoff section {digest[:12]} is named but not kept; restore the newest backup, then run `recall verify`")
    return row.text("section_json")


def file_seen(txn: Txn) -> tuple[str, int, str] | None:
    """Digest of the policy file's section as it was found last, the agreement it was compared with, and since when."""
    row = txn.one("SELECT digest, agreement, at FROM signoff_file WHERE id = 1")
    return None if row is None else (row.text("digest"), row.number("agreement"), row.text("at"))


def note_file(txn: Txn, digest: str, agreement: int, changes: str) -> None:
    """Notes how the policy file was found, for `recall status`."""
    txn.run(
        "INSERT INTO signoff_file (id, digest, agreement, changes, at) VALUES (1, :digest, :agreement, :changes, :at)"
        " ON CONFLICT (id) DO UPDATE SET digest = :digest, agreement = :agreement, changes = :changes, at = :at",
        digest=digest,
        agreement=agreement,
        changes=changes,
        at=as_text(txn.now),
    )


def was_anything_asked(txn: Txn) -> bool:
    """Whether any question was ever put to signers."""
    return txn.one("SELECT id FROM proposals LIMIT 1") is not None


def roles_questions(txn: Txn) -> int:
    """How many questions about who signs were ever put."""
    row = txn.one("SELECT count(*) AS n FROM proposals WHERE recall_id = 'roles'")
    return 0 if row is None else row.number("n")


def _agreement(row: Row) -> Agreement:
    return Agreement(row.number("number"), row.text("digest"), row.text("manner"), row.text("question"), row.moment("at"))
