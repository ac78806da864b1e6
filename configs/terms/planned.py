"""Words for what is agreed beside the decision: the plan with its milestones, the evaluation meeting, its minutes.

Add here when a plan or a meeting has another part; rather in `decided.py` when it is about the question or its signatures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from configs.terms.apps import Scope
from configs.terms.decided import Action

HALT, NOTICES, FIX, CHECK, REPORT = "halt", "notices", "fix", "check", "report"
"""Milestones every plan has. Follow-ups come between `fix` and `report`, one for each further wave of notices."""

MILESTONES = (HALT, NOTICES, FIX, CHECK, REPORT)


def follow_up(wave: int) -> str:
    """The milestone of a further wave of notices, counted from 1."""
    return f"follow_up_{wave}"


@dataclass(frozen=True, slots=True)
class Milestone:
    """What must be reached within `after_minutes` of the verdict. `owner`: a role, or a person, who sees to it."""

    name: str
    after_minutes: int
    owner: str


@dataclass(frozen=True, slots=True)
class Widening:
    """When a partial recall is put before the signers as a full one; 0 is never.

    `e_outside`: evidence (an e-value) that users outside the scope are concerned. `share_outside`: of the harm beyond the usual one, the
    part that falls outside the scope.
    """

    e_outside: float
    share_outside: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows an approval, by when, and who sees to it. Its digest is part of the proposal: who signs, signs it."""

    action: Action
    scope: Scope
    milestones: tuple[Milestone, ...]
    widen: Widening


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A plan as it was from `at` on, who made it and why.

    `revision`: of the recall it belongs to. `by_hand`: its milestones are what people made of them, and not the policy's alone.
    """

    recall_id: str
    number: int
    revision: int
    at: datetime
    person: str
    reason: str
    plan: Plan
    digest: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What has become of a milestone: when it was reached, and for which due times its owner was reminded or told that it is late."""

    name: str
    reached_at: datetime | None = None
    reminded_for: datetime | None = None
    late_for: datetime | None = None


class MeetingState(StrEnum):
    PLANNED = "planned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Meeting:
    """The evaluation meeting of a recall. `uid` stays for good; `sequence` rises with every change (RFC 5545).

    `digest`: of the proposal that it is about now.
    """

    recall_id: str
    uid: str
    sequence: int
    state: MeetingState
    starts_at: datetime
    ends_at: datetime
    proposal_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """What was said and decided in the meeting about a proposal. `correction`: why this entry replaces the one before; "" for the first."""

    recall_id: str
    proposal_id: str
    number: int
    at: datetime
    person: str
    attended: tuple[str, ...]
    arguments: tuple[str, ...]
    decision: str
    correction: str = ""
