"""Detectors' states and what they said, in the ledger.

Add here when a detector's row changes; rather in `tasks/rules/detection.py` when it is about what a detector thinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from configs.terms import Evidence, Metric, Platform
from integrations.ledger.book import Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text


def detector_state(txn: Txn, app: str, platform: Platform, version: str, metric: str) -> str | None:
    """The state's JSON text as it was stored."""
    row = txn.one(
        "SELECT state_json FROM detectors WHERE app = :app AND platform = :platform AND version = :version AND metric = :metric",
        app=app,
        platform=platform.value,
        version=version,
        metric=metric,
    )
    return None if row is None else str(row["state_json"])


def keep_state(txn: Txn, app: str, platform: Platform, version: str, metric: str, folded_until: datetime, state_json: str) -> None:
    """Stores a state over the one before it."""
    txn.run(
        "INSERT INTO detectors (app, platform, version, metric, folded_until, state_json)"
        " VALUES (:app, :platform, :version, :metric, :folded_until, :state)"
        " ON CONFLICT (app, platform, version, metric) DO UPDATE SET folded_until = :folded_until, state_json = :state",
        app=app,
        platform=platform.value,
        version=version,
        metric=metric,
        folded_until=as_text(folded_until),
        state=state_json,
    )


def keep_evidence(txn: Txn, evidence: Sequence[Evidence]) -> None:
    """Adds what was said at one look; saying it again changes nothing."""
    txn.run_many(
        "INSERT INTO evidence (app, platform, version, metric, at, log_evidence, evidence_json)"
        " VALUES (:app, :platform, :version, :metric, :at, :log_evidence, :json) ON CONFLICT DO NOTHING",
        [
            {
                "app": e.app,
                "platform": e.platform.value,
                "version": e.version,
                "metric": e.metric.value,
                "at": as_text(e.at),
                "log_evidence": e.log_evidence,
                "json": dumped(e),
            }
            for e in evidence
        ],
    )


def evidence_at(txn: Txn, app: str, platform: Platform, version: str, at: datetime) -> tuple[Evidence, ...]:
    """What was said of a release at that look, by metric."""
    metrics = ", ".join(f"'{metric.value}'" for metric in Metric)  # named, so that the primary key finds the look among thousands
    rows = txn.rows(
        "SELECT evidence_json FROM evidence WHERE app = :app AND platform = :platform AND version = :version"
        f" AND metric IN ({metrics}) AND at = :at ORDER BY metric",
        app=app,
        platform=platform.value,
        version=version,
        at=as_text(at),
    )
    return tuple(loaded(Evidence, str(row["evidence_json"])) for row in rows)


def newest_evidence(txn: Txn, app: str, platform: Platform, version: str, until: datetime) -> tuple[Evidence, ...]:
    """The last that was said of a release by each metric, up to `until`."""
    rows = txn.rows(
        "SELECT evidence_json FROM evidence e WHERE app = :app AND platform = :platform AND version = :version AND at ="
        " (SELECT max(at) FROM evidence WHERE app = e.app AND platform = e.platform AND version = e.version AND metric = e.metric"
        " AND at <= :until) ORDER BY metric",
        app=app,
        platform=platform.value,
        version=version,
        until=as_text(until),
    )
    return tuple(loaded(Evidence, str(row["evidence_json"])) for row in rows)


def evidence_of(txn: Txn, app: str, platform: Platform, version: str) -> tuple[Evidence, ...]:
    """Everything said of a release, oldest first."""
    rows = txn.rows(
        "SELECT evidence_json FROM evidence WHERE app = :app AND platform = :platform AND version = :version ORDER BY at, metric",
        app=app,
        platform=platform.value,
        version=version,
    )
    return tuple(loaded(Evidence, str(row["evidence_json"])) for row in rows)
