"""A customer database: one query for everyone a version ever reached, one for the people of a batch. It only reads.

`query` may use the binds :app, :platform and :version and must say ORDER BY; `find_query` uses :subjects, as in
`WHERE user_id IN :subjects`. Both give the columns of `rows.py`.

Add here when databases must be asked otherwise; rather in `rows.py` when a result's columns are named otherwise.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from pydantic import Field, field_validator
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from configs.effects import Contact
from configs.errors import FileMalformed, RecallError, SettingsInvalid, SourceUnavailable, Unsupported
from configs.settings import App
from configs.terms import Rejected, Scope
from integrations.contacts.rows import Quarantine, Unusable, is_inside, layout
from integrations.contracts import Surroundings
from integrations.database_url import database_url
from integrations.options import EnvName, Options, checked, secret

BATCH = 1000
READS = re.compile(r"\s*(?:select|with|values)\b", re.IGNORECASE)
ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)


class SqlOptions(Options):
    """`url_env` names the variable with the database's URL. `app`: what the database calls the app. `columns`: their names -> ours."""

    url_env: EnvName
    query: str = Field(min_length=1, max_length=100_000)
    find_query: str = Field(min_length=1, max_length=100_000)
    app: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    timeout_seconds: float = Field(60, gt=0, le=3600)

    @field_validator("query")
    @classmethod
    def _ordered(cls, query: str) -> str:
        if not ORDERED.search(query):
            raise ValueError("must say ORDER BY something that never changes, so that two readings agree")
        return _reading(query, {"app", "platform", "version"})

    @field_validator("find_query")
    @classmethod
    def _finding(cls, query: str) -> str:
        if "subjects" not in sa.text(query).compile().params:
            raise ValueError("must use :subjects, as in `WHERE user_id IN :subjects`")
        return _reading(query, {"app", "platform", "subjects"})


def _reading(query: str, binds: set[str]) -> str:
    if not READS.match(query):
        raise ValueError("must be one SELECT (or WITH ... SELECT); contacts are only read")
    unknown = set(sa.text(query).compile().params) - binds
    if unknown:
        raise ValueError(f"unknown bind :{', :'.join(sorted(unknown))}; there are :{', :'.join(sorted(binds))}")
    return query


class SqlContacts:
    """Contacts over one database. Each call opens a connection of its own."""

    def __init__(self, name: str, url: sa.URL, app: App, options: SqlOptions) -> None:
        self.name, self._app, self._options = name, app, options
        self._engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
        self._file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self._quarantine = Quarantine(name)

    def __repr__(self) -> str:
        return f"SqlContacts({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The contacts, their options checked; opens no connection. Raises SettingsInvalid."""
        what = f"contacts {name!r}"
        if around.app is None:
            raise SettingsInvalid(f"{what} belong to no app; list them as an app's `contacts`")
        given = checked(SqlOptions, what, options)
        try:
            return cls(name, database_url(secret(what, "url_env", given.url_env, around)), around.app, given)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
            # the library's own text may quote the URL, and with it a password
            raise SettingsInvalid(f"{what}: option url_env: ${given.url_env} holds no database URL this machine can use") from None

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The first unusable rows of the last reading, with place and reason."""
        return tuple(self._quarantine.first)

    @property
    def rejected_count(self) -> int:
        """How many rows of the last reading could not be used."""
        return self._quarantine.count

    def exposed(self, scope: Scope) -> Iterator[Contact]:
        """Contacts inside the scope, each subject once, in the query's order.

        Raises:
            SourceUnavailable: the database does not answer.
            Unsupported: it refuses the query, or a column is unknown or missing.
        """
        seen: set[str] = set()
        for contact in self._contacts("query", {"version": scope.version}):
            if contact.subject not in seen and is_inside(contact, scope):
                seen.add(contact.subject)
                yield contact

    def find(self, subjects: Sequence[str]) -> dict[str, Contact]:
        """The contacts of these subjects that the database holds now; of several rows of one subject the first. Errors as `exposed`."""
        found: dict[str, Contact] = {}
        wanted = set(subjects)
        for start in range(0, len(subjects), BATCH):
            for contact in self._contacts("find_query", {"subjects": list(subjects[start : start + BATCH])}):
                if contact.subject in wanted:
                    found.setdefault(contact.subject, contact)
        return found

    def _contacts(self, option: str, binds: Mapping[str, object]) -> Iterator[Contact]:
        self._quarantine = quarantine = Quarantine(self.name)
        with self._asked(option, binds) as result:
            place = f"contacts {self.name!r}, option {option}"
            try:
                columns = layout(list(result.keys()), self._options.columns, self._app, self._options.app, place)
            except FileMalformed as err:
                raise Unsupported(err.message) from None
            for number, row in enumerate(result, start=1):
                try:
                    contact = columns.contact(tuple(row))
                except Unusable as err:
                    quarantine.add(f"{option}, row {number}", str(err))
                    continue
                if contact is not None:
                    yield contact
        if quarantine.count:
            logging.getLogger("recall").warning("%s", quarantine.summary)

    @contextmanager
    def _asked(self, option: str, binds: Mapping[str, object]) -> Iterator[sa.CursorResult[tuple[object, ...]]]:
        statement = self._statement(option)
        given = {"app": self._options.app or self._app.id, "platform": self._app.platform.value, **binds}
        used = statement.compile().params
        try:
            self._check_file()
            with self._engine.connect() as connection:
                self._protect(connection)
                options = {"stream_results": True, "yield_per": BATCH}
                yield connection.execute(statement, {k: v for k, v in given.items() if k in used}, execution_options=options)
        # `from None`: the library's own text quotes rows and the URL
        except SQLAlchemyError as err:
            raise self._failed(option, err) from None

    def _statement(self, option: str) -> sa.TextClause:
        if option == "query":
            return sa.text(self._options.query)
        return sa.text(self._options.find_query).bindparams(sa.bindparam("subjects", expanding=True))

    def _protect(self, connection: sa.Connection) -> None:
        wait_ms = int(self._options.timeout_seconds * 1000)
        if self._file is not None:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait_ms}")
        elif connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {wait_ms}")

    def _check_file(self) -> None:
        if self._file is not None and not self._file.is_file():  # SQLite would create it and find it empty
            raise SourceUnavailable(f"contacts {self.name!r}: there is no database file at ${self._options.url_env}; will be retried")

    def _failed(self, option: str, err: SQLAlchemyError) -> RecallError:
        kind = type(err.orig).__name__ if isinstance(err, DBAPIError) else type(err).__name__
        is_absent = isinstance(err, DBAPIError) and err.connection_invalidated
        if is_absent or (isinstance(err, OperationalError) and self._file is None):
            return SourceUnavailable(
                f"contacts {self.name!r}: the database in ${self._options.url_env} does not answer ({kind}); will be retried"
            )
        if isinstance(err, OperationalError) and any(word in str(err.orig).lower() for word in ("locked", "busy", "unable to open")):
            return SourceUnavailable(f"contacts {self.name!r}: the database in ${self._options.url_env} is busy; will be retried")
        return Unsupported(f"contacts {self.name!r}: the database refuses option {option} ({kind}); correct it")
