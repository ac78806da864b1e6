"""Words for what is judged: kinds of issue, harm, level, evidence, assessment, issue.

Add here when a rule concludes another kind of thing; rather in `decided.py` when people decide it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from fractions import Fraction

from configs.terms.apps import Platform, Scope
from configs.terms.observed import Health, Metric


class IssueKind(StrEnum):
    """What is wrong with a release, from its strongest evidence."""

    CRASH = "crash"
    HANG = "hang"
    BREAKAGE = "breakage"
    DATA_LOSS = "data_loss"
    PAYMENT = "payment"
    ACCOUNT = "account"
    PRIVACY = "privacy"
    SAFETY = "safety"
    DISPLEASURE = "displeasure"


class Harm(IntEnum):
    """How badly one affected person is hurt.

    1 annoyance, workaround exists; 2 feature unusable, reversible loss; 3 irreversible data loss, money lost, account locked or
    stolen, privacy exposed; 4 danger to a person, mass compromise of credentials or money.
    """

    ANNOYANCE = 1
    REVERSIBLE_LOSS = 2
    IRREVERSIBLE_LOSS = 3
    DANGER = 4


class Level(StrEnum):
    """Risk level, ordered by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    SERIOUS = "serious"

    @property
    def rank(self) -> int:
        """0 for low to 3 for serious."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Suspect:
    """One scope that may be the one concerned, as probable as its `posterior` (0 to 1, all suspects of an evidence together at most 1).

    `ratio` and its bounds: as in `Evidence`, of this scope's users. `explains`: the share of the events beyond the expected ones that
    falls into the scope; None where there are none. `log_evidence`: of this scope alone, before it is mixed with the others.
    """

    scope: Scope
    posterior: float
    log_evidence: float = 0.0
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    explains: float | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A word or two that people suddenly write, in their own language.

    `texts`: how many hold it now; `usual`: how many there would usually be.
    `examples`: ids of signals that hold it, at most a few.
    """

    label: str
    language: str
    texts: int
    usual: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a detector has to say about one metric of one release, from the roll-out's start up to `at`.

    `log_evidence`: natural log of the evidence against "no worse than the control" (0 = none); an alarm at level alpha is
    `log_evidence >= ln(1/alpha)` and is valid at any number of looks. `log_combined`: the same of every metric of the release together.
    `ratio` and its bounds: new rate over control rate; None where it cannot be estimated. `suspects`: scopes that may be concerned, the
    most probable first; `scope` is the one that is acted on.
    """

    app: str
    platform: Platform
    version: str
    metric: Metric
    at: datetime
    health: Health
    log_evidence: float
    events: int
    exposure: int
    control_events: int
    control_exposure: int
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    looks: int = 0
    kind: IssueKind = IssueKind.CRASH
    scope: Scope | None = None
    reason: str = ""
    log_combined: float = 0.0
    suspects: tuple[Suspect, ...] = ()
    topics: tuple[Topic, ...] = ()


class Input(StrEnum):
    """What a level is computed from. ESTIMATE: the point estimate in the place of the bound; USERS: how many were seen."""

    HARM = "harm"
    ESTIMATE = "estimate"
    RATIO = "ratio"
    UNITS = "units"
    HORIZON = "horizon"
    HARMED = "harmed"
    USERS = "users"


@dataclass(frozen=True, slots=True)
class Flip:
    """One input changed, all others kept, and the other level that this gives. `by`: how far, where the input is counted.

    `to` and `was`: the input's new and old value, None where it is unknown or has none; `change` says all of it in English.
    """

    input: Input
    change: str
    level: Level
    by: int | None = None
    to: float | None = None
    was: float | None = None


@dataclass(frozen=True, slots=True)
class SegmentRisk:
    """The risk to the users of one suspect: level at the bound and at the point estimate, and the probabilities that gave them."""

    scope: Scope
    posterior: float
    level: Level
    level_point: Level
    probability: Fraction
    probability_upper: Fraction


@dataclass(frozen=True, slots=True)
class Assessment:
    """Risk of one release: level at the point estimate and at the upper bound (which decides), and the inputs that gave them.

    `probability_shown`: Jeffreys' upper bound, for dashboards; it holds for one look only. `flips`: single changes that would give
    another level. `further_harm`: users still harmed before the next decision at most, None where nobody counts installs.
    """

    level: Level
    level_point: Level
    harm: Harm
    probability: Fraction
    probability_upper: Fraction
    units: int | None
    uncertain: bool
    reasons: tuple[str, ...] = ()
    probability_shown: Fraction | None = None
    flips: tuple[Flip, ...] = ()
    further_harm: float | None = None
    segments: tuple[SegmentRisk, ...] = ()


class Rung(StrEnum):
    """What a level asks for at some strength of evidence. FIX_FORWARD: the roll-out halts and the next version mends it."""

    WATCH = "watch"
    TICKET = "ticket"
    HALT = "halt"
    FIX_FORWARD = "fix_forward"
    RECALL = "recall"


class IssueState(StrEnum):
    """MERGED: a person found it to be the same problem as another issue, which has its evidence from then on."""

    OPEN = "open"
    PROPOSED = "proposed"
    RECALLING = "recalling"
    DISMISSED = "dismissed"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Issue:
    """One detected problem of one release.

    `id` is derived from app, platform, version, and the kind and scope it was opened with: polling again finds the same one.
    """

    id: str
    app: str
    platform: Platform
    version: str
    kind: IssueKind
    state: IssueState
    level: Level
    opened_at: datetime
    reason: str
    scope: Scope
    row_version: int = 0
