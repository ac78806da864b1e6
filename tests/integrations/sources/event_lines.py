"""Lines of events for tests of the source. Add here when two of them need it; rather in a test when only it does."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from configs.terms import Event, Platform
from integrations.event_blocks import EventBlock, Mark
from integrations.sources.events import EventsSource
from tests.integrations.sources.surroundings import around, utc

BEGIN, END = utc(2026, 3, 4, 6), utc(2026, 3, 4, 12)


def a_row(number: int = 1, **varied: object) -> dict[str, object]:
    at = BEGIN + timedelta(minutes=number)
    given = {"id": f"e{number}", "kind": "crash", "user": f"u{number}", "occurred": at.isoformat(), "received": at.isoformat()}
    return given | {"version": "2.0", "device": "Pixel", "os_version": "15", "country": "DE"} | varied


def a_line(number: int = 1, **varied: object) -> str:
    return json.dumps(a_row(number, **varied), ensure_ascii=False) + "\n"


def a_source(folder: Path, **options: object) -> EventsSource:
    return EventsSource.build("crashes", {"path": "events*.jsonl", **options}, around(folder))


def blocks_of(
    source: EventsSource, since: datetime = BEGIN, until: datetime = END, marks: dict[str, Mark] | None = None, **also: object
) -> list[EventBlock]:
    """Its blocks; `marks` are moved as the ledger would."""
    known = {"known": frozenset(), "late": False} | also
    found = []
    for block in source.event_blocks(since, until, marks=dict(marks or {}), **known):  # type: ignore[arg-type]  # what tests vary
        found.append(block)
        if marks is not None and block.mark is not None:
            marks[block.mark.file] = block.mark
    return found


def events_in(blocks: list[EventBlock]) -> list[Event]:
    return [event for block in blocks for event in block.events("crashes", "chrome", Platform.IOS)]


def ids_in(blocks: list[EventBlock]) -> list[str]:
    return [event.id for event in events_in(blocks)]


def places(blocks: list[EventBlock]) -> dict[str, str]:
    return {bad.place: bad.reason for block in blocks for bad in block.rejected}
