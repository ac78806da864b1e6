"""Recorded steps, leases and the brake."""

from datetime import timedelta

import pytest

from configs.errors import KeyReused, TransitionRefused
from integrations.ledger import brake, leases
from integrations.ledger.book import Book
from integrations.ledger.steps import find_step, record_step
from tests.integrations.ledger.builders import NOON, SetClock


def test_a_recorded_step_is_found_with_its_first_result(book: Book) -> None:
    with book.write() as txn:
        assert find_step(txn, "k") is None
        assert record_step(txn, "k", "poll", "app", "d1", "1")
        assert not record_step(txn, "k", "poll", "app", "d1", "2")
        found = find_step(txn, "k", arguments_digest="d1")
    assert found is not None
    assert (found.result_json, found.at) == ("1", NOON)


def test_the_same_step_with_other_arguments_is_refused(book: Book) -> None:
    with book.write() as txn:
        record_step(txn, "k", "poll", "app", "d1", "1")
        with pytest.raises(KeyReused, match="other arguments"):
            find_step(txn, "k", arguments_digest="d2")
        with pytest.raises(KeyReused):
            record_step(txn, "k", "poll", "app", "d2", "1")


def take(book: Book, holder: str) -> int | None:
    with book.write() as txn:
        return leases.take(txn, "tick", holder, 60)


def test_a_lease_has_one_holder_until_it_expires(book: Book, clock: SetClock) -> None:
    assert take(book, "a") == 1
    assert take(book, "b") is None
    assert take(book, "a") is None
    clock.move(seconds=59.9)
    assert take(book, "b") is None
    clock.move(seconds=0.1)
    assert take(book, "b") == 2


def test_a_stale_holder_can_neither_renew_nor_release(book: Book, clock: SetClock) -> None:
    take(book, "a")
    clock.move(seconds=60)
    take(book, "b")
    with book.write() as txn:
        assert not leases.renew(txn, "tick", 1, 60)
        assert not leases.release(txn, "tick", 1)
        assert leases.holder_of(txn, "tick") == "b"


def test_a_renewed_lease_lasts_longer(book: Book, clock: SetClock) -> None:
    take(book, "a")
    clock.move(seconds=50)
    with book.write() as txn:
        assert leases.renew(txn, "tick", 1, 60)
    clock.move(seconds=59)
    assert take(book, "b") is None


def test_the_fence_grows_over_a_release(book: Book) -> None:
    take(book, "a")
    with book.write() as txn:
        assert leases.release(txn, "tick", 1)
        assert not leases.renew(txn, "tick", 1, 60)
        assert leases.holder_of(txn, "tick") is None
    assert take(book, "b") == 2


def test_the_newest_brake_event_counts_and_all_are_kept(book: Book, clock: SetClock) -> None:
    with book.write() as txn:
        assert not brake.is_engaged(txn)
        brake.engage(txn, "ann", "wrong wording")
        assert brake.is_engaged(txn)
    clock.move(minutes=1)
    with book.write() as txn:
        brake.release(txn, "bob", "mended")
        assert not brake.is_engaged(txn)
        found = [(event.person, event.engaged, event.at - NOON) for event in brake.history(txn)]
    assert found == [("ann", True, timedelta(0)), ("bob", False, timedelta(minutes=1))]


def test_a_free_brake_cannot_be_released(book: Book) -> None:
    with pytest.raises(TransitionRefused, match="not engaged"), book.write() as txn:
        brake.release(txn, "bob", "why not")
