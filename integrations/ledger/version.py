"""Which schemas of the ledger this code knows, oldest first; readable without Alembic.

Add here when a migration is added to `migrations/versions`; rather in `migrations` when it is about how to get from one to the next.
"""

from __future__ import annotations

from configs.errors import LedgerMissing, LedgerVersion

SCHEMAS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""Revisions of `migrations/versions` in order; the last is what this code reads and writes."""

CURRENT = SCHEMAS[-1]


def require_current(found: str | None, shown_url: str) -> None:
    """Returns when the ledger at that address has the schema of this code.

    Raises:
        LedgerMissing: it has none.
        LedgerVersion: it is older or newer; says which, and what to do.
    """
    if found is None:
        raise LedgerMissing(f"no ledger at {shown_url}; run `recall init` or `recall up`, which create it", url=shown_url)
    if found not in SCHEMAS:
        raise newer(found, shown_url)
    if found != CURRENT:
        raise LedgerVersion(
            f"{shown_url} has schema {found}, this code needs {CURRENT}; run `recall init` or `recall up`, which bring it up to date"
        )


def newer(found: str, shown_url: str) -> LedgerVersion:
    """The error for a schema this code does not know."""
    return LedgerVersion(
        f"{shown_url} has schema {found}, newer than this code's {CURRENT}; install the app-recall that wrote it",
        found=found,
        known=CURRENT,
    )
