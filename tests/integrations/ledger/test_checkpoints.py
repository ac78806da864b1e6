"""Checkpoints outside the database: signed when due, in every place, over crashes, rotations and two processes."""

import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from configs.errors import BadInput, ChainBroken, LedgerError, LedgerFull
from configs.policy import Journal
from integrations.ledger.book import Book
from integrations.ledger.checkpoint_files import checkpoint_files
from integrations.ledger.checkpoint_line import parsed
from integrations.ledger.checkpoints import CheckpointKeeper
from integrations.ledger.keys import public_keys, rotate, signing_key, valid_key
from integrations.ledger.migrations import migrate
from integrations.ledger.verify import verify
from tests.integrations.ledger.builders import NOON, SetClock, an_entry


@pytest.fixture
def book(url: str, open_book: Callable[..., Book], keeper: CheckpointKeeper) -> Book:
    return open_book(url, keeper=keeper)


def append(book: Book, count: int = 1) -> None:
    with book.write() as txn:
        txn.append(*[an_entry(n) for n in range(count)])


def seqs_in(path: Path) -> list[int]:
    return [point.seq for line in path.read_text().splitlines() if (point := parsed(line))]


def both(book: Book, keeper: CheckpointKeeper) -> list[list[int]]:
    return [seqs_in(path) for path in keeper.files(book.read)]


def test_the_first_entry_then_every_tenth_is_signed_in_both_places(book: Book, keeper: CheckpointKeeper) -> None:
    for _ in range(25):
        append(book)
    assert both(book, keeper) == [[1, 11, 21]] * 2


def test_sixty_seconds_are_enough(book: Book, keeper: CheckpointKeeper, clock: SetClock) -> None:
    append(book)
    clock.move(seconds=59)
    append(book)
    clock.move(seconds=1)
    append(book)
    assert both(book, keeper) == [[1, 3]] * 2


def test_before_an_effect_the_head_is_signed_at_once_and_only_once(book: Book, keeper: CheckpointKeeper) -> None:
    append(book)
    append(book)
    book.checkpoint(force=True)
    book.checkpoint(force=True)
    assert both(book, keeper) == [[1, 2]] * 2
    book.check_not_rolled_back()


def test_without_a_keeper_nothing_irreversible_may_start(url: str, open_book: Callable[..., Book]) -> None:
    with pytest.raises(LedgerError, match="without its checkpoint keeper"):
        open_book(url).checkpoint(force=True)


def test_what_a_crash_left_out_of_a_file_is_completed(
    book: Book, keeper: CheckpointKeeper, url: str, open_book: Callable[..., Book]
) -> None:
    for _ in range(25):
        append(book)
    own, other = keeper.files(book.read)
    text = own.read_text()
    own.write_text(text[: len(text) // 2])  # cut inside a line
    other.unlink()
    append(open_book(url, keeper=keeper))
    assert both(book, keeper) == [[1, 11, 21]] * 2
    assert verify(url, (own, other), public_keys(keeper.home)).is_sound


def test_a_file_that_cannot_be_written_stops_the_next_write_and_no_row_is_lost(
    sqlite_url: str, open_book: Callable[..., Book], tmp_path: Path
) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")
    keeper = CheckpointKeeper(tmp_path / "home", (tmp_path / "blocked" / "kept.jsonl",), 10, timedelta(seconds=60))
    book = open_book(sqlite_url, keeper=keeper)
    with pytest.raises(LedgerFull, match="checkpoint_files"):
        append(book)
    (tmp_path / "blocked").unlink()
    append(book)
    shutil.rmtree(tmp_path / "blocked")
    (tmp_path / "blocked").write_text("again")
    append(book, 20)
    with pytest.raises(LedgerFull):
        append(book)
    with book.read() as txn:
        assert txn.head.seq == 21


def test_two_books_at_once_append_every_line_once(url: str, open_book: Callable[..., Book], keeper: CheckpointKeeper) -> None:
    books = [open_book(url, keeper=keeper) for _ in range(3)]

    def work(book: Book) -> None:
        for _ in range(6):
            append(book, 10)

    threads = [threading.Thread(target=work, args=(book,)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    books[0].checkpoint(force=True)
    assert both(books[0], keeper) == [list(range(10, 190, 10))] * 2
    assert verify(url, keeper.files(books[0].read), public_keys(keeper.home)).is_sound


def test_another_ledgers_file_is_refused(book: Book, keeper: CheckpointKeeper, tmp_path: Path, open_book: Callable[..., Book]) -> None:
    append(book)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    migrate(other)
    with pytest.raises(ChainBroken, match="belongs to another ledger"):
        append(open_book(other, keeper=keeper))


def test_a_file_of_something_else_is_refused(book: Book, keeper: CheckpointKeeper) -> None:
    keeper.home.mkdir()
    (keeper.home / "checkpoints.jsonl").write_text("dear diary\n")
    with pytest.raises(ChainBroken, match="no checkpoint at its end"):
        append(book)


def test_without_configured_files_the_second_is_in_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = checkpoint_files(tmp_path / "home", (), "ab" * 32)
    assert found == (tmp_path / "home" / "checkpoints.jsonl", tmp_path / "state" / "app-recall" / f"checkpoints-{'ab' * 8}.jsonl")


def test_the_keeper_follows_the_policy(tmp_path: Path) -> None:
    journal = Journal(checkpoint_every_entries=7, checkpoint_every_seconds=5, max_clock_skew_seconds=30)
    keeper = CheckpointKeeper.at(tmp_path / "home", (Path("kept.jsonl"),), journal)
    assert keeper == CheckpointKeeper(tmp_path / "home", (tmp_path / "kept.jsonl",), 7, timedelta(seconds=5))


# --- keys -----------------------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    made = signing_key(tmp_path / "home", NOON)
    assert signing_key(tmp_path / "home", NOON) == made
    assert (tmp_path / "home" / "checkpoint.key").stat().st_mode & 0o777 == 0o600
    assert made.seed.hex() not in repr(made)


def test_after_a_rotation_old_and_new_checkpoints_verify(book: Book, keeper: CheckpointKeeper, clock: SetClock, url: str) -> None:
    append(book)
    clock.move(minutes=2)
    rotate(keeper.home, clock.now())
    clock.move(minutes=2)
    append(book)
    keys = public_keys(keeper.home)
    assert len(keys) == 2
    assert verify(url, keeper.files(book.read), keys).is_sound
    assert not verify(url, keeper.files(book.read), keys[:1]).is_sound


def test_a_key_is_valid_only_while_it_was_in_use(tmp_path: Path) -> None:
    old = signing_key(tmp_path, NOON)
    new = rotate(tmp_path, NOON)
    keys = public_keys(tmp_path)
    assert valid_key(keys, old.id, "2026-02-01T00:00:00.000000Z")
    assert not valid_key(keys, old.id, "2026-04-01T00:00:00.000000Z")
    assert not valid_key(keys, new.id, "2026-02-01T00:00:00.000000Z")
    assert valid_key(keys, new.id, "2026-04-01T00:00:00.000000Z")


@pytest.mark.parametrize("published", [True, False])
def test_a_rotation_cut_off_by_a_crash_is_finished_or_undone(tmp_path: Path, published: bool) -> None:
    old = signing_key(tmp_path / "a", NOON)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    new = rotate(tmp_path / "b", NOON)
    shutil.copy(tmp_path / "b" / "checkpoint.key", tmp_path / "a" / "checkpoint.key.next")
    if published:
        shutil.copy(tmp_path / "b" / "checkpoint-keys.json", tmp_path / "a" / "checkpoint-keys.json")
    assert signing_key(tmp_path / "a", NOON) == (new if published else old)
    assert not (tmp_path / "a" / "checkpoint.key.next").exists()


def test_a_damaged_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.key").write_text("zz")
    with pytest.raises(LedgerError, match="is no checkpoint key"):
        signing_key(tmp_path, NOON)
    with pytest.raises(BadInput, match="no set of public checkpoint keys"):
        public_keys(tmp_path)
