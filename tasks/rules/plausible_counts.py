"""Which counts are believed: each alone, beside the others of its bucket, and beside what is stored. The table is in `plausibility.py`.

Add here when a bucket can contradict itself in another way; rather in `plausibility.py` when it is not about counts.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from configs.policy import Quarantine
from configs.terms import Count, Dimension, Metric, Platform, Release

NOT_A_COUNT = "a number is no whole number from 0; mend the export or the query"
NO_TIME = "a time has no zone, or the end is not after the start; mend the export or the query"
AHEAD = "dated ahead of our clock; set the source's clock or time zone right"
PLANNED = "dated ahead of our clock; a planned release counts from its day on, if the list still names it then"
CONTRADICTORY = (
    "more events than exposure; count both over the same users. A crash before the session starts looks so too: see the newest ones"
)
TWICE = "the same bucket twice with different numbers; deliver a bucket once, when it is complete"
BESIDE = "its bucket contradicts itself in another row; see what was put aside with it"
OVERLAP = "its bucket overlaps one of another length; keep to one bucket length for a source and metric"
BACKWARDS = "smaller than when it was delivered first, which stays; deliver complete buckets, not running totals"

LARGEST = 2**53
"""Above it a count that went through JSON or a spreadsheet is no longer exact."""

Grid = tuple[Platform, Metric, Dimension]
Place = tuple[str, str, datetime]
"""Version, value, start: what a count is the only one of, within one source, app and grid."""
Span = tuple[datetime, datetime]
_Key = tuple[str, str, datetime, datetime]
Bad = list[Any]
"""Pairs of a row and its reason."""

_grid: Callable[[Count], Grid] = attrgetter("platform", "metric", "dimension")
_span: Callable[[Count], Span] = attrgetter("start", "end")


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger has: every release of the app, the stored numbers and spans around the reading's, the ids of stored old signals.

    `at`: its clock. `doubt`: the source's warning while its last counts were not believed; else "".
    """

    at: datetime
    releases: Collection[Release] = ()
    counts: Mapping[Grid, Mapping[Place, tuple[int, int]]] = field(default_factory=dict)
    spans: Mapping[Grid, Collection[Span]] = field(default_factory=dict)
    signals: Collection[str] = frozenset()
    doubt: str = ""


def is_whole(number: object) -> bool:
    """Whether it counts something: an int from 0 that is still exact. A float is none, and neither is True."""
    return type(number) is int and 0 <= number <= LARGEST


def believed(counts: Iterable[Count], known: Known, policy: Quarantine, latest: datetime, bad: Bad) -> list[Count]:
    """The counts that are believed; the others go to `bad` with their reasons."""
    sound, contradicting = _single(counts, latest, bad)
    whole, cells = _spoiled(sound, contradicting, policy.spoiling_share)
    if whole or cells:
        sound = _without(sound, lambda c: (c.platform, c.metric, c.start) in whole or _cell(c) in cells, BESIDE, bad)
    lapped = _overlapping(sound, known.spans)
    if lapped:
        sound = _without(sound, lambda c: (_grid(c), (c.start, c.end)) in lapped, OVERLAP, bad)
    shrunk = _shrunk(sound, known.counts)
    return _without(sound, lambda c: id(c) in shrunk, BACKWARDS, bad) if shrunk else sound


def possible(counts: Iterable[Count], latest: datetime, bad: Bad) -> list[Count]:
    """The counts that can be true each for itself; the others go to `bad` with their reasons."""
    kept = []
    for count in counts:
        why = _flaw(count, latest)
        bad.append((count, why)) if why else kept.append(count)
    return kept


def _without(counts: Sequence[Count], drop: Callable[[Count], bool], why: str, bad: Bad) -> list[Count]:
    kept = []
    for count in counts:
        bad.append((count, why)) if drop(count) else kept.append(count)
    return kept


def _cell(count: Count) -> tuple[object, ...]:
    return count.platform, count.metric, count.start, count.dimension, count.value


# --- each alone, and against itself ---------------------------------------------------------------------------------------


def _single(counts: Iterable[Count], latest: datetime, bad: Bad) -> tuple[list[Count], list[Count]]:
    """Every sound bucket once; and what contradicts itself, each row alone or with another about the same bucket."""
    seen: dict[Grid, dict[_Key, Count]] = {}
    twice: dict[tuple[Grid, _Key], set[Count]] = {}
    contradicting: list[Count] = []
    for grid, rows in groupby(counts, _grid):  # neighbours mostly share it, and hashing an enum is dear
        table = seen.setdefault(grid, {})
        for count in rows:
            why = _flaw(count, latest)
            if why:
                bad.append((count, why))
                contradicting += [count] if why in (CONTRADICTORY, NOT_A_COUNT) else []
                continue
            key = count.version, count.value, count.start, count.end
            first = table.setdefault(key, count)
            if first is not count and first != count:
                twice.setdefault((grid, key), {first}).add(count)
    for (grid, key), several in twice.items():
        del seen[grid][key]
        bad.extend((count, TWICE) for count in sorted(several, key=lambda c: (c.events, c.exposure)))
        contradicting.extend(several)
    return [count for table in seen.values() for count in table.values()], contradicting


def _flaw(count: Count, latest: datetime) -> str:
    events, exposure = count.events, count.exposure
    if not (is_whole(events) and is_whole(exposure)):
        return NOT_A_COUNT
    if count.start.tzinfo is None or count.end.tzinfo is None or count.start >= count.end:
        return NO_TIME
    if count.end > latest:
        return AHEAD
    return CONTRADICTORY if events > exposure else ""


# --- beside the others of its bucket -----------------------------------------------------------------------------------------


def _spoiled(
    sound: Sequence[Count], contradicting: Sequence[Count], share: float
) -> tuple[set[tuple[Platform, Metric, datetime]], set[tuple[object, ...]]]:
    """Buckets in which everything is left out, and cells of one segment: what contradicts itself is too large a part of their events."""
    if not contradicting:
        return set(), set()
    events: dict[tuple[object, ...], int] = defaultdict(int)
    wrong: dict[tuple[object, ...], float] = defaultdict(float)
    for count in contradicting:
        wrong[_cell(count)] += count.events if is_whole(count.events) else math.inf
    for count in sound:
        events[_cell(count)] += count.events
    cells = {cell for cell, n in wrong.items() if n > 0 and n >= share * (n + events[cell])}
    whole = {(c.platform, c.metric, c.start) for c in contradicting if c.dimension is Dimension.ALL and _cell(c) in cells}
    return whole, cells


def _overlapping(sound: Sequence[Count], stored: Mapping[Grid, Collection[Span]]) -> set[tuple[Grid, Span]]:
    """Spans that overlap another one: of a stored and a new one the new, of two new ones the longer, of equal ones the later."""
    lapped = set()
    for grid, spans in _spans(sound).items():
        taken = sorted(stored.get(grid, ()))
        for span in sorted(spans.difference(taken), key=lambda s: (s[1] - s[0], s)):
            place = bisect_left(taken, span)
            if (place and taken[place - 1][1] > span[0]) or (place < len(taken) and taken[place][0] < span[1]):
                lapped.add((grid, span))
            else:
                taken.insert(place, span)
    return lapped


def _spans(counts: Iterable[Count]) -> dict[Grid, set[Span]]:
    found: dict[Grid, set[Span]] = {}
    for grid, rows in groupby(counts, _grid):
        found.setdefault(grid, set()).update(map(_span, rows))
    return found


def _shrunk(sound: Iterable[Count], stored: Mapping[Grid, Mapping[Place, tuple[int, int]]]) -> set[int]:
    """Identities of the counts that are stored already with larger numbers."""
    found = set()
    for grid, rows in groupby(sound, _grid):
        of_grid = stored.get(grid)
        for count in rows if of_grid else ():
            before = of_grid.get((count.version, count.value, count.start)) if of_grid else None
            if before is not None and (count.events < before[0] or count.exposure < before[1]):
                found.add(id(count))
    return found


def is_stored(count: Count, stored: Mapping[Grid, Mapping[Place, tuple[int, int]]]) -> bool:
    """Whether the ledger has this bucket of this version and segment."""
    return (count.version, count.value, count.start) in stored.get(_grid(count), {})
