"""What one table says over time, sorted, so that a poll is two look-ups: the same window always gives the same answer.

Add here when readings of files and queries must say more; rather in `integrations/sources/records.py` when one row must.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Generic, TypeVar

from configs.terms import Count, Health, InstalledBase, Reading, Rejected, Release, Signal
from integrations.sources.columns import What
from integrations.sources.delimited import Row
from integrations.sources.records import Owner, Unusable, Value, value_of, when

V = TypeVar("V")

LISTED = 10_000
"""Most rejected rows of one table that are kept one by one; the rest is counted."""
STALE_AFTER = {
    What.REVIEWS: timedelta(days=3),
    What.TICKETS: timedelta(days=3),
    What.COUNTS: timedelta(hours=6),
    What.INSTALLED: timedelta(days=2),
    What.RELEASES: timedelta(days=365),
}
"""When a table without newer rows counts as stale, unless the option `stale_after_hours` says otherwise."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When a table without newer rows is stale, and how long after its own time a row may be added; it arrives that much later."""

    stale_after: timedelta
    late_by: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Dated(Generic[V]):
    """Things and when they arrived, sorted by that; equal times keep the table's order."""

    times: tuple[datetime, ...] = ()
    things: tuple[V, ...] = ()

    def between(self, since: datetime, until: datetime) -> tuple[V, ...]:
        """What arrived in [since, until)."""
        return self.things[bisect_left(self.times, since) : bisect_left(self.times, until)]

    def newest(self, until: datetime) -> datetime | None:
        """The last arrival before `until`."""
        position = bisect_left(self.times, until)
        return self.times[position - 1] if position else None


def dated(pairs: Iterable[tuple[datetime, V]]) -> Dated[V]:
    """The pairs, sorted by time."""
    in_order = sorted(pairs, key=itemgetter(0))
    return Dated(tuple(at for at, _ in in_order), tuple(thing for _, thing in in_order))


@dataclass(slots=True)
class Table:
    """One file's or query's rows, in its order. Undated bad rows are dated by the row before them, else by the next."""

    values: list[Value] = field(default_factory=list)
    rejected: list[tuple[datetime, Rejected]] = field(default_factory=list)
    of_others: int = 0
    unlisted: int = 0


def table_of(rows: Iterable[Row], what: What, owner: Owner, place: str, otherwise: datetime) -> Table:
    """The rows, read.

    Args:
        place: the table's name, for the places of rejected rows.
        otherwise: when bad rows arrived if no row has a readable time.
    """
    table, first, last = Table(), None, None
    undated: list[Rejected] = []
    for line, cells in rows:
        try:
            if isinstance(cells, Unusable):
                raise cells
            value = value_of(cells, what, owner)
        except Unusable as err:
            last = err.at or last
            _reject(table, undated, Rejected(owner.source, f"{place}:{line}", err.reason, err.excerpt), last)
        else:
            if value is None:
                table.of_others += 1
                continue
            last = when(value)
            table.values.append(value)
        first = first or last
    table.rejected[:0] = [(first or otherwise, bad) for bad in undated]
    return table


def _reject(table: Table, undated: list[Rejected], bad: Rejected, at: datetime | None) -> None:
    if len(table.rejected) + len(undated) >= LISTED:
        table.unlisted += 1
    elif at is None:
        undated.append(bad)
    else:
        table.rejected.append((at, bad))


@dataclass(frozen=True, slots=True)
class History:
    """All tables of one source together."""

    what: What
    values: Dated[Value]
    rejected: Dated[Rejected]
    doubled: Dated[str]
    of_others: int
    unlisted: int

    def reading(self, source: str, since: datetime, until: datetime, pace: Pace) -> Reading:
        """What arrived in [since, until), and how far the source's data can be trusted."""
        window = since - pace.late_by, until - pace.late_by
        values, rejected = self.values.between(*window), self.rejected.between(*window)
        fresh = self.values.newest(window[1])
        doubts = self._doubts(fresh, window[1], pace.stale_after)
        if len(rejected) > len(values):
            doubts.append("most rows of this window are unusable")
        said = [*doubts, *self._remarks(len(rejected), len(self.doubled.between(*window)))]
        health = Health.UNKNOWN if doubts else Health.HEALTHY
        empty = Reading(source, since, until, fresh, health, "; ".join(said), rejected=rejected)
        return _filled(empty, self.what, values)

    def warnings(self) -> tuple[str, ...]:
        """What is odd about the whole of it."""
        nothing = [] if self.values.things else [self._nothing("at all")]
        return (*nothing, *self._remarks(len(self.rejected.things), len(self.doubled.things)))

    def _doubts(self, fresh: datetime | None, until: datetime, stale_after: timedelta) -> list[str]:
        if fresh is None:
            return [self._nothing(f"before {until:%Y-%m-%d %H:%M} UTC")]
        if until - fresh > stale_after:
            hours = stale_after.total_seconds() / 3600
            return [f"stale: the newest of the {self.what} is from {fresh:%Y-%m-%d %H:%M} UTC, more than {hours:g} h before"]
        return []

    def _nothing(self, extent: str) -> str:
        others = f"; {self.of_others} rows are of other apps or platforms, see the option `app`" if self.of_others else ""
        bad = f"; {len(self.rejected.things) + self.unlisted} rows are unusable" if self.rejected.things else ""
        return f"no {self.what} {extent}{others}{bad}"

    def _remarks(self, rejected: int, doubled: int) -> list[str]:
        remarks = [f"{rejected} rows rejected"] if rejected else []
        if self.unlisted:
            remarks.append(f"{self.unlisted} more rejected rows are not listed")
        if doubled:
            remarks.append(f"{doubled} rows repeat an earlier row's key and are left out")
        return remarks


def history_of(what: What, tables: Sequence[Table]) -> History:
    """The tables together. Of rows with the same key the first wins."""
    seen: set[object] = set()
    values: list[tuple[datetime, Value]] = []
    doubled: list[tuple[datetime, str]] = []
    for table in tables:
        for value in table.values:
            key = _key(value)
            if key in seen:
                doubled.append((when(value), str(key)))
                continue
            seen.add(key)
            values.append((when(value), value))
    bad = [pair for table in tables for pair in table.rejected]
    others, unlisted = sum(t.of_others for t in tables), sum(t.unlisted for t in tables)
    return History(what, dated(values), dated(bad), dated(doubled), others, unlisted)


def _key(value: Value) -> object:
    match value:
        case Signal():
            return value.id
        case Release():
            return value.app, value.platform, value.version
        case Count():
            return replace(value, events=0, exposure=0)
        case InstalledBase():
            return value.app, value.platform, value.version, value.country, value.os_version, value.at


def _filled(reading: Reading, what: What, values: tuple[Value, ...]) -> Reading:
    match what:
        case What.RELEASES:
            return replace(reading, releases=tuple(v for v in values if isinstance(v, Release)))
        case What.COUNTS:
            return replace(reading, counts=tuple(v for v in values if isinstance(v, Count)))
        case What.INSTALLED:
            return replace(reading, installed=tuple(v for v in values if isinstance(v, InstalledBase)))
        case _:
            return replace(reading, signals=tuple(v for v in values if isinstance(v, Signal)))
