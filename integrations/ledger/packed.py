"""Columns of numbers and texts as one compressed value of a row, and back.

Add here when a kept column has a type that does not survive; rather beside a table when it is about what the columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from configs.errors import LedgerCorrupt
from integrations.event_blocks import Texts

Column = npt.NDArray[Any] | Texts
LEVEL = 1
"""zstd: higher levels save a tenth of the room and cost several times the time [measured on event ids and times]."""


def packed(columns: Mapping[str, Column]) -> bytes:
    """The columns, all of one length, as an Arrow stream compressed with zstd."""
    batch = pa.record_batch({name: _array(column) for name, column in columns.items()})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", LEVEL), use_threads=False)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def unpacked(value: bytes) -> dict[str, npt.NDArray[Any]]:
    """The columns of numbers by name; texts as arrays of `str`.

    Raises:
        LedgerCorrupt: the value was damaged.
    """
    try:
        with pa.ipc.open_stream(value, options=pa.ipc.IpcReadOptions(use_threads=False)) as reader:
            table = reader.read_all()
        return {name: table.column(name).to_numpy() for name in table.column_names}
    except (pa.ArrowInvalid, OSError) as err:
        raise LedgerCorrupt(f"a chunk of columns cannot be read ({err}); restore the newest backup, then run `recall verify`") from err


def _array(column: Column) -> pa.Array:
    if isinstance(column, Texts):
        ends = (column.ends - column.ends[0]).astype(np.int32)
        data = column.data[column.ends[0] : column.ends[-1]]
        return pa.StringArray.from_buffers(len(column), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(data)))
    return pa.array(column)
