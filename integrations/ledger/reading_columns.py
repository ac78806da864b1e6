"""A source's values as rows of the ledger: column names and what stands in them.

Add here when a kept kind of value gains a column; rather in `readings.py` when it is about keeping or finding rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from configs.terms import Count, InstalledBase, Probe, Rejected, Release, Signal
from integrations.ledger.book import Txn
from integrations.ledger.times import as_text

Values = Mapping[str, object]


def clean(text: str) -> str:
    """People's text without what a database cannot hold: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def signal_columns(signal: Signal) -> Values:
    """A row of its table."""
    return {
        "source": signal.source,
        "app": signal.app,
        "id": clean(signal.id),
        "kind": signal.kind.value,
        "platform": signal.platform.value,
        "at": as_text(signal.at),
        "stars": signal.stars,
        "version": clean(signal.version),
        "language": clean(signal.language),
        "country": clean(signal.country),
        "os_version": clean(signal.os_version),
        "device": clean(signal.device),
        "title": clean(signal.title),
        "body": clean(signal.body),
    }


def count_columns(count: Count) -> Values:
    """A row of its table."""
    return {
        "source": count.source,
        "app": count.app,
        "platform": count.platform.value,
        "version": clean(count.version),
        "metric": count.metric.value,
        "dimension": count.dimension.value,
        "value": clean(count.value),
        "start": as_text(count.start),
        "end": as_text(count.end),
        "events": count.events,
        "exposure": count.exposure,
    }


def release_columns(release: Release) -> Values:
    """A row of its table."""
    return {
        "app": release.app,
        "platform": release.platform.value,
        "version": clean(release.version),
        "released_at": as_text(release.released_at),
        "notes": clean(release.notes),
    }


def installed_columns(cell: InstalledBase) -> Values:
    """A row of its table."""
    return {
        "source": cell.source,
        "app": cell.app,
        "platform": cell.platform.value,
        "version": clean(cell.version),
        "country": clean(cell.country),
        "os_version": clean(cell.os_version),
        "at": as_text(cell.at),
        "exposed": cell.exposed,
        "fixed": cell.fixed,
        "blocked": cell.blocked,
        "uninstalled": cell.uninstalled,
        "dormant": cell.dormant,
    }


def probe_columns(app: str, probe: Probe) -> Values:
    """A row of its table."""
    return {
        "source": probe.source,
        "app": app,
        "target": clean(probe.target),
        "at": as_text(probe.at),
        "health": probe.health.value,
        "latency_ms": probe.latency_ms,
        "detail": clean(probe.detail),
    }


def rejected_columns(txn: Txn, app: str, row: Rejected) -> Values:
    """A row of its table."""
    return {
        "source": row.source,
        "app": app,
        "place": clean(row.place),
        "reason": clean(row.reason),
        "excerpt": clean(row.excerpt),
        "at": as_text(txn.now),
    }
