"""Sets of 64-bit keys in the ledger: which of these are known already, and from now on these are too.

Each batch becomes a sorted run, cut into blocks. `FAN_IN` runs of one level become one of the next, until a run has `LARGEST` keys
(a log-structured merge: a key is written a few times over, and a look-up reads only blocks whose range holds a wanted key). Memory is
bounded by `FAN_IN` of the largest runs.

Add here when keys are kept or found otherwise; rather in `event_hash.py` when they are made otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from integrations.event_blocks import Bools, Ints
from integrations.ledger.book import Row, Txn

BLOCK = 8192
"""Keys of one row: 64 KB. Smaller ones cost rows, larger ones make a look-up of a few keys read more [measured: flat from 4k to 32k]."""
FAN_IN = 4
LARGEST = 4_194_304
MOST_ROWS_ONE_BY_ONE = 32
"""A look-up that needs more blocks of a run reads the run in one go."""

_WHERE = "stream = :stream AND space = :space"


@dataclass(frozen=True, slots=True)
class KeySet:
    """One set of keys: a stream's event ids, or the users it has counted on one day."""

    txn: Txn
    stream: int
    space: int

    def knows(self, keys: Ints) -> Bools:
        """For each of these sorted keys, whether it is in the set."""
        found = np.zeros(len(keys), dtype=np.bool_)
        if not len(keys):
            return found
        index = self.txn.tuples(f"SELECT run, first, last FROM event_keys WHERE {_WHERE} ORDER BY run, first", **self._names())
        for run, blocks in groupby(index, key=itemgetter(0)):
            wanted = [first for _, first, last in blocks if _is_any_within(keys, first, last)]
            if wanted:
                found |= _contained(keys, self._read_blocks(run, wanted))
        return found

    def add(self, keys: Ints) -> None:
        """Puts sorted keys that are not in the set into it."""
        if len(keys):
            self._write(keys, level=0)
            self._merge_full_levels()

    # --- reading -------------------------------------------------------------------------------------------------------

    def _read_blocks(self, run: int, firsts: list[int]) -> Ints:
        """The keys of these blocks of a run, or of all its blocks, in order."""
        if len(firsts) > MOST_ROWS_ONE_BY_ONE:
            return self._read_run(run)
        one = f"SELECT keys FROM event_keys WHERE {_WHERE} AND run = :run AND first = :first"
        return _joined([row for first in firsts for row in self.txn.tuples(one, **self._names(), run=run, first=first)])

    def _read_run(self, run: int) -> Ints:
        return _joined(
            self.txn.tuples(f"SELECT keys FROM event_keys WHERE {_WHERE} AND run = :run ORDER BY first", **self._names(), run=run)
        )

    def _names(self) -> dict[str, int]:
        return {"stream": self.stream, "space": self.space}

    # --- writing -------------------------------------------------------------------------------------------------------

    def _write(self, keys: Ints, level: int) -> None:
        newest = self.txn.one(f"SELECT max(run) AS run FROM event_keys WHERE {_WHERE}", **self._names())
        run = 1 + int((newest or Row(run=None))["run"] or 0)
        self.txn.run_many(
            "INSERT INTO event_keys (stream, space, run, first, last, level, number, keys)"
            " VALUES (:stream, :space, :run, :first, :last, :level, :number, :keys)",
            [self._names() | {"run": run, "level": level} | _block(keys[at : at + BLOCK]) for at in range(0, len(keys), BLOCK)],
        )

    def _merge_full_levels(self) -> None:
        runs = self.txn.tuples(f"SELECT run, level, sum(number) FROM event_keys WHERE {_WHERE} GROUP BY run, level", **self._names())
        for level in sorted({row[1] for row in runs}):
            same = [(run, int(number)) for run, at, number in runs if at == level]
            if len(same) >= FAN_IN and sum(number for _, number in same) <= LARGEST:
                self._merge([run for run, _ in same], level + 1)
                self._merge_full_levels()
                return

    def _merge(self, runs: list[int], level: int) -> None:
        self._write(np.sort(np.concatenate([self._read_run(run) for run in runs]), kind="stable"), level)  # which merges sorted runs
        for run in runs:
            self.txn.run(f"DELETE FROM event_keys WHERE {_WHERE} AND run = :run", **self._names(), run=run)


def forget_before(txn: Txn, stream: int, space: int) -> None:
    """Drops the sets of earlier days; the set of event ids (space 0) stays."""
    txn.run("DELETE FROM event_keys WHERE stream = :stream AND space > 0 AND space < :space", stream=stream, space=space)


def _block(keys: Ints) -> dict[str, object]:
    return {"first": int(keys[0]), "last": int(keys[-1]), "number": len(keys), "keys": keys.astype("<i8").tobytes()}


def _joined(rows: list[tuple[bytes]]) -> Ints:
    return np.frombuffer(b"".join(keys for (keys,) in rows), dtype="<i8")


def _is_any_within(keys: Ints, first: int, last: int) -> bool:
    return bool(np.searchsorted(keys, first, side="left") < np.searchsorted(keys, last, side="right"))


def _contained(keys: Ints, among: Ints) -> Bools:
    """Which of the sorted keys are among these sorted ones."""
    places = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    same: Bools = among[places] == keys
    return same
