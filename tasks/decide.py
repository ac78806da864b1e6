"""Steps of the decision: put a proposal before the signers, take their signatures, start or drop the recall.

The last needed signature starts the execution in its own transaction: state, effects and journal entry commit together, or not at all.

Add here when a decision changes what is done; rather in `tasks/rules/signoff.py` when it is about whether a signature counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from configs.errors import NotFound, SignatureRefused, TransitionRefused
from configs.terms import Issue, Proposal, Recall, RecallState, Signature, Verdict
from integrations.ledger.book import Txn
from integrations.ledger.cases import (
    find_recall,
    judgement_of,
    move_issue,
    open_recall,
    put_forward,
    recalls_in,
    the_issue,
    the_recall,
)
from integrations.ledger.outbox import queue
from integrations.ledger.records import loaded
from integrations.ledger.signing import add_proposal, add_signature, open_proposals, signatures_on, the_question
from integrations.ledger.void import turn_of
from integrations.toolbox import Toolbox
from tasks.agreed import founded, in_force
from tasks.anew import Authored, replace_text
from tasks.asked import the_asked
from tasks.follow import follow
from tasks.foresee import keep_forecast
from tasks.lay import lay_plan, set_by_people
from tasks.prove import prove
from tasks.rules import plan
from tasks.rules.coverage import covering
from tasks.rules.decision import compose_proposal
from tasks.rules.keys import recall_id
from tasks.rules.lifecycle import IssueEvent, RecallEvent, moved_issue, moved_recall
from tasks.rules.signoff import OutcomeState, check_signature, outcome
from tasks.rules.standing import kept
from tasks.run import all_of
from tasks.score import due_proposals
from tasks.spend import spend_code
from tasks.step import Work, step

PIPELINE = "recall"
"""Who proposes when no person does: a system name, which can never sign."""


@dataclass(frozen=True, slots=True)
class Proposed:
    recall_id: str
    proposal_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Signed:
    """`state` of the question after this signature; `missing`: role -> how many more signatures."""

    proposal_id: str
    state: OutcomeState
    missing: dict[str, int]


@step(identity=("issue_id", "revision"), subject="{issue_id}")
def propose(work: Work, issue_id: str, revision: int = 1, proposed_by: str = PIPELINE) -> Proposed:
    """Opens the recall of an issue with its proposal, or puts a declined one forward again; queues the question to everyone who may sign.

    Raises:
        TransitionRefused: the issue is not open, its recall is neither new nor declined, or another recall covers it.
    """
    with work.write() as txn:
        issue = the_issue(txn, issue_id)
        _check_uncovered(txn, issue)
        _, assessment, _ = judgement_of(txn, issue_id)
        recall_key, policy = recall_id(issue_id), founded(work.tools, txn)
        proposal = compose_proposal(
            issue, assessment, recall_id=recall_key, revision=revision, now=txn.now, policy=policy, proposed_by=proposed_by
        )
        known = find_recall(txn, recall_key)
        if known is None:
            open_recall(txn, _new_recall(issue, proposal))
        else:
            moved_recall(known.state, RecallEvent.PROPOSED_AGAIN)
            put_forward(txn, known, proposal)
        add_proposal(txn, proposal)
        keep_forecast(work, txn, proposal, assessment)
        lay_plan(txn, proposal, policy, proposed_by, "made with the proposal")
        move_issue(txn, issue, moved_issue(issue.state, IssueEvent.PROPOSED))
        queue(txn, *plan.questions(proposal.id, recall_key, revision, policy), *plan.news(recall_key, revision, "proposed", policy))
        facts = {"recall": recall_key, "proposal": proposal.id, "digest": proposal.digest, "policy": proposal.policy_fingerprint}
        said = facts | {"level": proposal.level.value, "action": proposal.action.value}
        return work.done(txn, "recall.proposed", said, Proposed(recall_key, proposal.id, proposal.digest), actor=proposed_by)


def _check_uncovered(txn: Txn, issue: Issue) -> None:
    """Two ticks may have looked at once: what the other one proposed meanwhile may cover this issue."""
    other = covering(issue, recalls_in(txn, app=issue.app))
    if other is not None:
        raise TransitionRefused(f"{issue.id} is covered by {other.id}, a recall of {other.version} at level {other.level}")


def _new_recall(issue: Issue, proposal: Proposal) -> Recall:
    return Recall(
        id=proposal.recall_id,
        issue_id=issue.id,
        app=issue.app,
        platform=issue.platform,
        version=issue.version,
        revision=proposal.revision,
        state=RecallState.PROPOSED,
        level=proposal.level,
        action=proposal.action,
        scope=proposal.scope,
        opened_at=proposal.opened_at,
    )


def propose_due(tools: Toolbox, app: str = "") -> tuple[Proposed, ...]:
    """Proposes a recall for every issue that is due for one."""
    due = due_proposals(tools, app)
    with tools.book.read() as txn:
        known = {issue_id: find_recall(txn, recall_id(issue_id)) for issue_id in due}
    revisions = {issue_id: recall.revision + 1 if recall else 1 for issue_id, recall in known.items()}
    return tuple(all_of(*(partial(propose, tools, issue_id=issue_id, revision=revision) for issue_id, revision in revisions.items())))


@step(identity=("proposal_id",), subject="{proposal_id}")
def renew_proposal(work: Work, proposal_id: str) -> Proposed:
    """Puts an expired proposal before the signers again, as the next revision: time running out decides nothing.

    Raises:
        TransitionRefused: it was withdrawn, or another text took its place, since somebody looked.
    """
    with work.write() as txn:
        about, body, is_open = the_question(txn, proposal_id)
        if not is_open:
            raise TransitionRefused(f"{proposal_id} does not wait for signatures any more; nothing is put forward again")
        old, recall, policy = loaded(Proposal, body), the_recall(txn, about), in_force(work.tools, txn)
        issue = the_issue(txn, recall.issue_id)
        _, assessment, _ = judgement_of(txn, issue.id)
        revision, milestones = old.revision + 1, set_by_people(txn, recall.id)
        proposal = compose_proposal(
            issue, assessment, recall_id=recall.id, revision=revision, now=txn.now, policy=policy, proposed_by=old.proposed_by,
            action=old.action, milestones=milestones, wanted=kept(old, txn.now),
        )  # fmt: skip
        replace_text(work, txn, recall, old, proposal, Authored(PIPELINE, "time ran out", milestones), policy)
        queue(txn, *plan.questions(proposal.id, recall.id, revision, policy), *plan.news(recall.id, revision, "expired", policy))
        facts = {"proposal": proposal.id, "digest": proposal.digest, "revision": revision}
        return work.done(txn, "proposal.renewed", facts, Proposed(recall.id, proposal.id, proposal.digest), actor=PIPELINE)


def propose_again(tools: Toolbox, app: str = "") -> tuple[Proposed, ...]:
    """Renews every open proposal whose time has run out."""
    now = tools.clock.now()
    with tools.book.read() as txn:
        late = [p.id for p in open_proposals(txn) if p.expires_at <= now and app in ("", p.scope.app)]
    return tuple(all_of(*(partial(renew_proposal, tools, proposal_id=proposal_id) for proposal_id in late)))


def sign(tools: Toolbox, proposal_id: str, person: str, role: str, verdict: Verdict, reason: str, code: str) -> Signed:
    """Takes one person's signature; the last needed one starts the execution. A code that was typed is spent, whatever came of it.

    Raises:
        NotFound: no such proposal.
        SignatureRefused: naming why; the refusal is journaled and nothing else changes but the code, when it was a right one.
        KeyReused: this person already signed this, with another answer.
        CodeLocked: too many wrong codes; nothing was looked at.
    """
    with tools.book.read() as txn:
        turn = turn_of(txn, proposal_id, person)
    try:
        return take_signature(
            tools, proposal_id=proposal_id, person=person, role=role, verdict=verdict, reason=reason, code=code, turn=turn
        )
    except (SignatureRefused, NotFound):
        spend_code(tools, code)
        raise


@step(identity=("proposal_id", "person", "turn"), subject="{proposal_id}", secret=("code",))
def take_signature(work: Work, proposal_id: str, person: str, role: str, verdict: Verdict, reason: str, code: str, turn: int = 0) -> Signed:
    """`sign`, in the person's present turn on that question. Raises as it does."""
    proven = prove(work, proposal_id, person, role, code)
    with work.write() as txn:
        about, question, is_open = the_asked(txn, proposal_id)
        signature = Signature(proposal_id, question.digest, person, role, verdict, reason, txn.now)
        signatures = signatures_on(txn, proposal_id)
        signoff = in_force(work.tools, txn).signoff
        check_signature(question, signatures, signature, signoff, txn.now, is_open=is_open)
        if turn != turn_of(txn, proposal_id, person) or proven != question.digest:
            raise SignatureRefused(f"{proposal_id} was changed while it was being signed; read it again and sign the newest text")
        add_signature(txn, signature)
        result = outcome(question, (*signatures, signature), signoff, txn.now)
        follow(work.tools, txn, about, question, result.state)
        missing = {m.role: m.count for m in result.missing}
        facts = {"person": person, "role": role, "verdict": verdict.value, "reason": reason[:500], "digest": question.digest}
        signed = Signed(proposal_id, result.state, missing)
        return work.done(txn, "signature.given", facts | {"outcome": result.state.value}, signed, actor=person)
