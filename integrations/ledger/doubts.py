"""What the ledger knows of counts that are missing: put aside, of which length, from which sources.

Add here when a doubt needs another fact; rather in `readings.py` when a rule needs the rows themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from configs.terms import Metric, Release
from integrations.ledger.book import Txn
from integrations.ledger.readings import has_events
from integrations.ledger.times import as_text, as_time


def put_aside(txn: Txn, release: Release, metric: Metric, sources: Iterable[str], since: datetime) -> Counter[str]:
    """How many rows of a release's metric from these sources were put aside after that moment, by reason; held ones are not."""
    begin, found = f"{metric.value} of {release.version}", Counter[str]()
    for source in sources:
        rows = txn.rows(
            "SELECT reason, count(*) AS n FROM rejected WHERE source = :source AND app = :app AND at >= :since"
            " AND (substr(place, 1, :long) = :everyone OR substr(place, 1, :longer) = :segment) GROUP BY reason ORDER BY reason",
            source=source,
            app=release.app,
            since=as_text(since),
            everyone=f"{begin},",
            long=len(begin) + 1,
            segment=f"{begin} on ",
            longer=len(begin) + 4,
        )
        found.update({row.text("reason"): row.number("n") for row in rows})
    return found


def bucket_length(txn: Txn, release: Release, metric: Metric) -> timedelta:
    """How long the newest bucket of a metric is; zero while there is none."""
    row = txn.one(
        'SELECT start, "end" FROM counts WHERE app = :app AND platform = :platform AND metric = :metric ORDER BY start DESC LIMIT 1',
        app=release.app,
        platform=release.platform.value,
        metric=metric.value,
    )
    return timedelta(0) if row is None else row.moment("end") - row.moment("start")


def folded_until(txn: Txn, release: Release, metric: Metric) -> datetime | None:
    """How far a release's metric has been judged; None while it has not been."""
    row = txn.one(
        "SELECT folded_until FROM detectors WHERE app = :app AND platform = :platform AND version = :version AND metric = :metric",
        app=release.app,
        platform=release.platform.value,
        version=release.version,
        metric=metric.value,
    )
    return None if row is None else as_time(row.text("folded_until"))


def counting_sources(txn: Txn, release: Release, metric: Metric, sources: Iterable[str]) -> tuple[str, ...]:
    """Those of these sources that have counted that metric of the release, or told single events of it, by name."""
    told: frozenset[str] = frozenset()
    if has_events(txn, release.app, release.platform):
        from integrations.ledger.events import tellers_of  # Arrow costs a third of a second

        told = tellers_of(txn, release, metric)
    return tuple(
        source
        for source in sorted(sources)
        if source in told
        or txn.one(
            "SELECT 1 AS one FROM counts WHERE source = :source AND app = :app AND platform = :platform AND version = :version"
            " AND metric = :metric LIMIT 1",
            source=source,
            app=release.app,
            platform=release.platform.value,
            version=release.version,
            metric=metric.value,
        )
    )


def is_judged(txn: Txn, app: str) -> bool:
    """Whether counts of any release of an app have been judged."""
    return txn.one("SELECT 1 AS one FROM detectors WHERE app = :app AND version <> '' LIMIT 1", app=app) is not None
