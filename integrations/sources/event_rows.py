"""Lines of events into columns: whole stretches by Arrow's reader, and one by one only where it stumbles.

A stretch that Arrow cannot read is cut into smaller ones; the few lines that are left are read alone, so that a bad line costs a hundredth
of a second and no other line. What is wrong with a row is said in the words of `records.py`.

Add here when a cell of an event may be written in one more way; rather in `event_files.py` when it is about finding and cutting files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json as pj

from configs.terms import EventKind
from integrations.event_blocks import KINDS, Ints
from integrations.sources.delimited import NOT_TEXT
from integrations.sources.event_files import line_ends
from integrations.sources.records import Unusable, moment_in, name_in

TIMES = ("occurred", "received")
TEXTS = ("id", "kind", "user", "version", "device", "os_version", "country", "app", "platform")
COLUMNS = (*TIMES, *TEXTS)
MICROS = pa.timestamp("us", "UTC")
ALONE_BELOW = 32 * 1024
"""Bytes below which a stretch that Arrow cannot read is read line by line."""
PARTS = 8
NUL = b"\\u0000"
LISTED = 1000
"""Most bad rows of one block that are named one by one; the rest is counted."""

KIND_WORDS = {kind.value: n for n, kind in enumerate(KINDS)} | {
    "session_start": KINDS.index(EventKind.SESSION),
    "app_start": KINDS.index(EventKind.SESSION),
    "fatal": KINDS.index(EventKind.CRASH),
    "hang": KINDS.index(EventKind.ANR),
}
"""How reporters call the kinds."""


@dataclass(frozen=True, slots=True)
class Naming:
    """`theirs`: our column -> their key. `source`, `place`: how rejected rows are named."""

    theirs: Mapping[str, str]
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Readable rows as a table of our columns, the line each stands in, and the unreadable ones."""

    table: pa.Table
    lines: Ints
    rejected: tuple[tuple[int, str, str], ...]


def rows_of(text: bytes, first_line: int, naming: Naming) -> Rows:
    """The rows of a stretch of whole lines. Times are read, everything else is still text or missing."""
    parts = list(_parts(text, first_line, naming))
    tables = [part.table for part in parts]
    lines = np.concatenate([part.lines for part in parts]) if parts else np.zeros(0, dtype=np.int64)
    table = pa.concat_tables(tables) if tables else _table([], naming)
    return Rows(table, lines, tuple(bad for part in parts for bad in part.rejected))


def _parts(text: bytes, first_line: int, naming: Naming) -> Iterator[Rows]:
    if not text:
        return
    read = _read(text, naming)
    if read is not None:
        yield Rows(read, np.arange(first_line, first_line + len(read), dtype=np.int64), ())
    elif len(text) <= ALONE_BELOW:
        yield _one_by_one(text, first_line, naming)
    else:
        for part in _cut(text):
            yield from _parts(part, first_line, naming)
            first_line += line_ends(part)


def _read(text: bytes, naming: Naming) -> pa.Table | None:
    """The whole stretch at once; None when a line of it is blank, no row, or has a cell of another type or with a NUL."""
    if NUL in text:
        return None
    fields = [(theirs, MICROS if ours in TIMES else pa.utf8()) for ours, theirs in naming.theirs.items()]
    options = pj.ParseOptions(explicit_schema=pa.schema(fields), unexpected_field_behavior="ignore")
    try:
        table = pj.read_json(pa.BufferReader(text), pj.ReadOptions(use_threads=False, block_size=len(text) + 1), options)
        table.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if len(table) != line_ends(text) + (not text.endswith(b"\n")):
        return None
    return table.rename_columns(list(naming.theirs))


def _cut(text: bytes) -> Iterator[bytes]:
    """Whole lines of about an eighth each."""
    start, size = 0, len(text) // PARTS
    while start < len(text):
        end = text.find(b"\n", start + size) + 1 or len(text)
        yield text[start:end]
        start = end


# --- line by line -------------------------------------------------------------------------------------------------------


def _one_by_one(text: bytes, first_line: int, naming: Naming) -> Rows:
    good: list[dict[str, object]] = []
    lines: list[int] = []
    rejected: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), first_line):
        if not line.strip():
            continue
        try:
            good.append(_row(line, naming))
            lines.append(number)
        except Unusable as err:
            rejected.append((number, err.reason, err.excerpt))
    return Rows(_table(good, naming), np.array(lines, dtype=np.int64), tuple(rejected))


def _row(line: bytes, naming: Naming) -> dict[str, object]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as err:
        raise Unusable(f"not JSON ({err.msg})" if _is_text(line) else NOT_TEXT) from None
    if not isinstance(found, dict):
        raise Unusable("not a JSON object")
    return {ours: _cell(ours, found.get(theirs)) for ours, theirs in naming.theirs.items()}


def _cell(column: str, cell: object) -> object:
    if cell is None or cell == "":
        return None
    return moment_in(column, cell) if column in TIMES else name_in(column, cell)


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _table(rows: list[dict[str, object]], naming: Naming) -> pa.Table:
    schema = pa.schema([(ours, MICROS if ours in TIMES else pa.utf8()) for ours in naming.theirs])
    return pa.Table.from_pylist(rows, schema)
