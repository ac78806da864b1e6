"""Steps that read monitoring sources into the ledger.

Reading the same window again changes nothing: every row has a key. A source that fails, or has nothing fresh, is marked unknown and
costs the other sources nothing.

Add here when what is read must be kept in another way; rather in `integrations/sources` when it is about one vendor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeGuard

from configs.errors import LedgerBusy, LedgerError, RecallError
from configs.terms import Health
from integrations.contracts import EventSource, Source
from integrations.ledger.readings import mark_unknown, read_until, store_reading
from integrations.toolbox import Toolbox
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought: health of the source's data, new rows and quarantined rows."""

    source: str
    health: Health
    warning: str
    new_rows: int
    rejected: int


@step(identity=("app", "source", "since", "until"), subject="{app} · {source}")
def poll_source(work: Work, app: str, source: str, since: datetime, until: datetime) -> Polled:
    """Reads everything that arrived in [since, until) and keeps it; journals how many rows, of which health.

    Single events are kept block by block, each in a transaction of its own: after a crash the next poll goes on behind the last one.
    """
    asked = work.tools.sources[app][source]
    events = _events_kept(work, app, asked, since, until) if _brings_events(asked) else {}
    reading = asked.poll(since, until)
    with work.write() as txn:
        stored = store_reading(txn, app, reading)
        stored |= {kind: stored.get(kind, 0) + number for kind, number in events.items()}
        polled = Polled(source, reading.health, reading.warning, sum(stored.values()), len(reading.rejected) + events.get("rejected", 0))
        facts = {"since": since.isoformat(), "until": until.isoformat(), "health": reading.health.value, "warning": reading.warning[:300]}
        return work.done(txn, "source.read", facts | {"rows": dict(stored), "rejected": polled.rejected}, polled)


def _brings_events(source: Source) -> TypeGuard[EventSource]:
    return hasattr(source, "event_blocks")


def _events_kept(work: Work, app: str, source: EventSource, since: datetime, until: datetime) -> dict[str, int]:
    """How many single events and unusable rows were new."""
    from integrations.ledger.events import (
        Kept,
        digests_of,
        drop_old_chunks,
        keep_block,
        marks_of,
        stream_of,
    )  # Arrow costs a third of a second

    policy, platform = work.tools.policy.events, work.tools.settings.app(app).platform
    with work.write() as txn:
        stream = stream_of(txn, source.name, app, platform)
        marks, known, late = marks_of(txn, stream.id), digests_of(txn, stream.id), read_until(txn, source.name, app) is not None
        drop_old_chunks(txn, stream.id, until, policy)
    kept = Kept()
    for block in source.event_blocks(since, until, marks=marks, known=known, late=late):
        with work.write() as txn:
            kept += keep_block(txn, stream, block, since, policy)
    return {"events": kept.new, "rejected": kept.rejected}


@step(subject="{app} · {source}")
def mark_source_unknown(work: Work, app: str, source: str, until: datetime, reason: str) -> Polled:
    """Writes down that a source could not be read; its window is read again by the next poll."""
    with work.write() as txn:
        mark_unknown(txn, app, source, reason)
        return work.done(txn, "source.failed", {"reason": reason[:300]}, Polled(source, Health.UNKNOWN, reason, 0, 0))


def poll_app(tools: Toolbox, app: str, until: datetime) -> tuple[Polled, ...]:
    """Polls every source of an app up to `until`, each from where it was left."""
    return tuple(_polled(tools, app, source, until) for source in tools.sources[app])


def _polled(tools: Toolbox, app: str, source: str, until: datetime) -> Polled:
    with tools.book.read() as txn:
        since = read_until(txn, source, app) or until - first_look(tools)
    if since >= until:
        return Polled(source, Health.UNKNOWN, "nothing to read yet: the last poll was not before this one", 0, 0)
    try:
        return poll_source(tools, app=app, source=source, since=since, until=until)
    except (LedgerError, LedgerBusy):
        raise  # no fault of the source, and nothing can be written down
    except RecallError as err:
        return mark_source_unknown(tools, app=app, source=source, until=until, reason=err.message)


def first_look(tools: Toolbox) -> timedelta:
    """How far back the very first poll reads: what the words' baseline needs."""
    words = tools.policy.words
    return timedelta(days=words.history_days + words.max_lag_days)
