"""Counters of events by version, kind, bucket of five minutes and segment.

A bucket is where an event arrived: its received time, or the newest poll's beginning for one that shows up later than that. So a bucket
that was read once never changes.

Add here when events are counted in another cut; rather in `events.py` when it is about keeping the events themselves.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from configs.terms import Count, Dimension, EventKind, Metric, Platform
from integrations.event_blocks import KINDS, Bools, Ints, micros, moment_of
from integrations.ledger.book import Txn
from integrations.ledger.event_words import VERSION, Rooms
from integrations.ledger.packed import packed, unpacked

BUCKET = timedelta(minutes=5)
BUCKET_MICROS = BUCKET // timedelta(microseconds=1)

READ = "event counts"
"""Mark of what `event_counts` keeps for the rest of a transaction: the next release asks for nearly the same."""
SPARSE = 4
"""Cells a row for which a place each is faster than sorting."""

DIMENSIONS = (Dimension.ALL, Dimension.DEVICE, Dimension.OS, Dimension.COUNTRY)
"""A dimension is written as its place here. New ones go to the end: the ledger keeps the numbers."""
KIND_OF = {Metric.CRASH: EventKind.CRASH, Metric.ANR: EventKind.ANR}
SESSION = KINDS.index(EventKind.SESSION)

Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One source's events of one app on one platform."""

    id: int
    source: str
    app: str
    platform: Platform
    salt: int
    kinds: int

    def has(self, kind: EventKind) -> bool:
        """Whether an event of that kind was ever seen."""
        return bool(self.kinds >> KINDS.index(kind) & 1)


def bucket_of(times: Ints) -> Ints:
    """The bucket each of these times falls into, numbered from 1970."""
    return times // BUCKET_MICROS


def add_counts(txn: Txn, stream: int, number: int, arrived: Ints, version: Ints, kind: Ints, values: Mapping[Dimension, Ints]) -> None:
    """Adds counted events, one entry a row, to the counters. `number`: of the chunk they came in."""
    if not len(arrived):
        return
    txn.memo = {key: value for key, value in txn.memo.items() if not (isinstance(key, tuple) and key[0] == READ)}
    buckets = bucket_of(arrived)
    cells = [_tallied(buckets, version, kind, place, values.get(d, np.zeros_like(kind))) for place, d in enumerate(DIMENSIONS)]
    columns = {name: np.concatenate([cell[name] for cell in cells]) for name in cells[0]}
    txn.run(
        "INSERT INTO event_counters (stream, number, first_bucket, last_bucket, columns)"
        " VALUES (:stream, :number, :first, :last, :columns)",
        stream=stream,
        number=number,
        first=int(buckets.min()),
        last=int(buckets.max()),
        columns=packed(columns),
    )


def _tallied(bucket: Ints, version: Ints, kind: Ints, dimension: int, value: Ints) -> dict[str, npt.NDArray[Any]]:
    cells, number = _tally(bucket, version, kind, value)
    return {
        "bucket": cells[0].astype(np.int32),
        "version": cells[1].astype(np.int32),
        "kind": cells[2].astype(np.int8),
        "dimension": np.full(len(number), dimension, dtype=np.int8),
        "value": cells[3].astype(np.int32),
        "number": number,
    }


def _tally(*columns: Ints, weights: Ints | None = None) -> tuple[list[Ints], Ints]:
    """The different rows of these columns, in order, and how many there are of each (or the sum of their weights)."""
    lows = [int(column.min()) for column in columns]
    sizes = [int(column.max()) - low + 1 for column, low in zip(columns, lows, strict=True)]
    flat = np.ravel_multi_index([column - low for column, low in zip(columns, lows, strict=True)], sizes)
    if math.prod(sizes) <= SPARSE * len(flat):
        sums = np.bincount(flat) if weights is None else np.bincount(flat, weights=weights)
        found = np.flatnonzero(np.bincount(flat)) if weights is not None else np.flatnonzero(sums)
        number = sums[found].astype(np.int64)
    else:  # too many cells to have a place for each
        found, place = np.unique(flat, return_inverse=True)
        number = np.bincount(place, weights=weights).astype(np.int64)
    return [at + low for at, low in zip(np.unravel_index(found, sizes), lows, strict=True)], number


# --- reading ------------------------------------------------------------------------------------------------------------


def event_counts(txn: Txn, stream: Stream, metric: Metric, after: datetime, until: datetime) -> list[Count]:
    """Counts of whole buckets from `after` to `until`: users with their first crash (or ANR) of the day, of so many sessions.

    None for a metric the stream has never had an event of: nobody may be counting it.
    """
    kind = KIND_OF.get(metric)
    if kind is None or not stream.has(kind):
        return []
    first, last = -(-micros(after) // BUCKET_MICROS), micros(until) // BUCKET_MICROS - 1
    key = (READ, stream.id, metric)
    known: tuple[int, int, list[Count]] | None = txn.memo.get(key)
    begun, end, counts = known if known is not None and known[1] == last else (last + 1, last, [])
    if first < begun:
        counts = [*_counts_between(txn, stream, metric, first, begun - 1), *counts]
        txn.memo[key] = first, end, counts
    return counts[bisect_left(counts, moment_of(first * BUCKET_MICROS), key=lambda count: count.start) :]


def _counts_between(txn: Txn, stream: Stream, metric: Metric, first: int, last: int) -> list[Count]:
    found = _stored(txn, stream.id, first, last)
    return [] if found is None else _as_counts(stream, metric, found, Rooms.of(txn, stream.id, 0))


def _stored(txn: Txn, stream: int, first: int, last: int) -> Columns | None:
    parts = [
        unpacked(columns)
        for (columns,) in txn.tuples(
            "SELECT columns FROM event_counters WHERE stream = :stream AND last_bucket >= :first AND first_bucket <= :last ORDER BY number",
            stream=stream,
            first=first,
            last=last,
        )
    ]
    if not parts:
        return None
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    inside = (columns["bucket"] >= first) & (columns["bucket"] <= last)
    return {name: column[inside] for name, column in columns.items()}


def _as_counts(stream: Stream, metric: Metric, columns: Columns, rooms: Rooms) -> list[Count]:
    cells, events, exposure = _summed(columns, KINDS.index(KIND_OF[metric]))
    names = [{0: ""}, *(rooms.names(dimension.value) for dimension in DIMENSIONS[1:])]
    starts = {int(b): moment_of(int(b) * BUCKET_MICROS) for b in np.unique(cells[0])}
    versions, fixed = rooms.names(VERSION), (stream.source, stream.app, stream.platform)
    return [
        Count(*fixed, versions[v], metric, starts[b], starts[b] + BUCKET, x, n, DIMENSIONS[d], names[d][value])
        for b, v, d, value, x, n in zip(*(c.tolist() for c in cells), events.tolist(), exposure.tolist(), strict=True)
    ]


def _summed(columns: Columns, kind: int) -> tuple[list[Ints], Ints, Ints]:
    """Cells (bucket, version, dimension, value) in that order, with events of the kind and sessions in each."""
    wanted: Bools = (columns["kind"] == kind) | (columns["kind"] == SESSION)
    parts = [columns[name][wanted].astype(np.int64) for name in ("bucket", "version", "dimension", "value")]
    number = columns["number"][wanted]
    if not len(number):
        return parts, number, number
    events = np.where(columns["kind"][wanted] == kind, number, 0)
    cells, both = _tally(*parts, weights=number)
    _, mine = _tally(*parts, weights=events)
    return cells, mine, both - mine
