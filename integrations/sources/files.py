"""Files as a monitoring source: reviews, tickets, counts, installs and release lists in CSV, JSON lines (both also .gz) and Parquet.

A file is read once and kept, sorted by time, while it is unchanged; a poll of an unchanged file costs microseconds.

Add here when files are found or remembered otherwise; rather in `integrations/sources/delimited.py` when their bytes are read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from glob import glob
from pathlib import Path
from typing import Generic, Self, TypeVar

from pydantic import Field, field_validator

from configs.errors import FileMalformed
from configs.terms import Platform, Reading, Rejected, Release, Signal
from integrations.contracts import Surroundings
from integrations.options import checked
from integrations.sources.columns import What, check_renamed
from integrations.sources.delimited import Row, csv_rows, json_rows
from integrations.sources.history import History, Table, history_of, table_of
from integrations.sources.lines import opened
from integrations.sources.options import app_of
from integrations.sources.records import Owner
from integrations.sources.tabular import TableOptions

V = TypeVar("V")

TEXT_FORMATS = {".csv": csv_rows, ".jsonl": json_rows, ".ndjson": json_rows}
WILD = frozenset("*?[")
Stamp = tuple[int, int, int]
"""What changes when a file does: inode, size, time of change in ns."""


class FilesOptions(TableOptions):
    """`path`: a file, or a pattern of files, beside the settings."""

    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        if _format(path) is None and not WILD & set(Path(path).suffix):
            raise ValueError(f"{path!r} must end in .csv, .csv.gz, .jsonl, .jsonl.gz, .ndjson, .ndjson.gz or .parquet")
        return path


@dataclass(frozen=True, slots=True)
class Loaded(Generic[V]):
    """A whole file: its values by time, its unusable rows, and what is odd about it."""

    values: tuple[V, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]


class FilesSource:
    """One file, or all files of a pattern, as a source of one app."""

    def __init__(self, name: str, pattern: str, owner: Owner, options: FilesOptions) -> None:
        self.name, self._pattern, self._owner, self._options = name, pattern, owner, options
        self._tables: dict[Path, tuple[Stamp, Table]] = {}
        self._history: History | None = None

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The source of one file or pattern; `FilesOptions` says which options there are."""
        given = checked(FilesOptions, f"source {name!r}", options)
        return cls(name, str(around.folder / given.path), given.owner(name, app_of(name, around)), given)

    def __repr__(self) -> str:
        return f"FilesSource({self.name!r}, {self._options.what.value})"

    def poll(self, since: datetime, until: datetime) -> Reading:
        """Everything dated in [since, until). A file that is not there (yet) is missing data, not a failure."""
        stamps = self._stamps()
        if self._history is None or stamps != {path: stamp for path, (stamp, _) in self._tables.items()}:
            self._read_changed(stamps)
        reading = self._read_history().reading(self.name, since, until, self._options.pace)
        if stamps:
            return reading
        return replace(reading, warning=f"no file at {self._options.path}; {reading.warning}")

    def _read_history(self) -> History:
        return self._history or history_of(self._options.what, ())

    def _stamps(self) -> dict[Path, Stamp]:
        found: dict[Path, Stamp] = {}
        for path in _paths(self._pattern):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            except OSError as err:
                raise FileMalformed(f"{path}: cannot be read ({err.strerror}); check path and permissions", place=str(path)) from err
            found[path] = (status.st_ino, status.st_size, status.st_mtime_ns)
        return found

    def _read_changed(self, stamps: Mapping[Path, Stamp]) -> None:
        options, tables = self._options, dict[Path, tuple[Stamp, Table]]()
        for path, stamp in stamps.items():
            known = self._tables.get(path)
            kept = known if known is not None and known[0] == stamp else None
            tables[path] = kept or (stamp, _table(path, options.what, options.columns, self._owner, path.name))
        self._tables, self._history = tables, history_of(options.what, [table for _, table in tables.values()])


def load_signals(
    path: Path,
    app: str | None = None,
    *,
    what: What = What.REVIEWS,
    platform: Platform | None = None,
    columns: Mapping[str, str] | None = None,
    source: str = "",
) -> Loaded[Signal]:
    """Every review (or ticket) of the file, sorted by time.

    Args:
        app: only this app's rows, and what rows without an app belong to; None takes every app the file names.
        platform: only this platform's rows, and what rows without one belong to.
        columns: their column name -> ours, "" to leave one out.
        source: what the signals name as their source; the file's name by default.

    Raises:
        FileMalformed: naming file, line, column and the way out.
    """
    return _loaded(path, what, Owner(source or path.name, app, app or "", platform), columns or {}, Signal)


def load_releases(
    path: Path, app: str | None = None, *, platform: Platform | None = None, columns: Mapping[str, str] | None = None
) -> Loaded[Release]:
    """Every release of the list, sorted by time; arguments and errors as `load_signals`."""
    return _loaded(path, What.RELEASES, Owner(path.name, app, app or "", platform), columns or {}, Release)


def _loaded(path: Path, what: What, owner: Owner, columns: Mapping[str, str], kind: type[V]) -> Loaded[V]:
    try:
        check_renamed(what, columns)
    except ValueError as err:
        raise FileMalformed(f"{path}: {err}", place=str(path)) from None
    history = history_of(what, [_table(path, what, columns, owner, str(path))])
    values = tuple(value for value in history.values.things if isinstance(value, kind))
    return Loaded(values, history.rejected.things, history.warnings())


def _table(path: Path, what: What, columns: Mapping[str, str], owner: Owner, place: str) -> Table:
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as err:
        raise FileMalformed(f"{place}: cannot be read ({err.strerror}); check path and permissions", place=place) from err
    return table_of(_rows(path, what, columns, place), what, owner, place, written)


def _rows(path: Path, what: What, columns: Mapping[str, str], place: str) -> Iterator[Row]:
    suffix = _format(path.name)
    if suffix is None:
        raise FileMalformed(f"{place}: not a known format; use .csv, .jsonl (both also .gz) or .parquet", place=place)
    if suffix == ".parquet":
        from integrations.sources.parquet import parquet_rows  # pyarrow costs a third of a second; CSV does without

        yield from parquet_rows(path, what, columns, place)
        return
    with opened(path, place) as stream:
        yield from TEXT_FORMATS[suffix](stream, what, columns, place)


def _format(name: str) -> str | None:
    plain = name.lower().removesuffix(".gz")
    suffix = Path(plain).suffix
    if suffix == ".parquet":
        return suffix if not name.lower().endswith(".gz") else None
    return suffix if suffix in TEXT_FORMATS else None


def _paths(pattern: str) -> list[Path]:
    if WILD & set(pattern):
        return [Path(found) for found in sorted(glob(pattern, recursive=True))]
    return [Path(pattern)]
