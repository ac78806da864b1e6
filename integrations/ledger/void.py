"""Signatures that became void and codes that are spent: each person's turns on a question.

A signature that counts is in `signatures`; one that does no longer is kept as it was given in `void_signatures`, with who voided it and
why. Either way the turn is over, and the next code is another one.

Add here when something else ends a turn; rather in `signing.py` when it is about signatures that count.
"""

from __future__ import annotations

from integrations.ledger.book import Txn
from integrations.ledger.signing import signatures_on
from integrations.ledger.times import as_text


def turn_of(txn: Txn, question_id: str, person: str) -> int:
    """How many of the person's turns on that question are over."""
    sql = "SELECT count(*) AS n FROM spent_codes WHERE question_id = :id AND person = :person"
    row = txn.one(sql, id=question_id, person=person)
    return 0 if row is None else row.number("n")


def turns_on(txn: Txn, question_id: str) -> dict[str, int]:
    """The turns of everyone who has had one on that question."""
    sql = "SELECT person, count(*) AS n FROM spent_codes WHERE question_id = :id GROUP BY person"
    return {row.text("person"): row.number("n") for row in txn.rows(sql, id=question_id)}


def end_turn(txn: Txn, question_id: str, person: str, why: str) -> int:
    """Spends the person's codes for that question; returns the turn that begins."""
    turn = turn_of(txn, question_id, person)
    txn.run(
        "INSERT INTO spent_codes (question_id, person, turn, why, at) VALUES (:id, :person, :turn, :why, :at)",
        id=question_id,
        person=person,
        turn=turn,
        why=why,
        at=as_text(txn.now),
    )
    return turn + 1


def void(txn: Txn, question_id: str, *, by: str, why: str, person: str = "") -> tuple[str, ...]:
    """Makes the signatures on a question void, or one person's; returns whose."""
    given = [s for s in signatures_on(txn, question_id) if person in ("", s.person)]
    for signature in given:
        turn = end_turn(txn, question_id, signature.person, why) - 1
        txn.run(
            "INSERT INTO void_signatures (proposal_id, person, turn, role, digest, verdict, reason, at, voided_at, voided_by, why)"
            " SELECT proposal_id, person, :turn, role, digest, verdict, reason, at, :now, :by, :why FROM signatures"
            " WHERE proposal_id = :id AND person = :person",
            id=question_id,
            person=signature.person,
            turn=turn,
            now=as_text(txn.now),
            by=by,
            why=why[:500],
        )
        txn.run("DELETE FROM signatures WHERE proposal_id = :id AND person = :person", id=question_id, person=signature.person)
    return tuple(s.person for s in given)
