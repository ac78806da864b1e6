"""Puts a recall's open proposal before the signers as another text: the next revision, with new codes; what was signed is void.

Add here when a new text does something else to the old one; rather in the step that asks for it when only its reason differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from configs.policy import Policy
from configs.terms import Action, Milestone, Proposal, Recall
from integrations.ledger.book import Txn
from integrations.ledger.cases import judgement_of, put_forward, the_issue
from integrations.ledger.outbox import queue
from integrations.ledger.signing import add_proposal, close_proposal
from integrations.ledger.void import void
from tasks.foresee import keep_forecast
from tasks.lay import lay_plan
from tasks.rules import plan
from tasks.rules.decision import Wanted, compose_proposal
from tasks.rules.signoff import is_system_name
from tasks.rules.standing import kept
from tasks.step import Work


@dataclass(frozen=True, slots=True)
class Change:
    """What is different, and why. `said`: for the operators. `milestones`: as people set them; none for the policy's."""

    person: str
    reason: str
    news: str
    said: str
    action: Action
    milestones: tuple[Milestone, ...] = ()


def proposed_anew(work: Work, txn: Txn, recall: Recall, old: Proposal, change: Change, policy: Policy) -> Proposal:
    """The new proposal: open, with its plan, everybody asked, operators told."""
    issue = the_issue(txn, recall.issue_id)
    _, assessment, _ = judgement_of(txn, issue.id)
    revision, proposed_by = old.revision + 1, change.person if is_system_name(old.proposed_by) else old.proposed_by
    proposal = compose_proposal(
        issue, assessment, recall_id=recall.id, revision=revision, now=txn.now, policy=policy, proposed_by=proposed_by,
        action=change.action, milestones=change.milestones, wanted=_with_author(kept(old, txn.now), change.person, proposed_by),
    )  # fmt: skip
    replace_text(work, txn, recall, old, proposal, Authored(change.person, change.reason, change.milestones), policy)
    news = plan.news(recall.id, revision, change.news, policy, detail=change.said[:500])
    queue(txn, *plan.questions(proposal.id, recall.id, revision, policy), *news)
    return proposal


@dataclass(frozen=True, slots=True)
class Authored:
    """Who puts a text in the place of another, and why; `milestones`: as it was composed with."""

    person: str
    reason: str
    milestones: tuple[Milestone, ...] = ()


def replace_text(work: Work, txn: Txn, recall: Recall, old: Proposal, new: Proposal, by: Authored, policy: Policy) -> tuple[str, ...]:
    """Closes the old text and opens the new one, with forecast and plan; returns whose signatures became void. Asks nobody."""
    gone = void(txn, old.id, by=by.person, why=by.reason)
    close_proposal(txn, old.id)
    add_proposal(txn, new)
    keep_forecast(work, txn, new, judgement_of(txn, recall.issue_id)[1])
    put_forward(txn, recall, new)
    lay_plan(txn, new, policy, by.person, by.reason, by.milestones)
    return gone


def _with_author(wanted: Wanted, person: str, proposed_by: str) -> Wanted:
    """Whoever had a hand in an earlier text stays one of its authors: none of them may be the only one who signs the new one."""
    if person == proposed_by or person in wanted.amended_by or is_system_name(person):
        return wanted
    return replace(wanted, amended_by=(*wanted.amended_by, person))
