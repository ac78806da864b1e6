"""The step by which a person changes a plan: before the verdict as a new text to sign, after it as a move with a reason.

Add here when a change of a plan does something else; rather in `tasks/rules/milestones.py` when it is about which change is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from configs.errors import BadInput, NotFound, Refused
from configs.policy import Policy
from configs.terms import PlanVersion, Recall, RecallState
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.plans import add_plan, find_plan, marks_of
from integrations.ledger.signing import open_proposals
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.anew import Change, proposed_anew
from tasks.rules.milestones import Wish, changed, differences, plan_digest
from tasks.step import Work, step

GOING = (RecallState.APPROVED, RecallState.REVIEWING)


@dataclass(frozen=True, slots=True)
class Replanned:
    """`number`: of the plan's new version. `proposal_id`: what is to be signed anew, "" where the recall is being carried out."""

    recall_id: str
    number: int
    changes: tuple[str, ...]
    proposal_id: str = ""


def plan_in_force(tools: Toolbox, recall_id: str) -> PlanVersion:
    """A recall's plan. Raises NotFound."""
    with tools.book.read() as txn:
        return _the_plan(txn, the_recall(txn, recall_id).id)


@step(subject="{recall_id}")
def change_plan(
    work: Work, recall_id: str, number: int, milestone: str, person: str, reason: str, after_minutes: int | None = None, owner: str = ""
) -> Replanned:
    """Changes when a milestone is due, or who sees to it. `number`: of the version this makes, so that two people change it in turn.

    Before the verdict the changed plan is another text: it is put before the signers as the next revision, and what was signed is void.

    Raises:
        NotFound: no such recall, or one from before there were plans.
        BadInput: unknown person, milestone or owner; a reason too short.
        Refused: somebody else changed it meanwhile, the recall is over, or the change makes no sense.
    """
    with work.write() as txn:
        policy = in_force(work.tools, txn)
        _check_person(person, reason, policy)
        recall, before = the_recall(txn, recall_id), _the_plan(txn, recall_id)
        if before.number + 1 != number:
            raise Refused(f"the plan of {recall_id} is at version {before.number} by now; look at it again, then change it")
        passed = {name for name, mark in marks_of(txn, recall_id, recall.revision).items() if mark.reached_at is not None}
        wish = Wish(milestone, after_minutes, owner)
        owners = {*policy.signoff.roles, *policy.signoff.people}
        after = changed(before.plan, wish, owners, passed if recall.state in GOING else ())
        said = tuple(differences(before.plan, after))
        made = replace(before, number=number, at=txn.now, person=person, reason=reason[:500])
        version = replace(made, plan=after, digest=plan_digest(after), by_hand=True)
        asked = _put_in_force(work, txn, recall, version, policy, "; ".join(said))
        facts = {"number": number, "changes": list(said), "reason": reason[:500], "digest": version.digest, "proposal": asked}
        return work.done(txn, "plan.changed", facts, Replanned(recall_id, number, said, asked), actor=person)


def _put_in_force(work: Work, txn: Txn, recall: Recall, version: PlanVersion, policy: Policy, said: str) -> str:
    """Keeps the version; before the verdict by way of a new proposal, whose id is returned."""
    if recall.state in GOING:
        add_plan(txn, version)
        return ""
    old = next((one for one in open_proposals(txn) if one.recall_id == recall.id), None)
    if old is None:
        raise Refused(f"{recall.id} is {recall.state}; its plan is not changed any more")
    told = f"{version.person} changed the plan: {said}"
    change = Change(version.person, version.reason, "proposed", told, old.action, version.plan.milestones)
    return proposed_anew(work, txn, recall, old, change, policy).id


def _the_plan(txn: Txn, recall_id: str) -> PlanVersion:
    found = find_plan(txn, recall_id)
    if found is None:
        raise NotFound(f"{recall_id} has no plan: it was proposed before there were plans, or its next proposal brings one")
    return found


def _check_person(person: str, reason: str, policy: Policy) -> None:
    if person not in policy.signoff.people:
        raise BadInput(f"nobody of the policy is called {person!r}; there are {', '.join(sorted(policy.signoff.people))}")
    if sum(c.isalnum() for c in reason) < policy.signoff.min_reason_characters:
        raise BadInput(f"a plan is changed with a reason of at least {policy.signoff.min_reason_characters} letters and digits")
