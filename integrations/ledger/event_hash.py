"""64-bit keys of events and users, for a whole column at once.

A key is a keyed mix of every byte (multiply, xor-shift, after MurmurHash3's finaliser), not a cryptographic hash. Two events of one stream
share a key by chance with probability n^2 / 2^65: 1 in 37 million among a million events, 1 in 37 among a billion. The later of the
two is then taken for a repeat and not counted: one event too few, never one too many. The ledger's own random salt keeps outsiders from
making such pairs on purpose, and makes a user's key worth nothing elsewhere.

Add here when another column becomes a key; rather in `event_keys.py` when keys are kept otherwise.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from integrations.event_blocks import Ints, Texts

Keys = npt.NDArray[np.uint64]

WORD = 8
START = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_HALF, _LESS = np.uint64(32), np.uint64(29)


def keys_of(texts: Texts, salt: int) -> Ints:
    """One key a row, as signed numbers. Equal texts have equal keys under one salt."""
    lengths = np.diff(texts.ends)
    keys = np.empty(len(texts), dtype=np.uint64)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        keys[rows] = _mixed(_matrix(texts, rows, int(length)), int(length), salt)
    return keys.view(np.int64)


def combined(keys: Ints, *codes: Ints) -> Ints:
    """Keys made of a key and small numbers beside it."""
    made = keys.view(np.uint64).copy()
    for column in codes:
        made = _stirred(made, np.ascontiguousarray(column, dtype=np.int64).view(np.uint64))
    return made.view(np.int64)


def _matrix(texts: Texts, rows: Ints, length: int) -> Keys:
    """The bytes of these rows, all of one length, as rows of words filled up with zeros."""
    filled = np.zeros((len(rows), -(-length // WORD) * WORD), dtype=np.uint8)
    if len(rows) == len(texts):
        filled[:, :length] = texts.data[texts.ends[0] : texts.ends[-1]].reshape(len(rows), length)
    else:
        filled[:, :length] = texts.data[texts.ends[rows][:, None] + np.arange(length)]
    return filled.view(np.uint64)


def _mixed(words: Keys, length: int, salt: int) -> Keys:
    keys: Keys = np.full(len(words), START ^ np.uint64(salt), dtype=np.uint64)
    for column in range(words.shape[1]):
        keys = _stirred(keys, words[:, column])
    return _stirred(keys, np.full(len(words), length, dtype=np.uint64))


def _stirred(keys: Keys, word: Keys) -> Keys:
    keys = (keys ^ word) * _FIRST
    keys = (keys ^ (keys >> _HALF)) * _SECOND
    return cast(Keys, keys ^ (keys >> _LESS))
