"""Single events in the ledger: each kept once and counted, in the transaction of the block that brought it.

Add here when something else is done with every block of events; rather in `event_counters.py` when it is counted otherwise, in
`event_keys.py` when repeats are found otherwise.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from configs.policy import Events
from configs.terms import Count, Dimension, EventKind, Metric, Platform, Rejected, Release
from integrations.event_blocks import MICROSECOND, Bools, EventBlock, Ints, Mark, micros
from integrations.ledger.book import Txn
from integrations.ledger.event_counters import BUCKET, KIND_OF, SESSION, Stream, add_counts, event_counts
from integrations.ledger.event_hash import combined, keys_of
from integrations.ledger.event_keys import KeySet, forget_before
from integrations.ledger.event_words import VERSION, Rooms
from integrations.ledger.packed import Column, packed
from integrations.ledger.quarantine import versions_held
from integrations.ledger.reading_columns import Values, clean, rejected_columns
from integrations.ledger.readings import keep_rows

EVENT_IDS = 0
"""The key set of a stream's event ids; the others are numbered by their day."""
TOO_OLD = "happened too long before they arrived"
DAY_MICROS = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one block brought: events that were new, events the ledger had, and how many unusable rows for which reason."""

    new: int = 0
    known: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        """How many rows could not be used."""
        return self.reasons.total()

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.new + other.new, self.known + other.known, self.reasons + other.reasons)


@dataclass(frozen=True, slots=True)
class _Coded:
    """A block's new events, their words as numbers, in order of arrival."""

    block: EventBlock
    rows: Ints
    users: Ints
    arrived: Ints
    kinds: Ints
    version: Ints
    values: dict[Dimension, Ints]


def stream_of(txn: Txn, source: str, app: str, platform: Platform) -> Stream:
    """That source's stream; it gets its number and its salt at the first call."""
    known = streams_of(txn, app, platform, source)
    if known:
        return known[0]
    newest = txn.one("SELECT max(id) AS id FROM event_streams")
    made = Stream(1 + int((newest and newest["id"]) or 0), source, app, platform, secrets.randbits(63), 0)
    txn.run(
        "INSERT INTO event_streams (source, app, platform, id, salt, kinds) VALUES (:source, :app, :platform, :id, :salt, 0)",
        source=source,
        app=app,
        platform=platform.value,
        id=made.id,
        salt=made.salt,
    )
    return made


def streams_of(txn: Txn, app: str, platform: Platform, source: str = "") -> list[Stream]:
    """The streams of an app, of one source if named, in the order of their numbers."""
    found = txn.tuples(
        "SELECT id, source, salt, kinds FROM event_streams WHERE app = :app AND platform = :platform"
        " AND (:any_source = 1 OR source = :source) ORDER BY id",
        app=app,
        platform=platform.value,
        any_source=int(not source),
        source=source,
    )
    return [Stream(id_, name, app, platform, salt, kinds) for id_, name, salt, kinds in found]


def versions_of(txn: Txn, stream: Stream) -> frozenset[str]:
    """Every version of which a single event was ever told, held or not."""
    return frozenset(Rooms.of(txn, stream.id, 0).names(VERSION).values())


def tellers_of(txn: Txn, release: Release, metric: Metric) -> frozenset[str]:
    """Names of the sources that told single events of that metric, and some event of that release."""
    found = (s for s in streams_of(txn, release.app, release.platform) if metric in KIND_OF and s.has(KIND_OF[metric]))
    return frozenset(stream.source for stream in found if release.version in versions_of(txn, stream))


def reporters_of(txn: Txn, app: str, platform: Platform, metric: Metric) -> tuple[str, ...]:
    """Names of the sources that ever told a single event of that metric."""
    kind = KIND_OF.get(metric)
    return tuple(stream.source for stream in streams_of(txn, app, platform) if kind is not None and stream.has(kind))


def keep_block(txn: Txn, stream: Stream, block: EventBlock, since: datetime, policy: Events) -> Kept:
    """Keeps what of the block is new, counts it, and moves the file's mark: all of it or, when the transaction fails, nothing.

    Args:
        since: where the poll's window begins; what was received before it counts as arriving then.
    """
    reasons = _kept_aside(txn, stream.app, block.rejected)
    new, old = _keep_new(txn, stream, block, since, policy) if len(block) else (0, 0)
    if block.digest and not block.is_repeat:
        remember = "INSERT INTO event_texts (stream, digest) VALUES (:stream, :digest) ON CONFLICT DO NOTHING"
        txn.run(remember, stream=stream.id, digest=block.digest)
    if block.mark is not None:
        _move_mark(txn, stream.id, block.mark)
    return Kept(new, len(block) - new, reasons + Counter({TOO_OLD: old} if old else {}))


def _kept_aside(txn: Txn, app: str, rows: Sequence[Rejected]) -> Counter[str]:
    """How many of these unusable rows were not aside already, by reason."""
    by_reason: dict[str, list[Values]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(rejected_columns(txn, app, row))
    return Counter({reason: keep_rows(txn, "rejected", "source, app, place", aside) for reason, aside in by_reason.items()})


def _keep_new(txn: Txn, stream: Stream, block: EventBlock, since: datetime, policy: Events) -> tuple[int, int]:
    """How many were new, and how many of them too old to be counted."""
    keys = keys_of(block.ids, stream.salt)
    in_order, rows = np.unique(keys, return_index=True)
    known = KeySet(txn, stream.id, EVENT_IDS)
    fresh = ~known.knows(in_order)
    number = _next_number(txn, stream.id)
    if not fresh.any():
        return 0, 0
    known.add(in_order[fresh])
    coded = _coded(txn, stream, block, rows[fresh], keys, since, policy)
    _keep_chunk(txn, stream.id, number, coded)
    recent: Bools = block.occurred[coded.rows] >= coded.arrived - timedelta(hours=policy.count_within_hours) // MICROSECOND
    _count(txn, stream, number, coded, micros(since), recent)
    return int(fresh.sum()), _told_old(txn, stream, number, int((~recent).sum()), policy)


def _told_old(txn: Txn, stream: Stream, number: int, old: int, policy: Events) -> int:
    """Puts on record that so many of a chunk's events say nothing about now: they are kept, and counted nowhere."""
    if old:
        why = f"{old} events happened more than {policy.count_within_hours:g} hours before they arrived: kept, and counted nowhere"
        row = rejected_columns(txn, stream.app, Rejected(stream.source, f"chunk {number}", why))
        keep_rows(txn, "rejected", "source, app, place", [row])
    return old


def _coded(txn: Txn, stream: Stream, block: EventBlock, rows: Ints, keys: Ints, since: datetime, policy: Events) -> _Coded:
    arrived = np.maximum(block.received, micros(since))
    rows = np.sort(rows)
    rows = rows[np.argsort(arrived[rows], kind="stable")]
    rooms = Rooms.of(txn, stream.id, policy.segment_values)
    columns = {Dimension.DEVICE: block.device, Dimension.OS: block.os_version, Dimension.COUNTRY: block.country}
    values = {dimension: rooms.values(dimension, column)[rows] for dimension, column in columns.items()}
    unnamed = np.diff(block.users.ends)[rows] == 0
    users = np.where(unnamed, keys[rows], keys_of(block.users, stream.salt)[rows])
    return _Coded(block, rows, users, arrived[rows], block.kinds[rows], rooms.versions(block.version)[rows], values)


def _keep_chunk(txn: Txn, stream: int, number: int, coded: _Coded) -> None:
    """The user is left out: who it was is of no use here, and whether they were counted today stands among the keys."""
    block, rows = coded.block, coded.rows
    columns: dict[str, Column] = {
        "id": block.ids.taken(rows),
        "kind": coded.kinds.astype(np.int8),
        "occurred": block.occurred[rows],
        "received": block.received[rows],
        "version": coded.version.astype(np.int32),
        **{dimension.value: codes.astype(np.int32) for dimension, codes in coded.values.items()},
    }
    txn.run(
        "INSERT INTO event_chunks (stream, number, received_last, events, columns) VALUES (:stream, :number, :last, :events, :columns)",
        stream=stream,
        number=number,
        last=int(block.received[rows].max()),
        events=len(rows),
        columns=packed(columns),
    )


def _count(txn: Txn, stream: Stream, number: int, coded: _Coded, since: int, recent: Bools) -> None:
    counted = _counted(txn, stream.id, coded, recent)
    forget_before(txn, stream.id, since // DAY_MICROS)
    values = {dimension: codes[counted] for dimension, codes in coded.values.items()}
    add_counts(txn, stream.id, number, coded.arrived[counted], coded.version[counted], coded.kinds[counted], values)
    seen = stream.kinds | sum(1 << int(kind) for kind in np.unique(coded.kinds))
    txn.run("UPDATE event_streams SET kinds = kinds | :seen WHERE id = :id", seen=seen, id=stream.id)


def _counted(txn: Txn, stream: int, coded: _Coded, recent: Bools) -> Bools:
    """Every session, and of crashes and ANRs each user's first to arrive on that UTC day, per version and kind."""
    counted: Bools = recent & (coded.kinds == SESSION)
    rows = np.flatnonzero(recent & (coded.kinds != SESSION))
    days = coded.arrived[rows] // DAY_MICROS
    keys = combined(coded.users[rows], coded.version[rows], coded.kinds[rows])
    for day in np.unique(days):
        today = rows[days == day]
        in_order, first = np.unique(keys[days == day], return_index=True)
        users = KeySet(txn, stream, int(day))
        fresh = ~users.knows(in_order)
        users.add(in_order[fresh])
        counted[today[first[fresh]]] = True
    return counted


# --- files --------------------------------------------------------------------------------------------------------------


def marks_of(txn: Txn, stream: int) -> dict[str, Mark]:
    """How far each file was read."""
    found = txn.tuples("SELECT file, offset_bytes, lines, size, tail FROM event_files WHERE stream = :stream", stream=stream)
    return {file: Mark(file, offset, lines, size, bytes(tail)) for file, offset, lines, size, tail in found}


def digests_of(txn: Txn, stream: int) -> frozenset[bytes]:
    """The stretches of text whose every event the ledger has."""
    return frozenset(bytes(row[0]) for row in txn.tuples("SELECT digest FROM event_texts WHERE stream = :stream", stream=stream))


def _move_mark(txn: Txn, stream: int, mark: Mark) -> None:
    txn.run(
        "INSERT INTO event_files (stream, file, offset_bytes, lines, size, tail) VALUES (:stream, :file, :offset, :lines, :size, :tail)"
        " ON CONFLICT (stream, file) DO UPDATE SET"
        " offset_bytes = excluded.offset_bytes, lines = excluded.lines, size = excluded.size, tail = excluded.tail",
        stream=stream,
        file=clean(mark.file),
        offset=mark.offset,
        lines=mark.lines,
        size=mark.size,
        tail=mark.tail,
    )


def _next_number(txn: Txn, stream: int) -> int:
    """Chunks and counters go under one number; old chunks are dropped, and a chunk in which nobody was counted has no counters."""
    tables = ("event_chunks", "event_counters")
    newest = [txn.tuples(f"SELECT max(number) FROM {table} WHERE stream = :stream", stream=stream)[0][0] or 0 for table in tables]
    return 1 + max(newest)


def drop_old_chunks(txn: Txn, stream: int, until: datetime, policy: Events) -> int:
    """Drops chunks whose newest event is older than the policy keeps them; keys and counters stay. How many went."""
    oldest = micros(until - timedelta(days=policy.keep_days))
    return txn.run("DELETE FROM event_chunks WHERE stream = :stream AND received_last < :oldest", stream=stream, oldest=oldest)


# --- reading back -------------------------------------------------------------------------------------------------------


def counts_of_events(txn: Txn, app: str, platform: Platform, metric: Metric, after: datetime, others: Sequence[Count] = ()) -> list[Count]:
    """The counts of every stream of that app, in complete buckets only: up to where its source was read to the end.

    Args:
        others: what other sources counted. A stream that never brought a session takes its exposure from them, where their buckets agree.
    """
    found: list[Count] = []
    for stream in streams_of(txn, app, platform):
        read = txn.one("SELECT read_until FROM sources WHERE name = :name AND app = :app", name=stream.source, app=app)
        if read is not None and read["read_until"]:
            until = read.moment("read_until")
            held = versions_held(txn, app, stream.source)
            told = event_counts(txn, stream, metric, after, until)
            mine = [c for c in told if c.version not in held] if held else told
            is_counted = metric in KIND_OF and stream.has(KIND_OF[metric])
            is_without = is_counted and not stream.has(EventKind.SESSION)
            others_now = [c for c in others if c.end <= until] if is_without else []
            found += (others_now and _with_exposure(stream.source, mine, others_now)) or mine
    return found


def _with_exposure(source: str, events: Sequence[Count], others: Sequence[Count]) -> list[Count]:
    """A count for each of the others' buckets and segments: their exposure, and our events of it, which may be none."""
    mine = {(c.version, c.start, c.dimension, c.value): c.events for c in events}
    return [
        replace(other, source=source, events=mine.get((other.version, other.start, other.dimension, other.value), 0))
        for other in others
        if other.end - other.start == BUCKET
    ]
