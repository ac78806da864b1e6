"""The seam of detection: what a detector is, and how counts of a release are paired with those of the versions beside it.

A caller starts a detector once for a release and metric, folds in every count it gets, asks for evidence, and keeps the state as text:

    state = DETECTOR.load(stored_text)   # tasks.rules.detectors; or DETECTOR.start(release, metric, policy.detection, excluded)
    state = DETECTOR.fold(state, counts_with_start_at_or_after(state.folded_until))
    evidence = DETECTOR.assess(state, now, policy.detection)

`tasks/rules/together.py` does so for every metric of a release at once.

What every detector promises (`tests/tasks/rules/test_detectors.py` runs over each): a bucket is folded in once, however often it is
given; folding bucket by bucket or all at once gives the same state; a missing poll changes nothing; only buckets in which both versions
were used count; parameters are frozen at the start, so a policy changed half-way neither loses nor forges evidence.

Add here when every detector needs it; rather in one detector's file when it is that detector's mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeVar

from configs.policy import Detection
from configs.terms import Count, Dimension, Evidence, IssueKind, Metric, Platform, Release, Scope

KIND_OF_METRIC = {
    Metric.CRASH: IssueKind.CRASH,
    Metric.ANR: IssueKind.HANG,
    Metric.LOW_STARS: IssueKind.BREAKAGE,
    Metric.COMPLAINT: IssueKind.BREAKAGE,
    Metric.TICKET: IssueKind.BREAKAGE,
}


class State(Protocol):
    """What a detector remembers of one release and metric: frozen, and the same after a round trip through its text."""

    @property
    def folded_until(self) -> datetime | None:
        """End of the newest bucket folded in; buckets that start before it are ignored. None: nothing yet."""
        ...

    def to_json(self) -> str:
        """Canonical JSON (sorted keys, no spaces); every float reads back to the same float."""
        ...


S = TypeVar("S", bound=State)


Delays = tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What was known when the release came out. `counts`: of the days before it.

    `margin`, `noise`: learnt from healthy releases; 0: the policy's. `phi`: variance over mean of what is counted.
    `delays`: by source, share of the reports that arrive in the same five minutes, in the next, and so on; none: all at once.
    """

    counts: tuple[Count, ...] = ()
    margin: float = 0.0
    noise: float = 0.0
    phi: float = 1.0
    delays: Delays = ()


NOTHING = Before()


class Detector(Protocol[S]):
    """Decides, look by look, how strongly a release's counts speak against "no worse than the versions beside it"."""

    name: str

    def start(self, release: Release, metric: Metric, policy: Detection, excluded: Collection[str] = (), before: Before = NOTHING) -> S:
        """An empty state with its parameters frozen. `excluded`: older versions known to be bad, which are no control."""
        ...

    def fold(self, state: S, counts: Sequence[Count]) -> S:
        """The state after these counts; those of other apps, metrics and newer versions are ignored.

        A bucket's counts, all versions and segments of it, come in one call: what arrives for a folded bucket later is ignored.
        """
        ...

    def assess(self, state: S, at: datetime, policy: Detection, *, alarmed: bool = False) -> Evidence:
        """The evidence up to `at`. Thin or stale counts are `Health.UNKNOWN`, never healthy.

        `alarmed`: all metrics together reach the level of a halt, and this one is their strongest.
        """
        ...

    def load(self, text: str) -> S:
        """The state of this text.

        Raises:
            BadInput: another detector, or another version of this one, made it: start one, and fold every count since the release.
        """
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose counts: one version of one app on one platform, one metric, and the versions that are no control for it."""

    app: str
    platform: Platform
    version: str
    metric: Metric
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One bucket and segment: the new version beside the sum of the older ones in use at the same time."""

    source: str
    start: datetime
    end: datetime
    dimension: Dimension
    value: str
    events: int
    exposure: int
    control_events: int
    control_exposure: int


PAIRED_BY = " + "
"""Between the two values of a pair, such as "Pixel 8 + 14"."""

Cell = tuple[str, datetime, datetime, Dimension, str]


def paired(counts: Iterable[Count], subject: Subject) -> tuple[Pair, ...]:
    """Pairs of the buckets and segments in which both the version and an older one were used, by time, then segment.

    A count given twice counts once. Counts without a version, with a negative number, or of a newer version are no control.
    """
    new: dict[Cell, Count] = {}
    control: dict[Cell, dict[str, Count]] = {}
    for count in counts:
        if not concerns(count, subject):
            continue
        cell = (count.source, count.start, count.end, count.dimension, count.value)
        if count.version == subject.version:
            new[cell] = count
        elif is_older(count.version, subject.version) and count.version not in subject.excluded:
            control.setdefault(cell, {})[count.version] = count
    pairs = (_pair(cell, new[cell], control[cell].values()) for cell in new.keys() & control.keys())
    return tuple(sorted((p for p in pairs if p.exposure > 0 and p.control_exposure > 0), key=by_time))


def lonely(counts: Iterable[Count], subject: Subject) -> tuple[Pair, ...]:
    """Pairs of the buckets in which the version was used and no older one at all: nothing stands in the control's columns."""
    new: dict[Cell, Count] = {}
    accompanied: set[tuple[str, datetime, datetime]] = set()
    for count in counts:
        if not concerns(count, subject) or count.exposure <= 0:
            continue
        if count.version == subject.version:
            new[count.source, count.start, count.end, count.dimension, count.value] = count
        elif is_older(count.version, subject.version) and count.version not in subject.excluded:
            accompanied.add((count.source, count.start, count.end))
    pairs = (_pair(cell, count, ()) for cell, count in new.items() if cell[:3] not in accompanied)
    return tuple(sorted(pairs, key=by_time))


def concerns(count: Count, subject: Subject) -> bool:
    """Whether a count is of the subject's app, platform and metric, whatever its version, and no number of it is negative."""
    same = (count.app, count.platform, count.metric) == (subject.app, subject.platform, subject.metric)
    cut = len(count.dimension.parts) == 1 or bool(parts_of(count.dimension, count.value))
    return same and cut and count.events >= 0 and count.exposure >= 0


def _pair(cell: Cell, new: Count, control: Collection[Count]) -> Pair:
    old_events, old_exposure = sum(c.events for c in control), sum(c.exposure for c in control)
    return Pair(*cell, events=new.events, exposure=new.exposure, control_events=old_events, control_exposure=old_exposure)


def by_time(pair: Pair) -> tuple[datetime, datetime, str, str, str]:
    """The order in which pairs are folded."""
    return pair.start, pair.end, pair.source, pair.dimension, pair.value


@lru_cache(maxsize=65536)
def is_older(version: str, than: str) -> bool:
    """Whether `version` came before `than`, by their numbers: 4.9 < 4.10, 4.2-beta < 4.2 < 4.2+883. No number: cannot tell, False."""
    mine, other = _order(version), _order(than)
    return any(rank == _NUMBER for rank, _, _ in mine) and any(rank == _NUMBER for rank, _, _ in other) and mine < other


_WORD, _END, _NUMBER = 0, 1, 2
"""A word ("beta") comes before the version it prepares, which comes before one with a further number."""


def _order(version: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.findall(r"\d+|[a-z]+", version.lower().removeprefix("v"))
    return (*((_NUMBER, int(p), "") if p.isdecimal() else (_WORD, 0, p) for p in parts), (_END, 0, ""))


# --- what every detector says the same way ------------------------------------------------------------------------------


class Totals(Protocol):
    """Sums of both sides over the folded buckets."""

    @property
    def events(self) -> int: ...
    @property
    def exposure(self) -> int: ...
    @property
    def control_events(self) -> int: ...
    @property
    def control_exposure(self) -> int: ...


def doubted(everyone: Totals, source: str, until: datetime | None, at: datetime, policy: Detection) -> str:
    """Why the counts say nothing about now; empty when they do."""
    if until is None:
        return "no bucket yet in which this version and an older one were both used"
    if abs(at - until) > timedelta(minutes=policy.stale_after_minutes):
        return f"newest comparable counts of {source} end at {until:%Y-%m-%d %H:%M} UTC, too far from {at:%Y-%m-%d %H:%M}"
    if min(everyone.exposure, everyone.control_exposure) < policy.min_exposure:
        return f"exposure {everyone.exposure} (older versions {everyone.control_exposure}) is below {policy.min_exposure}"
    if everyone.events + everyone.control_events < policy.min_events:
        return f"{everyone.events + everyone.control_events} events on all versions are fewer than {policy.min_events}"
    return ""


def parts_of(dimension: Dimension, value: str) -> tuple[tuple[Dimension, str], ...]:
    """A segment as single values: two of a pair, one of any other; none where a pair's value is not two."""
    values = value.rsplit(PAIRED_BY, 1) if len(dimension.parts) > 1 else [value]
    return tuple(zip(dimension.parts, values, strict=True)) if len(values) == len(dimension.parts) and all(values) else ()


def narrowed(scope: Scope, dimension: Dimension, value: str) -> Scope:
    """The scope's users in one segment."""
    for single, name in parts_of(dimension, value):
        if single is Dimension.DEVICE:
            scope = replace(scope, devices=(name,))
        elif single is Dimension.OS:
            scope = replace(scope, os_versions=(name,))
        else:
            scope = replace(scope, countries=(name,))
    return scope


def seen(totals: Totals, dimension: Dimension, value: str, ratio: float | None) -> str:
    """The counts behind a verdict, in words."""
    where = "" if dimension is Dimension.ALL else f"only {' and '.join(dimension.parts)} {value}: "
    times = "" if ratio is None else f", {ratio:.2f} times the older versions' rate"
    return f"{where}{totals.events} of {totals.exposure} against {totals.control_events} of {totals.control_exposure}{times}"
