"""Keeping the single events of a source: block by block, each in a transaction of its own, so that a crash costs one block at most.

Add here when something is done around the keeping of events; rather in `integrations/ledger/events.py` when it is done in its transaction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeGuard

from integrations.contracts import EventSource, Source
from integrations.ledger.readings import read_until
from tasks.step import Work


@dataclass(frozen=True, slots=True)
class EventsKept:
    """How many single events were new, and how many unusable rows for which reason."""

    new: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        """How many rows could not be used."""
        return self.reasons.total()


def events_kept(work: Work, app: str, source: Source, since: datetime, until: datetime) -> EventsKept:
    """Keeps what a source has of single events before `until`, if it has any; after a crash it goes on behind the last block."""
    if not _brings_events(source):
        return EventsKept()
    from integrations.ledger import events  # Arrow costs a third of a second

    policy, platform = work.tools.policy.events, work.tools.settings.app(app).platform
    with work.write() as txn:
        stream = events.stream_of(txn, source.name, app, platform)
        marks, known = events.marks_of(txn, stream.id), events.digests_of(txn, stream.id)
        late = read_until(txn, source.name, app) is not None
        events.drop_old_chunks(txn, stream.id, until, policy)
    kept = events.Kept()
    for block in source.event_blocks(since, until, marks=marks, known=known, late=late):
        with work.write() as txn:
            kept += events.keep_block(txn, stream, block, since, policy)
    return EventsKept(kept.new, kept.reasons)


def _brings_events(source: Source) -> TypeGuard[EventSource]:
    return hasattr(source, "event_blocks")
