"""Held rows wait whole, and come back as the rows they were; what is stored around a reading is found again."""

from dataclasses import replace
from datetime import timedelta

from configs.terms import Dimension, Held, Metric, Platform, Rejected, Release
from integrations.ledger.book import Book
from integrations.ledger.doubts import bucket_length, counting_sources, put_aside
from integrations.ledger.quarantine import counts_around, drop, held_of, held_rows, hold, old_signals, take_in
from integrations.ledger.readings import counts_after, signals_between, store_reading
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.test_readings import COUNT, HOUR, IOS, READING, SIGNAL

LISTED, FLOOD = "'2.0' is not among the releases", "much history at once"
HELD = (Held(COUNT, "crash of 2.0", LISTED), Held(SIGNAL, "review 1", FLOOD), Held(replace(SIGNAL, id="2"), "review 2", FLOOD))
RELEASE = Release("a", IOS, "2.0", NOON)


def held(book: Book) -> dict[str, int]:
    with book.write() as txn:
        hold(txn, "a", "s", HELD)
        return {one.reason: one.rows for one in held_rows(txn, "a")}


def test_rows_are_held_once_and_counted_by_reason(book: Book) -> None:
    assert held(book) == held(book) == {LISTED: 1, FLOOD: 2}
    with book.read() as txn:
        assert held_rows(txn, "b") == held_of(txn, "a", ["other"]) == ()
        assert held_of(txn, "a", ["s", "other"]) == held_rows(txn, "a")
        assert [(one.app, one.source, one.since) for one in held_rows(txn)] == [("a", "s", NOON)] * 2
        assert not counts_after(txn, "a", IOS, Metric.CRASH, NOON)


def test_taken_in_they_are_the_rows_they_were(book: Book) -> None:
    held(book)
    with book.write() as txn:
        listed, flood = held_rows(txn)
        assert (take_in(txn, listed), take_in(txn, flood)) == ({"counts": 1, "signals": 0}, {"counts": 0, "signals": 2})
        assert held_rows(txn) == ()
        assert counts_after(txn, "a", IOS, Metric.CRASH, NOON) == (COUNT,)
        assert signals_between(txn, "a", IOS, NOON, NOON + HOUR) == (SIGNAL, replace(SIGNAL, id="2"))


def test_what_arrived_meanwhile_stays_as_it_is(book: Book) -> None:
    held(book)
    first = replace(COUNT, events=1)
    with book.write() as txn:
        store_reading(txn, "a", replace(READING, counts=(first,)))
        assert take_in(txn, held_rows(txn)[0]) == {"counts": 0, "signals": 0}
        assert counts_after(txn, "a", IOS, Metric.CRASH, NOON) == (first,)


def test_dropped_rows_stay_readable_and_are_held_no_longer(book: Book) -> None:
    held(book)
    with book.write() as txn:
        flood = held_rows(txn)[1]
        assert drop(txn, flood, "dropped by a person: a test export") == 2
        assert [one.reason for one in held_rows(txn)] == [LISTED]
        assert txn.one("SELECT count(*) AS n FROM rejected WHERE reason = 'dropped by a person: a test export'") == {"n": 2}


def test_numbers_and_spans_of_the_same_time_are_found_and_no_others(book: Book) -> None:
    day = replace(COUNT, version="1.0", start=NOON - timedelta(days=1), end=NOON + HOUR / 2)
    other = replace(COUNT, source="other")
    with book.write() as txn:
        store_reading(txn, "a", replace(READING, counts=(COUNT, day, other, replace(COUNT, metric=Metric.ANR))))
        numbers, spans = counts_around(txn, "a", "s", [replace(COUNT, events=9, version="3.0")])
        later, _ = counts_around(txn, "a", "s", [replace(COUNT, start=NOON + HOUR, end=NOON + 2 * HOUR)])
    assert numbers[IOS, Metric.CRASH, Dimension.OS] == {("2.0", "17", NOON): (3, 5_000_000_000)}
    assert spans == {(IOS, Metric.CRASH, Dimension.OS): {(NOON, NOON + HOUR), (day.start, day.end)}}
    assert not any(later.values())


def test_only_old_signals_of_the_source_are_known_by_id(book: Book) -> None:
    old = replace(SIGNAL, id="old", at=NOON - timedelta(days=9))
    with book.write() as txn:
        store_reading(txn, "a", replace(READING, signals=(SIGNAL, old, replace(old, source="other", id="theirs"))))
        assert old_signals(txn, "a", "s", NOON) == {"old"}


def test_rows_put_aside_are_counted_for_their_release_and_metric(book: Book) -> None:
    places = ("crash of 2.0, ios, x", "crash of 2.0 on device A, ios, x", "crash of 2.0.1, ios, x", "anr of 2.0, ios, x")
    with book.write() as txn:
        store_reading(txn, "a", replace(READING, rejected=tuple(Rejected("s", place, "no") for place in places)))
        hold(txn, "a", "s", HELD)
        assert put_aside(txn, RELEASE, Metric.CRASH, ["s"], NOON) == {"no": 2}
        assert put_aside(txn, RELEASE, Metric.CRASH, ["s"], NOON + HOUR) == {}
        assert put_aside(txn, RELEASE, Metric.CRASH, ["other"], NOON) == {}


def test_who_counts_what_in_which_length(book: Book) -> None:
    with book.write() as txn:
        assert bucket_length(txn, RELEASE, Metric.CRASH) == timedelta(0)
        store_reading(txn, "a", replace(READING, counts=(COUNT, replace(COUNT, source="other"))))
        assert bucket_length(txn, RELEASE, Metric.CRASH) == HOUR
        assert counting_sources(txn, RELEASE, Metric.CRASH, ["s", "other", "nobody"]) == ("other", "s")
        assert counting_sources(txn, replace(RELEASE, platform=Platform.ANDROID), Metric.CRASH, ["s"]) == ()
