"""A monitoring source whose readings a test scripts, registered under a kind of its own, and an app whose releases are alike.

Add here when several files need a source that lies; rather in `tests/integrations/scripted.py` when a server must misbehave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self

from configs.terms import Count, Health, Metric, Platform, Reading, Release
from flows.monitor import monitor
from integrations.contracts import Surroundings
from tasks.run import ticked
from tests.tasks.homes import APP, BAD, SETTINGS, START, Play, make_home, reopened

OLD, NEW = "2.0.0", BAD
HOUR = timedelta(hours=1)
RELEASES = (Release(APP, Platform.ANDROID, OLD, START - timedelta(days=30)), Release(APP, Platform.ANDROID, NEW, START))

Poison = Callable[[datetime, datetime, Reading], Reading]
"""What becomes of an honest reading of [since, until)."""


def believed(_since: datetime, _until: datetime, reading: Reading) -> Reading:
    """Nothing is wrong with it."""
    return reading


@dataclass
class Scripted:
    """Counts hour by hour from START on, both versions alike; what is poisoned is up to the script of its name."""

    scripts: ClassVar[dict[str, Poison]] = {}
    name: str
    polls: list[datetime] = field(default_factory=list)

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        return cls(name)

    def poll(self, since: datetime, until: datetime) -> Reading:
        hours = (START + n * HOUR for n in range((until - START) // HOUR))
        counts = tuple(count for hour in hours if since <= hour + HOUR < until for count in an_hour(self.name, hour))
        reading = Reading(self.name, since, until, until, Health.HEALTHY, counts=counts, releases=RELEASES)
        return self.scripts.get(self.name, believed)(since, until, reading)


def an_hour(source: str, start: datetime) -> list[Count]:
    """One hour in which one in a hundred crashes, whichever version they use."""
    new = Count(source, APP, Platform.ANDROID, NEW, Metric.CRASH, start, start + HOUR, 4, 400)
    return [new, replace(new, version=OLD, events=16, exposure=1600)]


def changed(reading: Reading, change: Callable[[Count], Iterable[Count]]) -> Reading:
    """The reading with each count as the test wants it: one, several or none."""
    return replace(reading, counts=tuple(c for count in reading.counts for c in change(count)))


def a_play(folder: Path, *sources: str, policy: Mapping[str, Mapping[str, object]] | None = None) -> Play:
    """An app with these scripted sources; "scripted" must be registered."""
    app = {**SETTINGS["apps"][0], "sources": [{"kind": "scripted", "name": name} for name in sources]}  # type: ignore[index]  # a list of one app
    given = {} if policy is None else {"policy": policy}
    return Play(reopened(make_home(folder / "home", apps=[app], **given)))  # type: ignore[arg-type]  # settings by name


def watched(play: Play, hours: int, every: int = 2) -> None:
    """Real ticks of the monitor, one every few hours."""
    for _ in range(hours // every):
        play.wait(hours=every)
        ticked(monitor, app=APP)
