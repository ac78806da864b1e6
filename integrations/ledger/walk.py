"""Going over a journal's entries one after the other: each against the one before, and those a checkpoint signed against it.

Standard library only: an auditor reads the proof here.

Add here when an entry can be wrong in another way; rather in `verify.py` when it is about the journal's end, or in `quick_proof.py` when
the quick way changes.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from integrations.ledger.checkpoint_line import Checkpoint
from integrations.ledger.hashing import entry_hash
from integrations.ledger.quick_proof import Stored, is_good_chunk

COLUMNS = "seq, at, kind, subject, body, hash"

CHUNK = 90
"""Entries looked at together: fewer cost more calls, more leave the processor's cache (measured from 32 to 1 000)."""

MEMBERS = {"actor", "at", "facts", "kind", "prev", "seq", "subject"}


class Fault(Exception):
    """Ends the reading at the first thing that is wrong."""

    def __init__(self, words: str, seq: int | None) -> None:
        super().__init__(words)
        self.words = words
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk is: the last good entry, the hashes (hexadecimal) of it and of the one before, the last one that was signed."""

    seq: int = 0
    previous: str = ""
    before: str = ""
    trusted: int = 0


class Walk:
    """Goes over the journal. `seq` is the last good entry's; `previous` and `before` are the last two hashes, in hexadecimal."""

    def __init__(self, points: Mapping[int, Checkpoint]) -> None:
        self.points = points
        self.signed = sorted(points)
        self.place = Place()

    @property
    def place(self) -> Place:
        """How far it is; set it to begin elsewhere."""
        return Place(self.seq, self.previous, self.before, self.trusted)

    @place.setter
    def place(self, place: Place) -> None:
        self.seq, self.previous, self.before, self.trusted = place.seq, place.previous, place.before, place.trusted

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
                raise Fault(f"entry {self.seq + 1} was altered: a column does not hold what it should", self.seq + 1) from None
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
                raise Fault(
                    f"entry {seq} is not the one that checkpoint {point.number} of {point.at} signed: the journal was rewritten from "
                    f"entry {self.trusted + 1} on",
                    self.trusted + 1,
                )
            self.trusted = seq


def _check_slowly(row: Stored, walk: Walk) -> None:
    """Returns when the entry is good; raises Fault with what is wrong."""
    number, at, kind, subject, body, stored = row
    expected = walk.seq + 1
    if number > expected:
        raise Fault(f"entry {expected} is missing: {number} follows {expected - 1}", expected)
    if number < expected:
        raise Fault(f"entry {number} is there twice, or out of place", number)
    if entry_hash(body) != stored:
        raise Fault(f"entry {expected} was altered: its bytes do not have its hash", expected)
    members = _members(body, expected)
    _check_place(members, expected, walk)
    for name, value in (("at", at), ("kind", kind), ("subject", subject)):
        if members[name] != value:
            raise Fault(f"entry {expected} was altered: column {name!r} differs from the hashed body", expected)


def _members(body: bytes, expected: int) -> dict[str, object]:
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if not isinstance(members, dict) or set(members) != MEMBERS:
        raise Fault(f"entry {expected} was replaced: its body is no journal entry", expected)
    return members


def _check_place(members: Mapping[str, object], expected: int, walk: Walk) -> None:
    own, follows = members["seq"], str(members["prev"])
    if own != expected and follows == walk.before and expected > 1:
        raise Fault(f"entry {expected - 1} was inserted, or is there twice: entry {expected} says that it is number {own}", expected - 1)
    if own != expected:
        raise Fault(f"entry {expected} is missing or was moved: what stands in its place says that it is number {own}", expected)
    if expected == 1:
        _check_beginning(follows, walk)
    elif follows != walk.previous:
        raise Fault(f"entry {expected - 1} was replaced: entry {expected} follows another one", expected - 1)


def _check_beginning(genesis: str, walk: Walk) -> None:
    point = next(iter(walk.points.values()), None)
    if point is not None and point.ledger != genesis:
        raise Fault(f"entry 1 begins another ledger than the one that checkpoint {point.number} of {point.at} signed", 1)
