"""Codes that were typed with an answer that was refused: run parameters are stored in clear, so such a code must open nothing any more.

Add here when a code is spent for another reason; rather in `tasks/rules/codes.py` when it is about how codes are made.
"""

from __future__ import annotations

from integrations.ledger.book import Txn
from integrations.ledger.outbox import queue
from integrations.ledger.signing import open_questions, signatures_on
from integrations.ledger.void import end_turn, turns_on
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.asked import the_asked
from tasks.rules import plan
from tasks.rules.codes import code_fits
from tasks.step import Work, step


def spend_code(tools: Toolbox, code: str) -> None:
    """Replaces the code by a new one, whoever's and for whichever open question it is; a code of nobody's changes nothing."""
    with tools.book.read() as txn:
        found = _whose(tools, txn, code)
    for question, person, turn in found:
        replace_code(tools, question_id=question, person=person, turn=turn)


@step(identity=("question_id", "person", "turn"), subject="{question_id}")
def replace_code(work: Work, question_id: str, person: str, turn: int) -> int:
    """Ends the person's turn on a question they have not signed, and sends the code for the next; returns the turn that is now."""
    with work.write() as txn:
        about, _, is_open = the_asked(txn, question_id)
        now = turns_on(txn, question_id).get(person, 0)
        signed = any(s.person == person for s in signatures_on(txn, question_id))
        if now != turn or signed or not is_open:
            return now
        new = end_turn(txn, question_id, person, "typed with an answer that was refused")
        queue(txn, *plan.asked_again(question_id, about, in_force(work.tools, txn), {person: new}, deputies={person}))
        return work.done(txn, "code.spent", {"person": person, "turn": turn}, new)


def _whose(tools: Toolbox, txn: Txn, code: str) -> list[tuple[str, str, int]]:
    """(question, person, turn) of the holders and deputies whose code of this moment it is."""
    found = []
    people = in_force(tools, txn).signoff.people
    for question_id, _ in open_questions(txn):
        digest, turns = the_asked(txn, question_id)[1].digest, turns_on(txn, question_id)
        for name, person in people.items():
            turn = turns.get(name, 0)
            if any(code_fits(code, tools.secret, digest, role, name, turn) for role in (*person.roles, *person.deputy_for)):
                found.append((question_id, name, turn))
    return found
