"""What the signatures on a question lead to, in the transaction of the last one; and starts that were agreed for later.

Add here when a decision has another consequence; rather in `tasks/rules/lifecycle.py` when it is about which state follows.
"""

from __future__ import annotations

from functools import partial

from configs.policy import Policy
from configs.terms import Proposal, Recall, RecallState
from integrations.ledger import brake
from integrations.ledger.book import Entry, Txn
from integrations.ledger.cases import move_issue, move_recall, recalls_in, the_issue, the_recall
from integrations.ledger.outbox import queue
from integrations.ledger.signing import close_proposal, open_questions, proposals_of
from integrations.ledger.void import end_turn, turns_on, void
from integrations.ledger.widenings import is_widening
from integrations.toolbox import Toolbox
from tasks.agreed import in_force, kept_section, put_in_force
from tasks.rules import plan
from tasks.rules.lifecycle import IssueEvent, RecallEvent, RecallFacts, moved_issue, moved_recall, recall_event
from tasks.rules.roles import RolesChange
from tasks.rules.signoff import Asked, OutcomeState
from tasks.rules.standing import starts_later
from tasks.run import all_of
from tasks.step import Work, step
from tasks.widen import follow_widening

DECIDED = (OutcomeState.APPROVED, OutcomeState.REJECTED)

ISSUE_EVENTS = {
    RecallEvent.QUORUM: IssueEvent.APPROVED,
    RecallEvent.TIME_CAME: IssueEvent.APPROVED,
    RecallEvent.REJECTION: IssueEvent.DECLINED,
    RecallEvent.WITHDRAWN: IssueEvent.DECLINED,
}
"""What becomes of the issue; a postponed recall's is still proposed."""


def follow(tools: Toolbox, txn: Txn, about: str, question: Asked, state: OutcomeState) -> None:
    """Closes a decided question and does what was decided."""
    if state not in DECIDED:
        return
    close_proposal(txn, question.id)
    if isinstance(question, Proposal) and is_widening(about):
        follow_widening(txn, question, state, in_force(tools, txn))
    elif isinstance(question, Proposal):
        facts = RecallFacts(state, starts_later=starts_later(question, txn.now, held=False))
        event = recall_event(RecallState.PROPOSED, facts)
        move(txn, the_recall(txn, about), event or RecallEvent.REJECTION, in_force(tools, txn))
    elif state is OutcomeState.APPROVED and isinstance(question, RolesChange):
        agree(tools, txn, question, "signed")
    elif state is OutcomeState.APPROVED:
        brake.release(txn, "every role", "released by signatures")
        for app in tools.settings.apps:
            queue(txn, *plan.app_news(question.id, "released", app.id, app.platform, "signed by every role", tools.policy))


def move(txn: Txn, recall: Recall, event: RecallEvent, policy: Policy) -> None:
    """Moves a recall and its issue by a decision, queues what follows, and journals it as `recall.<state>`."""
    state = moved_recall(recall.state, event)
    move_recall(txn, recall, state)
    if event in ISSUE_EVENTS:
        issue = the_issue(txn, recall.issue_id)
        move_issue(txn, issue, moved_issue(issue.state, ISSUE_EVENTS[event]))
    if state is RecallState.APPROVED:
        queue(txn, plan.halt(recall.id, recall.app, recall.platform, recall.version, recall.revision))
    if event is not RecallEvent.POSTPONED:
        queue(txn, *plan.news(recall.id, recall.revision, "approved" if state is RecallState.APPROVED else "declined", policy))
    facts = {"from": recall.state.value, "cause": event.value, "revision": recall.revision}
    txn.append(Entry(kind=f"recall.{state.value}", subject=recall.id, facts=facts))


def agree(tools: Toolbox, txn: Txn, change: RolesChange, manner: str) -> None:
    """Puts the new section in force. What is still open is signed for anew, by the people who sign from now on."""
    put_in_force(tools, txn, kept_section(tools, txn, change.section), manner, change.id)
    for question, about in open_questions(txn):
        signed = void(txn, question, by=change.id, why=f"who signs was changed by {change.id}")
        ask_everyone_again(txn, question, about, in_force(tools, txn), change.id, signed)


def ask_everyone_again(txn: Txn, question: str, about: str, policy: Policy, why: str, signed: tuple[str, ...] = ()) -> None:
    """Ends every holder's turn on a question and sends each a code for the next one; to deputies only who had `signed`."""
    asked = [name for name, person in policy.signoff.people.items() if person.roles or name in signed]
    for person in asked:
        end_turn(txn, question, person, why)
    turns = {p: n for p, n in turns_on(txn, question).items() if p in asked}
    queue(txn, *plan.asked_again(question, about, policy, turns, deputies=signed))


# --- starts agreed for later ----------------------------------------------------------------------------------------------


@step(identity=("recall_id", "revision"), subject="{recall_id}")
def start_scheduled(work: Work, recall_id: str, revision: int) -> str:
    """Starts a recall whose agreed time has come; returns its state. The brake, or a withdrawal meanwhile, leaves it where it is."""
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        event = due_event(txn, recall)
        if event is None or recall.revision != revision:
            return recall.state.value
        move(txn, recall, event, in_force(work.tools, txn))
        return work.done(txn, "recall.started", {"revision": revision}, RecallState.APPROVED.value)


def due_event(txn: Txn, recall: Recall) -> RecallEvent | None:
    """What the agreed time and the brake say of a recall that is signed for later."""
    if recall.state is not RecallState.SCHEDULED:
        return None
    proposal = proposals_of(txn, recall.id)[-1]
    facts = RecallFacts(OutcomeState.APPROVED, starts_later=starts_later(proposal, txn.now, held=brake.is_engaged(txn)))
    return recall_event(recall.state, facts)


def due_starts(tools: Toolbox, app: str = "") -> tuple[Recall, ...]:
    """Recalls whose agreed time has come."""
    with tools.book.read() as txn:
        return tuple(recall for recall in recalls_in(txn, RecallState.SCHEDULED, app=app) if due_event(txn, recall))


def start_due(tools: Toolbox, app: str = "") -> tuple[str, ...]:
    """Starts them."""
    return tuple(all_of(*(partial(start_scheduled, tools, recall_id=r.id, revision=r.revision) for r in due_starts(tools, app))))
