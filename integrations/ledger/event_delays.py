"""How late the events of a source arrived before a moment, from the events as they were kept.

Only what was received before that moment counts, so that it makes no difference when somebody asks, or how often the source was read.

Add here when delays are told in another cut; rather in `tasks/rules/late.py` when it is what follows from them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import numpy as np

from configs.terms import EventKind, Metric, Platform
from integrations.event_blocks import KINDS, MICROSECOND, Bools, Ints, micros
from integrations.ledger.book import Txn
from integrations.ledger.event_counters import BUCKET_MICROS, KIND_OF, Stream, bucket_of
from integrations.ledger.event_words import VERSION, Rooms
from integrations.ledger.events import streams_of, versions_of
from integrations.ledger.packed import unpacked

DELAYS = 289
"""Delays are told apart up to a day, in buckets of five minutes; the last number is of every longer one."""

SESSION = EventKind.SESSION

Delays = Mapping[EventKind, Ints]
"""How many events of a kind were received 0, 1, 2, ... buckets after they occurred."""


def kind_of(metric: Metric) -> EventKind | None:
    """The single events that are counted for a metric; None where none are."""
    return KIND_OF.get(metric)


def versions_told(txn: Txn, app: str, platform: Platform) -> frozenset[str]:
    """Every version of which a single event was ever told."""
    return frozenset(version for stream in streams_of(txn, app, platform) for version in versions_of(txn, stream))


def delays_between(
    txn: Txn, app: str, platform: Platform, versions: Collection[str], since: datetime, until: datetime, within: timedelta
) -> dict[str, Delays]:
    """By source, the delays of these versions' events that were received in [since, until).

    Args:
        within: what was received longer after it occurred is counted nowhere, and not here either. An event from the future is not late.
    """
    asked = (tuple(sorted(versions)), since, until, within)
    found: dict[str, Delays] = {}
    for stream in streams_of(txn, app, platform):
        key = ("event delays", stream.id, asked)
        if key not in txn.memo:
            txn.memo[key] = _delays(txn, stream, *asked)
        found[stream.source] = txn.memo[key]
    return found


def _delays(txn: Txn, stream: Stream, versions: Collection[str], since: datetime, until: datetime, within: timedelta) -> Delays:
    names = Rooms.of(txn, stream.id, 0).names(VERSION)
    codes = [code for code, name in names.items() if name in versions]
    numbers = np.zeros((len(KINDS), DELAYS), dtype=np.int64)
    wanted = (
        "SELECT event_chunks.columns FROM event_chunks JOIN event_counters USING (stream, number)"
        " WHERE stream = :stream AND received_last >= :since AND first_bucket < :until ORDER BY number"
    )
    last = -(-micros(until) // BUCKET_MICROS)  # what was read afterwards was received later, or nobody had it by then
    for (packed,) in txn.stream(wanted, stream=stream.id, since=micros(since), until=last) if codes else ():
        columns = unpacked(packed)
        received, occurred = columns["received"], columns["occurred"]
        counted: Bools = (received >= micros(since)) & (received < micros(until)) & np.isin(columns["version"], codes)
        counted &= received - occurred <= within // MICROSECOND
        late = np.clip(bucket_of(received[counted]) - bucket_of(occurred[counted]), 0, DELAYS - 1)
        cells = columns["kind"][counted].astype(np.int64) * DELAYS + late
        numbers += np.bincount(cells, minlength=numbers.size).reshape(numbers.shape)
    return dict(zip(KINDS, numbers, strict=True))
