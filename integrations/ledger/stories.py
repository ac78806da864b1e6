"""The histories of issues in the ledger: what confirmed, widened, merged or split each of them, when and why.

Add here when a history is kept or read in another cut; rather in `cases.py` when an issue's own row changes, and in `journal.py` when
it must be proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from configs.terms import Evidence, IssueChange, IssueEntry, IssueKind, Metric, Scope
from integrations.ledger.book import Row, Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text

COLUMNS = "seq, issue_id, change, at, reason, metric, kind, scope_json, source, other, person"


def tell(txn: Txn, entries: Sequence[IssueEntry]) -> None:
    """Adds lines to the histories of their issues, in this order, after everything told before."""
    last = txn.tuples("SELECT coalesce(max(seq), 0) FROM issue_events")[0][0]  # no other writer meanwhile: it holds the journal's head
    txn.run_many(
        f"INSERT INTO issue_events ({COLUMNS}) VALUES (:seq, :issue_id, :change, :at, :reason, :metric, :kind, :scope, :source, :other,"
        " :person)",
        [_columns(seq, entry) for seq, entry in enumerate(entries, int(last) + 1)],
    )


def _columns(seq: int, entry: IssueEntry) -> dict[str, object]:
    return {
        "seq": seq,
        "issue_id": entry.issue,
        "change": entry.change.value,
        "at": as_text(entry.at),
        "reason": entry.reason,
        "metric": entry.metric.value if entry.metric else None,
        "kind": entry.kind.value if entry.kind else None,
        "scope": dumped(entry.scope) if entry.scope else None,
        "source": entry.source,
        "other": entry.other,
        "person": entry.person,
    }


def story_of(txn: Txn, issue_id: str) -> tuple[IssueEntry, ...]:
    """An issue's history, oldest line first; empty for an issue of an older ledger that nothing was told of since."""
    return tuple(map(_entry, txn.rows(f"SELECT {COLUMNS} FROM issue_events WHERE issue_id = :id ORDER BY seq", id=issue_id)))


def sources_of(txn: Txn, evidence: Evidence, window: timedelta) -> str:
    """Names of the sources behind evidence: those that brought its metric, or anything written, in the window before it."""
    since, until = as_text(evidence.at - window), as_text(evidence.at)
    same = {"app": evidence.app, "platform": evidence.platform.value, "since": since, "until": until}
    if evidence.metric is Metric.COMPLAINT:
        sql = (
            "SELECT DISTINCT source FROM signals WHERE app = :app AND platform = :platform AND at >= :since AND at < :until ORDER BY source"
        )
        return ", ".join(str(row[0]) for row in txn.tuples(sql, **same))
    sql = (
        "SELECT DISTINCT source FROM counts WHERE app = :app AND platform = :platform AND metric = :metric AND version = :version"
        " AND start >= :since AND start < :until ORDER BY source"
    )
    counted = {str(row[0]) for row in txn.tuples(sql, **same, metric=evidence.metric.value, version=evidence.version)}
    return ", ".join(sorted(counted.union(_reporters(txn, evidence))))


def _reporters(txn: Txn, evidence: Evidence) -> tuple[str, ...]:
    if txn.one("SELECT 1 FROM event_streams WHERE app = :app LIMIT 1", app=evidence.app) is None:
        return ()
    from integrations.ledger.events import reporters_of  # Arrow costs a third of a second

    return reporters_of(txn, evidence.app, evidence.platform, evidence.metric)


def _entry(row: Row) -> IssueEntry:
    return IssueEntry(
        issue=row.text("issue_id"),
        change=IssueChange(row["change"]),
        at=row.moment("at"),
        reason=row.text("reason"),
        metric=Metric(row["metric"]) if row["metric"] else None,
        kind=IssueKind(row["kind"]) if row["kind"] else None,
        scope=loaded(Scope, row.text("scope_json")) if row["scope_json"] else None,
        source=row.text("source"),
        other=row.text("other"),
        person=row.text("person"),
        seq=row.number("seq"),
    )
