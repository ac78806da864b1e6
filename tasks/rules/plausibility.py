"""Which rows of a reading are believed: the others are put aside with a reason, or held until it is sure what they are.

| the row | then | reason |
|---|---|---|
| a number that is no whole number from 0 (NaN, infinite, negative, a fraction) | refused | NOT_A_COUNT |
| a time without a zone, or a bucket that ends before it starts | refused | NO_TIME |
| dated up to `max_ahead_minutes` after now | kept | |
| dated later | refused, and the source is unknown | AHEAD |
| a release dated later | refused, until it is delivered with a date that has come | PLANNED |
| more events than exposure | refused | CONTRADICTORY |
| the same bucket twice in one reading, the same numbers | counted once | |
| the same bucket twice in one reading, other numbers | refused, both | TWICE |
| beside such a row, when that has `spoiling_share` of the bucket's events | refused, and the source is unknown | BESIDE |
| a bucket that overlaps one of another length | refused, the stored or the shorter one stays | OVERLAP |
| a stored bucket again, with the same or larger numbers | nothing changes: a bucket is never revised | |
| a stored bucket again, with smaller numbers | refused, the first ones stay | BACKWARDS |
| a version between or above the listed ones that is not listed itself | held until it is listed | `unlisted` |
| older than the window by `old_after_hours`, up to `max_old_events` of them | kept | |
| older than the window by `old_after_hours`, more of them at once | held until a person decides | HISTORY |
| anything else | kept | |

Nothing here judges a release: what is put aside is missing, and missing is unknown. Where a contradictory row is a noticeable part of its
bucket, the bucket of every version goes, for half a bucket compares with nothing. More events than exposure can also be true (a crash so
early that no session starts): it is never evidence, but it stays unknown and so alarms by itself.

Versions older than every listed one are believed: a list has to begin somewhere. Order and repetition within a reading do not matter.

Add here when another kind of row is not believed; rather in `plausible_counts.py` when it is about a bucket of counts, and in
`integrations/sources` when a row cannot even be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from configs.policy import Quarantine
from configs.terms import Count, Dimension, Health, Held, InstalledBase, Platform, Probe, Reading, Rejected, Release, Signal
from tasks.rules.detection import is_older
from tasks.rules.plausible_counts import (
    AHEAD,
    BACKWARDS,
    BESIDE,
    NO_TIME,
    NOT_A_COUNT,
    OVERLAP,
    PLANNED,
    Known,
    believed,
    is_stored,
    is_whole,
    possible,
)

HISTORY = "much history at once, which says nothing about now; a person decides with `recall admit`"

DISTRUSTED = "not believed: "
"""How the warning of a source begins whose counts contradict themselves, each other or our clock."""

BETWEEN = " · "
"""Between that and what else the warning says."""

NEVER_ALONE = (AHEAD, BESIDE, OVERLAP, BACKWARDS)
"""Reasons that make the whole source unknown, and not one row of it missing."""

EXCERPT = 80

R = TypeVar("R", Release, Signal, Probe, InstalledBase)
Row = Count | Signal | Release | InstalledBase | Probe
Bad = tuple[Row, str]


@dataclass(frozen=True, slots=True)
class Sifted:
    """`kept`: the reading without the rows that are not believed, which are among its `rejected`; its health and warning say so."""

    kept: Reading
    held: tuple[Held, ...] = ()


def sifted(reading: Reading, known: Known, policy: Quarantine) -> Sifted:
    """The reading by the table above."""
    latest = known.at + timedelta(minutes=policy.max_ahead_minutes)
    bad: list[Bad] = []
    releases, signals = _dated(reading.releases, latest, bad), _dated(reading.signals, latest, bad)
    installed, probes = _dated(reading.installed, latest, bad), _dated(reading.probes, latest, bad)
    listed, nobodys = _by_release(reading.counts, (*known.releases, *releases))
    counts = believed(listed, known, policy, latest, bad)
    recent, signals, history = _recent(counts, signals, reading.since, known, policy)
    held = (*(Held(c, place_of(c), unlisted(c.version)) for c in possible(nobodys, latest, bad)), *history)
    fresh = reading.fresh_until
    kept = replace(
        reading,
        fresh_until=fresh if fresh is not None and fresh.tzinfo is not None and fresh <= latest else None,
        signals=signals,
        counts=recent,
        releases=releases,
        installed=installed,
        probes=probes,
        rejected=(*reading.rejected, *(_rejected(reading.source, row, why) for row, why in bad)),
    )
    return Sifted(_told(kept, reading, bad, held, known), held)


def unlisted(version: str) -> str:
    """Why rows of a version are held that is not among the releases."""
    return f"{version!r} is not among the releases; list it, and its rows are taken in by themselves"


def _dated(rows: Iterable[R], latest: datetime, bad: list[Bad]) -> tuple[R, ...]:
    """Those with a time that has come, and numbers that are numbers; the others go to `bad`."""
    kept = []
    for row in rows:
        at = row.released_at if isinstance(row, Release) else row.at
        why = NO_TIME if at.tzinfo is None else "" if at <= latest else PLANNED if isinstance(row, Release) else AHEAD
        if not why and isinstance(row, InstalledBase) and not _is_counted(row):
            why = NOT_A_COUNT
        bad.append((row, why)) if why else kept.append(row)
    return tuple(kept)


def _is_counted(cell: InstalledBase) -> bool:
    parts = (cell.fixed, cell.blocked, cell.uninstalled, cell.dormant)
    return is_whole(cell.exposed) and all(part is None or is_whole(part) for part in parts)


# --- versions, history -----------------------------------------------------------------------------------------------------


def _by_release(counts: Sequence[Count], releases: Collection[Release]) -> tuple[Sequence[Count], list[Count]]:
    """The counts of released versions, and those of versions nobody released: these must not even spoil a bucket of the others."""
    versions: dict[Platform, set[str]] = {}
    for platform, rows in groupby(counts, attrgetter("platform")):
        versions.setdefault(platform, set()).update(map(attrgetter("version"), rows))
    listed = {platform: [r.version for r in releases if r.platform is platform] for platform in versions}
    nobodys = {(platform, v) for platform, found in versions.items() for v in found if is_unlisted(v, listed[platform])}
    if not nobodys:
        return counts, []
    kept = [c for c in counts if (c.platform, c.version) not in nobodys]
    return kept, [c for c in counts if (c.platform, c.version) in nobodys]


def is_unlisted(version: str, listed: Collection[str]) -> bool:
    """Whether a list that is there should name the version and does not; "" is no version, and an empty list knows nothing."""
    if not version or not listed or version in listed:
        return False
    oldest = reduce(lambda a, b: b if is_older(b, a) else a, listed)
    return not is_older(version, oldest)


def _recent(
    counts: Sequence[Count], signals: Sequence[Signal], since: datetime, known: Known, policy: Quarantine
) -> tuple[tuple[Count, ...], tuple[Signal, ...], list[Held]]:
    """Everything, unless more than a little of it is new and from long before the window."""
    floor = since - timedelta(hours=policy.old_after_hours)
    old_counts = {i for i, c in enumerate(counts) if c.end <= floor and not is_stored(c, known.counts)}
    old_signals = {i for i, s in enumerate(signals) if s.at < floor and s.id not in known.signals}
    if sum(counts[i].events for i in old_counts) + len(old_signals) <= policy.max_old_events:
        return tuple(counts), tuple(signals), []
    history: list[Count | Signal] = [*(counts[i] for i in sorted(old_counts)), *(signals[i] for i in sorted(old_signals))]
    return (
        tuple(c for i, c in enumerate(counts) if i not in old_counts),
        tuple(s for i, s in enumerate(signals) if i not in old_signals),
        [Held(row, place_of(row), HISTORY) for row in history],
    )


# --- in words ------------------------------------------------------------------------------------------------------------


def place_of(row: Row) -> str:
    """Which row it is, for a person and as a key."""
    if isinstance(row, Count):
        segment = "" if row.dimension is Dimension.ALL else f" on {row.dimension} {row.value}"
        return f"{row.metric} of {row.version}{segment}, {row.platform}, {row.start.isoformat()} to {row.end.isoformat()}"
    if isinstance(row, Release):
        return f"release {row.version}, {row.platform}, {row.released_at.isoformat()}"
    if isinstance(row, Signal):
        return f"{row.kind} {row.id}"
    if isinstance(row, Probe):
        return f"probe of {row.target}, {row.at.isoformat()}"
    return f"installs of {row.version} in {row.country or '?'} on {row.os_version or '?'}, {row.platform}, {row.at.isoformat()}"


def _rejected(source: str, row: Row, why: str) -> Rejected:
    if isinstance(row, Count):
        return Rejected(source, place_of(row), why, f"events={row.events} exposure={row.exposure}"[:EXCERPT])
    return Rejected(source, place_of(row), why, f"exposed={row.exposed}"[:EXCERPT] if isinstance(row, InstalledBase) else "")


def _told(kept: Reading, reading: Reading, bad: Sequence[Bad], held: Sequence[Held], known: Known) -> Reading:
    """The kept rows with what was put aside in the warning; unknown where the source as a whole is not believed.

    A reading without counts says nothing about counts that were not believed before.
    """
    by_reason = Counter(why for _, why in bad)
    if reading.fresh_until is not None and kept.fresh_until is None:
        by_reason[AHEAD] += 1
    doubts = [f"{n} rows are {why}" if why == AHEAD else f"{n} rows: {why}" for why, n in sorted(by_reason.items()) if why in NEVER_ALONE]
    doubt = DISTRUSTED + "; ".join(doubts) if doubts else "" if reading.counts else known.doubt
    aside = sum(n for why, n in by_reason.items() if why not in NEVER_ALONE)
    remarks = [f"{aside} rows put aside"] if aside else []
    remarks += [f"{len(held)} rows held"] if held else []
    warning = BETWEEN.join(part for part in (doubt, reading.warning, *remarks) if part)
    return replace(kept, health=Health.UNKNOWN if doubt else kept.health, warning=warning)


def doubt_in(warning: str) -> str:
    """The part of a source's warning that says that its counts are not believed; "" when they are."""
    first = warning.split(BETWEEN)[0]
    return first if first.startswith(DISTRUSTED) else ""
