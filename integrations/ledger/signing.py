"""Proposals and signatures in the ledger.

One open proposal per recall (the database refuses a second); one signature per person and proposal.

Add here when a proposal's or signature's row changes; rather in `tasks/rules/signoff.py` when it is about whether one counts.
"""

from __future__ import annotations

from configs.errors import NotFound
from configs.terms import Proposal, Signature, Verdict
from integrations.ledger.book import Row, Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text, as_time

NEVER = "9999-12-31T23:59:59.000000Z"
"""Stored expiry of a question that does not expire."""


def add_proposal(txn: Txn, proposal: Proposal, about: str = "") -> None:
    """Adds a proposal as the recall's open one, or as that of what it is `about`."""
    opened, expires = as_text(proposal.opened_at), as_text(proposal.expires_at)
    _add(txn, proposal.id, about or proposal.recall_id, proposal.revision, proposal.digest, dumped(proposal), opened, expires)


def add_question(txn: Txn, question_id: str, about: str, digest: str, body_json: str) -> None:
    """Adds another question that is put to the signers: it takes signatures as a proposal does, and does not expire."""
    _add(txn, question_id, about, 1, digest, body_json, as_text(txn.now), NEVER)


def _add(txn: Txn, question_id: str, about: str, revision: int, digest: str, body: str, opened: str, expires: str) -> None:
    txn.run(
        "INSERT INTO proposals (id, recall_id, revision, digest, body_json, opened_at, expires_at, open)"
        " VALUES (:id, :about, :revision, :digest, :body, :opened_at, :expires_at, 1)",
        id=question_id,
        about=about,
        revision=revision,
        digest=digest,
        body=body,
        opened_at=opened,
        expires_at=expires,
    )


def the_question(txn: Txn, question_id: str) -> tuple[str, str, bool]:
    """What a question is about (a recall's or brake's id), its body's JSON text, and whether it is open. Raises NotFound."""
    row = txn.one("SELECT recall_id, body_json, open FROM proposals WHERE id = :id", id=question_id)
    if row is None:
        raise NotFound(f"no proposal {question_id!r}; `recall status` lists the open ones")
    return str(row["recall_id"]), str(row["body_json"]), row["open"] == 1


def find_question(txn: Txn, question_id: str) -> bool:
    """Whether a question of that id was ever put."""
    return txn.one("SELECT id FROM proposals WHERE id = :id", id=question_id) is not None


def proposals_of(txn: Txn, recall_id: str) -> tuple[Proposal, ...]:
    """All proposals of a recall, oldest first."""
    rows = txn.rows("SELECT body_json FROM proposals WHERE recall_id = :recall_id ORDER BY revision", recall_id=recall_id)
    return tuple(loaded(Proposal, str(row["body_json"])) for row in rows)


def open_proposals(txn: Txn) -> tuple[Proposal, ...]:
    """Every proposal that waits for signatures, oldest first."""
    rows = txn.rows("SELECT body_json FROM proposals WHERE open = 1 AND recall_id LIKE 'REC-%' ORDER BY opened_at, id")
    return tuple(loaded(Proposal, str(row["body_json"])) for row in rows)


def open_questions(txn: Txn) -> tuple[tuple[str, str], ...]:
    """(id, what it is about) of every question that takes signatures, oldest first."""
    rows = txn.rows("SELECT id, recall_id FROM proposals WHERE open = 1 ORDER BY opened_at, id")
    return tuple((row.text("id"), row.text("recall_id")) for row in rows)


def close_proposal(txn: Txn, proposal_id: str) -> None:
    """Takes no more signatures."""
    txn.run("UPDATE proposals SET open = NULL WHERE id = :id", id=proposal_id)


def add_signature(txn: Txn, signature: Signature) -> None:
    """Adds a signature that the rules have let through."""
    txn.run(
        "INSERT INTO signatures (proposal_id, person, role, digest, verdict, reason, at, void)"
        " VALUES (:proposal_id, :person, :role, :digest, :verdict, :reason, :at, 0)",
        proposal_id=signature.proposal_id,
        person=signature.person,
        role=signature.role,
        digest=signature.digest,
        verdict=signature.verdict.value,
        reason=signature.reason,
        at=as_text(signature.at),
    )


def signatures_on(txn: Txn, proposal_id: str) -> tuple[Signature, ...]:
    """Signatures that count, in the order they came."""
    columns = "proposal_id, digest, person, role, verdict, reason, at"
    sql = f"SELECT {columns} FROM signatures WHERE proposal_id = :id AND void = 0 ORDER BY at, person"
    return tuple(_signature(row) for row in txn.rows(sql, id=proposal_id))


def _signature(row: Row) -> Signature:
    return Signature(
        proposal_id=str(row["proposal_id"]),
        digest=str(row["digest"]),
        person=str(row["person"]),
        role=str(row["role"]),
        verdict=Verdict(row["verdict"]),
        reason=str(row["reason"]),
        at=as_time(str(row["at"])),
    )
