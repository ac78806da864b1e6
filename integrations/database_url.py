"""The address of a stranger's database, as people write it.

Add here when an address may be written in one more way; rather in `ledger/engine.py` when it is the ledger's.
"""

from __future__ import annotations

import sqlalchemy as sa

PLAIN = ("postgresql", "postgres")
"""Without a driver's name SQLAlchemy would look for one that is not installed."""


def database_url(text: str) -> sa.URL:
    """The URL with the driver this product brings, where none is named. Raises what `sqlalchemy.make_url` does."""
    url = sa.make_url(text)
    return url.set(drivername="postgresql+psycopg") if url.drivername in PLAIN else url
