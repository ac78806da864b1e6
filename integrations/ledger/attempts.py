"""Wrong codes in the ledger, and the round of codes that counts for a person.

Add here when a row of them changes; rather in `tasks/rules/guessing.py` when it is about what a wrong code leads to.
"""

from __future__ import annotations

from configs.guessing import Attempts
from integrations.ledger.book import Txn
from integrations.ledger.times import as_text

_COLUMNS = "wrong, total, lockouts, round, locked_until, refused, summed_at"


def attempts_of(txn: Txn, question: str, person: str) -> Attempts:
    """What is known of a person's wrong codes for a question; nothing yet is a value too."""
    sql = f"SELECT {_COLUMNS} FROM code_attempts WHERE question_id = :question AND person = :person"
    row = txn.one(sql, question=question, person=person)
    if row is None:
        return Attempts(question, person)
    return Attempts(
        question,
        person,
        wrong=row.number("wrong"),
        total=row.number("total"),
        lockouts=row.number("lockouts"),
        round=row.number("round"),
        locked_until=row.moment_or_none("locked_until"),
        refused=row.number("refused"),
        summed_at=row.moment_or_none("summed_at"),
    )


def code_round(txn: Txn, question: str, person: str) -> int:
    """Which round of codes and links counts for that person on that question."""
    return attempts_of(txn, question, person).round


def next_round(txn: Txn, question: str, person: str) -> int:
    """Voids the person's code and link for that question; the number of the round that counts from now on."""
    known = attempts_of(txn, question, person)
    txn.run(
        "INSERT INTO code_attempts (question_id, person, wrong, total, lockouts, round, refused) VALUES (:question, :person, 0, 0, 0, 1, 0)"
        " ON CONFLICT (question_id, person) DO UPDATE SET round = code_attempts.round + 1",
        question=question,
        person=person,
    )
    return known.round + 1


def wrong_on(txn: Txn, question: str) -> int:
    """How many wrong codes the signers of a question were said to have, all of them together."""
    row = txn.one(
        "SELECT coalesce(sum(total), 0) AS total FROM code_attempts WHERE question_id = :question AND person <> ''", question=question
    )
    return 0 if row is None else int(row["total"])


def put_attempts(txn: Txn, attempts: Attempts) -> None:
    """Keeps what is known now in the place of what was known before."""
    txn.run(
        f"INSERT INTO code_attempts (question_id, person, {_COLUMNS})"
        " VALUES (:question, :person, :wrong, :total, :lockouts, :round, :locked_until, :refused, :summed_at)"
        " ON CONFLICT (question_id, person) DO UPDATE SET wrong = excluded.wrong, total = excluded.total, lockouts = excluded.lockouts,"
        " round = excluded.round, locked_until = excluded.locked_until, refused = excluded.refused, summed_at = excluded.summed_at",
        question=attempts.question,
        person=attempts.person,
        wrong=attempts.wrong,
        total=attempts.total,
        lockouts=attempts.lockouts,
        round=attempts.round,
        locked_until=None if attempts.locked_until is None else as_text(attempts.locked_until),
        refused=attempts.refused,
        summed_at=None if attempts.summed_at is None else as_text(attempts.summed_at),
    )
