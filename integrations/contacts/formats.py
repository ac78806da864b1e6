"""CSV, JSON lines and Parquet as rows of cells. A row is one line: customer lists hold no texts with line breaks in them.

Add here when a list comes in another file format; rather in `rows.py` when its columns are named otherwise.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import orjson

from configs.errors import FileMalformed
from integrations.contacts.rows import Unusable

BATCH = 4096
LONGEST_ROW = 64 * 1024
"""Bytes. A customer is described in less."""
BOM = b"\xef\xbb\xbf"
TOO_LONG = b"\0"
"""Stands for a line that was too long to be kept."""

Raw: TypeAlias = bytes | tuple[object, ...]
"""A row as it is cheap to keep: its line, or its cells where there are no lines."""
Cells: TypeAlias = Callable[[Raw], Sequence[object]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list's column names, its rows with their line numbers, and how a row becomes cells (raises Unusable)."""

    header: list[str]
    rows: Iterator[tuple[int, Raw]]
    cells: Cells


@contextmanager
def listing(path: Path) -> Iterator[Listing]:
    """The open list. Raises FileMalformed naming file and line."""
    suffix = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if suffix in ("parquet", "pq"):
        yield _parquet(path)
    elif suffix in ("csv", "jsonl", "ndjson"):
        with _opened(path) as stream:
            rows = _lines(stream, path.name)
            yield _csv(rows, path.name) if suffix == "csv" else _json(rows, path.name)
    else:
        raise FileMalformed(f"{path.name}: not a known kind of file; name it .csv, .jsonl (either also .gz) or .parquet")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as raw:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix.lower() == ".gz" else raw
    except OSError as err:
        raise FileMalformed(f"{path.name}: cannot be read ({err.strerror or err}); check path and permissions") from err


def _lines(stream: BinaryIO, place: str) -> Iterator[tuple[int, Raw]]:
    """Lines with their numbers, never more than a row's limit of one in memory."""
    number = 0
    while line := _next(stream, place, number + 1):
        number += 1
        is_long = len(line) > LONGEST_ROW
        while is_long and not line.endswith(b"\n"):
            line = _next(stream, place, number)
            if not line:
                break
        if is_long or line.strip():
            yield number, TOO_LONG if is_long else line.removeprefix(BOM if number == 1 else b"")


def _next(stream: BinaryIO, place: str, number: int) -> bytes:
    try:
        return stream.readline(LONGEST_ROW + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FileMalformed(f"{place}:{number}: not a sound gzip file; copy or export it again") from None


def _first(rows: Iterator[tuple[int, Raw]], place: str) -> tuple[int, Raw]:
    first = next(rows, None)
    if first is None:
        raise FileMalformed(f"{place}:1: the file is empty; its first line must name the columns")
    return first


def _csv(rows: Iterator[tuple[int, Raw]], place: str) -> Listing:
    number, line = _first(rows, place)
    try:
        return Listing([str(cell) for cell in csv_cells(line)], rows, csv_cells)
    except Unusable as err:
        raise FileMalformed(f"{place}:{number}: the header cannot be read ({err}); it must be one line of column names in UTF-8") from None


def csv_cells(raw: Raw) -> Sequence[object]:
    """One line of a CSV file. Raises Unusable."""
    text = _text(raw).rstrip("\r\n")
    if '"' not in text:  # most lines; several times as fast
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as err:
        raise Unusable(f"not a CSV row ({err})") from None


def _json(rows: Iterator[tuple[int, Raw]], place: str) -> Listing:
    number, line = _first(rows, place)
    try:
        header = list(_object(line))
    except Unusable as err:
        raise FileMalformed(f"{place}:{number}: {err}; each line must be a JSON object, and the first must have every column") from None
    return Listing(header, _again((number, line), rows), partial(_json_cells, header))


def _again(first: tuple[int, Raw], rest: Iterator[tuple[int, Raw]]) -> Iterator[tuple[int, Raw]]:
    yield first
    yield from rest


def _json_cells(header: list[str], raw: Raw) -> Sequence[object]:
    row = _object(raw)
    unknown = next((key for key in row if key not in header), None)
    if unknown is not None:
        raise Unusable(f"unknown key {unknown[:60]!r}")
    return [row.get(name) for name in header]


def _object(raw: Raw) -> dict[str, object]:
    try:
        found = orjson.loads(_text(raw))
    except orjson.JSONDecodeError as err:
        raise Unusable(f"not JSON ({err.msg})") from None
    if not isinstance(found, dict):
        raise Unusable("not a JSON object")
    return found


def _text(raw: Raw) -> str:
    if raw == TOO_LONG or not isinstance(raw, bytes):
        raise Unusable(f"longer than {LONGEST_ROW} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable("not UTF-8") from None


def _parquet(path: Path) -> Listing:
    import pyarrow as pa  # heavy, and most lists are text
    import pyarrow.parquet as pq

    def rows() -> Iterator[tuple[int, Raw]]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=BATCH):
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield number, cells
        except (pa.ArrowException, OSError, UnicodeDecodeError) as err:
            raise _unsound(path, err) from err

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as err:
        raise _unsound(path, err) from err
    return Listing(list(file.schema_arrow.names), rows(), _as_it_is)


def _unsound(path: Path, err: Exception) -> FileMalformed:
    return FileMalformed(f"{path.name}: not a sound Parquet file ({type(err).__name__}); check the path or export it again")


def _as_it_is(raw: Raw) -> Sequence[object]:
    return raw if isinstance(raw, tuple) else ()
