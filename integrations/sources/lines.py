"""Bounded reading of text files: plain or gzip, one physical line at a time, never more than a row's limit in memory.

Add here when bytes arrive in one more wrapping; rather in `integrations/sources/delimited.py` when the lines mean something else.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from configs.errors import FileMalformed

ROW_LIMIT = 1024 * 1024
"""Longest row in bytes. A store's review has at most 6 000 characters; what is longer than this is not one."""
FILE_LIMIT = 2 * 1024**3
"""Most bytes of one file, unpacked: it is kept in memory while it is unchanged. Larger ones belong into a database."""
PIECE = 64 * 1024
BOM = b"\xef\xbb\xbf"


@contextmanager
def opened(path: Path, place: str) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked when its name ends in .gz. Raises FileMalformed when there is no such file or it may not be read."""
    try:
        with path.open("rb") as raw:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix.lower() == ".gz" else raw
    except OSError as err:
        raise FileMalformed(
            f"{place}: cannot be read ({err.strerror or type(err).__name__}); check path and permissions", place=place
        ) from err


class Lines:
    """Physical lines of a stream, numbered from 1. An overlong one is cut; `skip_line` and `skip_quoted` pass over what is left."""

    def __init__(self, stream: BinaryIO, place: str) -> None:
        self._stream, self._place = stream, place
        self.number, self._total = 0, 0
        self._again: list[bytes] = []

    def next_line(self, limit: int = ROW_LIMIT) -> bytes:
        """The next line with its end mark, at most `limit` + 1 bytes of it; b"" at the end."""
        line = self._again.pop() if self._again else self._read(limit + 1)
        if self.number == 0:
            line = line.removeprefix(BOM)
        self.number += bool(line)
        return line

    def give_back(self, lines: list[bytes]) -> None:
        """Puts lines just read back, to be read once more."""
        self._again.extend(reversed(lines))
        self.number -= len(lines)

    def skip_line(self, line: bytes) -> int:
        """Passes over the rest of a line that was cut, and says how many double quotes were in it."""
        quotes = 0
        while line and not line.endswith(b"\n"):
            line = self._read(PIECE)
            quotes += line.count(b'"')
        return quotes

    def skip_quoted(self, line: bytes, quotes: int) -> bool:
        """Passes over the rest of a cut row: to the end of the line in which the number of its double quotes, `quotes` so far, is even.

        Returns:
            False when the file ended before.
        """
        quotes += self.skip_line(line)
        while quotes % 2 == 1:
            line = self._read(PIECE)
            if not line:
                return False
            self.number += 1
            quotes += line.count(b'"') + self.skip_line(line)
        return True

    def _read(self, size: int) -> bytes:
        try:
            line = self._stream.readline(size)
        except EOFError:
            raise self._malformed("the gzip file is cut short; copy or export it again") from None
        except (gzip.BadGzipFile, zlib.error) as err:
            raise self._malformed(f"not a sound gzip file ({err}); copy or export it again") from err
        self._total += len(line)
        if self._total > FILE_LIMIT:
            raise self._malformed(f"more than {FILE_LIMIT} bytes; split it, or read it through the `sql` source")
        return line

    def _malformed(self, problem: str) -> FileMalformed:
        place = f"{self._place}:{self.number + 1}"
        return FileMalformed(f"{place}: {problem}", place=place)


def is_cut(line: bytes, limit: int = ROW_LIMIT) -> bool:
    """Whether `next_line` had to cut this line."""
    return len(line) > limit
