"""What pages and commands show of a recall's plan.

Add here when they need another fact of a plan; rather in `integrations/pages/milestones.py` when it should look different.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from configs.terms import Mark, Milestone, PlanVersion, Recall, RecallState
from integrations.ledger.book import Txn
from integrations.ledger.plans import find_plan, marks_of, plans_of
from integrations.pages.facts import PlanChange, PlanLine
from tasks.rules.milestones import differences, due_at, in_words, standing, utc

GOING = (RecallState.APPROVED, RecallState.REVIEWING)
VERDICT = "after the verdict"


def plan_lines(txn: Txn, recall: Recall) -> tuple[PlanLine, ...]:
    """Every milestone of the plan in force; none for a recall without a plan."""
    version = find_plan(txn, recall.id)
    if version is None:
        return ()
    marks = marks_of(txn, recall.id, recall.revision)
    return tuple(_line(txn, recall, one, marks.get(one.name)) for one in version.plan.milestones)


def _line(txn: Txn, recall: Recall, milestone: Milestone, mark: Mark | None) -> PlanLine:
    decided = None if recall.state in (RecallState.PROPOSED, RecallState.DECLINED) else recall.approved_at
    now = txn.now if recall.state in GOING else None
    said = standing(milestone, decided, mark, now)
    reached = mark.reached_at if mark and decided else None
    return PlanLine(
        name=milestone.name,
        owner=milestone.owner,
        due=utc(due_at(milestone, decided)) if decided else f"{in_words(milestone.after_minutes)} {VERDICT}",
        reached=utc(reached) if reached else "",
        standing="" if said == VERDICT else said,
        is_late=said == "late",
    )


def plan_changes(txn: Txn, recall_id: str) -> tuple[PlanChange, ...]:
    """Every version with what it changed, oldest first."""
    versions = plans_of(txn, recall_id)
    return tuple(_change(before, after) for before, after in pairwise((None, *versions)) if after is not None)


def _change(before: PlanVersion | None, after: PlanVersion) -> PlanChange:
    changes: Sequence[str] = tuple(differences(before.plan, after.plan)) if before else ()
    return PlanChange(after.at, after.person, after.reason, tuple(changes))
