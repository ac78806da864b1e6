"""A reading is kept once, and read back as the values it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.terms import (
    Count,
    Dimension,
    Health,
    InstalledBase,
    Metric,
    Platform,
    Probe,
    Reading,
    Rejected,
    Release,
    Signal,
    SignalKind,
)
from integrations.ledger.book import Book
from integrations.ledger.readings import (
    counts_after,
    installed_of,
    mark_unknown,
    read_until,
    releases_of,
    signals_between,
    source_states,
    state_of,
    store_reading,
)
from tests.integrations.ledger.builders import NOON, SetClock

HOUR = timedelta(hours=1)
IOS = Platform.IOS
SIGNAL = Signal("s", "1", SignalKind.REVIEW, "a", IOS, NOON, "标题", "не работает", 1, "2.0", "ru", "RU", "17", "phone")
COUNT = Count("s", "a", IOS, "2.0", Metric.CRASH, NOON, NOON + HOUR, 3, 5_000_000_000, Dimension.OS, "17")
RELEASE = Release("a", IOS, "2.0", NOON, "notes")
CELL = InstalledBase("s", "a", IOS, "2.0", "DE", "17", NOON, 100, 10, None, 0, 5)
PROBE = Probe("s", "api", NOON, Health.DEGRADED, 12.5, "slow")
REJECTED = Rejected("s", "reviews.csv:7", "no date", "x,y")
READING = Reading("s", NOON, NOON + HOUR, NOON, Health.HEALTHY, "", (SIGNAL,), (COUNT,), (RELEASE,), (CELL,), (PROBE,), (REJECTED,))
KINDS = ("signals", "counts", "releases", "installed", "probes", "rejected")


def stored(book: Book, reading: Reading = READING, app: str = "a") -> dict[str, int]:
    with book.write() as txn:
        return store_reading(txn, app, reading)


def test_every_kind_is_kept_once(book: Book) -> None:
    assert stored(book) == dict.fromkeys(KINDS, 1)
    assert stored(book) == dict.fromkeys(KINDS, 0)


def test_the_same_id_in_two_apps_is_two_signals(book: Book) -> None:
    stored(book)
    other = replace(READING, signals=(replace(SIGNAL, app="b"),), counts=(), releases=(), installed=())
    assert stored(book, other, "b") == dict.fromkeys(KINDS, 0) | {"signals": 1, "probes": 1, "rejected": 1}


def test_what_was_kept_is_read_back_as_it_was(book: Book) -> None:
    stored(book)
    with book.read() as txn:
        assert signals_between(txn, "a", IOS, NOON, NOON + HOUR) == (SIGNAL,)
        assert counts_after(txn, "a", IOS, Metric.CRASH, NOON) == (COUNT,)
        assert releases_of(txn, "a", IOS) == (RELEASE,)
        assert installed_of(txn, "a", IOS) == installed_of(txn, "a", IOS, "2.0") == (CELL,)


def test_windows_and_filters_hold(book: Book) -> None:
    stored(book)
    with book.read() as txn:
        assert signals_between(txn, "a", IOS, NOON - HOUR, NOON) == ()
        assert counts_after(txn, "a", IOS, Metric.CRASH, NOON + timedelta(microseconds=1)) == ()
        assert counts_after(txn, "a", IOS, Metric.ANR, NOON) == ()
        assert releases_of(txn, "a", Platform.ANDROID) == ()
        assert installed_of(txn, "a", IOS, "1.0") == ()


@pytest.mark.parametrize(("later", "expected"), [(HOUR, 200), (timedelta(0), 100), (-HOUR, 100)])
def test_the_newest_installed_base_wins(book: Book, later: timedelta, expected: int) -> None:
    stored(book)
    stored(book, replace(READING, installed=(replace(CELL, at=NOON + later, exposed=200),)))
    with book.read() as txn:
        assert installed_of(txn, "a", IOS)[0].exposed == expected


def test_a_source_is_marked_and_its_mark_never_goes_back(book: Book, clock: SetClock) -> None:
    with book.read() as txn:
        assert read_until(txn, "s", "a") is None
    stored(book)
    clock.move(minutes=1)
    stored(book, replace(READING, until=NOON, fresh_until=None))
    with book.read() as txn:
        assert read_until(txn, "s", "a") == NOON + HOUR
        (state,) = source_states(txn)
    assert (state.health, state.fresh_until, state.changed_at) == (Health.HEALTHY, NOON, NOON)


def test_states_of_one_app_are_its_own(book: Book) -> None:
    stored(book)
    stored(book, app="b")
    with book.read() as txn:
        assert [(s.app, s.source) for s in source_states(txn)] == [("a", "s"), ("b", "s")]
        assert [s.app for s in source_states(txn, "b")] == ["b"]
        assert state_of(txn, "b", "s") == source_states(txn, "b")[0]
        assert state_of(txn, "c", "s") is None


@pytest.mark.parametrize("known", [True, False])
def test_a_failed_source_is_unknown_and_reads_its_window_again(book: Book, known: bool) -> None:
    if known:
        stored(book)
    with book.write() as txn:
        mark_unknown(txn, "a", "s", "503")
        assert read_until(txn, "s", "a") == (NOON + HOUR if known else None)
        (state,) = source_states(txn)
    assert (state.health, state.warning) == (Health.UNKNOWN, "503")
    stored(book)
    with book.read() as txn:
        assert source_states(txn)[0].health is Health.HEALTHY


def test_text_no_database_can_hold_is_mended(book: Book) -> None:
    stored(book, replace(READING, signals=(replace(SIGNAL, title="a\0b", body="x\ud83dy\ud83d\ude00"),)))
    with book.read() as txn:
        (signal,) = signals_between(txn, "a", IOS, NOON, NOON + HOUR)
    assert (signal.title, signal.body) == ("a\ufffdb", "x\ufffdy\U0001f600")
