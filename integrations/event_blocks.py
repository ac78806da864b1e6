"""Events in columns: what an event source hands to the ledger, a block of a file at a time, with no object an event.

Add here when a block carries one thing more; rather in `configs/terms` when it is about a single event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt

from configs.terms import Event, EventKind, Platform, Rejected

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

KINDS = tuple(EventKind)
"""An event's kind is written as its place here. New kinds go to the end: the ledger keeps the numbers."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(count: int) -> datetime:
    """The moment so many microseconds after 1970."""
    return EPOCH + int(count) * MICROSECOND


@dataclass(frozen=True, slots=True)
class Words:
    """A column of few different words: the words, and each row's place among them."""

    words: tuple[str, ...]
    codes: Ints


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of many different words, as UTF-8 bytes: row i is `data[ends[i]:ends[i + 1]]`, so there is one end more than rows."""

    ends: Ints
    data: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, words: Collection[str]) -> Self:
        """These words."""
        encoded = [word.encode() for word in words]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(ends, np.frombuffer(b"".join(encoded), dtype=np.uint8))

    def __len__(self) -> int:
        return len(self.ends) - 1

    def taken(self, rows: Ints) -> Texts:
        """The texts of these rows, in their order."""
        lengths = np.diff(self.ends)
        if len(lengths) and (lengths == lengths[0]).all():
            width = int(lengths[0])
            matrix = self.data[self.ends[0] : self.ends[-1]].reshape(len(self), width)
            return Texts(np.arange(len(rows) + 1, dtype=np.int64) * width, matrix[rows].reshape(-1))
        lengths = lengths[rows]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        source = np.repeat(self.ends[rows] - ends[:-1], lengths) + np.arange(ends[-1])
        return Texts(ends, self.data[source])

    def __getitem__(self, row: int) -> str:
        return bytes(self.data[self.ends[row] : self.ends[row + 1]]).decode()


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file has been read: its bytes (unpacked) and lines, its size on disk, and a digest of the last bytes before that."""

    file: str
    offset: int
    lines: int
    size: int
    tail: bytes


@dataclass(frozen=True, slots=True, eq=False)
class EventBlock:
    """Events of one stretch of a file, in its order. Times are microseconds since 1970.

    Attributes:
        digest: SHA-256 of the stretch when all of it was taken and it is large enough to matter; empty otherwise.
        is_repeat: the ledger had a stretch of the same digest, so nothing was parsed and there are no events here.
        mark: where to go on once this block is kept; None while something before its end must be read again.
    """

    ids: Texts
    users: Texts
    kinds: Ints
    occurred: Ints
    received: Ints
    version: Words
    device: Words
    os_version: Words
    country: Words
    rejected: tuple[Rejected, ...] = ()
    mark: Mark | None = None
    digest: bytes = b""
    is_repeat: bool = False

    def __len__(self) -> int:
        return len(self.kinds)

    def events(self, source: str, app: str, platform: Platform) -> Iterator[Event]:
        """One by one, as values: for a look at a few."""
        for n in range(len(self)):
            columns = (self.version, self.device, self.os_version, self.country)
            version, device, os_version, country = (column.words[column.codes[n]] for column in columns)
            told = Event(
                source, self.ids[n], KINDS[self.kinds[n]], app, platform, moment_of(self.occurred[n]), moment_of(self.received[n]), version
            )
            yield replace(told, user=self.users[n], device=device, os_version=os_version, country=country)


def no_events(rejected: tuple[Rejected, ...] = (), mark: Mark | None = None, digest: bytes = b"", *, is_repeat: bool = False) -> EventBlock:
    """A block without events, for what else there is to say."""
    none, nobody = np.zeros(0, dtype=np.int64), Words((), np.zeros(0, dtype=np.int64))
    return EventBlock(Texts.of(()), Texts.of(()), none, none, none, nobody, nobody, nobody, nobody, rejected, mark, digest, is_repeat)
