"""Alembic, run from code: an older ledger to this code's schema, in one transaction.

Add here when Alembic must be told something new; rather a file in `versions/` when a table changes.
"""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine as AlchemyEngine
from sqlalchemy.exc import DBAPIError

from integrations.ledger.engine import Engine
from integrations.ledger.postgres import Postgres
from integrations.ledger.sqlite import Sqlite

HERE = Path(__file__).parent


def alchemy_engine(engine: Engine) -> AlchemyEngine:
    """SQLAlchemy's engine for the same address: SQLite with real transactions, locked from their beginning."""
    if isinstance(engine, Postgres):
        return create_engine("postgresql+psycopg:" + engine.address.partition(":")[2])
    if not isinstance(engine, Sqlite):
        raise TypeError(f"no SQLAlchemy engine for {type(engine).__name__}")
    made = create_engine(f"sqlite:///{engine.path}", connect_args={"isolation_level": None})
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Runs every migration the ledger has not seen, up to `revision`. Errors are the ledger's own."""
    alchemy = alchemy_engine(engine)
    try:
        with alchemy.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as err:
        raise (engine.failure(err.orig) if isinstance(err.orig, Exception) else err) from err
    finally:
        alchemy.dispose()


def script(dialect: str) -> str:
    """The statements of all migrations for "sqlite" or "postgresql", as Alembic prints them; without comments and transaction."""
    printed = io.StringIO()
    config = _config(printed)
    config.set_main_option("sqlalchemy.url", {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[dialect])
    command.upgrade(config, "head", sql=True)
    statements = [part.strip() for part in _without_comments(printed.getvalue()).split(";\n")]
    return "".join(f"{part};\n\n" for part in statements if part and part not in ("BEGIN", "COMMIT"))


def _without_comments(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines() if not line.startswith("--")) + "\n"


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output or io.StringIO())
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config
