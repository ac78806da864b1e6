"""What every monitoring source promises, run over every entry of `SOURCES`. An entry without a rig fails.

A rig brings a source before a neighbour that has something to say in both halves of a window, options that are wrong, and the secrets
that must not show.

Add a rig here when there is a new source; rather a test beside the adapter when only that source behaves so.
"""

from __future__ import annotations

import dataclasses
import pickle
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from configs.errors import SettingsInvalid
from configs.terms import Health, Platform
from integrations.contracts import EventSource, Source, Surroundings
from integrations.sources import SOURCES
from tests.integrations.rehearsal.builders import START, a_world, hours
from tests.integrations.rehearsal.builders import around as around_world
from tests.integrations.sources.event_lines import BEGIN, END, a_line
from tests.integrations.sources.recorded_sentry import sentry
from tests.integrations.sources.surroundings import SECRET, an_app, around, utc
from tests.integrations.sources.vendor import Said, vendor

PARTS = ("signals", "counts", "releases", "installed", "rejected")


@dataclass(frozen=True)
class Rig:
    """How to build the source, a window [start, end) with a middle, an empty window, and what only tells the state at a window's end."""

    kind: str
    options: Mapping[str, object]
    around: Surroundings
    start: datetime
    middle: datetime
    end: datetime
    nothing: tuple[datetime, datetime]
    needed: str
    states: frozenset[str] = field(default=frozenset())

    def build(self, **options: object) -> Source:
        given = {k: v for k, v in {**self.options, **options}.items() if v is not ...}
        built = SOURCES[self.kind].build("neighbour", given, self.around)  # type: ignore[attr-defined]  # every entry is Buildable
        assert isinstance(built, Source)
        return built


@contextmanager
def files(folder: Path) -> Iterator[Rig]:
    rows = "".join(f"r{n},2026-03-0{n}T05:00:00+05:00,{n},it fails\n" for n in range(1, 8))
    (folder / "reviews.csv").write_text("id,at,stars,body\nundated\n" + rows)
    window = utc(2026, 3, 1), utc(2026, 3, 4), utc(2026, 3, 8)
    yield Rig("files", {"path": "reviews.csv"}, around(folder), *window, (utc(2025, 1, 1), utc(2025, 1, 2)), "path")


@contextmanager
def sql(folder: Path) -> Iterator[Rig]:
    with sqlite3.connect(folder / "reviews.db") as connection:
        connection.execute("CREATE TABLE reviews (id, at, stars, body)")
        connection.executemany("INSERT INTO reviews VALUES (?, ?, ?, 'it fails')", [(n, f"2026-03-0{n} 00:00:00", n) for n in range(1, 8)])
    connection.close()
    (folder / SECRET).mkdir()
    options = {"url_env": "URL", "query": "SELECT * FROM reviews WHERE at >= :since AND at < :until"}
    machine = around(folder, {"URL": f"sqlite:///{folder / SECRET / '..' / 'reviews.db'}"})
    window = utc(2026, 3, 1), utc(2026, 3, 4), utc(2026, 3, 8)
    yield Rig("sql", options, machine, *window, (utc(2025, 1, 1), utc(2025, 1, 2)), "query")


@contextmanager
def http_probe(folder: Path) -> Iterator[Rig]:
    with vendor(lambda asked: Said(body=b'{"status": "ok"}')) as (url, _):
        machine = around(folder, {"URL": f"{url}/{SECRET}", "TOKEN": SECRET})
        options = {"url_env": "URL", "token_env": "TOKEN", "allow_private": True}
        window = utc(2026, 3, 4, 11, 55), utc(2026, 3, 4, 11, 58), utc(2026, 3, 4, 12)
        yield Rig("http_probe", options, machine, *window, (utc(2025, 1, 1), utc(2025, 1, 2)), "url_env")


@contextmanager
def a_sentry(folder: Path) -> Iterator[Rig]:
    with vendor(sentry) as (url, _):
        machine = around(folder, {"TOKEN": SECRET}, app=an_app("chat", Platform.ANDROID))
        options = {"organization": "acme", "project": "chat", "package": "com.example.chat", "token_env": "TOKEN", "url": url}
        window = utc(2026, 3, 3, 23, 50), utc(2026, 3, 4, 5, 20), utc(2026, 3, 4, 11, 30)
        nothing = utc(2025, 1, 1), utc(2025, 1, 2)
        yield Rig("sentry", options | {"allow_private": True}, machine, *window, nothing, "organization")


@contextmanager
def simulator(folder: Path) -> Iterator[Rig]:
    a_world(folder).advance(hours(30))
    window = START, START + timedelta(hours=11, minutes=20), START + timedelta(hours=30)
    before = START - timedelta(days=2), START - timedelta(days=1)
    yield Rig("simulator", {}, around_world(folder), *window, before, "", frozenset({"releases", "installed"}))


@contextmanager
def events(folder: Path) -> Iterator[Rig]:
    (folder / "events.jsonl").write_text("".join(a_line(n) + ("oops\n" if n == 200 else "") for n in range(1, 350)))
    window = BEGIN, BEGIN + timedelta(hours=3), END
    yield Rig("events", {"path": "events.jsonl"}, around(folder), *window, (utc(2025, 1, 1), utc(2025, 1, 2)), "path")


RIGS: Mapping[str, Callable[[Path], AbstractContextManager[Rig]]] = {
    "events": events,
    "files": files,
    "sql": sql,
    "http_probe": http_probe,
    "sentry": a_sentry,
    "simulator": simulator,
}


@pytest.fixture(params=sorted(SOURCES))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param not in RIGS:
        pytest.fail(f"source {request.param!r} has no rig in {__name__}; the contract cannot be checked")
    with RIGS[request.param](tmp_path) as made:
        yield made


def test_entry_is_built_with_its_name_and_opens_nothing(rig: Rig) -> None:
    assert rig.build().name == "neighbour"


def test_same_window_twice_is_the_same_reading(rig: Rig) -> None:
    source = rig.build()
    assert source.poll(rig.start, rig.end) == source.poll(rig.start, rig.end)


def test_another_instance_says_the_same(rig: Rig) -> None:
    first, second = (_parts(rig.build(), (rig.start, rig.end), PARTS) for _ in range(2))
    assert first == second


def test_adjacent_windows_bring_everything_once(rig: Rig) -> None:
    source, parts = rig.build(), [p for p in PARTS if p not in rig.states]
    windows = (rig.start, rig.end), (rig.start, rig.middle), (rig.middle, rig.end)
    whole, first, second = (_parts(source, window, parts) for window in windows)
    for part in whole:
        assert sorted(map(repr, whole[part])) == sorted(map(repr, (*first[part], *second[part])))


def test_rig_brings_something_in_both_halves(rig: Rig) -> None:
    source = rig.build()
    for window in ((rig.start, rig.middle), (rig.middle, rig.end)):
        assert any(_parts(source, window, (*PARTS, "probes")).values())


def test_missing_data_is_unknown_and_says_so(rig: Rig) -> None:
    reading = rig.build().poll(*rig.nothing)
    assert reading.health is Health.UNKNOWN
    assert reading.warning
    assert reading.fresh_until is None


def test_reading_names_its_source_and_window(rig: Rig) -> None:
    reading = rig.build().poll(rig.start, rig.end)
    assert (reading.source, reading.since, reading.until) == ("neighbour", rig.start, rig.end)
    told = [thing for part in (*PARTS, "probes") for thing in getattr(reading, part) if hasattr(thing, "source")]
    assert {thing.source for thing in told} <= {"neighbour"}


def test_times_are_utc_and_aware(rig: Rig) -> None:
    reading = rig.build().poll(rig.start, rig.end)
    found = list(_times(reading))
    assert len(found) > 2
    assert [at for at in found if at.tzinfo is not UTC] == []


def test_fresh_until_is_not_after_the_window(rig: Rig) -> None:
    fresh = rig.build().poll(rig.start, rig.end).fresh_until
    assert fresh is not None
    assert fresh <= rig.end


def test_signals_are_of_the_window_and_their_ids_are_unique(rig: Rig) -> None:
    signals = rig.build().poll(rig.start, rig.end).signals
    assert all(rig.start <= s.at < rig.end for s in signals)
    assert len({s.id for s in signals}) == len(signals)


def test_unknown_option_is_named(rig: Rig) -> None:
    with pytest.raises(SettingsInvalid, match="no_such_option") as caught:
        rig.build(no_such_option=SECRET)
    assert SECRET not in str(caught.value)
    assert "neighbour" in str(caught.value)


def test_missing_option_is_named(rig: Rig) -> None:
    if rig.needed:
        with pytest.raises(SettingsInvalid, match=rig.needed):
            rig.build(**{rig.needed: ...})


def test_repr_shows_no_secret(rig: Rig) -> None:
    source = rig.build()
    reading = source.poll(rig.start, rig.end)
    assert SECRET not in repr(source) + repr(reading) + repr(rig.around)


def test_reading_survives_pickling(rig: Rig) -> None:
    reading = rig.build().poll(rig.start, rig.end)
    assert pickle.loads(pickle.dumps(reading)) == reading


def _parts(source: Source, window: tuple[datetime, datetime], parts: list[str] | tuple[str, ...]) -> dict[str, tuple[object, ...]]:
    reading = source.poll(*window)
    return {part: getattr(reading, part) for part in parts} | {"events": _events(source, window)}


def _events(source: Source, window: tuple[datetime, datetime]) -> tuple[object, ...]:
    if not isinstance(source, EventSource):
        return ()
    blocks = source.event_blocks(*window, marks={}, known=frozenset(), late=False)
    return tuple(event for block in blocks for event in block.events(source.name, "app", Platform.IOS))


def _times(thing: object) -> Iterator[datetime]:
    if isinstance(thing, datetime):
        yield thing
    elif isinstance(thing, tuple):
        for one in thing:
            yield from _times(one)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for one in dataclasses.fields(thing):
            yield from _times(getattr(thing, one.name))
