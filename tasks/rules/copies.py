"""One text posted many times, word for word or slightly altered: recognised by a small fingerprint, never by keeping the text.

Short texts are written alike by many people by chance, so they are no copies. Those of middle length are copies only letter for letter
(a digest); in long ones a word or two may differ (SimHash over runs of letters: alike texts differ in few bits).

Add here when copies are recognised otherwise; rather in `tasks/rules/complaints_state.py` when it is about how they are counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tasks.rules.words import weight_of

SHORTEST_COPY = 25
"""Letters below which two people may well write the same by chance ("keeps crashing")."""

SHORTEST_ALIKE = 60
"""Letters below which two people may well write nearly the same: a word is too large a part of so short a text."""

RUN = 4
"""Letters in a run: about a word's stem; a word changed touches only its own runs."""

MOST_TEXTS = 6000
"""Texts remembered at most, the newest: a month of two hundred low-star reviews a day."""

ALIKE_BITS = 26
"""Bits of 128 in which the fingerprints of altered copies may differ; those of texts by different people differ in about 60, hardly
ever in fewer than 30 (Charikar, "Similarity estimation techniques from rounding algorithms", 2002; measured on 26 000 reviews)."""

WORDS_OF_FINGERPRINT = 2
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)
_BASE = np.uint64(0x100000001B3)


@dataclass(frozen=True, slots=True)
class Text:
    """A text seen before. `mark`: its fingerprint or digest; `first`: the id of the signal that brought it; `times`: how often so far."""

    mark: str
    day: date
    first: str
    times: int = 1


def mark_of(words: str) -> str:
    """What a text is recognised by: 12 hex digits for one of middle length, 32 for a long one, "" for a short one. `words`: plain."""
    letters, weight = words.replace(" ", ""), weight_of(words)
    if weight < SHORTEST_COPY:
        return ""
    if weight < SHORTEST_ALIKE:
        return hashlib.blake2b(letters.encode(), digest_size=6).hexdigest()
    return fingerprint(letters)


def fingerprint(letters: str) -> str:
    """SimHash of the letters' runs, 128 bits in hex: each bit is what most of the runs' hashes have there."""
    codes = np.frombuffer(letters.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    runs = codes[: len(codes) - RUN + 1].copy()
    for n in range(1, RUN):
        runs = runs * _BASE + codes[n : len(codes) - RUN + 1 + n]
    mixed = (runs[:, None] + _MIX[1]) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _MIX[0]
    mixed ^= mixed >> np.uint64(29)
    bits = np.unpackbits(mixed.astype("<u8").view(np.uint8).reshape(len(runs), -1), axis=1)
    return np.packbits(bits.sum(axis=0, dtype=np.int64) * 2 > len(runs)).tobytes().hex()


class Texts:
    """The texts seen so far, while more are being read."""

    def __init__(self, known: Iterable[Text]) -> None:
        self._texts = {text.mark: text for text in known}
        self._long = [mark for mark in self._texts if len(mark) == 2 * 8 * WORDS_OF_FINGERPRINT]
        self._bits = np.frombuffer(bytes.fromhex("".join(self._long)), dtype="<u8").reshape(-1, WORDS_OF_FINGERPRINT).copy()

    def is_copy(self, mark: str, day: date, name: str) -> bool:
        """Whether the text was seen before; it is now. `name`: of the signal that brings it."""
        if not mark:
            return False
        known = self._alike(mark)
        if known is None:
            self._texts[mark] = Text(mark, day, name)
            self._remember(mark)
            return False
        self._texts[known.mark] = replace(known, day=max(day, known.day), times=known.times + 1)
        return True

    def _alike(self, mark: str) -> Text | None:
        if mark in self._texts or len(mark) < 2 * 8 * WORDS_OF_FINGERPRINT or not self._long:
            return self._texts.get(mark)
        bits = np.frombuffer(bytes.fromhex(mark), dtype="<u8")
        differing = np.bitwise_count(self._bits[: len(self._long)] ^ bits).sum(axis=1)
        nearest = int(differing.argmin())
        return self._texts[self._long[nearest]] if differing[nearest] <= ALIKE_BITS else None

    def _remember(self, mark: str) -> None:
        if len(mark) < 2 * 8 * WORDS_OF_FINGERPRINT:
            return
        if len(self._long) == len(self._bits):
            self._bits = np.concatenate([self._bits, np.zeros((max(64, len(self._bits)), WORDS_OF_FINGERPRINT), dtype="<u8")])
        self._bits[len(self._long)] = np.frombuffer(bytes.fromhex(mark), dtype="<u8")
        self._long.append(mark)

    def since(self, oldest: date) -> tuple[Text, ...]:
        """The texts last seen on that day or later, oldest first, the newest `MOST_TEXTS`."""
        kept = sorted((text for text in self._texts.values() if text.day >= oldest), key=lambda text: text.day)
        return tuple(kept[-MOST_TEXTS:])


def waves(texts: Iterable[Text], since: date, least: int) -> Iterator[Text]:
    """The texts posted at least so often, the last time on that day or later: spam, or a campaign."""
    return iter(sorted((t for t in texts if t.times >= least and t.day >= since), key=lambda t: (-t.times, t.mark)))
