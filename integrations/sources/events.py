"""Single crashes, ANRs and sessions from JSON lines (also .gz): what a crash reporter exports, or a collector appends to.

Files are read on from where the last poll stopped, two stretches parsed at a time while a third is stored. `Reading` only says how fresh
the files are; the events come in blocks (`EventSource`).

Add here when event files are found or named otherwise; rather in `event_files.py`, `event_rows.py` when they are cut or read otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, field_validator

from configs.terms import Health, Reading
from integrations.contracts import Surroundings
from integrations.options import Options, checked
from integrations.sources.event_names import ALIASES
from integrations.sources.options import Hours, app_of
from integrations.sources.records import Owner

if TYPE_CHECKING:  # Arrow costs a third of a second, which only a poll pays
    from integrations.event_blocks import EventBlock, Mark

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


class EventsOptions(Options):
    """Options of a source of single events.

    Attributes:
        path: a file, or a pattern of files, beside the settings.
        app: the app's name in the rows, where it is not the app's id; rows of other apps are left out.
        columns: their key -> ours, or "" to leave one out.
        stale_after_hours: how old the newest event may be before the data count as stale.
    """

    path: str = Field(min_length=1)
    app: str | None = Field(None, min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    stale_after_hours: Hours = 6.0

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        if not path.lower().endswith(SUFFIXES):
            raise ValueError(f"{path!r} must end in {', '.join(SUFFIXES)}")
        return path

    @field_validator("columns")
    @classmethod
    def _named(cls, columns: dict[str, str]) -> dict[str, str]:
        for theirs, ours in columns.items():
            if ours and ours not in ALIASES:
                raise ValueError(f"{theirs!r} is renamed to {ours!r}, which events do not have; they have {', '.join(ALIASES)}")
        return columns


class EventsSource:
    """One file, or all files of a pattern, as a source of one app's events. An `EventSource`."""

    def __init__(self, name: str, folder: Path, owner: Owner, options: EventsOptions) -> None:
        self.name, self._folder, self._owner, self._options = name, folder, owner, options

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The source of one file or pattern; `EventsOptions` says which options there are."""
        given = checked(EventsOptions, f"source {name!r}", options)
        app = app_of(name, around)
        return cls(name, around.folder, Owner(name, given.app or app.id, app.id, app.platform), given)

    def __repr__(self) -> str:
        return f"EventsSource({self.name!r})"

    # --- how fresh the files are ---------------------------------------------------------------------------------------------

    def poll(self, since: datetime, until: datetime) -> Reading:
        """Whether there is anything before `until`, and how new it is, by the files' first and last rows; no events."""
        from integrations.sources.event_ends import newest_of

        fresh = newest_of(self._paths(), until, self._options.columns)
        said = self._doubt(fresh, until)
        return Reading(self.name, since, until, fresh, Health.UNKNOWN if said else Health.HEALTHY, said)

    def _doubt(self, fresh: datetime | None, until: datetime) -> str:
        if fresh is None:
            return f"no events before {until:%Y-%m-%d %H:%M} UTC" + ("" if self._paths() else f"; no file at {self._options.path}")
        if until - fresh > timedelta(hours=self._options.stale_after_hours):
            hours = self._options.stale_after_hours
            return f"stale: the newest event was received {fresh:%Y-%m-%d %H:%M} UTC, more than {hours:g} h before"
        return ""

    def _paths(self) -> list[Path]:
        return [path for found in sorted(glob(str(self._folder / self._options.path), recursive=True)) if (path := Path(found)).is_file()]

    # --- the events ----------------------------------------------------------------------------------------------------------

    def event_blocks(
        self, since: datetime, until: datetime, *, marks: Mapping[str, Mark], known: Collection[bytes], late: bool
    ) -> Iterator[EventBlock]:
        """What was received before `until` and is not behind the marks, file after file."""
        from integrations.event_blocks import micros
        from integrations.sources.event_columns import Window
        from integrations.sources.event_parsing import Reader

        reader = Reader(self._owner, Window(micros(since), micros(until), late), self._options.columns, known)
        for path in self._paths():
            place = os.path.relpath(path, self._folder)
            yield from reader.blocks(path, place, marks.get(place))
