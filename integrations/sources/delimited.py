"""CSV and JSON lines as rows of cells. A bad row is yielded as `Unusable` with its line; the rows around it are not lost.

Add here when a text format of rows is new; rather in `integrations/sources/parquet.py` when the format is binary.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import BinaryIO

import orjson

from configs.errors import FileMalformed
from integrations.sources.columns import SHAPES, Pick, What, check_complete, names_of, picker, plain, unknown_column
from integrations.sources.lines import ROW_LIMIT, Lines, is_cut
from integrations.sources.records import Unusable

Row = tuple[int | str, tuple[object, ...] | Unusable]
"""The line a row starts in (or another name that finds it), and its cells in the shape's order or why there are none."""

TOO_LONG = f"the row is longer than {ROW_LIMIT} bytes"
NOT_TEXT = "the row is not valid UTF-8"


class _TooLong(Exception):
    """Stops the csv module inside a row that has passed the limit."""


class _Record:
    """Feeds the csv reader line by line and remembers what the current row has taken."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.taken: list[bytes] = []
        self._size = 0
        self.is_text = True

    def start(self) -> None:
        self.taken, self._size, self.is_text = [], 0, True

    def __iter__(self) -> _Record:
        return self

    def __next__(self) -> str:
        line = self.lines.next_line()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        if self._size > ROW_LIMIT:
            raise _TooLong
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.is_text = False
            return line.decode("utf-8", "replace")


def csv_rows(stream: BinaryIO, what: What, renamed: Mapping[str, str], place: str) -> Iterator[Row]:
    """The rows after the header line.

    Raises:
        FileMalformed: no header, one that is not UTF-8 or has unknown columns, or a quote that swallows the rest of the file.
    """
    # The module's own limit of a field (131072) is below a row's; it can only be set for the whole process.
    csv.field_size_limit(ROW_LIMIT)
    record = _Record(Lines(stream, place))
    reader = csv.reader(record, strict=True)
    header = _header(reader, record, place)
    pick = picker(what, header, renamed, f"{place}:1")
    return _checked(_csv_rows(reader, record, place), len(header), pick)


def _header(reader: Iterator[list[str]], record: _Record, place: str) -> list[str]:
    try:
        header = next(reader, None)
    except (csv.Error, _TooLong) as err:
        raise FileMalformed(f"{place}:1: the header cannot be read ({err or 'too long'}); is this a CSV file?", place=place) from None
    if not header:
        raise FileMalformed(f"{place}:1: the file is empty; it must begin with a line of column names", place=place)
    if not record.is_text:
        raise FileMalformed(f"{place}:1: the header is not UTF-8; save the file as UTF-8", place=place)
    return header


def _checked(rows: Iterator[tuple[int, list[str] | Unusable]], width: int, pick: Pick) -> Iterator[Row]:
    for line, cells in rows:
        if isinstance(cells, Unusable):
            yield line, cells
        elif len(cells) == width:
            yield line, pick(cells)
        else:
            yield line, Unusable(f"{len(cells)} fields instead of {width}")


def _csv_rows(reader: Iterator[list[str]], record: _Record, place: str) -> Iterator[tuple[int, list[str] | Unusable]]:
    lines = record.lines
    while True:
        first = lines.number + 1
        record.start()
        try:
            cells = next(reader, None)
        except _TooLong:
            _pass_over(record, first, place)
            yield first, Unusable(TOO_LONG)
            continue
        except csv.Error as err:
            lines.give_back(record.taken[1:])
            yield first, Unusable(f"not a CSV row ({err})")
            continue
        if cells is None:
            return
        if cells:
            yield first, cells if record.is_text else Unusable(NOT_TEXT)


def _pass_over(record: _Record, first: int, place: str) -> None:
    # Up to the quote's end and not just the line's: a huge text with line breaks in it must not be read as forged rows.
    quotes = sum(line.count(b'"') for line in record.taken)
    if not record.lines.skip_quoted(record.taken[-1], quotes):
        raise FileMalformed(
            f"{place}:{first}: a quote opened in this row is never closed; repair or remove the row", place=place, line=first
        )


def json_rows(stream: BinaryIO, what: What, renamed: Mapping[str, str], place: str) -> Iterator[Row]:
    """JSON lines: one object a line. The first must have every needed key; an unknown key later costs only its row.

    Raises:
        FileMalformed: no first object, or one with unknown or missing keys.
    """
    lines, known = Lines(stream, place), names_of(what, renamed)
    rows = _json_objects(lines)
    first = next(rows, None)
    if first is None:
        raise FileMalformed(f"{place}:1: the file is empty; each line must be a JSON object", place=place)
    line, found = first
    if isinstance(found, Unusable):
        raise FileMalformed(f"{place}:{line}: {found.reason}; the first line must be a JSON object with every needed key", place=place)
    for key in found:
        if plain(key) not in known:
            raise unknown_column(what, key, f"{place}:{line}")
    check_complete(what, {known[plain(key)] for key in found}, f"{place}:{line}")
    order = {c.name: position for position, c in enumerate(SHAPES[what].columns)}
    return ((at, _in_order(row, known, order)) for at, row in chain([first], rows))


def _in_order(row: dict[str, object] | Unusable, known: Mapping[str, str], order: Mapping[str, int]) -> tuple[object, ...] | Unusable:
    if isinstance(row, Unusable):
        return row
    cells: list[object] = [""] * len(order)
    for key, cell in row.items():
        ours = known.get(plain(key))
        if ours is None:
            return Unusable(f"unknown key {key[:60]!r}")
        if ours:
            cells[order[ours]] = cell
    return tuple(cells)


def _json_objects(lines: Lines) -> Iterator[tuple[int, dict[str, object] | Unusable]]:
    while line := lines.next_line():
        number = lines.number
        if is_cut(line):
            lines.skip_line(line)
            yield number, Unusable(TOO_LONG)
        elif line.strip():
            yield number, _object(line)


def _object(line: bytes) -> dict[str, object] | Unusable:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as err:
        return Unusable(f"not JSON ({err.msg})")
    return found if isinstance(found, dict) else Unusable("not a JSON object")
