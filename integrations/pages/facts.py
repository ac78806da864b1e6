"""What the pages are given: frozen values composed of the glossary's types and a few small rows.

Add here when a page must show something it is not given yet; rather in `configs/terms.py` when other rooms need the word too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from configs.effects import DeliveryState, EffectKind, EffectState
from configs.terms import (
    Assessment,
    Evidence,
    Forecast,
    Health,
    Issue,
    IssueEntry,
    Minutes,
    Option,
    Proposal,
    Recall,
    Reconciliation,
    Review,
    Score,
    Signal,
    Signature,
)


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """Notices of one channel and language in one state."""

    channel: str
    locale: str
    state: DeliveryState
    count: int


@dataclass(frozen=True, slots=True)
class SourceLine:
    """How one source is: `read_until` and `fresh_until` are its own words about its data."""

    name: str
    health: Health
    read_until: datetime | None
    fresh_until: datetime | None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class SignLink:
    """Where a role signs: the pre-filled form, or the command to type. `needed`: how many signatures of that role."""

    role: str
    needed: int
    url: str


@dataclass(frozen=True, slots=True)
class MemoCell:
    """One cell of the installed base: who has the bad build there now, and their exposure-hours with the proposed action."""

    country: str
    os_version: str
    users: int
    exposure_hours: float | None
    is_meant: bool


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One milestone: when it is due (before the verdict: how long after it), when it was reached ("" while not), how it stands."""

    name: str
    owner: str
    due: str
    reached: str
    standing: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One version of a plan: who made it when and why, and what it changed."""

    at: datetime
    person: str
    reason: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemoFacts:
    """What product, tech and legal read before they sign.

    `evidence`: every look at the release, oldest first; `judged`: what the level rests on. `cells`: the largest first. `scores`: how far
    earlier forecasts for the app were off, and `usual_error` the median of that.
    """

    title: str
    issue: Issue
    assessment: Assessment
    proposal: Proposal
    options: tuple[Option, ...]
    evidence: tuple[Evidence, ...]
    alpha_halt: float
    alpha_recall: float
    complaints: tuple[Signal, ...] = ()
    links: tuple[SignLink, ...] = ()
    judged: tuple[Evidence, ...] = ()
    story: tuple[IssueEntry, ...] = ()
    forecast: Forecast | None = None
    cells: tuple[MemoCell, ...] = ()
    scores: tuple[Score, ...] = ()
    usual_error: float | None = None
    horizon_days: float = 7.0
    plan: tuple[PlanLine, ...] = ()
    minutes: tuple[Minutes, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainFacts:
    """Why an issue has its level. `evidence`: what it was judged by; `looks`: everything said of the release, oldest first.

    `asks_for`: what level and evidence ask for, in words. `covered_by`: the recall of the release that does for this issue too.
    `examples`: the signals that the evidence's topics name. `usual_error`: how far predictions for the app's earlier recalls were off.
    """

    title: str
    issue: Issue
    assessment: Assessment
    evidence: tuple[Evidence, ...]
    looks: tuple[Evidence, ...]
    alpha_halt: float
    alpha_recall: float
    fingerprint: str
    is_current: bool
    asks_for: str
    story: tuple[IssueEntry, ...] = ()
    covered_by: Recall | None = None
    complaints: tuple[Signal, ...] = ()
    examples: tuple[Signal, ...] = ()
    usual_error: float | None = None


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened, for the timeline: `what` is a short sentence."""

    at: datetime
    what: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as it was sent, in one language by one channel."""

    channel: str
    locale: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One effect with what the neighbour answered."""

    kind: EffectKind
    target: str
    state: EffectState
    attempts: int
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class CellLine:
    """The reconciliation of one cell of the installed base."""

    country: str
    os_version: str
    reconciliation: Reconciliation


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One entry of the journal: its hash as hex."""

    seq: int
    at: datetime
    kind: str
    hash: str


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """One signed head of the journal."""

    seq: int
    at: datetime
    line: str


@dataclass(frozen=True, slots=True)
class JournalProof:
    """`verified`: what verification said, in words; `is_good` whether it passed; `total`: entries in the whole journal."""

    is_good: bool
    verified: str
    head_seq: int
    head_hash: str
    total: int
    entries: tuple[JournalLine, ...] = ()
    checkpoints: tuple[CheckpointLine, ...] = ()


@dataclass(frozen=True, slots=True)
class DossierFacts:
    """All of one recall, for one self-contained page."""

    title: str
    made_at: datetime
    recall: Recall
    issue: Issue
    assessment: Assessment
    proposal: Proposal
    signatures: tuple[Signature, ...]
    timeline: tuple[TimelineLine, ...]
    sources: tuple[SourceLine, ...]
    evidence: tuple[Evidence, ...]
    alpha_halt: float
    alpha_recall: float
    notices: tuple[NoticeText, ...]
    deliveries: tuple[DeliveryCount, ...]
    effects: tuple[EffectLine, ...]
    cells: tuple[CellLine, ...]
    reviews: tuple[Review, ...]
    journal: JournalProof
    target_reach: float | None = None
    score: Score | None = None
    plan: tuple[PlanLine, ...] = ()
    plan_history: tuple[PlanChange, ...] = ()
    minutes: tuple[Minutes, ...] = ()
