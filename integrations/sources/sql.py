"""A query against a database of yours as a monitoring source: reviews, tickets, counts, installs or releases from a warehouse.

The query may use the binds :since, :until and :app. The two times are wider than the window (a day, or as long as data may be stale):
databases compare times without a zone, or as text, each in its own way, so the exact cut is made here.

Add here when databases must be asked or protected otherwise; rather in `integrations/sources/columns.py` when a result's columns are named
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Self

import sqlalchemy as sa
from pydantic import Field, field_validator
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from configs.errors import FileMalformed, RecallError, SettingsInvalid, SourceUnavailable, Unsupported
from configs.terms import Reading
from integrations.contracts import Surroundings
from integrations.database_url import database_url
from integrations.options import EnvName, checked, secret
from integrations.sources.columns import What, picker
from integrations.sources.delimited import TOO_LONG, Row
from integrations.sources.history import history_of, table_of
from integrations.sources.lines import ROW_LIMIT
from integrations.sources.options import app_of
from integrations.sources.records import ARRIVAL, Owner, Unusable
from integrations.sources.tabular import TableOptions

BINDS = frozenset({"since", "until", "app"})
MARGIN = timedelta(days=1)
"""More than any zone's offset from UTC, and a whole day for times compared as text."""
LABEL = 100
ROWS_LIMIT = 1_000_000
"""Most rows of one answer: a window's worth, not a table."""
READS = re.compile(r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*(?:select|with|values)\b", re.IGNORECASE | re.DOTALL)
SQLITE_DAMAGED = ("not a database", "malformed")
SQLITE_TRY_AGAIN = ("locked", "busy", "disk i/o", "unable to open")


class SqlOptions(TableOptions):
    """`url_env`: the variable that holds the database's URL; `query`: one SELECT; `timeout_seconds`: for the whole query."""

    url_env: EnvName
    query: str = Field(min_length=1, max_length=100_000)
    timeout_seconds: float = Field(30, gt=0, le=600)

    @field_validator("query")
    @classmethod
    def _reads(cls, query: str) -> str:
        if not READS.match(query):
            raise ValueError("must be one SELECT (or WITH ... SELECT); this source only reads")
        unknown = set(sa.text(query).compile().params) - BINDS
        if unknown:
            raise ValueError(f"unknown bind :{', :'.join(sorted(unknown))}; there are :since, :until and :app, and \\: writes a colon")
        return query


class SqlSource:
    """One query as a source of one app. Each poll opens a connection of its own and only reads."""

    def __init__(self, name: str, url: sa.URL, owner: Owner, options: SqlOptions) -> None:
        self.name, self._owner, self._options = name, owner, options
        self._engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
        self._is_sqlite = url.get_backend_name() == "sqlite"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The source of one query; `SqlOptions` says which options there are."""
        given = checked(SqlOptions, f"source {name!r}", options)
        owner = given.owner(name, app_of(name, around))
        try:
            return cls(name, database_url(secret(f"source {name!r}", "url_env", given.url_env, around)), owner, given)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
            # the library's own text may quote the URL, and with it a password
            raise SettingsInvalid(
                f"source {name!r}: option url_env: ${given.url_env} holds no database URL this machine can use; "
                "it looks like postgresql+psycopg://user:password@host/database"
            ) from None

    def __repr__(self) -> str:
        return f"SqlSource({self.name!r}, {self._options.what.value})"

    def poll(self, since: datetime, until: datetime) -> Reading:
        """Everything the query gives for [since, until)."""
        pace = self._options.pace
        wide_since = min(since, until - pace.stale_after) - pace.late_by - MARGIN
        try:
            with self._connected() as connection:
                rows = self._rows(connection, self._binds(wide_since, until + MARGIN))
                table = table_of(rows, self._options.what, self._owner, self.name, until)
        except SQLAlchemyError as err:
            raise self._failed(err) from None
        return history_of(self._options.what, [table]).reading(self.name, since, until, pace)

    def _connected(self) -> sa.Connection:
        database = self._engine.url.database
        if self._is_sqlite and database and database != ":memory:" and not database.startswith("file:"):
            self._check_file(database)
        try:
            return self._engine.connect()
        except SQLAlchemyError as err:
            raise self._unavailable(err) from None

    def _check_file(self, database: str) -> None:
        # SQLite would create the missing file and find it empty
        try:
            with open(database, "rb"):
                pass
        except OSError as err:
            raise SourceUnavailable(
                f"source {self.name!r}: the database file in ${self._options.url_env} cannot be opened ({err.strerror}); will be retried"
            ) from None

    def _rows(self, connection: sa.Connection, binds: Mapping[str, object]) -> Iterator[Row]:
        self._protect(connection)
        result = connection.execute(sa.text(self._options.query), binds, execution_options={"stream_results": True})
        try:
            pick = picker(self._options.what, list(result.keys()), self._options.columns, f"{self.name} (query)")
        except FileMalformed as err:
            raise Unsupported(err.message, source=self.name) from None
        for number, row in enumerate(result, start=1):
            if number > ROWS_LIMIT:
                raise Unsupported(f"source {self.name!r}: more than {ROWS_LIMIT} rows; narrow the query by :since and :until")
            cells = pick([_plain(cell) for cell in row])
            is_long = sum(len(cell) for cell in cells if isinstance(cell, str)) > ROW_LIMIT
            yield self._label(cells), Unusable(TOO_LONG) if is_long else cells

    def _label(self, cells: tuple[object, ...]) -> str:
        """What finds a row again in the database: its number in the answer would be another one in the next window."""
        if self._options.what in (What.REVIEWS, What.TICKETS):
            return f"id {cells[0]}"[:LABEL]
        return f"version {cells[2]} of {cells[ARRIVAL[self._options.what]]}"[:LABEL]

    def _protect(self, connection: sa.Connection) -> None:
        wait_ms = int(self._options.timeout_seconds * 1000)
        if self._is_sqlite:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait_ms}")
        elif connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {wait_ms}")

    def _binds(self, since: datetime, until: datetime) -> dict[str, object]:
        wanted = sa.text(self._options.query).compile().params
        times: Mapping[str, object] = {"since": since, "until": until}
        if self._is_sqlite:
            times = {k: v.replace(tzinfo=None).isoformat(" ") for k, v in (("since", since), ("until", until))}
        return {name: value for name, value in ({**times, "app": self._owner.rows_of}).items() if name in wanted}

    def _failed(self, err: SQLAlchemyError) -> RecallError:
        if isinstance(err, DBAPIError) and err.connection_invalidated:
            return self._unavailable(err)
        said = str(err.orig) if isinstance(err, DBAPIError) else type(err).__name__
        if isinstance(err, OperationalError) and (not self._is_sqlite or any(word in said.lower() for word in SQLITE_TRY_AGAIN)):
            return self._unavailable(err)
        if self._is_sqlite and any(word in said.lower() for word in SQLITE_DAMAGED):
            return FileMalformed(
                f"source {self.name!r}: the file in ${self._options.url_env} is no sound database ({said}); restore the file"
            )
        return Unsupported(
            f"source {self.name!r}: the database refuses the query ({said.splitlines()[0][:200]}); correct the option `query`"
        )

    def _unavailable(self, err: SQLAlchemyError) -> SourceUnavailable:
        kind = type(err.orig).__name__ if isinstance(err, DBAPIError) else type(err).__name__
        return SourceUnavailable(
            f"source {self.name!r}: the database in ${self._options.url_env} does not answer ({kind}); will be retried"
        )


def _plain(cell: object) -> object:
    """A database's own types as the ones a row is read from: exact numbers as numbers, ids of any type as text."""
    if cell is None or isinstance(cell, str | int | float | date):
        return cell
    if isinstance(cell, Decimal):
        return int(cell) if cell.is_finite() and cell == cell.to_integral_value() else float(cell)
    return str(cell)
