"""Sets of keys: what was added is known, nothing else is, and many small batches become few runs."""

import numpy as np
import pytest

from integrations.event_blocks import Ints, Texts
from integrations.ledger.book import Book
from integrations.ledger.event_hash import combined, keys_of
from integrations.ledger.event_keys import BLOCK, FAN_IN, KeySet, forget_before

RNG = np.random.default_rng(5)


def some_keys(count: int) -> Ints:
    return np.unique(RNG.integers(-(2**63), 2**63 - 1, count, dtype=np.int64))


def test_what_was_added_is_known_and_nothing_else(book: Book) -> None:
    everything = some_keys(3 * BLOCK)
    mine = np.zeros(len(everything), dtype=np.bool_)
    mine[::3] = True
    for part in np.array_split(everything[mine], 7):
        with book.write() as txn:
            KeySet(txn, 1, 0).add(part)
    with book.read() as txn:
        assert (KeySet(txn, 1, 0).knows(everything) == mine).all()
        few = np.sort(RNG.choice(everything, 5, replace=False))
        assert (KeySet(txn, 1, 0).knows(few) == np.isin(few, everything[mine])).all()
        assert not KeySet(txn, 1, 7).knows(everything).any()
        assert not KeySet(txn, 2, 0).knows(everything).any()


def test_small_batches_are_merged_into_few_runs(book: Book) -> None:
    batches = np.array_split(some_keys(640), 64)
    with book.write() as txn:
        for batch in batches:
            KeySet(txn, 1, 0).add(batch)
    with book.read() as txn:
        runs = txn.tuples("SELECT level, count(DISTINCT run), sum(number) FROM event_keys GROUP BY level")
        assert sum(int(number) for _, _, number in runs) == sum(map(len, batches))
        assert all(count < FAN_IN for _, count, _ in runs)


def test_nothing_asked_or_added_is_nothing(book: Book) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    with book.write() as txn:
        KeySet(txn, 1, 0).add(nothing)
        assert not len(KeySet(txn, 1, 0).knows(nothing))
        assert txn.tuples("SELECT 1 FROM event_keys") == []


def test_sets_of_earlier_days_go_and_the_ids_stay(book: Book) -> None:
    keys = some_keys(10)
    with book.write() as txn:
        for space in (0, 20_000, 20_001):
            KeySet(txn, 1, space).add(keys)
        forget_before(txn, 1, 20_001)
        assert [bool(KeySet(txn, 1, space).knows(keys).all()) for space in (0, 20_000, 20_001)] == [True, False, True]


# --- the keys themselves --------------------------------------------------------------------------------------------------


def test_equal_texts_have_equal_keys_wherever_they_stand() -> None:
    texts = ["a", "", "long enough for two words", "a", "привет", ""]
    keys = keys_of(Texts.of(texts), 9).tolist()
    assert [keys[0], keys[1]] == [keys[3], keys[5]]
    assert len(set(keys)) == 4
    assert keys_of(Texts.of(texts[2:5]), 9).tolist() == keys[2:5]


@pytest.mark.parametrize(
    ("one", "other"), [("a", "a\0"), ("ab", "ba"), ("a" * 8, "a" * 16), ("", "\0"), ("12345678a", "a12345678")], ids=repr
)
def test_texts_that_nearly_agree_have_other_keys(one: str, other: str) -> None:
    first, second = keys_of(Texts.of([one, other]), 9)
    assert first != second


def test_another_salt_makes_other_keys() -> None:
    texts = Texts.of([f"user-{n}" for n in range(1000)])
    assert not (keys_of(texts, 1) == keys_of(texts, 2)).any()


@pytest.mark.parametrize("form", ["{:07d}", "u{}", "{:036x}", "event-{}-of-this-day"])
def test_numbered_texts_spread_over_the_whole_range_without_collision(form: str) -> None:
    keys = keys_of(Texts.of([form.format(n) for n in range(100_000)]), 3)
    assert len(np.unique(keys)) == len(keys)
    assert np.abs(np.bincount((keys >> 60) + 8, minlength=16) - len(keys) / 16).max() < 500  # six standard deviations
    flips = np.unpackbits((keys[1:] ^ keys[:-1]).view(np.uint8)).mean()
    assert abs(flips - 0.5) < 0.005


def test_a_key_combined_with_other_numbers_is_another_key() -> None:
    keys, zero, one = keys_of(Texts.of(["u1"]), 3), np.array([0]), np.array([1])
    made = {int(combined(keys, *codes)[0]) for codes in ((zero, one), (one, zero), (zero, zero), (one, one))}
    assert len(made) == 4
