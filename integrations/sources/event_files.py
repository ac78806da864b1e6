"""Files of events in stretches of whole lines, each of bounded size, from where the last poll stopped.

The same file is always cut at the same places, so a file delivered again has the same digests, stretch by stretch.

Add here when files are cut or continued otherwise; rather in `event_rows.py` when lines mean something else.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import orjson

from configs.errors import FileMalformed
from integrations.event_blocks import Mark
from integrations.sources.lines import opened

STRETCH = 12 * 1024**2
"""Bytes parsed and stored at a time; the longest line that is read."""
TAIL = 4096
"""Bytes before a mark by which a file is recognised when it is continued."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole lines, the number of the first, where they end, and the last bytes before that. `problem`: why a line is passed over."""

    text: bytes
    first_line: int
    lines: int
    offset: int
    tail: bytes
    problem: str = ""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the lines."""
        return hashlib.sha256(self.text).digest()


def stretches(path: Path, place: str, mark: Mark | None) -> Iterator[Stretch]:
    """The file's lines behind the mark; from the beginning when it is not the file that was marked.

    A last line without its line break is left for the next poll unless it is a whole row by itself: somebody may be writing it.

    Raises:
        FileMalformed: it cannot be read, or is no sound gzip file.
    """
    if mark is not None and mark.size == size_of(path) and _is_packed(path):
        return
    with opened(path, place) as stream:
        begun = mark if mark is not None and _is_continued(stream, path, mark) else None
        offset, lines = (begun.offset, begun.lines) if begun else (0, 0)
        if begun is None and not _is_packed(path):
            stream.seek(0)
        try:
            yield from _cut(stream, offset, lines)
        except (EOFError, gzip.BadGzipFile, zlib.error) as err:
            raise FileMalformed(f"{place}: not a sound gzip file ({err}); copy or export it again", place=place) from err


def marked(path: Path, name: str, stretch: Stretch) -> Mark:
    """Where to go on after this stretch."""
    size = size_of(path) if _is_packed(path) else stretch.offset
    return Mark(name, stretch.offset, stretch.first_line - 1 + stretch.lines, size, _tail_digest(stretch.tail))


def line_ends(text: bytes) -> int:
    """How many line breaks there are; three times as fast as `bytes.count` where they are many."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")))


def size_of(path: Path) -> int:
    """Bytes on disk; 0 when it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _tail_digest(tail: bytes) -> bytes:
    """The length, so that as much is read again, and the digest."""
    return len(tail).to_bytes(2, "big") + hashlib.sha256(tail).digest()


def _is_continued(stream: BinaryIO, path: Path, mark: Mark) -> bool:
    """Whether the bytes before the mark are the ones that were there; leaves the stream at the mark when they are."""
    length = int.from_bytes(mark.tail[:2], "big")
    if _is_packed(path) or size_of(path) < mark.offset:
        return False
    stream.seek(mark.offset - length)
    return _tail_digest(stream.read(length)) == mark.tail


def _cut(stream: BinaryIO, offset: int, lines: int) -> Iterator[Stretch]:
    rest = b""
    while True:
        read = stream.read(STRETCH - len(rest))
        text = rest + read
        if not read:
            break
        end = text.rfind(b"\n") + 1
        if end:
            rest, text = text[end:], text[:end]
            number = line_ends(text)
            offset += end
            yield Stretch(text, lines + 1, number, offset, text[-TAIL:])
            lines += number
        elif len(text) < STRETCH:
            rest = text
        else:
            passed, tail, rest = _passed_over(stream, text)
            offset, lines = offset + passed, lines + 1
            yield Stretch(b"", lines, 1, offset, tail, f"the row is longer than {STRETCH} bytes")
    if _is_whole(rest):
        yield Stretch(rest, lines + 1, 1, offset + len(rest), rest[-TAIL:])


def _passed_over(stream: BinaryIO, text: bytes) -> tuple[int, bytes, bytes]:
    """Reads on to the end of a line that is too long, in pieces: its bytes, the last of them, and what was read behind it."""
    passed = 0
    while (end := text.find(b"\n") + 1) == 0:
        passed += len(text)
        following = stream.read(STRETCH)
        if not following:
            return passed, text[-TAIL:], b""
        text = following
    return passed + end, text[max(0, end - TAIL) : end], text[end:]


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
