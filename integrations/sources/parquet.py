"""Parquet files as rows of cells, a few thousand at a time.

Add here when Parquet stores a cell in one more type; rather in `integrations/sources/delimited.py` when the format is text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from configs.errors import FileMalformed
from integrations.sources.columns import What, picker
from integrations.sources.delimited import TOO_LONG, Row
from integrations.sources.lines import ROW_LIMIT
from integrations.sources.records import Unusable

BATCH = 4096


def parquet_rows(path: Path, what: What, renamed: Mapping[str, str], place: str) -> Iterator[Row]:
    """The rows of the file, numbered from 1.

    Raises:
        FileMalformed: not a sound Parquet file, or unknown or missing columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            pick = picker(what, file.schema_arrow.names, renamed, f"{place} (schema)")
            number = 0
            for batch in file.iter_batches(batch_size=BATCH):
                for cells in zip(*map(_cells, batch.columns), strict=True):
                    number += 1
                    is_long = sum(len(cell) for cell in cells if isinstance(cell, str)) > ROW_LIMIT
                    yield number, Unusable(TOO_LONG) if is_long else pick(cells)
    except (pa.ArrowException, OSError) as err:
        said = " ".join(str(err).split())[:200]
        raise FileMalformed(f"{place}: not a sound Parquet file ({said}); export it again", place=place) from err


def _cells(column: pa.Array) -> list[object]:
    if pa.types.is_timestamp(column.type):  # nanoseconds would come back as pandas' own type
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    elif pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return [_plain(cell) for cell in column.to_pylist()]
    except UnicodeDecodeError:  # the row's reader refuses the surrogates, and only that row
        raw = column.cast(pa.binary()).to_pylist()
        return [cell if cell is None else cell.decode("utf-8", "surrogateescape") for cell in raw]


def _plain(cell: object) -> object:
    return cell if cell is None or isinstance(cell, str | int | float | date) else str(cell)
