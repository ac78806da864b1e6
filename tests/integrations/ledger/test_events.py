"""Events are kept once, counted by their first arrival of the day; a block is kept whole or not at all."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from configs.terms import Count, Dimension, Event, EventKind, Health, Metric, Reading, Rejected
from integrations.event_blocks import Mark
from integrations.ledger.book import Book
from integrations.ledger.event_counters import BUCKET
from integrations.ledger.events import TOO_OLD, Kept, digests_of, drop_old_chunks, keep_block, marks_of, stream_of
from integrations.ledger.packed import unpacked
from integrations.ledger.readings import counts_after, store_reading
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.event_builders import APP, PLATFORM, POLICY, SOURCE, a_block, an_event, kept, read_to

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SESSION, CRASH, ANR = EventKind.SESSION, EventKind.CRASH, EventKind.ANR


class PowerCut(Exception):
    """Ends a transaction half-way."""


def counts(book: Book, metric: Metric = Metric.CRASH, after: datetime = NOON - DAY, **wanted: object) -> list[Count]:
    with book.read() as txn:
        found = counts_after(txn, APP, PLATFORM, metric, after)
    wanted = {"dimension": Dimension.ALL} | wanted
    return [c for c in found if all(getattr(c, name) == value for name, value in wanted.items())]


def numbers(found: list[Count]) -> list[tuple[datetime, int, int]]:
    return [(c.start, c.events, c.exposure) for c in found]


def test_an_event_is_kept_and_counted_once(book: Book) -> None:
    assert kept(book, an_event(), an_event()) == Kept(1, 1)
    assert kept(book, an_event(received=NOON + HOUR)) == Kept(0, 1)
    read_to(book, NOON + 2 * HOUR)
    assert numbers(counts(book)) == [(NOON, 1, 0)]


def test_ids_are_of_a_source_an_app_and_a_platform(book: Book) -> None:
    kept(book, an_event())
    with book.write() as txn:
        streams = [stream_of(txn, *names) for names in (("t", APP, PLATFORM), (SOURCE, "b", PLATFORM))]
        assert [keep_block(txn, stream, a_block([an_event()]), NOON, POLICY).new for stream in streams] == [1, 1]
        assert len({s.salt for s in streams}) == len({s.id for s in streams}) == 2


def test_a_user_counts_once_a_day_version_and_kind(book: Book) -> None:
    again = [an_event("e2", received=NOON + HOUR), an_event("e3", received=NOON + 13 * HOUR), an_event("e4", version="1.9")]
    kept(book, an_event(), *again, an_event("e5", ANR), an_event("e6", user="u2"))
    kept(book, an_event("e7", received=NOON + 2 * HOUR))
    read_to(book, NOON + DAY)
    assert numbers(counts(book, version="2.0")) == [(NOON, 2, 0), (NOON + 13 * HOUR, 1, 0)]
    assert numbers(counts(book, version="1.9")) == [(NOON, 1, 0)]
    assert numbers(counts(book, Metric.ANR)) == [(NOON, 1, 0)]


def test_every_session_is_exposure(book: Book) -> None:
    kept(book, *(an_event(f"s{n}", SESSION) for n in range(3)), an_event())
    read_to(book)
    assert numbers(counts(book)) == [(NOON, 1, 3)]


def test_without_a_user_every_event_is_somebody_elses(book: Book) -> None:
    kept(book, an_event("e1", user=""), an_event("e2", user=""))
    read_to(book)
    assert numbers(counts(book)) == [(NOON, 2, 0)]


def test_the_first_to_arrive_is_the_one_that_counts(book: Book) -> None:
    later = an_event("e1", received=NOON + 20 * MINUTE, device="Later")
    kept(book, later, an_event("e2", received=NOON + 7 * MINUTE, device="First"))
    read_to(book)
    (count,) = counts(book, dimension=Dimension.DEVICE)
    assert (count.start, count.value) == (NOON + 5 * MINUTE, "First")


def test_what_shows_up_late_counts_where_it_arrived_and_old_buckets_stay(book: Book) -> None:
    kept(book, an_event())
    read_to(book)
    before = counts(book)
    kept(book, an_event("e2", user="u2", received=NOON), since=NOON + HOUR)
    read_to(book, NOON + 2 * HOUR)
    assert counts(book)[:1] == before
    assert numbers(counts(book)) == [(NOON, 1, 0), (NOON + HOUR, 1, 0)]


def test_what_happened_long_before_it_arrived_is_kept_told_and_counted_nowhere(book: Book) -> None:
    old = [an_event(f"o{n}", user=f"u{n}", occurred=NOON - 20 * DAY, received=NOON) for n in range(50)]
    just = an_event("new", user="n", occurred=NOON - timedelta(hours=71), received=NOON)
    found = kept(book, *old, just, an_event("s", SESSION, occurred=NOON - 20 * DAY, received=NOON))
    assert (found.new, found.reasons) == (52, {TOO_OLD: 51})
    read_to(book)
    assert [c.events for c in counts(book)][:1] == [1]
    assert sum(c.exposure for c in counts(book)) == 0
    with book.read() as txn:
        (reason,) = (row.text("reason") for row in txn.rows("SELECT reason FROM rejected"))
    assert reason == "51 events happened more than 72 hours before they arrived: kept, and counted nowhere"
    assert kept(book, *old).new == 0


def test_only_whole_buckets_are_told(book: Book) -> None:
    kept(book, an_event(), an_event("e2", user="u2", received=NOON + 6 * MINUTE))
    assert counts(book) == []
    read_to(book, NOON + 9 * MINUTE)
    assert numbers(counts(book)) == [(NOON, 1, 0)]
    read_to(book, NOON + 10 * MINUTE)
    assert numbers(counts(book)) == [(NOON, 1, 0), (NOON + 5 * MINUTE, 1, 0)]
    assert numbers(counts(book, after=NOON + MINUTE)) == [(NOON + 5 * MINUTE, 1, 0)]


def test_a_metric_nobody_ever_reported_is_not_counted_as_none(book: Book) -> None:
    kept(book, an_event("s1", SESSION))
    read_to(book)
    assert counts(book) == []
    kept(book, an_event())
    assert numbers(counts(book)) == [(NOON, 1, 1)]
    assert counts(book, Metric.ANR) == counts(book, Metric.TICKET) == []


def test_without_sessions_the_exposure_is_another_sources(book: Book) -> None:
    kept(book, an_event(), an_event("e2", user="u2", device="Fold"))
    read_to(book)
    exposures = {NOON: 70, NOON + 5 * MINUTE: 80, NOON + HOUR: 90}
    others = [Count("vitals", APP, PLATFORM, "2.0", Metric.CRASH, start, start + BUCKET, 1, n) for start, n in exposures.items()]
    hourly = Count("vitals", APP, PLATFORM, "1.9", Metric.CRASH, NOON, NOON + HOUR, 1, 5)
    with book.write() as txn:
        store_reading(txn, APP, Reading("vitals", NOON, NOON, NOON, Health.HEALTHY, counts=(*others, hourly)))
    assert numbers(counts(book, source=SOURCE)) == [(NOON, 2, 70), (NOON + 5 * MINUTE, 0, 80)]
    assert numbers(counts(book, source=SOURCE, after=NOON + MINUTE)) == [(NOON + 5 * MINUTE, 0, 80)]
    assert len(counts(book, source="vitals")) == 4
    kept(book, an_event("s1", SESSION))
    assert numbers(counts(book, source=SOURCE)) == [(NOON, 2, 1)]


def test_the_first_values_have_places_and_the_rest_is_other(book: Book) -> None:
    kept(book, *(an_event(f"e{n}", user=f"u{n}", device=name) for n, name in enumerate(["rare", "A", "A", "B", "B", "C", "C", ""])))
    read_to(book)
    by_value = {c.value: c.events for c in counts(book, dimension=Dimension.DEVICE)}
    assert by_value == {"A": 2, "B": 2, "C": 2, "other": 2}


def test_every_dimension_adds_up_to_all_users(book: Book) -> None:
    kept(book, *(an_event(f"e{n}", random.Random(n).choice((SESSION, CRASH)), user=f"u{n}", device=f"d{n % 7}") for n in range(200)))
    read_to(book)
    (everyone,) = counts(book)
    for dimension in (Dimension.DEVICE, Dimension.OS, Dimension.COUNTRY):
        parts = counts(book, dimension=dimension)
        assert (sum(c.events for c in parts), sum(c.exposure for c in parts)) == (everyone.events, everyone.exposure)


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_definition(book: Book, seed: int) -> None:
    dice = random.Random(seed)
    events = [_any_event(dice, n) for n in range(800)]
    sent = [*events, *dice.sample(events, 200)]
    since = NOON - DAY
    for part in (sent[:300], sent[300:301], sent[301:]):
        kept(book, *part, since=since, policy=POLICY.model_copy(update={"segment_values": 50}))
    read_to(book, NOON + DAY)
    blocks = [
        sorted(_first_of_ids(part, sent[:at]), key=lambda e: e.received)
        for at, part in ((0, sent[:300]), (300, sent[300:301]), (301, sent[301:]))
    ]
    expected = _by_definition([event for block in blocks for event in block])
    for metric, kind in ((Metric.CRASH, CRASH), (Metric.ANR, ANR)):
        with book.read() as txn:
            found = counts_after(txn, APP, PLATFORM, metric, since)
        told = {(c.start, c.version, c.dimension, c.value): (c.events, c.exposure) for c in found}
        keys = {key[1:] for key in expected if key[0] in (kind, SESSION)}
        assert told == {key: (expected[kind, *key], expected[SESSION, *key]) for key in keys}
        assert all(c.end - c.start == BUCKET and c.source == SOURCE for c in found)


def _any_event(dice: random.Random, number: int) -> Event:
    received = NOON - DAY + dice.random() * 2 * DAY
    names = {"version": dice.choice(("2.0", "1.9")), "device": dice.choice("ABCDE"), "os_version": dice.choice(("14", "15"))}
    return an_event(f"e{number}", dice.choice((SESSION, CRASH, ANR)), user=f"u{dice.randrange(60)}", received=received, **names)


def _first_of_ids(part: list[Event], before: list[Event]) -> list[Event]:
    seen = {event.id for event in before}
    return [event for n, event in enumerate(part) if event.id not in seen | {e.id for e in part[:n]}]


def _by_definition(events: list[Event]) -> Counter[tuple[object, ...]]:
    """Counted one by one, as the terms say it."""
    counted: Counter[tuple[object, ...]] = Counter()
    seen: set[tuple[object, ...]] = set()
    for event in events:
        person = (event.user, event.version, event.kind, event.received.date())
        if event.kind is not SESSION and person in seen:
            continue
        seen.add(person)
        start = event.received - (event.received - datetime.min.replace(tzinfo=event.received.tzinfo)) % BUCKET
        segments = {Dimension.ALL: "", Dimension.DEVICE: event.device, Dimension.OS: event.os_version, Dimension.COUNTRY: event.country}
        for dimension, value in segments.items():
            counted[event.kind, start, event.version, dimension, value] += 1
    return counted


def test_counts_asked_for_again_in_one_transaction_are_the_same(book: Book) -> None:
    kept(book, an_event(), an_event("e2", user="u2", received=NOON + 6 * MINUTE))
    read_to(book)
    moments = (NOON + 5 * MINUTE, NOON, NOON + MINUTE, NOON + 5 * MINUTE, NOON + HOUR)
    with book.write() as txn:
        asked = [counts_after(txn, APP, PLATFORM, Metric.CRASH, after) for after in moments]
        keep_block(txn, stream_of(txn, SOURCE, APP, PLATFORM), a_block([an_event("e3", user="u3")]), NOON, POLICY)
        afterwards = counts_after(txn, APP, PLATFORM, Metric.CRASH, NOON)
    assert [len({c.start for c in found}) for found in asked] == [1, 2, 1, 1, 0]
    assert [sum(c.events for c in found if c.dimension is Dimension.ALL) for found in (asked[1], afterwards)] == [2, 3]
    with book.read() as txn:
        assert counts_after(txn, APP, PLATFORM, Metric.CRASH, NOON) == afterwards


def test_a_chunk_holds_what_came_without_the_user(book: Book) -> None:
    kept(book, an_event(received=NOON + HOUR, user="secret-user"))
    with book.read() as txn:
        ((columns,),) = txn.tuples("SELECT columns FROM event_chunks")
        told = {name: column.tolist() for name, column in unpacked(columns).items()}
    assert told["id"] == ["e1"]
    assert b"secret" not in bytes(columns)
    assert sorted(told) == ["country", "device", "id", "kind", "occurred", "os", "received", "version"]


def test_old_chunks_are_dropped_and_what_is_known_of_them_stays(book: Book) -> None:
    kept(book, an_event(), block=a_block([an_event()], digest=b"d" * 32))
    kept(book, an_event("e2", user="u2", received=NOON + 2 * DAY))
    read_to(book, NOON + 3 * DAY)
    before, policy = counts(book), POLICY.model_copy(update={"keep_days": 1})
    with book.write() as txn:
        assert drop_old_chunks(txn, 1, NOON + DAY, policy) == 0
        assert drop_old_chunks(txn, 1, NOON + DAY + MINUTE, policy) == 1
        assert drop_old_chunks(txn, 1, NOON + DAY + MINUTE, policy) == 0
        assert digests_of(txn, 1) == {b"d" * 32}
    assert counts(book) == before
    assert kept(book, an_event()) == Kept(0, 1)


def test_a_mark_moves_with_its_block_or_not_at_all(book: Book) -> None:
    mark = Mark("events.jsonl", 100, 1, 100, b"t")
    kept(book, block=a_block([an_event()], mark=mark))
    with suppress(PowerCut), book.write() as txn:
        keep_block(txn, stream_of(txn, SOURCE, APP, PLATFORM), a_block([an_event("e2")], mark=replace(mark, offset=200)), NOON, POLICY)
        raise PowerCut
    with book.read() as txn:
        assert marks_of(txn, 1) == {"events.jsonl": mark}
        assert [row[0] for row in txn.tuples("SELECT events FROM event_chunks")] == [1]
    assert kept(book, an_event("e2")).new == 1


def test_bad_rows_are_set_aside_once(book: Book) -> None:
    block = replace(a_block([]), rejected=(Rejected(SOURCE, "events.jsonl:7", "not JSON", "x"),))
    assert [kept(book, block=block).reasons for _ in range(2)] == [{"not JSON": 1}, {}]


def test_a_text_of_known_events_only_is_remembered(book: Book) -> None:
    kept(book, an_event())
    for _ in range(2):
        kept(book, block=a_block([an_event()], digest=b"x" * 32))
    with book.read() as txn:
        assert digests_of(txn, 1) == {b"x" * 32}


def test_a_dropped_chunks_number_is_not_used_again(book: Book) -> None:
    kept(book, an_event(), an_event("s1", SESSION))
    with book.write() as txn:
        assert drop_old_chunks(txn, 1, NOON + 91 * DAY, POLICY) == 1
    kept(book, an_event("e2", user="u2"))
    with book.read() as txn:
        assert txn.tuples("SELECT number FROM event_chunks") == [(2,)]
        assert [row[0] for row in txn.tuples("SELECT number FROM event_counters ORDER BY number")] == [1, 2]
