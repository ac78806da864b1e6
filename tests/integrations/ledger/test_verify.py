"""Every tampering is found, and the first bad entry named: all positions of a journal of 1 000 entries, kind by kind."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ChainBroken
from integrations.ledger.book import Book, Entry
from integrations.ledger.chain import canonical, linked
from integrations.ledger.checkpoint_line import Checkpoint
from integrations.ledger.checkpoints import CheckpointKeeper
from integrations.ledger.hashing import JOURNAL_DOMAIN
from integrations.ledger.keys import PublicKey, public_keys
from integrations.ledger.quick_proof import Stored, is_good_chunk
from integrations.ledger.verify import Proof, _check_end, check, verify
from integrations.ledger.walk import Fault, Walk
from tests.integrations.ledger.builders import an_entry

SIZE = 1000
GENESIS = b"g" * 32
AT = "2026-03-01T12:00:00.000000Z"
Rows = list[Stored]


def journal(size: int = SIZE) -> Rows:
    return linked([Entry("test.happened", f"s{n % 7}", {"n": n}, "tester") for n in range(1, size + 1)], 0, AT, GENESIS)


JOURNAL = journal()


def signed(*seqs: int) -> dict[int, Checkpoint]:
    return {seq: Checkpoint(GENESIS.hex(), n, seq, JOURNAL[seq - 1][5].hex(), AT, "k", "") for n, seq in enumerate(seqs, start=1)}


def hashed(body: bytes) -> bytes:
    return sha256(JOURNAL_DOMAIN + body).digest()


def renumbered(rows: Rows) -> Rows:
    return [(number, *row[1:]) for number, row in enumerate(rows, start=1)]


def rewritten(rows: Rows, start: int) -> Rows:
    """Everything from `start` on made anew, as somebody with the code and the database would."""
    kept = rows[: start - 1]
    entries = [Entry(row[2], row[3], json.loads(row[4])["facts"] | {"forged": 1}, "tester") for row in rows[start - 1 :]]
    return kept + linked(entries, start - 1, AT, kept[-1][5] if kept else GENESIS)


def with_row(rows: Rows, seq: int, row: Stored) -> Rows:
    return [*rows[: seq - 1], row, *rows[seq:]]


def edited(rows: Rows, seq: int) -> Rows:
    number, at, kind, subject, body, digest = rows[seq - 1]
    return with_row(rows, seq, (number, at, kind, subject, body.replace(b'"n":', b'"m":'), digest))


def edited_with_its_hash(rows: Rows, seq: int) -> Rows:
    number, at, kind, subject, body, _ = rows[seq - 1]
    body = body.replace(b'"n":', b'"m":')
    return with_row(rows, seq, (number, at, kind, subject, body, hashed(body)))


def forged_after(rows: Rows, seq: int) -> Stored:
    return linked([Entry("test.happened", "s1", {"forged": 1})], seq, AT, rows[seq - 1][5])[0]


TAMPERINGS: dict[str, tuple[Callable[[Rows, int], Rows], int]] = {
    "edit": (edited, 0),
    "edit, with its hash": (edited_with_its_hash, 0),
    "delete": (lambda rows, seq: rows[: seq - 1] + rows[seq:], 0),
    "delete and renumber": (lambda rows, seq: renumbered(rows[: seq - 1] + rows[seq:]), 0),
    "insert and renumber": (lambda rows, seq: renumbered([*rows[:seq], forged_after(rows, seq), *rows[seq:]]), 1),
    "swap with the next": (lambda rows, seq: renumbered([*rows[: seq - 1], *rows[seq - 1 : seq + 1][::-1], *rows[seq + 1 :]]), 0),
    "duplicate and renumber": (lambda rows, seq: renumbered([*rows[:seq], *rows[seq - 1 :]]), 1),
    "cut from here": (lambda rows, seq: rows[: seq - 1], 0),
    "rewrite from here": (rewritten, 0),
}
"""Name: what is done at an entry, and how far after it the first bad entry may be."""


def found_by(rows: Rows, points: dict[int, Checkpoint], seq: int) -> Proof:
    """The proof, begun three entries before the position: what lies before is the same sound journal every time."""
    walk = Walk(points)
    start = max(0, seq - 3)
    if start:
        walk.seq, walk.previous = start, JOURNAL[start - 1][5].hex()
        walk.before = JOURNAL[start - 2][5].hex() if start > 1 else GENESIS.hex()
    try:
        walk.over(rows[start:])
        _check_end(walk, (walk.seq, walk.hash), list(points.values()))
    except Fault as fault:
        return Proof(walk.seq, 0, 0, "", fault.words, fault.seq)
    return Proof(walk.seq, 0, 0, "")


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_at_every_position_is_found(name: str) -> None:
    tamper, offset = TAMPERINGS[name]
    points = signed(*range(1, SIZE + 1))
    # after the last entry an insertion is an ordinary entry, and there is none to swap it with
    last = SIZE - 1 if name in ("swap with the next", "insert and renumber") else SIZE
    for seq in range(1, last + 1):
        near = {number: points[number] for number in range(max(1, seq - 9), min(seq + 9, SIZE) + 1)}
        proof = found_by(tamper(JOURNAL[: seq + 9], seq), near, seq)
        assert proof.fault, f"{name} at {seq}"
        assert proof.seq in (seq, seq + offset), f"{name} at {seq}: {proof.fault}"


@pytest.mark.parametrize(
    "name", ["edit", "edit, with its hash", "delete", "insert and renumber", "swap with the next", "duplicate and renumber"]
)
def test_the_chain_alone_finds_what_is_not_at_its_end(name: str) -> None:
    tamper, offset = TAMPERINGS[name]
    for seq in (1, 2, 499, 500, SIZE - 1):
        proof = check(tamper(JOURNAL, seq), (SIZE, JOURNAL[-1][5]), [], {}, [])
        assert proof.seq in (seq, seq + offset, seq - 1 if seq > 1 else seq), proof.fault


def test_a_sound_journal_is_sound() -> None:
    proof = check(JOURNAL, (SIZE, JOURNAL[-1][5]), [], {}, [])
    assert proof.required() is proof
    assert (proof.entries, proof.head) == (SIZE, JOURNAL[-1][5].hex())


@pytest.mark.parametrize("column", ["at", "kind", "subject"])
@pytest.mark.parametrize("value", ["2026-03-01T12:00:00.000001Z", "", "x", 'a","b', "\\u0061", None, 5, b"x"])
def test_a_copy_that_differs_from_the_body_is_found(column: str, value: object) -> None:
    row = dict(zip(("seq", "at", "kind", "subject", "body", "hash"), JOURNAL[499], strict=True)) | {column: value}
    rows = with_row(JOURNAL, 500, tuple(row.values()))  # type: ignore[arg-type]
    proof = check(rows, (SIZE, JOURNAL[-1][5]), [], {}, [])
    assert proof.seq == 500
    assert "entry 500 was altered" in proof.fault


NESTED = linked([Entry("k", "s", {"a": 1, "at": AT, "facts": {"kind": "z"}, "kind": "z"}, 'x","at":"y')] * 3, 0, AT, GENESIS)


@pytest.mark.parametrize(("column", "value"), [("kind", 'z"},"kind":"k'), ("at", f'{AT}","facts":{{"a":1,"at":"{AT}')])
def test_a_copy_cannot_hide_behind_nested_facts(column: str, value: str) -> None:
    assert check(NESTED, (3, NESTED[-1][5]), [], {}, []).is_sound
    row = dict(zip(("seq", "at", "kind", "subject", "body", "hash"), NESTED[1], strict=True)) | {column: value}
    proof = check([NESTED[0], tuple(row.values()), NESTED[2]], (3, NESTED[-1][5]), [], {}, [])  # type: ignore[list-item]
    assert proof.seq == 2


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(
    st.lists(st.builds(Entry, texts, texts, st.dictionaries(texts, st.none() | st.integers(-9, 9) | texts), texts), min_size=1, max_size=5)
)
def test_any_entry_the_journal_takes_verifies(entries: list[Entry]) -> None:
    rows = linked(entries, 0, AT, GENESIS)
    assert check(rows, (len(rows), rows[-1][5]), [], {}, []).is_sound


def test_quick_and_slow_agree_on_a_sound_chunk() -> None:
    assert is_good_chunk(JOURNAL[10:20], 10, JOURNAL[9][5].hex())
    assert not is_good_chunk(JOURNAL[10:20], 10, JOURNAL[8][5].hex())


# --- through a real ledger ------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(url: str, open_book: Callable[..., Book], keeper: CheckpointKeeper) -> tuple[str, Book, CheckpointKeeper]:
    """Thirty entries in three transactions, a checkpoint after each."""
    book = open_book(url, keeper=keeper)
    for first in (1, 11, 21):
        with book.write() as txn:
            txn.append(*[an_entry(n) for n in range(first, first + 10)])
    return url, book, keeper


def proof_of(url: str, keeper: CheckpointKeeper, book: Book) -> Proof:
    return verify(url, keeper.files(book.read), public_keys(keeper.home))


Filled = tuple[str, Book, CheckpointKeeper]


def test_a_real_ledger_verifies(filled: Filled) -> None:
    url, book, keeper = filled
    proof = proof_of(url, keeper, book)
    assert (proof.fault, proof.entries, proof.checkpoints, proof.covered) == ("", 30, 3, 30)


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("UPDATE journal SET subject = 'x' WHERE seq = 12", 12),
        ("UPDATE journal SET at = '2026-03-01T12:00:00.000009Z' WHERE seq = 12", 12),
        ("UPDATE journal SET body = hash WHERE seq = 12", 12),
        ("DELETE FROM journal WHERE seq = 12", 12),
        ("DELETE FROM journal WHERE seq >= 12", 12),
        ("DELETE FROM journal", 1),
        ("UPDATE journal SET seq = 0 WHERE seq = 12", 0),
        ("UPDATE journal_head SET seq = 29", 31),
        ("DELETE FROM journal_head", 31),
    ],
)
def test_tampering_with_the_database_is_found(filled: Filled, sql: str, seq: int) -> None:
    url, book, keeper = filled
    files = keeper.files(book.read)
    with book.write() as txn:
        txn.run(sql)
    proof = verify(url, files, public_keys(keeper.home))
    assert proof.seq == seq, proof.fault
    with pytest.raises(ChainBroken):
        proof.required()


def test_a_full_rewrite_is_found_by_its_checkpoints(filled: Filled) -> None:
    url, book, keeper = filled
    with book.write() as txn:
        first = txn.rows("SELECT seq, at, kind, subject, body, hash FROM journal ORDER BY seq")
        rows = rewritten([tuple(row.values()) for row in first], 15)  # type: ignore[misc]
        for seq, _, _, _, body, digest in rows[14:]:
            txn.run("UPDATE journal SET body = :body, hash = :hash WHERE seq = :seq", body=body, hash=digest, seq=seq)
        txn.run("UPDATE journal_head SET hash = :hash", hash=rows[-1][5])
    proof = proof_of(url, keeper, book)
    assert proof.seq == 11
    assert "entry 20 is not the one that checkpoint 2" in proof.fault
    with pytest.raises(ChainBroken, match="is not the one"):
        book.check_not_rolled_back()


def test_a_restored_backup_is_found_and_stops_effects(
    sqlite_url: str, open_book: Callable[..., Book], keeper: CheckpointKeeper, tmp_path: Path
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with open_book(sqlite_url, keeper=keeper) as book, book.write() as txn:
        txn.append(*[an_entry(n) for n in range(10)])
    shutil.copy(path, tmp_path / "backup.db")
    with open_book(sqlite_url, keeper=keeper) as book, book.write() as txn:
        txn.append(*[an_entry(n) for n in range(10)])
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", path)
    book = open_book(sqlite_url, keeper=keeper)
    with pytest.raises(ChainBroken, match="rolled back"):
        book.check_not_rolled_back()
    with pytest.raises(ChainBroken, match="rolled back"):
        book.checkpoint(force=True)
    with pytest.raises(ChainBroken, match="rolled back"), book.write():
        pass
    assert proof_of(sqlite_url, keeper, book).seq == 11


# --- the checkpoint files -------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


def put(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


def swapped(lines: list[str]) -> list[str]:
    return [lines[1], lines[0], lines[2]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines[1:], "checkpoint 1 is missing"),
        (lambda lines: [lines[0], lines[2]], "checkpoint 2 is missing"),
        (lambda lines: lines[:2], "has 2 of 3 checkpoints"),
        (lambda lines: [], "has 0 of 3 checkpoints"),
        (swapped, "checkpoint 1 is missing"),
        (lambda lines: [*lines, lines[2]], "checkpoint 4 is missing"),
        (lambda lines: [lines[0], lines[1].replace('"seq":20', '"seq":19'), lines[2]], "line 2 was altered or replaced"),
        (lambda lines: [lines[0], lines[1], lines[2].replace('"seq":30', '"seq":29')], "no valid signature"),
        (lambda lines: [lines[0], "nonsense", lines[2]], "line 2 was altered"),
        (lambda lines: [lines[0], lines[1].replace('"at"', ' "at"'), lines[2]], "line 2 was altered"),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_changed_checkpoint_file_is_found(filled: Filled, change: Callable[[list[str]], list[str]], words: str, which: int) -> None:
    url, book, keeper = filled
    path = keeper.files(book.read)[which]
    put(path, change(lines_of(path)))
    proof = proof_of(url, keeper, book)
    assert words in proof.fault
    assert str(path) in proof.fault


def test_a_removed_checkpoint_file_is_found(filled: Filled) -> None:
    url, book, keeper = filled
    keeper.files(book.read)[1].unlink()
    assert "has 0 of 3 checkpoints" in proof_of(url, keeper, book).fault


def test_a_strangers_signature_is_no_signature(filled: Filled, tmp_path: Path) -> None:
    url, book, keeper = filled
    stranger = PublicKey(public_keys(keeper.home)[0].id, "00" * 32, "0001-01-01T00:00:00.000000Z")
    proof = verify(url, keeper.files(book.read), [stranger])
    assert "no valid signature of a known key" in proof.fault


def test_damaging_one_line_does_not_hide_a_cut(filled: Filled) -> None:
    url, book, keeper = filled
    files = keeper.files(book.read)
    for path in files:
        put(path, [lines_of(path)[0], "x", lines_of(path)[2]])
    with book.write() as txn:
        txn.run("DELETE FROM checkpoints")
        txn.run("DELETE FROM journal WHERE seq > 25")
    assert verify(url, files, public_keys(keeper.home)).seq == 26


def test_canonical_bytes_are_what_is_stored() -> None:
    body = JOURNAL[3][4]
    assert canonical(json.loads(body)) == body
