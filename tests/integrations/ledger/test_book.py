"""Promises of the open ledger, on both databases."""

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from configs.errors import (
    BadInput,
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerMissing,
    LedgerVersion,
    SettingsInvalid,
    TransitionRefused,
)
from integrations.ledger import sqlite
from integrations.ledger.book import Book, Entry
from integrations.ledger.engine import pyformat, without_password
from integrations.ledger.migrations import migrate
from integrations.ledger.times import as_text
from integrations.ledger.verify import verify
from tests.integrations.ledger.builders import NOON, SetClock, an_entry


def entries_in(book: Book) -> int:
    with book.read() as txn:
        return len(txn.rows("SELECT seq FROM journal"))


def test_rows_and_their_entry_commit_together(book: Book) -> None:
    with book.write() as txn:
        txn.run("INSERT INTO subjects (pseudonym, contact_id) VALUES (:p, :c)", p="p1", c="c1")
        assert txn.append(an_entry(1), an_entry(2)) == 2
    with book.read() as txn:
        assert txn.one("SELECT contact_id FROM subjects WHERE pseudonym = :p", p="p1") == {"contact_id": "c1"}
        assert [row.number("seq") for row in txn.rows("SELECT seq FROM journal ORDER BY seq")] == [1, 2]


def write_and_fail(book: Book) -> None:
    with book.write() as txn:
        txn.run("INSERT INTO subjects (pseudonym, contact_id) VALUES (:p, :c)", p="p1", c="c1")
        txn.append(an_entry())
        raise ZeroDivisionError


def test_an_error_leaves_nothing(book: Book) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_fail(book)
    with book.read() as txn:
        assert txn.rows("SELECT pseudonym FROM subjects") == []
        assert txn.head.seq == 0


def test_a_statement_that_fails_leaves_nothing_and_the_book_usable(book: Book) -> None:
    with pytest.raises(LedgerError, match="nonsense"), book.write() as txn:
        txn.run("UPDATE nonsense SET a = :a", a=txn.append(an_entry()))
    with book.write() as txn:
        assert txn.append(an_entry()) == 1


def test_a_broken_constraint_is_refused(book: Book) -> None:
    sql = "INSERT INTO subjects (pseudonym, contact_id) VALUES (:p, :c)"
    with book.write() as txn:
        txn.run(sql, p="p1", c="secret-contact")
    with pytest.raises(TransitionRefused) as refused, book.write() as txn:
        txn.run(sql, p="p1", c="secret-contact")
    assert "secret-contact" not in refused.value.message


def test_run_many_counts_what_changed(book: Book) -> None:
    sql = "INSERT INTO subjects (pseudonym, contact_id) VALUES (:p, :c) ON CONFLICT DO NOTHING"
    with book.write() as txn:
        assert txn.run_many(sql, [{"p": "1", "c": "a"}, {"p": "2", "c": "b"}]) == 2
        assert txn.run_many(sql, [{"p": "2", "c": "b"}, {"p": "3", "c": "c"}]) == 1
        assert txn.run_many(sql, []) == 0


def test_stream_gives_all_rows_without_a_list(book: Book) -> None:
    with book.write() as txn:
        txn.append(*[an_entry(n) for n in range(1, 6002)])
    with book.read() as txn:
        assert sum(1 for _ in txn.stream("SELECT seq FROM journal WHERE seq > :n", n=1)) == 6000


def test_a_transaction_inside_a_transaction_is_refused(book: Book) -> None:
    with book.write(), pytest.raises(LedgerError, match="already has a transaction open"), book.read():
        pass


def test_a_read_changes_nothing_and_sees_one_moment(book: Book) -> None:
    with book.read() as txn:
        assert txn.head.seq == 0
        threaded(lambda: appended(book, 1))
        assert txn.rows("SELECT seq FROM journal") == []


def appended(book: Book, count: int) -> None:
    for number in range(count):
        with book.write() as txn:
            txn.append(an_entry(number))


def threaded(*jobs: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as err:  # noqa: BLE001
            failures.append(err)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_threads_write_one_unbroken_chain(book: Book, url: str) -> None:
    threaded(*[lambda: appended(book, 15)] * 4)
    assert entries_in(book) == 60
    assert verify(url, [], []).is_sound


def append_from_process(url: str, count: int) -> None:
    with Book.open(url, clock=SetClock()) as book:
        appended(book, count)


def test_processes_write_one_unbroken_chain(url: str) -> None:
    start = multiprocessing.get_context("fork").Process
    processes = [start(target=append_from_process, args=(url, 20)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    proof = verify(url, [], [])
    assert (proof.is_sound, proof.entries) == (True, 40)


def test_a_forked_child_leaves_its_parents_connection_alone(book: Book) -> None:
    appended(book, 1)
    child = os.fork()
    if child == 0:
        try:
            appended(book, 1)
            book.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    appended(book, 1)
    assert entries_in(book) == 3


def write_and_die(url: str) -> None:
    with Book.open(url, clock=SetClock()).write() as txn:
        txn.append(an_entry())
        os._exit(9)


def test_a_crash_between_write_and_commit_leaves_nothing(url: str, book: Book) -> None:
    process = multiprocessing.get_context("fork").Process(target=write_and_die, args=(url,))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert entries_in(book) == 0
    appended(book, 1)
    assert verify(url, [], []).is_sound


# --- the clock ----------------------------------------------------------------------------------------------------------


def test_time_never_goes_back_in_the_journal(book: Book, clock: SetClock) -> None:
    appended(book, 1)
    clock.move(seconds=-20)
    with book.write() as txn:
        assert txn.now == NOON
        txn.append(an_entry())
    with book.read() as txn:
        assert [row["at"] for row in txn.rows("SELECT at FROM journal")] == [as_text(NOON)] * 2


def test_a_clock_far_behind_stops_every_write(book: Book, clock: SetClock) -> None:
    appended(book, 1)
    clock.move(seconds=-31)
    with pytest.raises(LedgerError, match=r"31 s back, more than the 30 s allowed; set this machine's clock"):
        appended(book, 1)
    assert entries_in(book) == 1


def test_the_allowed_skew_is_the_callers(url: str, open_book: Callable[..., Book], clock: SetClock) -> None:
    book = open_book(url, max_skew=timedelta(hours=1))
    appended(book, 1)
    clock.move(minutes=-59)
    appended(book, 1)
    assert entries_in(book) == 2


# --- what can be wrong with a ledger ------------------------------------------------------------------------------------


def test_no_ledger_yet_is_said_with_the_way_out(empty_url: str, clock: SetClock) -> None:
    with pytest.raises(LedgerMissing, match="run `recall init` or `recall up`"):
        Book.open(empty_url, clock=clock)


@pytest.mark.parametrize(("found", "words"), [("9999", "newer than"), ("0000", "newer than")])
def test_another_schema_is_refused(url: str, book: Book, clock: SetClock, found: str, words: str) -> None:
    with book.write() as txn:
        txn.run("UPDATE alembic_version SET version_num = :found", found=found)
    with pytest.raises(LedgerVersion, match=words):
        Book.open(url, clock=clock)


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerCorrupt, match="restore the newest backup"):
        Book.open(f"sqlite:///{tmp_path}/ledger.db", clock=clock)


def test_a_damaged_page_is_corrupt(sqlite_url: str, open_book: Callable[..., Book]) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    book = open_book(sqlite_url)
    appended(book, 200)
    book.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(LedgerCorrupt), book.read() as txn:
        txn.rows("SELECT body FROM journal")


@pytest.mark.parametrize("address", ["mysql://root:secret@host/x", "sqlite://", "sqlite:///:memory:", "ledger.db"])
def test_other_addresses_are_refused_without_showing_a_password(address: str, clock: SetClock) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        Book.open(address, clock=clock)
    assert "secret" not in refused.value.message


def test_an_unreachable_server_is_busy_not_missing_and_hides_the_password(clock: SetClock) -> None:
    with pytest.raises(LedgerBusy) as busy:
        Book.open("postgresql://someone:secret@127.0.0.1:1/x", clock=clock)
    assert "secret" not in busy.value.message
    assert "someone@127.0.0.1:1" in busy.value.message


def test_a_missing_database_is_missing(postgres_server: str, clock: SetClock) -> None:
    with pytest.raises(LedgerMissing, match="no such database"):
        Book.open(postgres_server.replace("/postgres?", "/nowhere?"), clock=clock)


def append_over_a_break(book: Book, server: str) -> None:
    with book.write() as txn:
        txn.append(an_entry())
        with psycopg.connect(server, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'app-recall'")
        txn.append(an_entry())


def test_a_lost_connection_is_busy_and_then_replaced(postgres_url: str, open_book: Callable[..., Book], postgres_server: str) -> None:
    book = open_book(postgres_url)
    with pytest.raises(LedgerBusy):
        append_over_a_break(book, postgres_server)
    appended(book, 1)
    assert entries_in(book) == 1


def test_a_full_disk_is_said_and_keeps_what_was_there(sqlite_url: str, open_book: Callable[..., Book]) -> None:
    book = open_book(sqlite_url)
    appended(book, 3)
    with book.read() as txn:
        pages = txn.rows("PRAGMA page_count")[0]["page_count"]
        txn.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(LedgerFull, match="free some space"), book.write() as txn:
        txn.append(*[an_entry(n, text="x" * 2000) for n in range(50)])
    assert entries_in(book) == 3
    assert verify(sqlite_url, [], []).is_sound


def fill(book: Book) -> None:
    for _ in range(50):
        with book.write() as txn:
            txn.append(*[an_entry(n, text="x" * 2000) for n in range(50)])


def test_a_full_file_system_is_said_and_keeps_what_was_there(
    small_disk: Path, sqlite_template: Path, open_book: Callable[..., Book]
) -> None:
    path = small_disk / "ledger.db"
    path.write_bytes(sqlite_template.read_bytes())
    book = open_book(f"sqlite:///{path}")
    appended(book, 3)
    with pytest.raises(LedgerFull):
        fill(book)
    assert entries_in(book) % 50 == 3
    assert verify(f"sqlite:///{path}", [], []).is_sound


def test_a_locked_ledger_is_busy(sqlite_url: str, open_book: Callable[..., Book], monkeypatch: pytest.MonkeyPatch) -> None:
    from configs.errors import LedgerBusy

    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    book = open_book(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="will be tried again"), book.write():
        pass
    other.close()


def test_only_the_owner_can_read_the_files(empty_url: str, clock: SetClock) -> None:
    if not empty_url.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps its own files")
    migrate(empty_url)
    path = Path(empty_url.removeprefix("sqlite:///"))
    with Book.open(empty_url, clock=clock) as book:
        appended(book, 1)
        assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
            "ledger.db": 0o600,
            "ledger.db-wal": 0o600,
            "ledger.db-shm": 0o600,
        }
    assert path.parent.stat().st_mode & 0o777 == 0o700


# --- small things -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT :a, :b_2", "SELECT %(a)s, %(b_2)s"),
        ("SELECT x::text FROM t WHERE a = :a", "SELECT x::text FROM t WHERE a = %(a)s"),
        ("SELECT ':no', ':a''s :b', \":c\" WHERE x LIKE '%'", "SELECT ':no', ':a''s :b', \":c\" WHERE x LIKE '%%'"),
        ("SELECT 5 % :a -- :comment", "SELECT 5 %% %(a)s -- :comment"),
    ],
)
def test_named_parameters_become_psycopgs(text: str, expected: str) -> None:
    assert pyformat(text) == expected


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:s3cret@host:5/db", "postgresql://me@host:5/db"),
        ("postgresql://host/db?password=s3cret&sslmode=require", "postgresql://host/db?password=***&sslmode=require"),
        ("sqlite:////w/ledger.db", "sqlite:////w/ledger.db"),
    ],
)
def test_no_password_is_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown


@pytest.mark.parametrize("bad", ["a\0b"])
def test_nul_in_kind_or_subject_is_refused(book: Book, bad: str) -> None:
    with pytest.raises(BadInput, match="NUL"), book.write() as txn:
        txn.append(Entry("kind", bad))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_text(datetime(2026, 1, 1))  # noqa: DTZ001
