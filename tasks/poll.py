"""Steps that read monitoring sources into the ledger.

Reading the same window again changes nothing: every row has a key. A source that fails, or has nothing fresh, is marked unknown and
costs the other sources nothing.

Add here when what is read must be kept in another way; rather in `integrations/sources` when it is about one vendor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from configs.errors import LedgerBusy, LedgerError, RecallError
from configs.terms import Health, Rejected
from integrations.ledger.quarantine import hold
from integrations.ledger.readings import mark_unknown, read_until, store_reading
from integrations.toolbox import Toolbox
from tasks.events import EventsKept, events_kept
from tasks.sift import hold_told, hold_unlisted, sifted_reading, take_in_listed
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought: health of the source's data, new rows, quarantined rows, and rows held until it is sure what they are."""

    source: str
    health: Health
    warning: str
    new_rows: int
    rejected: int
    held: int = 0


@step(identity=("app", "source", "since", "until"), subject="{app} · {source}")
def poll_source(work: Work, app: str, source: str, since: datetime, until: datetime) -> Polled:
    """Reads everything that arrived in [since, until) and keeps what is believed; journals how many rows, of which health."""
    asked = work.tools.sources[app][source]
    events = events_kept(work, app, asked, since, until)
    brought = asked.poll(since, until)
    brought = replace(brought, since=since, until=min(brought.until, until))  # what was asked for is our word, not the source's
    with work.write() as txn:
        found = sifted_reading(work.tools, txn, app, brought)
        reading = found.kept
        stored = store_reading(txn, app, reading)
        held = hold(txn, app, source, found.held) + hold_told(txn, app)
        stored |= {"events": events.new, "rejected": stored["rejected"] + events.rejected} if events != EventsKept() else {}
        rejected = len(reading.rejected) + events.rejected
        polled = Polled(source, reading.health, reading.warning, sum(stored.values()), rejected, held)
        facts = {"since": since.isoformat(), "until": until.isoformat(), "health": reading.health.value, "warning": reading.warning[:300]}
        aside = {"rejected": rejected, "reasons": reasons_of(reading.rejected, events.reasons), "held": held}
        return work.done(txn, "source.read", facts | {"rows": dict(stored)} | aside, polled)


@step(subject="{app} · {source}")
def mark_source_unknown(work: Work, app: str, source: str, until: datetime, reason: str) -> Polled:
    """Writes down that a source could not be read; its window is read again by the next poll."""
    with work.write() as txn:
        mark_unknown(txn, app, source, reason)
        return work.done(txn, "source.failed", {"reason": reason[:300]}, Polled(source, Health.UNKNOWN, reason, 0, 0))


def poll_app(tools: Toolbox, app: str, until: datetime) -> tuple[Polled, ...]:
    """Polls every source of an app up to `until`, each from where it was left.

    Afterwards, whichever source brought the release list: what was held for a release now listed is taken in, and when the first list of
    all comes after the counts, those of versions nobody released are held after all.
    """
    polled = tuple(_polled(tools, app, source, until) for source in tools.sources[app])
    hold_unlisted(tools, app)
    take_in_listed(tools, app)
    return polled


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


def reasons_of(rejected: Sequence[Rejected], of_events: Mapping[str, int]) -> dict[str, int]:
    """How many rows, and rows of events, were put aside for each of the commonest reasons."""
    found = Counter(row.reason[:100] for row in rejected)
    for reason, rows in of_events.items():
        found[reason[:100]] += rows
    return dict(found.most_common(5))


def first_look(tools: Toolbox) -> timedelta:
    """How far back the very first poll reads: what the words' baseline needs."""
    words = tools.policy.words
    return timedelta(days=words.history_days + words.max_lag_days)
