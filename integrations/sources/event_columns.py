"""Rows of events into an `EventBlock`: which rows are ours, in the window and usable, all columns at once.

Add here when a whole column must be checked for something; rather in `event_rows.py` when one cell is written in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from configs.terms import Platform, Rejected
from integrations.event_blocks import Bools, EventBlock, Ints, Texts, Words
from integrations.sources.event_rows import KIND_WORDS, LISTED, TIMES, Naming, Rows
from integrations.sources.records import EXCERPT, NAME_LENGTH, Owner

TEXTS = ("id", "user")
"""Columns in which nearly every row differs; of the other texts there are few."""
WORDS = ("kind", "version", "device", "os_version", "country")


@dataclass(frozen=True, slots=True)
class Window:
    """Microseconds since 1970: [since, until), and whether what was received before `since` is wanted too."""

    since: int
    until: int
    late: bool


@dataclass(slots=True)
class _Sieve:
    """Which rows are left, and why others are not."""

    left: Bools
    bad: list[tuple[Ints, str, str]] = field(default_factory=list)

    def reject(self, wrong: Bools, reason: str, column: str = "") -> None:
        rows = np.flatnonzero(wrong & self.left)
        if len(rows):
            self.bad.append((rows, reason, column))
            self.left[rows] = False


@dataclass(frozen=True, slots=True)
class Sifted:
    """The block, how many rows were received only after the window, and whether every row of ours is in the block."""

    block: EventBlock
    early: int
    is_whole: bool


def sifted(rows: Rows, naming: Naming, owner: Owner, window: Window) -> Sifted:
    """The events of the window among these rows; bad rows as `Rejected` with their line."""
    table = rows.table.combine_chunks()
    sieve = _Sieve(_ours(table, owner))
    words = {column: _words(table, column) for column in WORDS}
    kinds = _checked(table, words, sieve)
    received = _times(table, "received")
    early = sieve.left & (received >= window.until)
    before = sieve.left & (received < window.since) & (not window.late)
    taken = sieve.left & ~early & ~before
    rejected = tuple(_rejected(rows, table, sieve.bad, naming))
    block = _block(table, words, kinds, taken, rejected)
    return Sifted(block, int(early.sum()), not early.any() and not before.any())


def _ours(table: pa.Table, owner: Owner) -> Bools:
    """Rows that name no other app or platform."""
    mine = np.ones(len(table), dtype=np.bool_)
    for column, wanted in (("app", owner.rows_of), ("platform", owner.platform)):
        if column in table.column_names and wanted is not None:
            cells = pc.fill_null(table[column], "")
            if isinstance(wanted, Platform):
                cells = pc.utf8_lower(cells)
            mine &= np.asarray(pc.or_(pc.equal(cells, ""), pc.equal(cells, str(wanted))))
    return mine


def _checked(table: pa.Table, words: Mapping[str, Words], sieve: _Sieve) -> Ints:
    """Each row's kind as a number, after every check."""
    sieve.reject(np.asarray(pc.equal(pc.utf8_trim_whitespace(_cells(table, "id")), "")), "id is empty")
    for column in ("kind", "version"):
        sieve.reject(_where(words[column], lambda word: not word), f"{column} is empty")
    for column in TIMES:
        sieve.reject(np.asarray(pc.is_null(table[column])), f"{column} is empty")
    numbers = np.array([KIND_WORDS.get(word.lower(), -1) for word in words["kind"].words] or [0], dtype=np.int64)
    kinds: Ints = numbers[words["kind"].codes]
    sieve.reject(kinds < 0, f"kind is none of {', '.join(KIND_WORDS)}", "kind")
    for column in TEXTS:
        too_long = pc.greater(pc.utf8_length(_cells(table, column)), NAME_LENGTH)
        sieve.reject(np.asarray(too_long), f"{column} is longer than {NAME_LENGTH} characters", column)
    for column in WORDS:
        too_long = _where(words[column], lambda word: len(word) > NAME_LENGTH)
        sieve.reject(too_long, f"{column} is longer than {NAME_LENGTH} characters", column)
    return kinds


def _where(column: Words, holds: Callable[[str], bool]) -> Bools:
    """The rows whose word is such a one."""
    such = np.array([holds(word) for word in column.words] or [False], dtype=np.bool_)
    found: Bools = such[column.codes]
    return found


def _times(table: pa.Table, column: str) -> Ints:
    return np.asarray(pc.fill_null(table[column].cast(pa.int64()), 0))


def _block(table: pa.Table, words: Mapping[str, Words], kinds: Ints, taken: Bools, rejected: tuple[Rejected, ...]) -> EventBlock:
    if not taken.all():
        table, kinds = table.filter(pa.array(taken)), kinds[taken]
        words = {name: Words(column.words, column.codes[taken]) for name, column in words.items()}
    return EventBlock(
        ids=_texts(table, "id"),
        users=_texts(table, "user"),
        kinds=kinds,
        occurred=_times(table, "occurred"),
        received=_times(table, "received"),
        version=words["version"],
        device=words["device"],
        os_version=words["os_version"],
        country=words["country"],
        rejected=rejected,
    )


def _cells(table: pa.Table, column: str) -> pa.Array:
    if column not in table.column_names:
        return pa.repeat(pa.scalar(""), len(table))
    cells = table[column].combine_chunks()
    return pc.fill_null(cells, "") if cells.null_count else cells


def _words(table: pa.Table, column: str) -> Words:
    coded = pc.dictionary_encode(_cells(table, column))
    return Words(tuple(word.strip() for word in coded.dictionary.to_pylist()), coded.indices.to_numpy().astype(np.int64))


def _texts(table: pa.Table, column: str) -> Texts:
    cells = _cells(table, column)
    _, ends, data = cells.buffers()
    bounds = np.frombuffer(ends, dtype=np.int32, count=len(cells) + 1, offset=4 * cells.offset).astype(np.int64)
    return Texts(bounds, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8))


def _rejected(rows: Rows, table: pa.Table, bad: list[tuple[Ints, str, str]], naming: Naming) -> Iterator[Rejected]:
    found = list(rows.rejected)
    for numbers, reason, column in bad:
        for row in numbers[:LISTED].tolist():
            excerpt = f"{column}={table[column][row].as_py()[:EXCERPT]!r}" if column else ""
            found.append((int(rows.lines[row]), reason, excerpt))
    unlisted = sum(max(0, len(numbers) - LISTED) for numbers, _, _ in bad)
    found.sort()
    for line, reason, excerpt in found[:LISTED]:
        yield Rejected(naming.source, f"{naming.place}:{line}", reason, excerpt)
    if (unlisted := unlisted + len(found[LISTED:])) > 0:
        yield Rejected(naming.source, f"{naming.place}:{found[0][0]}+", f"{unlisted} more rows after this line are unusable")
