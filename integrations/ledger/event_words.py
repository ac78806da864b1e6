"""A stream's words as small numbers: versions without end, devices and the like up to a limit, the rest together as "other".

Add here when another column of events becomes words; rather in `event_counters.py` when it is about what is counted of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from configs.terms import Dimension
from integrations.event_blocks import Ints, Words
from integrations.ledger.book import Txn
from integrations.ledger.reading_columns import clean

VERSION = "version"
OTHER = "other"
"""Whatever has no place of its own, and whatever was not reported: so that a dimension's values are all users."""
OTHER_CODE = 0


@dataclass(frozen=True, slots=True)
class Rooms:
    """The numbered words of one stream: room -> word -> number."""

    txn: Txn
    stream: int
    places: int
    known: dict[str, dict[str, int]]

    @classmethod
    def of(cls, txn: Txn, stream: int, places: int) -> Rooms:
        """What the stream has so far. `places`: how many values a dimension may have beside "other"."""
        known: dict[str, dict[str, int]] = {room: {OTHER: OTHER_CODE} for room in (Dimension.DEVICE, Dimension.OS, Dimension.COUNTRY)}
        for room, code, word in txn.tuples("SELECT room, code, word FROM event_words WHERE stream = :stream ORDER BY code", stream=stream):
            known.setdefault(room, {})[word] = code
        return cls(txn, stream, places, known)

    def versions(self, column: Words) -> Ints:
        """Each row's version as a number; a new version gets the next one."""
        return self._numbered(VERSION, column, range(len(column.words)), None)

    def values(self, dimension: Dimension, column: Words) -> Ints:
        """Each row's value as a number. The first values to come have places of their own, of one block the most frequent first."""
        often = np.bincount(column.codes, minlength=len(column.words))
        return self._numbered(dimension.value, column, np.argsort(-often, kind="stable").tolist(), self.places)

    def names(self, room: str) -> dict[int, str]:
        """The words by their numbers."""
        return {code: word for word, code in self.known.get(room, {}).items()}

    def _numbered(self, room: str, column: Words, order: range | list[int], places: int | None) -> Ints:
        known, before = self.known.setdefault(room, {}), len(self.known.get(room, {}))
        codes = np.zeros(max(1, len(column.words)), dtype=np.int64)
        for position in order:
            word = clean(column.words[position])
            if word and word not in known and (places is None or len(known) <= places):
                known[word] = len(known)
            codes[position] = known.get(word, OTHER_CODE)
        self._keep(room, list(known.items())[before:])
        return codes[column.codes]

    def _keep(self, room: str, new: list[tuple[str, int]]) -> None:
        rows = [{"stream": self.stream, "room": room, "code": code, "word": word} for word, code in new]
        self.txn.run_many("INSERT INTO event_words (stream, room, code, word) VALUES (:stream, :room, :code, :word)", rows)
