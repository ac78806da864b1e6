"""Two processes find what one finds: the same first bad entry, in the same words, wherever the tampering is."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from configs.errors import ChainBroken
from integrations.ledger.book import Book
from integrations.ledger.checkpoint_line import Checkpoint
from integrations.ledger.connections import Connections
from integrations.ledger.engine import engine_of
from integrations.ledger.halves import SECOND_HALF, walk_in_halves
from integrations.ledger.verify import JOURNAL, LONG, verify
from integrations.ledger.walk import Fault, Place, Walk
from tests.integrations.ledger.builders import an_entry

SIZE, MIDDLE = 30, 15
Outcome = tuple[Place, str, int | None]


@pytest.fixture
def filled(url: str, open_book: Callable[..., Book]) -> tuple[str, Book]:
    book = open_book(url)
    with book.write() as txn:
        txn.append(*[an_entry(n) for n in range(1, SIZE + 1)])
    return url, book


def signed(book: Book, *seqs: int) -> dict[int, Checkpoint]:
    with book.read() as txn:
        rows = txn.tuples("SELECT seq, hash, body FROM journal ORDER BY seq")
    hashes = {seq: bytes(digest).hex() for seq, digest, _ in rows}
    ledger = json.loads(rows[0][2])["prev"]
    return {seq: Checkpoint(ledger, number, seq, hashes[seq], "", "", "") for number, seq in enumerate(seqs, 1)}


@contextmanager
def reading(url: str) -> Iterator[Any]:
    with closing(Connections(engine_of(url))) as connections, connections.transaction("BEGIN") as connection:
        yield connection


def outcome(walk: Walk, go: Callable[[], None]) -> Outcome:
    try:
        go()
    except Fault as fault:
        return walk.place, fault.words, fault.seq
    return walk.place, "", None


def in_halves(url: str, points: dict[int, Checkpoint]) -> Outcome:
    walk = Walk(points)
    with reading(url) as connection:
        ((last,),) = engine_of(url).stream(connection, "SELECT MAX(seq) FROM journal", {})
        return outcome(walk, lambda: walk_in_halves(url, connection, walk, last))


def in_one(url: str, points: dict[int, Checkpoint]) -> Outcome:
    walk = Walk(points)
    with reading(url) as connection:
        return outcome(walk, lambda: walk.over(engine_of(url).stream(connection, JOURNAL, {})))


def test_a_sound_journal_is_sound_to_its_end(filled: tuple[str, Book]) -> None:
    url, book = filled
    points = signed(book, 10, 20)
    assert in_halves(url, points) == in_one(url, points)
    place, words, _ = in_halves(url, points)
    assert (place.seq, place.trusted, words) == (SIZE, 20, "")


@pytest.mark.parametrize("seq", [3, MIDDLE - 1, MIDDLE, MIDDLE + 1, MIDDLE + 2, SIZE - 1, SIZE])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET subject = 'x' WHERE seq = {}",
        "UPDATE journal SET hash = body WHERE seq = {}",
        "DELETE FROM journal WHERE seq = {}",
        "UPDATE journal SET seq = -1 WHERE seq = {}",
        "UPDATE journal SET seq = 99 WHERE seq = {}",
        "DELETE FROM journal WHERE seq >= {}",
    ],
)
def test_two_find_what_one_finds(sqlite_url: str, open_book: Callable[..., Book], sql: str, seq: int) -> None:
    book = open_book(sqlite_url)
    with book.write() as txn:
        txn.append(*[an_entry(n) for n in range(1, SIZE + 1)])
    points = signed(book, 10, 20, SIZE)
    with book.write() as txn:
        txn.run(sql.format(seq))
    assert in_halves(sqlite_url, points) == in_one(sqlite_url, points)


@pytest.mark.parametrize("seq", [MIDDLE, MIDDLE + 1, SIZE])
def test_tampering_is_found_in_either_database(filled: tuple[str, Book], seq: int) -> None:
    url, book = filled
    with book.write() as txn:
        txn.run("UPDATE journal SET subject = 'x' WHERE seq = :seq", seq=seq)
    assert in_halves(url, {})[2] == seq


def test_a_rewritten_second_half_is_named_from_the_last_signed_entry_of_the_first(filled: tuple[str, Book]) -> None:
    url, book = filled
    points = signed(book, 10)
    points[20] = Checkpoint("", 2, 20, "00" * 32, "", "", "")
    assert in_halves(url, points)[1:] == in_one(url, points)[1:]
    assert in_halves(url, points)[2] == 11


def test_the_other_process_does_its_half(sqlite_url: str, open_book: Callable[..., Book]) -> None:
    asked = statements(sqlite_url, open_book)
    assert not any("seq > 15 AND" in sql or sql == SECOND_HALF for sql in asked)


def test_without_another_process_this_one_does_both_halves(
    sqlite_url: str, open_book: Callable[..., Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    asked = statements(sqlite_url, open_book)
    assert any("seq > 15 AND" in sql or sql == SECOND_HALF for sql in asked)


def statements(url: str, open_book: Callable[..., Book]) -> list[str]:
    """What this process asks the database while a sound journal is proved."""
    asked: list[str] = []
    with open_book(url).write() as txn:
        txn.append(*[an_entry(n) for n in range(1, SIZE + 1)])
    walk = Walk({})
    with reading(url) as connection:
        connection.set_trace_callback(asked.append)
        walk_in_halves(url, connection, walk, SIZE)
    assert walk.seq == SIZE
    return asked


def test_a_long_ledger_is_proved_to_its_last_entry(sqlite_url: str, open_book: Callable[..., Book]) -> None:
    book = open_book(sqlite_url)
    with book.write() as txn:
        txn.append(*[an_entry(n) for n in range(1, LONG + 1)])
    assert verify(sqlite_url, [], []).required().entries == LONG
    with book.write() as txn:
        txn.run("UPDATE journal SET subject = 'x' WHERE seq = :seq", seq=LONG - 1)
    with pytest.raises(ChainBroken, match=f"entry {LONG - 1} was altered"):
        verify(sqlite_url, [], []).required()
