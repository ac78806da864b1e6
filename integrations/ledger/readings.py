"""What sources brought, kept once and read back: a reading delivered again changes nothing.

Add here when a poll brings a new kind of row, or a rule needs kept rows in another cut; rather in `frames.py` when a table is wanted
for a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from configs.terms import Count, Dimension, Health, InstalledBase, Metric, Platform, Reading, Release, Signal, SignalKind
from integrations.ledger.book import Row, Txn
from integrations.ledger.reading_columns import (
    Values,
    clean,
    count_columns,
    installed_columns,
    probe_columns,
    rejected_columns,
    release_columns,
    signal_columns,
)
from integrations.ledger.times import as_text, as_time

SIGNAL_KEY = "source, app, id"
COUNT_KEY = "source, app, platform, version, metric, dimension, value, start"

STATE = "name, app, read_until, fresh_until, health, warning, changed_at"

NEVER_READ = ""
"""The mark of a source that failed before its first reading."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far a source of an app has been read, and how it is."""

    source: str
    app: str
    read_until: datetime | None
    fresh_until: datetime | None
    health: Health
    warning: str
    changed_at: datetime


def store_reading(txn: Txn, app: str, reading: Reading) -> dict[str, int]:
    """How many rows of each kind were new or newer ("signals", "counts", ..., "rejected"); moves the source's mark to `reading.until`.

    A release's notes and date, a count's bucket and a signal stay as first seen; an installed base keeps its newest `at`.
    """
    new = {
        "signals": keep_rows(txn, "signals", SIGNAL_KEY, [signal_columns(s) for s in reading.signals]),
        "counts": keep_rows(txn, "counts", COUNT_KEY, [count_columns(c) for c in reading.counts]),
        "releases": keep_rows(txn, "releases", "app, platform, version", [release_columns(r) for r in reading.releases]),
        "installed": _newest_kept(txn, [installed_columns(cell) for cell in reading.installed]),
        "probes": keep_rows(txn, "probes", "source, app, target, at", [probe_columns(app, probe) for probe in reading.probes]),
        "rejected": keep_rows(txn, "rejected", "source, app, place", [rejected_columns(txn, app, row) for row in reading.rejected]),
    }
    fresh_until = None if reading.fresh_until is None else as_text(reading.fresh_until)
    _mark(txn, app, reading.source, as_text(reading.until), fresh_until, reading.health, reading.warning)
    return new


def mark_unknown(txn: Txn, app: str, source: str, warning: str) -> None:
    """Writes down that a source says nothing now; how far it was read stays, so that the next poll asks for the same window again."""
    known = txn.one("SELECT read_until, fresh_until FROM sources WHERE name = :source AND app = :app", source=source, app=app)
    if known is not None:
        _mark(txn, app, source, known.text("read_until"), known["fresh_until"], Health.UNKNOWN, warning)
        return
    _mark(txn, app, source, NEVER_READ, None, Health.UNKNOWN, warning)


def read_until(txn: Txn, source: str, app: str) -> datetime | None:
    """Up to where the source was read for that app; None when it never was."""
    row = txn.one("SELECT read_until FROM sources WHERE name = :source AND app = :app", source=source, app=app)
    return None if row is None or row["read_until"] == NEVER_READ else row.moment("read_until")


def state_of(txn: Txn, app: str, source: str) -> SourceState | None:
    """How one source of an app is; None when it was never read."""
    found = txn.one(f"SELECT {STATE} FROM sources WHERE name = :source AND app = :app", source=source, app=app)
    return None if found is None else _state(found)


def source_states(txn: Txn, app: str = "") -> tuple[SourceState, ...]:
    """Every source that was ever read (of an app, if named), by app and name. `read_until` None: it failed before its first reading."""
    found = txn.rows(
        f"SELECT {STATE} FROM sources WHERE (:any_app = 1 OR app = :app) ORDER BY app, name",
        any_app=int(not app),
        app=app,
    )
    return tuple(_state(row) for row in found)


# --- how rows are kept --------------------------------------------------------------------------------------------------


def keep_rows(txn: Txn, table: str, key: str, rows: Sequence[Values]) -> int:
    """How many of these rows, all with the same columns, are new; one whose key is there stays as it is."""
    return txn.run_many(f"{_insert(table, rows[0])} ON CONFLICT ({key}) DO NOTHING", rows) if rows else 0


def _newest_kept(txn: Txn, rows: Sequence[Values]) -> int:
    if not rows:
        return 0
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("at", "exposed", "fixed", "blocked", "uninstalled", "dormant"))
    upsert = f"ON CONFLICT (source, app, platform, version, country, os_version) DO UPDATE SET {changed} WHERE excluded.at > installed.at"
    return txn.run_many(f"{_insert('installed', rows[0])} {upsert}", rows)


def _insert(table: str, row: Values) -> str:
    columns = ", ".join(f'"{name}"' for name in row)  # quoted: `end` and `value` are words of SQL
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{name}' for name in row)})"


def _mark(txn: Txn, app: str, source: str, until: str, fresh_until: object, health: Health, warning: str) -> None:
    """`read_until` and `fresh_until` never go back; `changed_at` is when health or warning last changed."""
    txn.run(
        "INSERT INTO sources (name, app, read_until, fresh_until, health, warning, changed_at)"
        " VALUES (:name, :app, :until, :fresh_until, :health, :warning, :now) ON CONFLICT (name, app) DO UPDATE SET"
        " read_until = CASE WHEN excluded.read_until > sources.read_until THEN excluded.read_until ELSE sources.read_until END,"
        " fresh_until = CASE WHEN sources.fresh_until IS NULL OR excluded.fresh_until > sources.fresh_until"
        " THEN excluded.fresh_until ELSE sources.fresh_until END,"
        " changed_at = CASE WHEN sources.health = excluded.health AND sources.warning = excluded.warning"
        " THEN sources.changed_at ELSE excluded.changed_at END,"
        " health = excluded.health, warning = excluded.warning",
        name=source,
        app=app,
        until=until,
        fresh_until=fresh_until,
        health=health.value,
        warning=clean(warning),
        now=as_text(txn.now),
    )


def _state(row: Row) -> SourceState:
    return SourceState(
        source=row.text("name"),
        app=row.text("app"),
        read_until=None if row["read_until"] == NEVER_READ else row.moment("read_until"),
        fresh_until=row.moment_or_none("fresh_until"),
        health=Health(row["health"]),
        warning=row.text("warning"),
        changed_at=row.moment("changed_at"),
    )


# --- reading back ------------------------------------------------------------------------------------------------------


def counts_after(txn: Txn, app: str, platform: Platform, metric: Metric, after: datetime) -> tuple[Count, ...]:
    """Buckets of a metric that start at or after that moment: give it the end of the last one folded. By start, version, segment;
    first those a source counted itself, then those of single events (`events.py`).
    """
    counted = delivered_counts_after(txn, app, platform, metric, after)
    if not has_events(txn, app, platform):
        return counted
    from integrations.ledger.events import counts_of_events  # Arrow costs a third of a second

    return (*counted, *counts_of_events(txn, app, platform, metric, after, counted))


def has_events(txn: Txn, app: str, platform: Platform) -> bool:
    """Whether any source told single events of that app."""
    return txn.one("SELECT 1 FROM event_streams WHERE app = :app AND platform = :platform", app=app, platform=platform.value) is not None


def delivered_counts_after(txn: Txn, app: str, platform: Platform, metric: Metric, after: datetime) -> tuple[Count, ...]:
    """Of these only the buckets that sources counted themselves: rows of `counts`, which can be held and taken in again."""
    found = txn.tuples(
        'SELECT source, version, start, "end", events, exposure, dimension, "value" FROM counts WHERE app = :app AND platform = :platform'
        ' AND metric = :metric AND start >= :after ORDER BY start, version, dimension, "value", source',
        app=app,
        platform=platform.value,
        metric=metric.value,
        after=as_text(after),
    )
    return tuple(_as_count(app, platform, metric, row) for row in found)


def _as_count(app: str, platform: Platform, metric: Metric, row: tuple[Any, ...]) -> Count:
    source, version, start, end, events, exposure, dimension, value = row
    return Count(
        source=source,
        app=app,
        platform=platform,
        version=version,
        metric=metric,
        start=as_time(start),
        end=as_time(end),
        events=events,
        exposure=exposure,
        dimension=Dimension(dimension),
        value=value,
    )


def signals_between(txn: Txn, app: str, platform: Platform, since: datetime, until: datetime) -> tuple[Signal, ...]:
    """Signals of [since, until), by time, source and id."""
    found = txn.tuples(
        "SELECT source, id, kind, at, title, body, stars, version, language, country, os_version, device FROM signals"
        " WHERE app = :app AND platform = :platform AND at >= :since AND at < :until ORDER BY at, source, id",
        app=app,
        platform=platform.value,
        since=as_text(since),
        until=as_text(until),
    )
    return tuple(_as_signal(app, platform, row) for row in found)


def signals_named(txn: Txn, app: str, platform: Platform, ids: Sequence[str]) -> tuple[Signal, ...]:
    """The signals with these ids, in the order asked for; of an id that several sources use, every one."""
    asked = {f"id{n}": identity for n, identity in enumerate(dict.fromkeys(ids))}
    if not asked:
        return ()
    found = txn.tuples(
        "SELECT source, id, kind, at, title, body, stars, version, language, country, os_version, device FROM signals"
        f" WHERE app = :app AND platform = :platform AND id IN ({', '.join(f':{name}' for name in asked)}) ORDER BY at, source",
        app=app,
        platform=platform.value,
        **asked,
    )
    place = {identity: n for n, identity in enumerate(asked.values())}
    return tuple(sorted((_as_signal(app, platform, row) for row in found), key=lambda s: place[s.id]))


def _as_signal(app: str, platform: Platform, row: tuple[Any, ...]) -> Signal:
    source, identity, kind, at, title, body, stars, version, language, country, os_version, device = row
    return Signal(
        source=source,
        id=identity,
        kind=SignalKind(kind),
        app=app,
        platform=platform,
        at=as_time(at),
        title=title,
        body=body,
        stars=stars,
        version=version,
        language=language,
        country=country,
        os_version=os_version,
        device=device,
    )


def releases_of(txn: Txn, app: str, platform: Platform) -> tuple[Release, ...]:
    """Every known release, oldest first."""
    found = txn.tuples(
        "SELECT version, released_at, notes FROM releases WHERE app = :app AND platform = :platform ORDER BY released_at, version",
        app=app,
        platform=platform.value,
    )
    return tuple(Release(app, platform, version, as_time(released_at), notes) for version, released_at, notes in found)


def installed_of(txn: Txn, app: str, platform: Platform, version: str | None = None) -> tuple[InstalledBase, ...]:
    """The last known installed base of an app (of one version, if given), one value a cell, by version, country, OS and source."""
    found = txn.tuples(
        "SELECT source, version, country, os_version, at, exposed, fixed, blocked, uninstalled, dormant FROM installed"
        " WHERE app = :app AND platform = :platform AND (:any_version = 1 OR version = :version)"
        " ORDER BY version, country, os_version, source",
        app=app,
        platform=platform.value,
        any_version=int(version is None),
        version=version or "",
    )
    return tuple(_as_installed(app, platform, row) for row in found)


def _as_installed(app: str, platform: Platform, row: tuple[Any, ...]) -> InstalledBase:
    source, version, country, os_version, at, exposed, fixed, blocked, uninstalled, dormant = row
    return InstalledBase(
        source=source,
        app=app,
        platform=platform,
        version=version,
        country=country,
        os_version=os_version,
        at=as_time(at),
        exposed=exposed,
        fixed=fixed,
        blocked=blocked,
        uninstalled=uninstalled,
        dormant=dormant,
    )
