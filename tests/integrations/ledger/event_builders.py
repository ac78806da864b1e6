"""Blocks of events for tests of the ledger. Add here when two of them need it; rather in a test when only it does."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from configs.policy import Events
from configs.terms import Event, EventKind, Health, Platform, Reading
from integrations.event_blocks import KINDS, EventBlock, Mark, Texts, Words, micros
from integrations.ledger.book import Book
from integrations.ledger.events import Kept, keep_block, stream_of
from integrations.ledger.readings import store_reading
from tests.integrations.ledger.builders import NOON

APP, SOURCE, PLATFORM = "a", "s", Platform.ANDROID
POLICY = Events(keep_days=90, segment_values=3, count_within_hours=72)


def an_event(id_: str = "e1", kind: EventKind = EventKind.CRASH, **varied: object) -> Event:
    given = {"occurred": NOON, "received": NOON, "version": "2.0", "user": "u1", "device": "Pixel", "os_version": "15", "country": "DE"}
    return Event(SOURCE, id_, kind, APP, PLATFORM, **(given | varied))  # type: ignore[arg-type]


def a_block(events: Iterable[Event], mark: Mark | None = None, digest: bytes = b"") -> EventBlock:
    rows = list(events)

    def words(name: str) -> Words:
        column = [str(getattr(e, name)) for e in rows]
        known = tuple(dict.fromkeys(column))
        return Words(known, np.array([known.index(word) for word in column], dtype=np.int64))

    return EventBlock(
        ids=Texts.of([e.id for e in rows]),
        users=Texts.of([e.user for e in rows]),
        kinds=np.array([KINDS.index(e.kind) for e in rows], dtype=np.int64),
        occurred=np.array([micros(e.occurred) for e in rows], dtype=np.int64),
        received=np.array([micros(e.received) for e in rows], dtype=np.int64),
        version=words("version"),
        device=words("device"),
        os_version=words("os_version"),
        country=words("country"),
        mark=mark,
        digest=digest,
    )


def kept(book: Book, *events: Event, since: datetime = NOON, policy: Events = POLICY, block: EventBlock | None = None) -> Kept:
    with book.write() as txn:
        return keep_block(txn, stream_of(txn, SOURCE, APP, PLATFORM), a_block(events) if block is None else block, since, policy)


def read_to(book: Book, until: datetime = NOON + timedelta(hours=1)) -> None:
    """Marks the source as read to the end of that time."""
    with book.write() as txn:
        store_reading(txn, APP, Reading(SOURCE, until, until, until, Health.HEALTHY))
