"""How late events arrived before a moment, whoever asks when, and however they were read."""

from __future__ import annotations

from datetime import datetime, timedelta

from configs.terms import Event, EventKind, Metric
from integrations.ledger.book import Book
from integrations.ledger.event_delays import DELAYS, Delays, delays_between, kind_of, versions_told
from integrations.ledger.events import keep_block, stream_of
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.event_builders import APP, PLATFORM, POLICY, SOURCE, a_block, an_event, kept

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
THREE_DAYS = 3 * DAY
SESSION, CRASH, ANR = EventKind.SESSION, EventKind.CRASH, EventKind.ANR


def late(number: int, minutes: float, kind: EventKind = CRASH, received: datetime = NOON, **varied: object) -> Event:
    return an_event(f"e{number}", kind, user=f"u{number}", received=received, occurred=received - minutes * MINUTE, **varied)


def delays(book: Book, *versions: str, since: datetime = NOON - DAY, until: datetime = NOON + DAY) -> Delays:
    with book.read() as txn:
        return delays_between(txn, APP, PLATFORM, versions, since, until, THREE_DAYS)[SOURCE]


def buckets(found: Delays, kind: EventKind = CRASH) -> dict[int, int]:
    return {bucket: number for bucket, number in enumerate(found[kind].tolist()) if number}


def test_events_are_told_apart_by_kind_and_version(book: Book) -> None:
    kept(book, late(1, 0), late(2, 4), late(3, 6), late(4, 62, SESSION), late(5, 31, ANR), late(6, 60, version="1.9"))
    assert buckets(delays(book, "2.0")) == {0: 1, 1: 1, 2: 1}
    assert buckets(delays(book, "2.0"), SESSION) == {13: 1}
    assert buckets(delays(book, "2.0"), ANR) == {7: 1}
    assert buckets(delays(book, "2.0", "1.9")) == {0: 1, 1: 1, 2: 1, 12: 1}
    assert buckets(delays(book, "9.9")) == {}


def test_one_from_the_future_is_not_late_and_a_day_or_more_is_one_number(book: Book) -> None:
    kept(book, late(1, -30), late(2, 24 * 60), late(3, 60 * 60))
    assert buckets(delays(book, "2.0")) == {0: 1, DELAYS - 1: 2}


def test_what_is_counted_nowhere_tells_no_delay(book: Book) -> None:
    kept(book, *(late(n, 9 * 24 * 60) for n in range(50)), late(99, 6))
    assert buckets(delays(book, "2.0")) == {2: 1}


def test_only_what_was_received_in_the_time_asked_for_counts(book: Book) -> None:
    kept(book, *(late(n, 5 * n + 1, received=NOON + n * 60 * MINUTE) for n in range(5)))
    assert buckets(delays(book, "2.0", since=NOON + 60 * MINUTE, until=NOON + 180 * MINUTE)) == {2: 1, 3: 1}


def test_it_makes_no_difference_in_how_many_parts_they_came_or_what_came_later(book: Book) -> None:
    events = [late(n, 7 * n % 100, received=NOON + n * MINUTE) for n in range(60)]
    kept(book, *events[:40])
    before = buckets(delays(book, "2.0", until=NOON + 30 * MINUTE))
    kept(book, *events[40:], *events[:10])
    assert buckets(delays(book, "2.0", until=NOON + 30 * MINUTE)) == before
    with book.write() as txn:
        for event in events:
            keep_block(txn, stream_of(txn, "one by one", APP, PLATFORM), a_block([event]), NOON, POLICY)
        both = delays_between(txn, APP, PLATFORM, ("2.0",), NOON, NOON + 30 * MINUTE, THREE_DAYS)
    assert buckets(both["one by one"]) == buckets(both[SOURCE]) == before


def test_metrics_without_single_events_have_no_kind() -> None:
    assert [kind_of(metric) for metric in (Metric.CRASH, Metric.ANR, Metric.TICKET)] == [CRASH, ANR, None]


def test_every_version_that_was_ever_told_is_known(book: Book) -> None:
    kept(book, late(1, 0), late(2, 0, version="1.9"))
    with book.read() as txn:
        assert versions_told(txn, APP, PLATFORM) == {"2.0", "1.9"}
        assert versions_told(txn, "another", PLATFORM) == frozenset()


def test_what_was_taken_in_afterwards_is_not_even_read(book: Book) -> None:
    kept(book, late(1, 6))
    kept(book, *(late(n, 6, received=NOON + DAY) for n in range(2, 9)), since=NOON + DAY)
    with book.write() as txn:
        txn.run("UPDATE event_chunks SET columns = :damaged WHERE number = 2", damaged=b"damaged")
    assert buckets(delays(book, "2.0", until=NOON + 60 * MINUTE)) == {2: 1}
