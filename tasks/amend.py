"""Steps that change a question before it is decided: another text, no question at all, or one signature less.

Add here when people change a question in another way; rather in `tasks/rules/standing.py` when it is about who may.
"""

from __future__ import annotations

from dataclasses import dataclass

from configs.errors import SignatureRefused
from configs.terms import Proposal, RecallState
from integrations.ledger.book import Txn
from integrations.ledger.cases import judgement_of, the_issue, the_recall
from integrations.ledger.outbox import queue
from integrations.ledger.signing import close_proposal, proposals_of, signatures_on
from integrations.ledger.void import turn_of, void
from integrations.ledger.widenings import is_widening
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.anew import Authored, replace_text
from tasks.asked import the_asked
from tasks.follow import move
from tasks.lay import set_by_people
from tasks.prove import prove
from tasks.rules import plan
from tasks.rules.codes import code_fits
from tasks.rules.decision import Wanted, compose_proposal
from tasks.rules.lifecycle import RecallEvent
from tasks.rules.signoff import Asked, OutcomeState
from tasks.rules.standing import Amendment, amended, check_amendment, check_unsigning, check_withdrawal
from tasks.spend import spend_code
from tasks.step import Work, step
from tasks.widen import follow_widening


@dataclass(frozen=True, slots=True)
class Amended:
    """The revision that is open now, and whose signatures on the one before became void."""

    proposal_id: str
    revision: int
    digest: str
    void: tuple[str, ...]


def amend(tools: Toolbox, proposal_id: str, person: str, change: Amendment, reason: str, code: str) -> Amended:
    """Puts a changed text before the signers, as the next revision: every signature so far is void, everyone gets another code.

    `code`: the person's own, of any role they hold; it shows who changes the text, for they may not be the only one to sign it.

    Raises:
        NotFound: no such proposal.
        SignatureRefused: not open, not a holder of a role, or not their code; a wrong one counts as one that is signed with.
        CodeLocked: too many wrong codes; nothing was looked at.
        BadInput, Refused: the text cannot be so, or is so already.
    """
    try:
        return amend_proposal(tools, proposal_id=proposal_id, person=person, change=change, reason=reason, code=code)
    except SignatureRefused:
        spend_code(tools, code)
        raise


@step(identity=("proposal_id",), subject="{proposal_id}", secret=("code",))
def amend_proposal(work: Work, proposal_id: str, person: str, change: Amendment, reason: str, code: str) -> Amended:
    """`amend`, once for each revision. Raises as it does."""
    proven = prove(work, proposal_id, person, _role_of(work, proposal_id, person, code), code)
    with work.write() as txn:
        about, question, is_open = the_asked(txn, proposal_id)
        policy = in_force(work.tools, txn)
        old = check_amendment(question, person, reason, policy.signoff, txn.now, is_open=is_open)
        _check_not_going(about, proposal_id, person)
        _check_proven(txn, old, person, proven)
        action, wanted = amended(old, change, person, policy, txn.now)
        recall = the_recall(txn, old.recall_id)
        _, assessment, _ = judgement_of(txn, recall.issue_id)
        milestones = set_by_people(txn, recall.id)
        new = compose_proposal(
            the_issue(txn, recall.issue_id),
            assessment,
            recall_id=recall.id,
            revision=old.revision + 1,
            now=txn.now,
            policy=policy,
            proposed_by=old.proposed_by,
            action=action,
            wanted=wanted,
            milestones=milestones,
        )
        gone = replace_text(work, txn, recall, old, new, Authored(person, f"the text was changed: {reason}", milestones), policy)
        queue(txn, *plan.questions(new.id, recall.id, new.revision, policy), *plan.news(recall.id, new.revision, "proposed", policy))
        facts = {"proposal": new.id, "digest": new.digest, "revision": new.revision, "void": list(gone), "reason": reason[:500]}
        result = Amended(new.id, new.revision, new.digest, gone)
        return work.done(txn, "proposal.amended", facts | _said(new, wanted), result, actor=person)


def _check_not_going(about: str, proposal_id: str, person: str) -> None:
    """Another text of such a question would put the running recall back before the signers, and drop what it still has to send."""
    if is_widening(about):
        raise SignatureRefused(
            f"{proposal_id} asks whether a recall that is being carried out is widened: its text is not changed; sign or withdraw it",
            proposal=proposal_id,
            person=person,
        )


def _role_of(work: Work, proposal_id: str, person: str, code: str) -> str:
    """The role whose code it is; else any they hold: `prove` counts the wrong code once, in whichever role."""
    with work.read() as txn:
        _, question, _ = the_asked(txn, proposal_id)
        known, turn = in_force(work.tools, txn).signoff.people.get(person), turn_of(txn, proposal_id, person)
    roles = known.roles if known else ()
    fitting = (role for role in roles if code_fits(code, work.tools.secret, question.digest, role, person, turn))
    return next(fitting, next(iter(roles), ""))


def _check_proven(txn: Txn, proposal: Proposal, person: str, proven: str) -> None:
    if any(s.person == person for s in signatures_on(txn, proposal.id)):
        way = "they signed it, which spent it; withdraw the signature first"
    elif proven != proposal.digest:
        way = "it was changed meanwhile; use the one in your newest message"
    else:
        return
    raise SignatureRefused(f"not a code of {person!r} on {proposal.id}: {way}", proposal=proposal.id, person=person)


def _said(new: Proposal, wanted: Wanted) -> dict[str, object]:
    start = wanted.not_before.isoformat() if wanted.not_before else ""
    return {"action": new.action.value, "note": wanted.note, "not_before": start, "countries": list(new.scope.countries)}


# --- taking back ----------------------------------------------------------------------------------------------------------


@step(identity=("question_id", "request"), subject="{question_id}")
def withdraw(work: Work, question_id: str, person: str, reason: str, request: str) -> str:
    """Takes a question back: a proposal, also one that is signed for later, a release, or a change of who signs; returns what it is about.

    `request` is the caller's own id for this call. One holder of a role may, or whoever proposed it: not going on is always easy.

    Raises:
        NotFound: no such question.
        SignatureRefused: it is decided, or this person may not.
        BadInput: the reason says too little.
    """
    with work.write() as txn:
        about, question, is_open = the_asked(txn, question_id)
        policy = in_force(work.tools, txn)
        check_withdrawal(question, person, reason, policy.signoff, waits=is_open or _is_scheduled(txn, question))
        gone = void(txn, question_id, by=person, why=f"withdrawn: {reason}")
        close_proposal(txn, question_id)
        if isinstance(question, Proposal) and is_widening(about):
            follow_widening(txn, question, OutcomeState.REJECTED, policy)
        elif isinstance(question, Proposal):
            move(txn, the_recall(txn, about), RecallEvent.WITHDRAWN, policy)
        return work.done(txn, "question.withdrawn", {"reason": reason[:500], "void": list(gone)}, about, actor=person)


def _is_scheduled(txn: Txn, question: Asked) -> bool:
    """Whether it is signed for a start that has not come."""
    if not isinstance(question, Proposal) or the_recall(txn, question.recall_id).state is not RecallState.SCHEDULED:
        return False
    return proposals_of(txn, question.recall_id)[-1].id == question.id


@step(identity=("question_id", "person", "turn"), subject="{question_id}")
def unsign(work: Work, question_id: str, person: str, reason: str, turn: int) -> int:
    """Takes the person's own signature back, while nothing is decided; they get another code. Returns their next turn.

    `turn`: theirs on that question, as `integrations.ledger.void.turn_of` counts.

    Raises:
        NotFound: no such question.
        SignatureRefused: it is decided, or they have not signed it.
        BadInput: the reason says too little.
    """
    with work.write() as txn:
        about, question, is_open = the_asked(txn, question_id)
        policy = in_force(work.tools, txn)
        given = signatures_on(txn, question_id)
        check_unsigning(question, given, person, reason, policy.signoff, txn.now, is_open=is_open)
        void(txn, question_id, by=person, why=f"taken back: {reason}", person=person)
        now = turn_of(txn, question_id, person)
        if person in policy.signoff.people:
            queue(txn, *plan.asked_again(question_id, about, policy, {person: now}, deputies={person}))
        return work.done(txn, "signature.withdrawn", {"reason": reason[:500], "turn": turn}, now, actor=person)


def unsign_now(tools: Toolbox, question_id: str, person: str, reason: str) -> int:
    """`unsign` in the person's present turn."""
    with tools.book.read() as txn:
        turn = turn_of(txn, question_id, person)
    return unsign(tools, question_id=question_id, person=person, reason=reason, turn=turn)
