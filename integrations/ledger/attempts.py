"""Wrong codes in the ledger. Whose turn it is with which code is in `void.py`.

Add here when a row of them changes; rather in `tasks/rules/guessing.py` when it is about what a wrong code leads to.
"""

from __future__ import annotations

from configs.guessing import Attempts
from integrations.ledger.book import Txn
from integrations.ledger.times import as_text
from integrations.ledger.void import end_turn, turn_of

_COLUMNS = "wrong, total, lockouts, locked_until, refused, summed_at"


def attempts_of(txn: Txn, question: str, person: str) -> Attempts:
    """What is known of a person's wrong codes for a question; nothing yet is a value too."""
    sql = f"SELECT {_COLUMNS} FROM code_attempts WHERE question_id = :question AND person = :person"
    row = txn.one(sql, question=question, person=person)
    turn = turn_of(txn, question, person)
    if row is None:
        return Attempts(question, person, turn=turn)
    return Attempts(
        question,
        person,
        wrong=row.number("wrong"),
        total=row.number("total"),
        lockouts=row.number("lockouts"),
        turn=turn,
        locked_until=row.moment_or_none("locked_until"),
        refused=row.number("refused"),
        summed_at=row.moment_or_none("summed_at"),
    )


def wrong_on(txn: Txn, question: str) -> int:
    """How many wrong codes the signers of a question were said to have, all of them together."""
    row = txn.one(
        "SELECT coalesce(sum(total), 0) AS total FROM code_attempts WHERE question_id = :question AND person <> ''", question=question
    )
    return 0 if row is None else int(row["total"])


def put_attempts(txn: Txn, attempts: Attempts) -> None:
    """Keeps what is known now in the place of what was known before; a turn that is over is ended."""
    if attempts.turn > turn_of(txn, attempts.question, attempts.person):
        end_turn(txn, attempts.question, attempts.person, "too many wrong codes")
    txn.run(
        f"INSERT INTO code_attempts (question_id, person, {_COLUMNS})"
        " VALUES (:question, :person, :wrong, :total, :lockouts, :locked_until, :refused, :summed_at)"
        " ON CONFLICT (question_id, person) DO UPDATE SET wrong = excluded.wrong, total = excluded.total, lockouts = excluded.lockouts,"
        " locked_until = excluded.locked_until, refused = excluded.refused, summed_at = excluded.summed_at",
        question=attempts.question,
        person=attempts.person,
        wrong=attempts.wrong,
        total=attempts.total,
        lockouts=attempts.lockouts,
        locked_until=None if attempts.locked_until is None else as_text(attempts.locked_until),
        refused=attempts.refused,
        summed_at=None if attempts.summed_at is None else as_text(attempts.summed_at),
    )
