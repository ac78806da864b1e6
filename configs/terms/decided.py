"""Words for what is decided: actions, options, proposals, signatures, recalls.

Add here when a decision has another part; rather in `configs/effects.py` when it is done to the world outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from configs.terms.apps import Platform, Scope
from configs.terms.judged import Level


class Action(StrEnum):
    """The options before product, tech and legal."""

    NONE = "none"
    MONITOR = "monitor"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Option:
    """One action and what it leads to by `deadline`, if taken now. None: unknown. `left_alone`: have the build and are not told."""

    action: Action
    recommended: bool
    users_now: int | None
    per_hour: float | None
    users_at_deadline: int | None
    users_told: int | None
    left_alone: int | None
    deadline: datetime
    explanation: str


class Verdict(StrEnum):
    """A signer's answer. There is no default and no silence that counts as one."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is put before the signers. `digest` covers every other field, the summary included: what was signed is what is done.

    `plan_digest`: of the plan that follows an approval; "" in proposals from before there were plans.
    `note`: what people add in words; `not_before`: the start they agreed on, None for at once; `amended_by`: who changed the text.
    """

    id: str
    issue_id: str
    recall_id: str
    revision: int
    action: Action
    level: Level
    scope: Scope
    summary: str
    opened_at: datetime
    expires_at: datetime
    policy_fingerprint: str
    proposed_by: str
    digest: str = ""
    plan_digest: str = ""
    note: str = ""
    not_before: datetime | None = None
    amended_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    proposal_id: str
    digest: str
    person: str
    role: str
    verdict: Verdict
    reason: str
    at: datetime


class RecallState(StrEnum):
    """PROPOSED waits for signatures, SCHEDULED for the agreed time; APPROVED is carried out, REVIEWING checked night after night."""

    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    DECLINED = "declined"
    APPROVED = "approved"
    REVIEWING = "reviewing"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Recall:
    id: str
    issue_id: str
    app: str
    platform: Platform
    version: str
    revision: int
    state: RecallState
    level: Level
    action: Action
    scope: Scope
    opened_at: datetime
    fixed_version: str = ""
    approved_at: datetime | None = None
    row_version: int = 0
