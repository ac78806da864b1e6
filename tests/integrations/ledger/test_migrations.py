"""A migrated ledger is exactly what `tables.py` declares, however it came to be."""

import threading
from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from configs.errors import LedgerVersion
from integrations.ledger import (
    tables,
    tables_of_decisions,
    tables_of_events,
    tables_of_forecasts,
    tables_of_plans,
    tables_of_recalls,
    tables_of_signing,
)
from integrations.ledger.book import Book
from integrations.ledger.engine import engine_of
from integrations.ledger.migrations import fresh_script, genesis_row, migrate
from integrations.ledger.migrations.upgrade import HERE, alchemy_engine, script, upgrade
from integrations.ledger.sqlite import Sqlite
from integrations.ledger.version import CURRENT, SCHEMAS
from tests.integrations.ledger.builders import an_entry

# importing a file of tables adds them to the one metadata
FILES = (
    tables,
    tables_of_decisions,
    tables_of_events,
    tables_of_forecasts,
    tables_of_plans,
    tables_of_recalls,
    tables_of_signing,
)
METADATA = FILES[0].SQLModel.metadata


def differences(url: str) -> list[object]:
    alchemy = alchemy_engine(engine_of(url))
    with alchemy.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = list(compare_metadata(context, METADATA))
    alchemy.dispose()
    return found


def test_the_fresh_script_makes_the_declared_tables(empty_url: str) -> None:
    assert migrate(empty_url) == CURRENT
    assert differences(empty_url) == []


def test_alembic_makes_the_declared_tables(empty_url: str) -> None:
    engine = engine_of(empty_url)
    if isinstance(engine, Sqlite):
        engine.create()
    upgrade(engine)
    assert differences(empty_url) == []


def test_an_older_ledger_keeps_its_rows_and_gets_what_is_new(empty_url: str, open_book: Callable[..., Book]) -> None:
    engine = engine_of(empty_url)
    if isinstance(engine, Sqlite):
        engine.create()
    upgrade(engine, "0001")
    alchemy = alchemy_engine(engine)
    with alchemy.begin() as connection:
        connection.exec_driver_sql("INSERT INTO subjects (pseudonym, contact_id) VALUES ('p', 'c')")
        insert, genesis = genesis_row()
        connection.execute(text(insert), genesis)
    alchemy.dispose()
    assert migrate(empty_url) == CURRENT
    assert differences(empty_url) == []
    with open_book(empty_url).read() as txn:
        assert txn.tuples("SELECT pseudonym FROM subjects") == [("p",)]
        assert txn.tuples("SELECT count(*) FROM issue_events") == [(0,)]


def test_the_fresh_scripts_are_what_alembic_prints() -> None:
    assert script("sqlite") == fresh_script(engine_of("sqlite:///x")), "run `python -m integrations.ledger.migrations`"
    assert script("postgresql") == fresh_script(engine_of("postgresql://x/y")), "run `python -m integrations.ledger.migrations`"


def test_the_known_schemas_are_alembics_in_order() -> None:
    found = [revision.revision for revision in ScriptDirectory(str(HERE)).walk_revisions()]
    assert tuple(reversed(found)) == SCHEMAS


def test_migrating_again_changes_nothing(url: str, open_book: Callable[..., Book]) -> None:
    book = open_book(url)
    with book.write() as txn:
        txn.append(an_entry())
    assert migrate(url) == CURRENT
    with book.read() as txn:
        assert txn.head.seq == 1


def test_two_at_once_make_one_ledger(empty_url: str, open_book: Callable[..., Book]) -> None:
    failures: list[Exception] = []

    def run() -> None:
        try:
            migrate(empty_url)
        except Exception as err:  # noqa: BLE001
            failures.append(err)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_book(empty_url).read() as txn:
        assert len(txn.rows("SELECT id FROM journal_head")) == 1


def test_a_newer_ledger_is_left_alone(url: str, open_book: Callable[..., Book]) -> None:
    with open_book(url).write() as txn:
        txn.run("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerVersion, match="newer than"):
        migrate(url)


def test_two_ledgers_never_have_the_same_identity(tmp_path_factory: pytest.TempPathFactory, open_book: Callable[..., Book]) -> None:
    heads = set()
    for _ in range(2):
        url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}"
        migrate(url)
        with open_book(url).read() as txn:
            heads.add(txn.head.hash)
    assert len(heads) == 2
