"""How new a file of events is, by its first and last rows alone.

Add here when freshness is told otherwise; rather in `event_files.py` when files are read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson

from configs.errors import FileMalformed
from integrations.sources.event_names import their_names
from integrations.sources.lines import opened
from integrations.sources.records import Unusable, moment_in

END = 8 * 1024
"""Bytes of either end that are looked at."""


def newest_of(paths: list[Path], until: datetime, renamed: Mapping[str, str]) -> datetime | None:
    """`newest_before` of all of them. A file that was last written before the newest event known so far is not opened."""
    newest: datetime | None = None
    for path in sorted(paths, key=_written, reverse=True):
        if newest is not None and _written(path) < newest:
            break
        found = newest_before(path, until, renamed)
        newest = found if newest is None or (found is not None and found > newest) else newest
    return newest


def newest_before(path: Path, until: datetime, renamed: Mapping[str, str]) -> datetime | None:
    """When the newest event before `until` was received; `until` itself when the file goes on after it; None when there is none before.

    A .gz file is not unpacked for its end: it counts as fresh as it was written.
    """
    first, last = _ends(path, renamed)
    if not any(at < until for at in (*first, *last)):
        return None
    if last and min(last) < until:
        return max(at for at in last if at < until) if max(last) < until else until
    return until if last else min(until, _written(path))


def _written(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # gone meanwhile: opening it says so
        return datetime.max.replace(tzinfo=UTC)


def _ends(path: Path, renamed: Mapping[str, str]) -> tuple[list[datetime], list[datetime]]:
    place = path.name
    with opened(path, place) as stream:
        head = _whole_lines(stream.read(END), cut_end=True)
        first = list(_received(head, renamed, place))
        if path.suffix.lower() == ".gz":
            return first, []
        stream.seek(max(0, path.stat().st_size - END))
        return first, list(_received(_whole_lines(stream.read(END), cut_end=False), renamed, place))


def _whole_lines(text: bytes, *, cut_end: bool) -> list[bytes]:
    lines = text.split(b"\n")
    if len(text) < END:
        return lines
    return lines[:-1] if cut_end else lines[1:]


def _received(lines: list[bytes], renamed: Mapping[str, str], place: str) -> Iterator[datetime]:
    try:
        key = their_names(b"\n".join(lines[:100]), renamed, place, is_first=True)["received"]
    except FileMalformed:
        return  # the poll for events says so, with the way out
    for line in lines:
        try:
            row = orjson.loads(line)
            yield moment_in("received", row[key])
        except (orjson.JSONDecodeError, KeyError, TypeError, Unusable):
            continue
