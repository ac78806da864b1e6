"""Words for what is observed: health, signals, counts, the installed base, and a poll's reading.

Add here when a source brings another kind of thing; rather in `judged.py` when somebody concludes something from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from configs.terms.apps import Platform, Release


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


class EventKind(StrEnum):
    """What a crash reporter tells of one user's app. SESSION is a start of the app: the exposure of the other two."""

    SESSION = "session"
    CRASH = "crash"
    ANR = "anr"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in one user's app. `id` is unique within `source`; `received`: when the reporter's server had it.

    Without a `user` every event counts as another user's.
    """

    source: str
    id: str
    kind: EventKind
    app: str
    platform: Platform
    occurred: datetime
    received: datetime
    version: str
    user: str = ""
    device: str = ""
    os_version: str = ""
    country: str = ""


class Dimension(StrEnum):
    """How a count is cut. ALL has the single value ""; a pair's value is both values in the order of its name, joined by " + "."""

    ALL = "all"
    DEVICE = "device"
    OS = "os"
    COUNTRY = "country"
    DEVICE_OS = "device_os"
    DEVICE_COUNTRY = "device_country"
    OS_COUNTRY = "os_country"

    @property
    def parts(self) -> tuple[Dimension, ...]:
        """The single dimensions of a pair; of another one, itself."""
        return _PARTS.get(self, (self,))


_PARTS = {
    Dimension.DEVICE_OS: (Dimension.DEVICE, Dimension.OS),
    Dimension.DEVICE_COUNTRY: (Dimension.DEVICE, Dimension.COUNTRY),
    Dimension.OS_COUNTRY: (Dimension.OS, Dimension.COUNTRY),
}


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
class Held:
    """A row that may be sound but cannot be used yet: kept aside whole until what `reason` asks for has happened."""

    row: Count | Signal
    place: str
    reason: str


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
