"""From a URL to a database driver: one small shape over `sqlite3` and `psycopg`, so that a quick command imports nothing heavier.

SQL is written once, with `:name` parameters, and must be valid on both databases.

Add here when both databases need it; rather in `sqlite.py` or `postgres.py` when only one does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from configs.errors import RecallError, SettingsInvalid

BUSY_SECONDS = 10.0
"""How long a writer waits for another one. Writers are serial and short; longer means that one hangs."""


class Cursor(Protocol):
    """What both drivers' cursors can do."""

    @property
    def rowcount(self) -> int: ...
    @property
    def description(self) -> Sequence[Sequence[Any]] | None: ...
    def execute(self, sql: str, params: Any = ..., /) -> Any: ...
    def executemany(self, sql: str, params: Any, /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def fetchmany(self, size: int = ..., /) -> list[Any]: ...
    def close(self) -> Any: ...


class Connection(Protocol):
    """What both drivers' connections can do."""

    def cursor(self) -> Any: ...
    def close(self) -> None: ...


class Engine(Protocol):
    """One kind of database behind one address."""

    shown: str
    errors: tuple[type[Exception], ...]
    head_lock: str
    begin_write: str
    begin_read: str
    insert_journal: str

    def connect(self) -> Connection:
        """A new connection, ready for `begin_write`. Raises LedgerMissing, LedgerBusy, LedgerCorrupt."""
        ...

    def is_usable(self, connection: Connection) -> bool:
        """False when the connection is lost and must be replaced."""
        ...

    def sql(self, text: str) -> str:
        """`text` with its `:name` parameters as this driver wants them."""
        ...

    def failure(self, err: Exception) -> RecallError:
        """The error of ours that says what the driver's error means."""
        ...

    def stream(self, connection: Connection, text: str, params: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        """Rows one by one without holding them all; inside a transaction."""
        ...

    def is_missing_table(self, err: Exception) -> bool:
        """True when the error says that a table does not exist."""
        ...


def engine_of(url: str) -> Engine:
    """The engine for `sqlite:///path` or `postgresql://...`. Opens nothing.

    Raises:
        SettingsInvalid: any other address.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "sqlite":
        from integrations.ledger.sqlite import Sqlite

        return Sqlite(url)
    if scheme in ("postgresql", "postgres"):
        from integrations.ledger.postgres import Postgres  # psycopg costs 0.1 s: only who uses it pays

        return Postgres(url)
    raise SettingsInvalid(f"{without_password(url)!r} is no ledger address; use sqlite:///path/to/ledger.db or postgresql://user@host/name")


def without_password(url: str) -> str:
    """The address as it may be shown."""
    parts = urlsplit(url)
    if "@" not in parts.netloc and "password" not in parts.query:
        return url
    user, _, host = parts.netloc.rpartition("@")
    query = re.sub(r"(?i)((?:ssl)?password=)[^&]*", r"\1***", parts.query)
    name = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}@{host}" if name else host, query=query))


_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|::|:([A-Za-z_]\w*)|%""")


@lru_cache(maxsize=1024)
def pyformat(text: str) -> str:
    """`:name` as `%(name)s` and `%` doubled; quoted text, casts (`::`) and comments keep their meaning."""
    return _TOKEN.sub(lambda found: f"%({found[1]})s" if found[1] else found[0].replace("%", "%%"), text)
