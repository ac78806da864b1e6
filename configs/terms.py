"""The glossary, as frozen types: one word per concept, used by every floor.

Reading order: where an app lives, what is observed, what is judged, what is decided, what is done, what came of it.
Times are UTC and aware. Unknown is a value of its own (`None`, `Health.UNKNOWN`, `""` for an unreported attribute): it is never
"healthy" and never "fixed".

Add here when a new word of the domain appears; rather in `configs/policy.py` when it is a number someone may want to change, and in
`configs/effects.py` when it is something the product does to the world outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from fractions import Fraction

# --- where an app lives ------------------------------------------------------------------------------------------------


class Platform(StrEnum):
    """The operating system a build runs on; each has one store."""

    ANDROID = "android"
    IOS = "ios"


@dataclass(frozen=True, slots=True)
class Release:
    """One version of one app on one platform, as the store lists it."""

    app: str
    platform: Platform
    version: str
    released_at: datetime
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a recall concerns. An empty tuple means "all of them"; every non-empty one narrows."""

    app: str
    platform: Platform
    version: str
    countries: tuple[str, ...] = ()
    os_versions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


# --- what is observed ---------------------------------------------------------------------------------------------------


class Health(StrEnum):
    """UNKNOWN (thin, stale, missing or contradictory data) is a state of its own and never counts as healthy."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class Metric(StrEnum):
    """What is counted per release. Events are distinct users with their first event of the UTC day, or reviews, or tickets."""

    CRASH = "crash"
    ANR = "anr"
    LOW_STARS = "low_stars"
    COMPLAINT = "complaint"
    TICKET = "ticket"


class SignalKind(StrEnum):
    """Where a person's words came from."""

    REVIEW = "review"
    TICKET = "ticket"
    FEEDBACK = "feedback"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Signal:
    """One person's words about an app. `id` is unique within `source`; the author's name is never taken over."""

    source: str
    id: str
    kind: SignalKind
    app: str
    platform: Platform
    at: datetime
    title: str
    body: str
    stars: int | None = None
    version: str = ""
    language: str = ""
    country: str = ""
    os_version: str = ""
    device: str = ""


class Dimension(StrEnum):
    """How a count is cut. ALL has the single value ""."""

    ALL = "all"
    DEVICE = "device"
    OS = "os"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Count:
    """`events` of `exposure` in [start, end) for one version and segment. Key: every field but the two numbers."""

    source: str
    app: str
    platform: Platform
    version: str
    metric: Metric
    start: datetime
    end: datetime
    events: int
    exposure: int
    dimension: Dimension = Dimension.ALL
    value: str = ""


@dataclass(frozen=True, slots=True)
class InstalledBase:
    """Installs that ever ran a version, in one cell country x OS version, by what is known of them at `at`.

    `exposed` counts all of them; the others are parts of it. None: the source cannot tell, so it counts as unreached.
    """

    source: str
    app: str
    platform: Platform
    version: str
    country: str
    os_version: str
    at: datetime
    exposed: int
    fixed: int | None = None
    blocked: int | None = None
    uninstalled: int | None = None
    dormant: int | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at a service (HTTP health end-point, database). `target` is a name from the settings, never a URL with secrets."""

    source: str
    target: str
    at: datetime
    health: Health
    latency_ms: float | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not be used: quarantined with its place and reason; the rows around it count."""

    source: str
    place: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll of one source brought.

    `fresh_until`: the source's last complete moment; None when it cannot tell or had nothing. `warning` says why a reading is
    unknown or partial. `health` is about the source's data, not about the app.
    """

    source: str
    since: datetime
    until: datetime
    fresh_until: datetime | None
    health: Health
    warning: str = ""
    signals: tuple[Signal, ...] = ()
    counts: tuple[Count, ...] = ()
    releases: tuple[Release, ...] = ()
    installed: tuple[InstalledBase, ...] = ()
    probes: tuple[Probe, ...] = ()
    rejected: tuple[Rejected, ...] = ()


# --- what is judged -----------------------------------------------------------------------------------------------------


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
class Evidence:
    """What a detector has to say about one metric of one release, from the roll-out's start up to `at`.

    `log_evidence`: natural log of the evidence against "no worse than the control" (0 = none); an alarm at level alpha is
    `log_evidence >= ln(1/alpha)` and is valid at any number of looks. `ratio` and its bounds: new rate over control rate; None where
    it cannot be estimated.
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


@dataclass(frozen=True, slots=True)
class Assessment:
    """Risk of one release: level at the point estimate and at the upper bound (which decides), and the inputs that gave them."""

    level: Level
    level_point: Level
    harm: Harm
    probability: Fraction
    probability_upper: Fraction
    units: int | None
    uncertain: bool
    reasons: tuple[str, ...] = ()


class IssueState(StrEnum):
    OPEN = "open"
    PROPOSED = "proposed"
    RECALLING = "recalling"
    DISMISSED = "dismissed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Issue:
    """One detected problem of one release. `id` is derived from app, platform, version and kind: polling again finds the same one."""

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


# --- what is decided ----------------------------------------------------------------------------------------------------


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
    """What is put before the signers. `digest` covers every other field, the summary included: what was signed is what is done."""

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
    """PROPOSED waits for signatures; APPROVED is being carried out; REVIEWING is checked night after night."""

    PROPOSED = "proposed"
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


# --- what came of it ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """exposed = fixed + blocked + uninstalled + dormant + unreached, for one cell or a sum of cells. Always sums, never negative."""

    exposed: int
    fixed: int
    blocked: int
    uninstalled: int
    dormant: int
    unreached: int
    warnings: tuple[str, ...] = field(default=())


class ReviewVerdict(StrEnum):
    EFFECTIVE = "effective"
    NOT_YET = "not_yet"
    INEFFECTIVE = "ineffective"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """One night's answer to "did it work": reach over all cells, and the fixed version's rate against the last good one."""

    recall_id: str
    night: str
    at: datetime
    verdict: ReviewVerdict
    reconciliation: Reconciliation
    reach: float | None
    ratio: float | None
    ratio_high: float | None
    reasons: tuple[str, ...] = ()


class Expected(StrEnum):
    """What a person who read an episode's reviews would have had done."""

    RECALL = "recall"
    INVESTIGATE = "investigate"
    NO_RECALL = "no_recall"


@dataclass(frozen=True, slots=True)
class Episode:
    """Something known to have happened to an app, from the first to the last day, both included: what a replay is compared with."""

    case: str
    app: str
    version: str
    first_day: date
    last_day: date
    cause: str
    expected: Expected
