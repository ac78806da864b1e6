"""Mutual exclusion: a lease by name, with a fencing number that only grows.

A holder that slept past its lease still believes in it; whoever acts for it compares the fence.

Add here when a lease can be held in another way; rather in `outbox.py` when it is about one effect's claim.
"""

from __future__ import annotations

from datetime import timedelta

from integrations.ledger.book import Txn
from integrations.ledger.times import as_text


def take(txn: Txn, name: str, holder: str, seconds: float) -> int | None:
    """The lease's fence, one higher than any before it; None while somebody (also the same holder) has it."""
    row = txn.one("SELECT fence, until FROM leases WHERE name = :name", name=name)
    if row is not None and row.moment("until") > txn.now:
        return None
    fence = 1 if row is None else row.number("fence") + 1
    txn.run(
        "INSERT INTO leases (name, holder, fence, until) VALUES (:name, :holder, :fence, :until)"
        " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, until = excluded.until",
        name=name,
        holder=holder,
        fence=fence,
        until=_until(txn, seconds),
    )
    return fence


def renew(txn: Txn, name: str, fence: int, seconds: float) -> bool:
    """Whether the lease with that fence was still ours and now lasts `seconds` from now. An expired one that nobody took is ours."""
    sql = "UPDATE leases SET until = :until WHERE name = :name AND fence = :fence AND holder <> ''"
    return bool(txn.run(sql, name=name, fence=fence, until=_until(txn, seconds)))


def release(txn: Txn, name: str, fence: int) -> bool:
    """Whether the lease with that fence was still ours; now it is free. Its row stays, so that the fence goes on growing."""
    sql = "UPDATE leases SET holder = '', until = :now WHERE name = :name AND fence = :fence AND holder <> ''"
    return bool(txn.run(sql, name=name, fence=fence, now=as_text(txn.now)))


def holder_of(txn: Txn, name: str) -> str | None:
    """Who has the lease now, or None."""
    row = txn.one("SELECT holder FROM leases WHERE name = :name AND until > :now", name=name, now=as_text(txn.now))
    return None if row is None else row.text("holder")


def _until(txn: Txn, seconds: float) -> str:
    return as_text(txn.now + timedelta(seconds=seconds))
