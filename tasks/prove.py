"""Whether a signature comes from whom it names: the code or link is looked at, and wrong codes are counted, in a transaction of its own.

The count must survive the refused signature, so it cannot be in the signature's transaction. All who try wait for each other here: no
burst of attempts gets more guesses than the policy allows.

Add here when another proof of a person is taken; rather in `tasks/rules/guessing.py` when a wrong one leads to something else.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from configs.errors import CodeLocked, NotFound, SignatureRefused
from configs.guessing import NOBODY, Attempts
from configs.terms import Proposal
from integrations.ledger.attempts import attempts_of, put_attempts, wrong_on
from integrations.ledger.book import Entry, Txn
from integrations.ledger.outbox import queue
from integrations.ledger.signing import signatures_on
from tasks.agreed import in_force
from tasks.asked import the_asked
from tasks.rules.codes import code_fits
from tasks.rules.guessing import after_wrong, allowed, can_answer, is_locked, is_summary_due, messages
from tasks.rules.signoff import Asked
from tasks.rules.tickets import Ticket, is_token, ticket_of
from tasks.step import Work


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One try to sign. `question` is None where no code could open it; the rules of sign-off then say why."""

    proposal_id: str
    about: str
    question: Asked | None
    person: str
    role: str


def prove(work: Work, proposal_id: str, person: str, role: str, code: str) -> str:
    """The digest of the text the code opens for that person in that role; "" where no code could, and the rules will refuse.

    Raises:
        SignatureRefused: not the code.
        CodeLocked: too many wrong ones; nothing was looked at.
    """
    with work.tools.book.write() as txn:
        attempt = _attempt(work, txn, proposal_id, person, role)
        known = _summed(work, txn, attempts_of(txn, attempt.proposal_id, attempt.person))
        refusal = _refusal(work, txn, attempt, known, code)
    if refusal is not None:
        raise refusal
    return attempt.question.digest if attempt.question else ""


def _attempt(work: Work, txn: Txn, proposal_id: str, person: str, role: str) -> _Attempt:
    try:
        about, question, is_open = the_asked(txn, proposal_id)
    except NotFound:
        return _Attempt(NOBODY, "", None, NOBODY, role)
    signed = {signature.person for signature in signatures_on(txn, proposal_id)}
    if is_open and can_answer(question, signed, person, role, in_force(work.tools, txn).signoff, txn.now):
        return _Attempt(proposal_id, about, question, person, role)
    return _Attempt(proposal_id, about, None, NOBODY, role)


def _summed(work: Work, txn: Txn, known: Attempts) -> Attempts:
    """Writes down what was refused unseen, when that is due."""
    if not is_summary_due(known, work.tools.policy.guessing, txn.now):
        return known
    facts = {"person": known.person, "refused": known.refused, "lockouts": known.lockouts}
    txn.append(Entry("code.refused", known.question, facts))
    summed = replace(known, refused=0, summed_at=txn.now)
    put_attempts(txn, summed)
    return summed


def _refusal(work: Work, txn: Txn, attempt: _Attempt, known: Attempts, code: str) -> SignatureRefused | None:
    question = attempt.question
    if question is not None and is_token(code):
        return _by_link(work, txn, attempt, known, code)
    if is_locked(known, txn.now):
        put_attempts(txn, replace(known, refused=known.refused + 1))
        return _locked(known)
    if question is not None and code_fits(code, work.tools.secret, question.digest, attempt.role, attempt.person, known.turn):
        return None
    on_question = wrong_on(txn, known.question)
    after = _counted(work, txn, attempt, known, on_question)
    return None if question is None else _wrong(attempt, after, allowed(on_question, work.tools.policy.guessing))


def _by_link(work: Work, txn: Txn, attempt: _Attempt, known: Attempts, token: str) -> SignatureRefused | None:
    """A link is looked at in spite of a lock, and a wrong one is counted under no name: it tells nothing about anybody's code."""
    with suppress(SignatureRefused):
        ticket = ticket_of(token, work.tools.secret)
        if (ticket.question, ticket.role, ticket.person) == (attempt.proposal_id, attempt.role, attempt.person):
            return _late(ticket, attempt, known, txn)
    nobody = _summed(work, txn, attempts_of(txn, attempt.proposal_id, NOBODY))
    if is_locked(nobody, txn.now):
        put_attempts(txn, replace(nobody, refused=nobody.refused + 1))
        return _locked(nobody)
    _counted(work, txn, attempt, nobody, 0)
    return SignatureRefused(f"this link opens nothing for {attempt.person!r} on {attempt.proposal_id}; open the one in your newest message")


def _late(ticket: Ticket, attempt: _Attempt, known: Attempts, txn: Txn) -> SignatureRefused | None:
    if attempt.question is None or ticket.digest != attempt.question.digest:
        return SignatureRefused(f"{ticket.question} was changed after this link was sent; open the link in your newest message")
    if ticket.is_over(txn.now):
        return SignatureRefused(f"this link for {ticket.question} has run out; open the one in your newest message")
    if ticket.turn != known.turn:
        return SignatureRefused(f"{ticket.person!r} was sent a newer link for {ticket.question}; open that one")
    return None


def _counted(work: Work, txn: Txn, attempt: _Attempt, known: Attempts, on_question: int) -> Attempts:
    policy = in_force(work.tools, txn)
    after = after_wrong(known, on_question, policy.guessing, txn.now)
    put_attempts(txn, after)
    if after.lockouts > known.lockouts:
        facts = {"person": known.person, "role": attempt.role, "lockouts": after.lockouts, "turn": after.turn}
        txn.append(Entry("code.locked", known.question or "unknown questions", facts | {"until": str(after.locked_until)}))
        revision = attempt.question.revision if isinstance(attempt.question, Proposal) else 1
        if attempt.about:
            queue(txn, *messages(known, after, attempt.about, attempt.role, revision, policy))
    return after


def _wrong(attempt: _Attempt, after: Attempts, limit: int) -> SignatureRefused:
    said = f"not the code of {attempt.person!r} for role {attempt.role!r} on {attempt.proposal_id}"
    if after.locked_until is not None and not after.wrong:
        return SignatureRefused(f"{said}, and one too many: {_until(after)}")
    return SignatureRefused(
        f"{said}; use the one in your newest message. Wrong codes so far: {after.wrong}; at {limit} it is locked for a while"
    )


def _locked(known: Attempts) -> CodeLocked:
    if known.person == NOBODY:
        return CodeLocked(
            f"too many attempts that no code can answer; {known.locked_until:%Y-%m-%d %H:%M} UTC is the earliest for the next"
        )
    return CodeLocked(f"too many wrong codes for {known.person!r} on {known.question}: {_until(known)}", person=known.person)


def _until(known: Attempts) -> str:
    return (
        f"none is looked at until {known.locked_until:%Y-%m-%d %H:%M} UTC, not even the right one; "
        "then use the code in your newest message, or its signed link at once"
    )
