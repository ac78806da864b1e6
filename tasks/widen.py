"""Asks the signers for a full recall where the rule that was signed with a partial one calls for it. Nothing widens by itself.

    known to the signers    nothing: who chose a part of the users knowing that has decided
    waits for signatures    a new text of the proposal, once in a recall's life: who sets it back to partial has decided
    being carried out       a question beside it; the recall goes on as it is until everyone has signed that, and after a rejection too

A widened recall is carried out from the start for everyone: halted, told, fixed under the new revision, with a plan that counts from the
new verdict.

Add here when the rule leads to something else; rather in `tasks/rules/widening.py` when it calls for it at another point.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from configs.policy import Policy
from configs.terms import Action, IssueChange, Proposal, Recall, RecallState, Scope
from integrations.ledger.book import Txn
from integrations.ledger.cases import judgement_of, move_recall, put_forward, recalls_in, the_issue, the_recall
from integrations.ledger.detectors import newest_evidence
from integrations.ledger.outbox import queue
from integrations.ledger.plans import find_plan
from integrations.ledger.signing import close_proposal, open_proposals, proposals_of
from integrations.ledger.stories import story_of
from integrations.ledger.widenings import add_widening, adopt_widening, widenings_of
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.anew import Change, proposed_anew
from tasks.lay import lay_plan
from tasks.rules import plan
from tasks.rules.decision import compose_proposal
from tasks.rules.lifecycle import RecallEvent, moved_recall
from tasks.rules.signoff import OutcomeState
from tasks.rules.widening import widening
from tasks.run import all_of
from tasks.step import Work, step

PIPELINE = "recall"
GOING = (RecallState.APPROVED, RecallState.REVIEWING)


@dataclass(frozen=True, slots=True)
class Widened:
    """`proposal_id`: what is to be signed; "" when there was nothing to ask any more."""

    recall_id: str
    proposal_id: str
    why: str


@step(identity=("recall_id",), subject="{recall_id}")
def widen_proposal(work: Work, recall_id: str) -> Widened:
    """Puts a partial recall that waits for signatures before the signers as a full one."""
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        old = next((one for one in open_proposals(txn) if one.recall_id == recall_id), None)
        why = _why(txn, recall)
        if old is None or not why:
            return Widened(recall_id, "", "")
        change = Change(PIPELINE, f"the rule for widening: {why}"[:500], "widen", why, Action.FULL)
        proposal = proposed_anew(work, txn, recall, old, change, in_force(work.tools, txn))
        facts = {"why": why, "proposal": proposal.id, "digest": proposal.digest, "revision": proposal.revision}
        return work.done(txn, "widening.proposed", facts, Widened(recall_id, proposal.id, why), actor=PIPELINE)


@step(identity=("recall_id", "revision"), subject="{recall_id}")
def ask_wider(work: Work, recall_id: str, revision: int) -> Widened:
    """Asks the signers whether a partial recall that is being carried out is to be a full one; `revision`: it would then have."""
    with work.write() as txn:
        recall, policy = the_recall(txn, recall_id), in_force(work.tools, txn)
        why = _why(txn, recall)
        if not why or _next_revision(txn, recall) != revision:
            return Widened(recall_id, "", "")
        for asked in widenings_of(txn, recall_id):
            close_proposal(txn, asked.id)
        proposal = _composed(txn, recall, revision, why, policy)
        add_widening(txn, proposal)
        news = plan.news(recall_id, revision, "widen", policy, detail=why[:500])
        queue(txn, *plan.questions(proposal.id, recall_id, revision, policy), *news)
        facts = {"why": why, "proposal": proposal.id, "digest": proposal.digest, "revision": revision}
        return work.done(txn, "widening.proposed", facts, Widened(recall_id, proposal.id, why), actor=PIPELINE)


def _composed(txn: Txn, recall: Recall, revision: int, why: str, policy: Policy) -> Proposal:
    issue = the_issue(txn, recall.issue_id)
    assessment = judgement_of(txn, issue.id)[1]
    return compose_proposal(
        issue,
        replace(assessment, reasons=(f"The signed rule asks to widen: {why}", *assessment.reasons)),
        recall_id=recall.id,
        revision=revision,
        now=txn.now,
        policy=policy,
        proposed_by=PIPELINE,
        action=Action.FULL,
    )


def _next_revision(txn: Txn, recall: Recall) -> int | None:
    """The revision to ask for now; None while a question is open, or after signers have rejected one."""
    asked = widenings_of(txn, recall.id)
    if not asked:
        return recall.revision + 1
    last = asked[-1]
    return last.revision + 1 if last.is_open and last.expires_at <= txn.now else None


def _why(txn: Txn, recall: Recall) -> str:
    """Why the rule calls for more by now. What it called for when the proposal was made, the signers knew: it asks for nothing."""
    version = find_plan(txn, recall.id)
    if version is None or recall.action is not Action.PARTIAL or recall.state not in (RecallState.PROPOSED, *GOING):
        return ""
    asked_at = proposals_of(txn, recall.id)[-1].opened_at
    known, now = (
        widening(version.plan, newest_evidence(txn, recall.app, recall.platform, recall.version, until), _concerned(txn, recall, until))
        for until in (asked_at, txn.now)
    )
    return "" if known else now


def _concerned(txn: Txn, recall: Recall, until: datetime) -> Scope:
    """Whom the issue concerned then: its row keeps what people were asked about, its history goes on."""
    story = (entry for entry in story_of(txn, recall.issue_id) if entry.at <= until)
    widened = [entry.scope for entry in story if entry.change is IssueChange.WIDENED and entry.scope]
    return widened[-1] if widened else the_issue(txn, recall.issue_id).scope


def widen_due(tools: Toolbox, app: str = "") -> tuple[Widened, ...]:
    """Asks for every partial recall whose rule calls for it."""
    with tools.book.read() as txn:
        steps = list(_due(tools, txn, app))
    return tuple(all_of(*steps))


def _due(tools: Toolbox, txn: Txn, app: str) -> Iterator[partial[Widened]]:
    for recall in recalls_in(txn, RecallState.PROPOSED, *GOING, app=app):
        if not _why(txn, recall):
            continue
        if recall.state is RecallState.PROPOSED:
            yield partial(widen_proposal, tools, recall_id=recall.id)
        elif (revision := _next_revision(txn, recall)) is not None:
            yield partial(ask_wider, tools, recall_id=recall.id, revision=revision)


# --- what the signatures lead to ------------------------------------------------------------------------------------------


def follow_widening(txn: Txn, proposal: Proposal, state: OutcomeState, policy: Policy) -> None:
    """Widens the recall that was signed for so, in the transaction of the last signature; a rejection leaves it as it is.

    Raises:
        TransitionRefused: the recall is not being carried out any more.
    """
    recall = the_recall(txn, proposal.recall_id)
    if state is not OutcomeState.APPROVED:
        queue(txn, *plan.news(recall.id, proposal.revision, "declined", policy, detail="it is not widened, and goes on as it is"))
        return
    following = moved_recall(recall.state, RecallEvent.WIDENED)
    adopt_widening(txn, proposal)
    put_forward(txn, recall, proposal)
    move_recall(txn, the_recall(txn, recall.id), following)
    lay_plan(txn, proposal, policy, PIPELINE, "widened by every role's signature")
    stop = plan.halt(recall.id, recall.app, recall.platform, recall.version, proposal.revision)
    queue(txn, stop, *plan.news(recall.id, proposal.revision, "approved", policy))
    logging.getLogger("recall").info("%s is widened to everyone", recall.id)
