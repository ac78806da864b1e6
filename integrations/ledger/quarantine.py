"""Rows that are held: whole in the `rejected` table, until they are taken in or dropped; and what is stored around a reading's counts.

A held row is JSON of its own columns in `excerpt`; its `reason` begins with HELD.

Add here when held rows are kept or found otherwise; rather in `tasks/rules/plausibility.py` when other rows should be held.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from configs.terms import Count, Dimension, Held, Metric, Platform, Signal
from integrations.ledger.book import Row, Txn
from integrations.ledger.reading_columns import clean, count_columns, signal_columns
from integrations.ledger.readings import COUNT_KEY, SIGNAL_KEY, keep_rows
from integrations.ledger.times import as_text, as_time

HELD = "held: "
"""How the reason of a held row begins, in the table."""

EVENTS = "single events of "
"""How the place of held events begins, after HELD; the version follows. One row stands for all of a source's events of that version."""

_OF_SOURCE = "source || '' = :source"
"""Not by the primary key, which begins with the source and would read all of its history: the index by time is the one to use."""

Place = tuple[str, str, datetime]
Grid = tuple[Platform, Metric, Dimension]
Span = tuple[datetime, datetime]
KEYS = {"counts": COUNT_KEY, "signals": SIGNAL_KEY}


@dataclass(frozen=True, slots=True)
class HeldRows:
    """How many rows of one source are held for one reason, and since when."""

    app: str
    source: str
    reason: str
    rows: int
    since: datetime


def hold(txn: Txn, app: str, source: str, held: Iterable[Held]) -> int:
    """How many of these rows are newly held; one that is held already stays as it is."""
    rows = [
        {
            "source": source,
            "app": app,
            "place": f"{HELD}{clean(one.place)}",
            "reason": f"{HELD}{clean(one.reason)}",
            "excerpt": json.dumps(_columns(one.row), ensure_ascii=False),
            "at": as_text(txn.now),
        }
        for one in held
    ]
    return keep_rows(txn, "rejected", "source, app, place", rows)


def hold_events(txn: Txn, app: str, source: str, reasons: Mapping[str, str]) -> int:
    """How many versions' single events are newly held, each for its reason. They stay where they are, and no count tells of them."""
    txn.memo.pop((EVENTS, app, source), None)
    rows = [
        {
            "source": source,
            "app": app,
            "place": f"{HELD}{EVENTS}{clean(version)}",
            "reason": f"{HELD}{clean(reason)}",
            "excerpt": json.dumps({"events": version}, ensure_ascii=False),
            "at": as_text(txn.now),
        }
        for version, reason in sorted(reasons.items())
    ]
    return keep_rows(txn, "rejected", "source, app, place", rows)


def versions_held(txn: Txn, app: str, source: str) -> frozenset[str]:
    """The versions whose single events of that source are held."""
    key = (EVENTS, app, source)
    if key not in txn.memo:
        found = txn.tuples(
            "SELECT excerpt FROM rejected WHERE source = :source AND app = :app AND substr(place, 1, :long) = :begin",
            source=source,
            app=app,
            long=len(HELD + EVENTS),
            begin=HELD + EVENTS,
        )
        txn.memo[key] = frozenset(str(json.loads(excerpt)["events"]) for (excerpt,) in found)
    held: frozenset[str] = txn.memo[key]
    return held


def _columns(row: Count | Signal) -> Mapping[str, object]:
    return count_columns(row) if isinstance(row, Count) else signal_columns(row)


def held_of(txn: Txn, app: str, sources: Iterable[str]) -> tuple[HeldRows, ...]:
    """What is held of these sources of an app, by source and reason; reads nothing of the others."""
    found = (
        row
        for source in sorted(sources)
        for row in txn.rows(
            "SELECT app, source, reason, count(*) AS n, min(at) AS since FROM rejected WHERE source = :source AND app = :app"
            " AND substr(reason, 1, 6) = :held GROUP BY app, source, reason ORDER BY reason",
            held=HELD,
            source=source,
            app=app,
        )
    )
    return tuple(map(_held, found))


def held_rows(txn: Txn, app: str = "") -> tuple[HeldRows, ...]:
    """What is held, of one app or of all, by app, source and reason."""
    found = txn.rows(
        "SELECT app, source, reason, count(*) AS n, min(at) AS since FROM rejected WHERE substr(reason, 1, 6) = :held"
        " AND (:app = '' OR app = :app) GROUP BY app, source, reason ORDER BY app, source, reason",
        held=HELD,
        app=app,
    )
    return tuple(map(_held, found))


def _held(row: Row) -> HeldRows:
    reason = row.text("reason").removeprefix(HELD)
    return HeldRows(row.text("app"), row.text("source"), reason, row.number("n"), row.moment("since"))


def take_in(txn: Txn, held: HeldRows) -> dict[str, int]:
    """How many rows of each kind are new, now that these are kept as if they had just arrived. They are held no longer.

    Held events are in the ledger already: from now on counts tell of them.
    """
    txn.memo.pop((EVENTS, held.app, held.source), None)
    wanted = {"app": held.app, "source": held.source, "reason": f"{HELD}{held.reason}"}
    found = txn.tuples("SELECT excerpt FROM rejected WHERE app = :app AND source = :source AND reason = :reason ORDER BY place", **wanted)
    rows = [json.loads(excerpt) for (excerpt,) in found]
    tables = {"counts": [r for r in rows if "metric" in r], "signals": [r for r in rows if not {"metric", "events"} & r.keys()]}
    new = {table: keep_rows(txn, table, KEYS[table], of) for table, of in tables.items()}
    txn.run("DELETE FROM rejected WHERE app = :app AND source = :source AND reason = :reason", **wanted)
    return new


def counted_versions(txn: Txn, app: str) -> tuple[tuple[Platform, str], ...]:
    """Every version of an app that has counts, with its platform."""
    found = txn.tuples("SELECT DISTINCT platform, version FROM counts WHERE app = :app ORDER BY platform, version", app=app)
    return tuple((Platform(platform), version) for platform, version in found)


def withdraw(txn: Txn, app: str, platform: Platform, version: str) -> int:
    """How many counts of a version are taken out again; hold them first, or they are lost."""
    return txn.run(
        "DELETE FROM counts WHERE app = :app AND platform = :platform AND version = :version",
        app=app,
        platform=platform.value,
        version=version,
    )


def drop(txn: Txn, held: HeldRows, why: str) -> int:
    """How many rows are held no longer and will not be taken in; they stay readable, with `why` as their reason."""
    return txn.run(
        "UPDATE rejected SET reason = :why WHERE app = :app AND source = :source AND reason = :reason",
        why=clean(why),
        app=held.app,
        source=held.source,
        reason=f"{HELD}{held.reason}",
    )


# --- what is stored around a reading's counts -----------------------------------------------------------------------------


def counts_around(
    txn: Txn, app: str, source: str, counts: Iterable[Count]
) -> tuple[dict[Grid, dict[Place, tuple[int, int]]], dict[Grid, set[Span]]]:
    """The stored numbers of a source's buckets in the time these counts are about, and their spans with the one before them."""
    numbers: dict[Grid, dict[Place, tuple[int, int]]] = {}
    spans: dict[Grid, set[Span]] = {}
    for (platform, metric), (first, last, dimensions) in _extents(counts).items():
        of = {"app": app, "platform": platform.value, "metric": metric.value, "source": source}
        found = txn.tuples(
            'SELECT dimension, "value", start, "end", version, events, exposure FROM counts WHERE app = :app AND platform = :platform'
            f" AND metric = :metric AND start >= :first AND start < :last AND {_OF_SOURCE}",
            first=as_text(first),
            last=as_text(last),
            **of,
        )
        spanned = {(dimension, start, end) for dimension, _, start, end, *_ in found}
        moments = {text: as_time(text) for _, *texts in spanned for text in texts}
        for dimension, start, end in spanned:
            spans.setdefault((platform, metric, Dimension(dimension)), set()).add((moments[start], moments[end]))
        by_dimension: dict[str, dict[Place, tuple[int, int]]] = {d.value: numbers.setdefault((platform, metric, d), {}) for d in Dimension}
        for dimension, value, start, _, version, events, exposure in found:
            by_dimension[dimension][version, value, moments[start]] = events, exposure
        for dimension in dimensions:
            spans.setdefault((platform, metric, dimension), set()).update(_before(txn, dimension, first, of))
    return numbers, spans


def _before(txn: Txn, dimension: Dimension, first: datetime, of: Mapping[str, str]) -> list[Span]:
    """Stored spans overlap nothing, so only the last one that starts before can reach into what comes."""
    found = txn.tuples(
        'SELECT start, "end" FROM counts WHERE app = :app AND platform = :platform AND metric = :metric AND start < :first'
        f" AND {_OF_SOURCE} AND dimension = :dimension ORDER BY start DESC LIMIT 1",
        first=as_text(first),
        dimension=dimension.value,
        **of,
    )
    return [(as_time(start), as_time(end)) for start, end in found]


def _extents(counts: Iterable[Count]) -> dict[tuple[Platform, Metric], tuple[datetime, datetime, set[Dimension]]]:
    found: dict[tuple[Platform, Metric], tuple[datetime, datetime, set[Dimension]]] = {}
    for count in counts:
        if count.start.tzinfo is None or count.end.tzinfo is None:
            continue
        first, last, dimensions = found.get((count.platform, count.metric)) or (count.start, count.end, set())
        dimensions.add(count.dimension)
        found[count.platform, count.metric] = min(first, count.start), max(last, count.end), dimensions
    return found


def old_signals(txn: Txn, app: str, source: str, before: datetime) -> frozenset[str]:
    """Ids of a source's stored signals from before that moment."""
    found = txn.tuples(
        "SELECT id FROM signals WHERE app = :app AND source = :source AND at < :before", app=app, source=source, before=as_text(before)
    )
    return frozenset(identity for (identity,) in found)
