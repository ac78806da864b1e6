"""Steps by which those who sign are agreed on: the founding, the question that changes them, and the way out when nobody can sign.

    recall roles                 what is in force, and what the policy file says
    recall roles propose         asks the signers in force to agree with the file
    recall roles restore         the same without their signatures, after a time in which one of them can object

Add here when agreeing has another step; rather in `tasks/rules/roles.py` when it is about what may be agreed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from configs.effects import Effect, EffectKind
from configs.errors import BadInput, Refused
from configs.policy import Policy, Signoff
from integrations.ledger.book import Txn
from integrations.ledger.outbox import queue
from integrations.ledger.records import dumped
from integrations.ledger.sealed import sealed
from integrations.ledger.sections import Agreement, agreed, file_seen, keep_section, note_file, roles_questions
from integrations.ledger.signing import add_question, close_proposal, open_questions
from integrations.toolbox import Toolbox
from tasks.agreed import founded, in_force
from tasks.asked import the_asked
from tasks.follow import agree
from tasks.rules import plan
from tasks.rules.roles import ABOUT, RolesChange, in_words, is_restored, section_digest, section_text
from tasks.rules.signoff import is_system_name
from tasks.run import all_of
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Roles:
    """`changes`: what the file says otherwise than what is in force, a line each; `question`: the open one, "" for none."""

    agreement: Agreement | None
    section: Signoff
    changes: tuple[str, ...]
    question: str
    restored_at: datetime | None = None


def roles_now(tools: Toolbox) -> Roles:
    """Who signs, and what would change."""
    with tools.book.read() as txn:
        section = in_force(tools, txn).signoff
        question = _open_question(txn)
        return Roles(
            agreed(txn),
            section,
            in_words(section, tools.policy.signoff),
            question.id if question else "",
            question.restored_at if question else None,
        )


# --- what every tick looks after ------------------------------------------------------------------------------------------


def settle_roles(tools: Toolbox) -> None:
    """Founds where that is due, tells the operators of a file that says otherwise, and restores what nobody objected to in time."""
    file = section_digest(tools.policy.signoff)
    with tools.book.read() as txn:
        number = now.number if (now := agreed(txn)) else 0
        seen = file_seen(txn)
        question = _open_question(txn)
    parts: list[Callable[[], object]] = []
    if seen is None or seen[:2] != (file, number):
        parts.append(partial(look_at_file, tools, file=file, agreement=number, since=seen[2] if seen else ""))
    if question and is_restored(question, tools.clock.now()):
        parts.append(partial(restore_roles, tools, question_id=question.id))
    all_of(*parts)


@step(identity=("file", "agreement", "since"), subject=ABOUT)
def look_at_file(work: Work, file: str, agreement: int, since: str) -> str:
    """Founds, or tells the operators once that the file's section (by its digest) is not the one that was agreed on last.

    `since`: when the file was last found otherwise.
    """
    with work.write() as txn:
        policy = founded(work.tools, txn)
        changes = in_words(policy.signoff, work.tools.policy.signoff)
        if changes:
            queue(txn, *_news(policy, file, agreement, _told(changes)))
        now = agreed(txn)
        note_file(txn, file, now.number if now else 0, "; ".join(changes))
        facts = {"file": file, "agreement": agreement, "changes": list(changes)}
        return work.done(txn, "roles.differ" if changes else "roles.same", facts, "; ".join(changes))


def _told(changes: tuple[str, ...]) -> str:
    said = "; ".join(changes)
    return f"the policy file names other signers than were agreed, who stay in force ({said}); ask them with `recall roles propose`"


def _news(policy: Policy, what: str, number: int, detail: str) -> list[Effect]:
    return [
        plan.effect(ABOUT, EffectKind.TELL_OPERATORS, f"{what}/{channel}", number, body)
        for channel in policy.notices.operator_channels
        for body in ({"what": "needs_person", "channel": channel, "detail": detail[:500]},)
    ]


@step(identity=("question_id",), subject="{question_id}")
def restore_roles(work: Work, question_id: str) -> bool:
    """Puts the section in force that nobody signed for and nobody objected to; False when somebody did meanwhile."""
    with work.write() as txn:
        question = _open_question(txn)
        if question is None or question.id != question_id or not is_restored(question, txn.now):
            return False
        close_proposal(txn, question_id)
        agree(work.tools, txn, question, "restored")
        said = f"{question.proposed_by} put other signers in force without signatures, for nobody objected: {question.reason}"
        queue(txn, *_news(in_force(work.tools, txn), f"restored/{question_id}", question.number, said))
        return work.done(txn, "roles.taken_over", {"reason": question.reason[:500]}, True, actor=question.proposed_by)


# --- asking ---------------------------------------------------------------------------------------------------------------


@step(identity=("request",), subject=ABOUT)
def propose_roles(work: Work, person: str, reason: str, request: str, without_signatures: bool = False) -> str:
    """Asks the signers in force to agree with the file's section; returns the question's id, which is signed as a proposal is.

    `request` is the caller's own id for this call. `without_signatures`: agreed after `signoff.restore_after_hours`, unless one of them
    rejects or withdraws it: the way out when they cannot sign any more.

    Raises:
        Refused: the file says nothing else than is in force, or a question is open already.
        BadInput: the person is a machine or, for a question that is to be signed, not in force; or the reason is too short.
    """
    with work.write() as txn:
        policy = founded(work.tools, txn)
        _check_asker(person, reason, policy.signoff, anybody=without_signatures)
        file = work.tools.policy.signoff
        _check_asked(txn, policy.signoff, file)
        later = txn.now + timedelta(hours=policy.signoff.restore_after_hours) if without_signatures else None
        question = RolesChange(roles_questions(txn) + 1, section_digest(file), reason, txn.now, person, later)
        keep_section(txn, question.section, sealed(section_text(file), work.tools.secret))
        add_question(txn, question.id, ABOUT, question.digest, dumped(question))
        queue(txn, *plan.questions(question.id, ABOUT, question.number, policy))
        said = "; ".join(in_words(policy.signoff, file))
        when = f", at {later:%Y-%m-%d %H:%M} UTC without their signatures unless one objects" if later else ""
        queue(txn, *_news(policy, question.id, question.number, f"{person} asks the signers to agree on others{when}: {said}"))
        facts = {"question": question.id, "section": question.section, "changes": said[:500], "reason": reason[:500]}
        return work.done(txn, "roles.restoring" if later else "roles.proposed", facts, question.id, actor=person)


def _check_asker(person: str, reason: str, signoff: Signoff, *, anybody: bool) -> None:
    if is_system_name(person) or not person.strip() or not (anybody or person in signoff.people):
        raise BadInput(f"{person!r} may not ask for this; those in force: {', '.join(sorted(signoff.people))}")
    if sum(c.isalnum() for c in reason) < signoff.min_reason_characters:
        raise BadInput(f"changing who signs needs a reason of at least {signoff.min_reason_characters} letters and digits")


def _check_asked(txn: Txn, now: Signoff, file: Signoff) -> None:
    question = _open_question(txn)
    if question is not None:
        raise Refused(f"{question.id} is open already; sign it, or `recall withdraw {question.id}`")
    if now == file:
        raise Refused("the policy file names those who are in force; edit its signoff section first")


def _open_question(txn: Txn) -> RolesChange | None:
    for question_id, about in open_questions(txn):
        if about == ABOUT:
            question = the_asked(txn, question_id)[1]
            return question if isinstance(question, RolesChange) else None
    return None
