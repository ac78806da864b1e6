"""Writes the plan of a proposal in the proposal's own transaction: whoever signs the one, signs the other.

Add here when every proposal's plan must be written otherwise; rather in `tasks/replan.py` when a person changes one.
"""

from __future__ import annotations

from configs.policy import Policy
from configs.terms import Milestone, PlanVersion, Proposal
from integrations.ledger.book import Txn
from integrations.ledger.plans import add_plan, find_plan
from tasks.rules.milestones import plan_digest, planned


def lay_plan(txn: Txn, proposal: Proposal, policy: Policy, person: str, reason: str, milestones: tuple[Milestone, ...] = ()) -> PlanVersion:
    """Adds the plan that the proposal's digest covers, as the next version. `milestones`: as it was composed with."""
    made = planned(proposal.action, proposal.level, proposal.scope, policy, milestones)
    before = find_plan(txn, proposal.recall_id)
    version = PlanVersion(
        recall_id=proposal.recall_id,
        number=before.number + 1 if before else 1,
        revision=proposal.revision,
        at=txn.now,
        person=person,
        reason=reason,
        plan=made,
        digest=plan_digest(made),
        by_hand=bool(milestones),
    )
    add_plan(txn, version)
    return version


def set_by_people(txn: Txn, recall_id: str) -> tuple[Milestone, ...]:
    """The milestones in force, where a person has set any of them since the plan was made from policy; else none."""
    version = find_plan(txn, recall_id)
    return version.plan.milestones if version is not None and version.by_hand else ()
