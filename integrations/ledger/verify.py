"""The proof of a journal, offline: every entry against the one before, the head against the checkpoints kept outside the database.

Needs the standard library, the database's driver and one Ed25519 library; changes nothing; reads the journal once, as a stream.

Add here when something more is proved; rather in `chain.py` or `checkpoint_line.py` when the form of what is proved changes.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from configs.errors import ChainBroken
from integrations.ledger.checkpoint_line import Checkpoint
from integrations.ledger.checkpoint_proof import check_lines, read_lines
from integrations.ledger.connections import Connections
from integrations.ledger.engine import Connection, Engine, engine_of
from integrations.ledger.hashing import entry_hash
from integrations.ledger.keys import PublicKey
from integrations.ledger.quick_proof import Stored, is_good_chunk
from integrations.ledger.version import require_current

JOURNAL = "SELECT seq, at, kind, subject, body, hash FROM journal ORDER BY seq"

CHUNK = 90
"""Entries looked at together: fewer cost more calls, more leave the processor's cache (measured from 32 to 1 000)."""

MEMBERS = {"actor", "at", "facts", "kind", "prev", "seq", "subject"}


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. `seq` is the first bad entry, None when nothing is wrong or the fault is in no entry of its own."""

    entries: int
    checkpoints: int
    covered: int
    head: str
    fault: str = ""
    seq: int | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed; of the entries after the last checkpoint (`covered`) only as far as the chain itself can tell."""
        return not self.fault

    def required(self) -> Proof:
        """This proof, when it is sound.

        Raises:
            ChainBroken: it is not; names the first bad entry.
        """
        if self.fault:
            raise ChainBroken(self.fault, seq=self.seq)
        return self


class _Fault(Exception):
    """Ends the reading at the first thing that is wrong."""

    def __init__(self, words: str, seq: int | None) -> None:
        super().__init__(words)
        self.words = words
        self.seq = seq


def verify(url: str, files: Sequence[Path], keys: Sequence[PublicKey]) -> Proof:
    """The proof of the ledger at that address against these checkpoint files and public keys.

    Raises:
        LedgerMissing, LedgerVersion, LedgerBusy, LedgerCorrupt: it cannot be read at all.
    """
    engine = engine_of(url)
    connections = Connections(engine)
    try:
        require_current(connections.schema(), engine.shown)
        with connections.transaction(engine.begin_read) as connection:
            return _proof(engine, connection, files, keys)
    except engine.errors as err:
        raise engine.failure(err) from err
    finally:
        connections.close()


def _proof(engine: Engine, connection: Connection, files: Sequence[Path], keys: Sequence[PublicKey]) -> Proof:
    def stored(sql: str) -> Iterable[tuple[object, ...]]:
        return engine.stream(connection, sql, {})

    head = next(iter(list(stored("SELECT seq, hash FROM journal_head WHERE id = 1"))), None)
    lines = [str(line) for _, line in stored("SELECT id, line FROM checkpoints ORDER BY id")]
    kept = {str(path): read_lines(path) for path in files}
    return check(stored(JOURNAL), head, lines, kept, keys)  # type: ignore[arg-type]  # rows of a foreign file: `check` doubts every column


def check(
    rows: Iterable[Stored],
    head: tuple[object, ...] | None,
    lines: Sequence[str],
    kept: Mapping[str, Sequence[str]],
    keys: Sequence[PublicKey],
) -> Proof:
    """The proof of these journal rows, this head (seq, hash), the database's checkpoint lines, and each file's lines."""
    checkpoints, doubts = check_lines(lines, kept, keys)
    walk = _Walk({point.seq: point for point in checkpoints})
    fault, seq = "", None
    try:
        walk.over(rows)
        _check_end(walk, head, checkpoints)
    except _Fault as found:
        fault, seq = found.words, found.seq
    words = "; ".join(part for part in (fault, *doubts) if part)
    covered = max((point.seq for point in checkpoints), default=0)
    return Proof(walk.seq, len(checkpoints), min(covered, walk.seq), walk.hash.hex(), words, seq)


class _Walk:
    """Goes over the journal. `seq` is the last good entry's; `previous` and `before` are the last two hashes, in hexadecimal."""

    def __init__(self, points: Mapping[int, Checkpoint]) -> None:
        self.points = points
        self.signed = sorted(points)
        self.seq = 0
        self.previous = ""
        self.before = ""
        self.trusted = 0

    @property
    def hash(self) -> bytes:
        """The last good entry's."""
        return bytes.fromhex(self.previous)

    def over(self, rows: Iterable[Stored]) -> None:
        """Stops at the first bad entry: whole chunks quickly, and one that does not pass entry by entry, to say what is wrong."""
        stream = iter(rows)
        while chunk := list(islice(stream, CHUNK)):
            if is_good_chunk(chunk, self.seq, self.previous):
                self._step(chunk[-2][5].hex() if len(chunk) > 1 else self.previous, chunk[-1][5].hex(), chunk[-1][0])
                self._meet(chunk)
            else:
                self._slowly(chunk)

    def _slowly(self, chunk: Sequence[Stored]) -> None:
        for row in chunk:
            try:
                _check_slowly(row, self)
            except (TypeError, AttributeError, UnicodeEncodeError):
                raise _Fault(f"entry {self.seq + 1} was altered: a column does not hold what it should", self.seq + 1) from None
            self._step(self.previous, row[5].hex(), row[0])
            self._meet([row])

    def _step(self, before: str, previous: str, seq: int) -> None:
        self.before, self.previous, self.seq = before, previous, seq

    def _meet(self, chunk: Sequence[Stored]) -> None:
        """Compares the entries of a good chunk with the checkpoints that signed them."""
        first, last = chunk[0][0], chunk[-1][0]
        for seq in self.signed[bisect_left(self.signed, first) : bisect_right(self.signed, last)]:
            point = self.points[seq]
            if chunk[seq - first][5].hex() != point.hash:
                raise _Fault(
                    f"entry {seq} is not the one that checkpoint {point.number} of {point.at} signed: the journal was rewritten from "
                    f"entry {self.trusted + 1} on",
                    self.trusted + 1,
                )
            self.trusted = seq


def _check_slowly(row: Stored, walk: _Walk) -> None:
    """Returns when the entry is good; raises _Fault with what is wrong."""
    number, at, kind, subject, body, stored = row
    expected = walk.seq + 1
    if number > expected:
        raise _Fault(f"entry {expected} is missing: {number} follows {expected - 1}", expected)
    if number < expected:
        raise _Fault(f"entry {number} is there twice, or out of place", number)
    if entry_hash(body) != stored:
        raise _Fault(f"entry {expected} was altered: its bytes do not have its hash", expected)
    members = _members(body, expected)
    _check_place(members, expected, walk)
    for name, value in (("at", at), ("kind", kind), ("subject", subject)):
        if members[name] != value:
            raise _Fault(f"entry {expected} was altered: column {name!r} differs from the hashed body", expected)


def _members(body: bytes, expected: int) -> dict[str, object]:
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if not isinstance(members, dict) or set(members) != MEMBERS:
        raise _Fault(f"entry {expected} was replaced: its body is no journal entry", expected)
    return members


def _check_place(members: Mapping[str, object], expected: int, walk: _Walk) -> None:
    own, follows = members["seq"], str(members["prev"])
    if own != expected and follows == walk.before and expected > 1:
        raise _Fault(f"entry {expected - 1} was inserted, or is there twice: entry {expected} says that it is number {own}", expected - 1)
    if own != expected:
        raise _Fault(f"entry {expected} is missing or was moved: what stands in its place says that it is number {own}", expected)
    if expected == 1:
        _check_beginning(follows, walk)
    elif follows != walk.previous:
        raise _Fault(f"entry {expected - 1} was replaced: entry {expected} follows another one", expected - 1)


def _check_beginning(genesis: str, walk: _Walk) -> None:
    point = next(iter(walk.points.values()), None)
    if point is not None and point.ledger != genesis:
        raise _Fault(f"entry 1 begins another ledger than the one that checkpoint {point.number} of {point.at} signed", 1)


def _check_end(walk: _Walk, head: tuple[object, ...] | None, checkpoints: Sequence[Checkpoint]) -> None:
    last = max(checkpoints, key=lambda point: point.seq, default=None)
    if last is not None and last.seq > walk.seq:
        raise _Fault(
            f"entry {walk.seq + 1} is missing: the journal ends at {walk.seq}, but checkpoint {last.number} ({last.at}) signed {last.seq}; "
            "it was cut, or is an old backup",
            walk.seq + 1,
        )
    if head is None or head[0] != walk.seq:
        raise _Fault(
            f"entry {walk.seq + 1} is missing: the journal ends at {walk.seq}, its head says {head[0] if head else None}", walk.seq + 1
        )
    if walk.seq and head[1] != walk.hash:
        raise _Fault(f"entry {walk.seq} was replaced: the journal's head has another hash", walk.seq)
