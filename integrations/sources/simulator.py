"""The rehearsal world seen as a monitoring source: counts by hour, reviews, releases, installed base, in virtual time.

An hour's counts and reviews arrive when the hour (or longer bucket) is over, so a poll brings the buckets that ended in (since, until].
Polling any past window again, in any process, gives the same answer.

Add here when the product should see another thing of the world; rather in `integrations/rehearsal/` when another thing should happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import numpy as np

from configs.errors import SettingsInvalid, SourceUnavailable
from configs.terms import Count, Dimension, Health, InstalledBase, Metric, Reading, Release, Signal, SignalKind
from integrations.contracts import Surroundings
from integrations.options import checked
from integrations.rehearsal.history import past_of
from integrations.rehearsal.options import Options, Period, neighbour, world_path
from integrations.rehearsal.people import Ints, People
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import Move, MoveKind
from integrations.rehearsal.simulation import BAD, Simulation
from integrations.rehearsal.words import written

HOUR = timedelta(hours=1)


class SimulatorOptions(Options):
    """`outages`: periods whose data are lost; `down`: periods in which the source does not answer; `bucket_hours`: width of a count."""

    bucket_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = 1
    outages: tuple[Period, ...] = ()
    down: tuple[Period, ...] = ()


class Simulator:
    """A Source over the rehearsal world of one app."""

    def __init__(self, name: str, app: str, path: Path, options: SimulatorOptions) -> None:
        self.name = name
        self._app = app
        self._path = path
        self._options = options

    def __repr__(self) -> str:
        return f"Simulator({self.name!r}, world={str(self._path)!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The source, its options checked. Raises SettingsInvalid."""
        if around.app is None:
            raise SettingsInvalid(f"source {name!r} belongs to no app; list it under an app's `sources`")
        given = checked(SimulatorOptions, f"rehearsal adapter {name!r}", options)
        return cls(name, around.app.id, world_path(given, around), given)

    def poll(self, since: datetime, until: datetime) -> Reading:
        """The buckets that ended in (since, until], with the releases and the installed base as they were at `until`.

        Raises:
            SourceUnavailable: there is no world, it is about another app, or it is in a `down` period.
        """
        with neighbour(self._path, SourceUnavailable) as world:
            if world.scenario.app != self._app:
                raise SourceUnavailable(f"the rehearsal world at {self._path} is about app {world.scenario.app!r}, not {self._app!r}")
            now = world.now()
            if any(p.overlaps(now, now + HOUR / 3600) for p in self._options.down):
                raise SourceUnavailable(f"source {self.name!r} is down in the rehearsal at {now.isoformat()}; will be retried")
            return self._reading(past_of(world), world.moves(), since, min(until, now), until)

    def _reading(self, past: Simulation, moves: tuple[Move, ...], since: datetime, seen: datetime, until: datetime) -> Reading:
        scenario, width = past.scenario, self._options.bucket_hours
        first, last = (max(0, int((moment - scenario.start) // (HOUR * width))) for moment in (since, seen))
        kept = [n for n in range(first, last) if not self._is_lost(scenario, n * width, width)]
        fresh = next((n + 1 for n in range(last - 1, -1, -1) if not self._is_lost(scenario, n * width, width)), 0) * width
        lost = last * width - fresh if last * width > fresh else (last - first - len(kept)) * width
        teller = _Teller(self.name, past)
        return Reading(
            source=self.name,
            since=since,
            until=until,
            fresh_until=scenario.start + HOUR * fresh if fresh else None,
            health=Health.UNKNOWN if lost or not fresh else Health.HEALTHY,
            warning=_warning(lost, fresh),
            signals=tuple(s for n in kept for s in teller.reviews(n * width, width)),
            counts=tuple(c for n in kept for c in teller.counts(n * width, width)),
            releases=teller.releases(moves, seen),
            installed=teller.installed(fresh) if fresh else (),
        )

    def _is_lost(self, scenario: Scenario, hour: int, width: int) -> bool:
        begin = scenario.start + HOUR * hour
        return any(p.overlaps(begin, begin + HOUR * width) for p in self._options.outages)


class _Teller:
    """Says what happened in the simulation in the product's words."""

    def __init__(self, source: str, past: Simulation) -> None:
        self._source, self._past = source, past
        self._scenario, self._people = past.scenario, past.people
        self._columns = _columns(past.people)

    def counts(self, hour: int, width: int) -> list[Count]:
        """Crash and hang counts of one bucket, for every version and segment someone used."""
        hours = self._past.hours[hour : hour + width]
        sessions = _total([h.sessions for h in hours])
        by_metric = {Metric.CRASH: _total([h.crashes for h in hours]), Metric.ANR: _total([h.anrs for h in hours])}
        start, end = (self._scenario.start + HOUR * h for h in (hour, hour + width))
        app, platform = self._scenario.app, self._scenario.platform
        return [
            Count(self._source, app, platform, version, metric, start, end, int(events[v, c]), int(sessions[v, c]), *column)
            for metric, events in by_metric.items()
            for v, version in enumerate(self._scenario.versions)
            for c, column in enumerate(self._columns)
            if sessions[v, c]
        ]

    def reviews(self, hour: int, width: int) -> list[Signal]:
        """What people wrote in one bucket, in order of time."""
        found = []
        for number in range(hour, hour + width):
            rng = np.random.default_rng(np.random.SeedSequence((self._scenario.seed, 2, number)))
            found += [self._review(rng, number, place) for place in range(len(self._past.hours[number].comments))]
        return found

    def _review(self, rng: np.random.Generator, number: int, place: int) -> Signal:
        people, comment = self._people, self._past.hours[number].comments[place]
        user = comment.user
        locale, device = people.locale(user), people.device_names[people.device[user]]
        words = written(rng, locale, device, comment.crashed, updated=comment.version > 0)
        return Signal(
            source=self._source,
            id=f"r{number:06d}-{place:04d}",
            kind=SignalKind.REVIEW,
            app=self._scenario.app,
            platform=self._scenario.platform,
            at=self._scenario.start + timedelta(seconds=int(comment.hour * 3600)),
            title=words.title,
            body=words.body,
            stars=words.stars,
            version=self._scenario.versions[comment.version],
            language=locale if locale in ("en", "zh", "ru") else "en",
            country=people.countries[people.country[user]],
            os_version=people.os_names[people.os[user]],
            device=device,
        )

    def releases(self, moves: tuple[Move, ...], seen: datetime) -> tuple[Release, ...]:
        """Every version that was handed out by then, oldest first: the store's list, the same ones every time."""
        out: dict[str, datetime] = {}
        for move in moves:
            if move.kind in (MoveKind.STARTED, MoveKind.PUBLISHED) and move.at < seen:
                out.setdefault(move.version, move.at)
        return tuple(Release(self._scenario.app, self._scenario.platform, version, at) for version, at in out.items())

    def installed(self, hours: int) -> tuple[InstalledBase, ...]:
        """Everyone who ever had the bad version, by country and OS version, after so many hours."""
        at, base = self._scenario.start + HOUR * hours, self._past.hours[hours - 1].base
        people = self._people
        cells = [(country, system) for country in people.countries for system in people.os_names]
        return tuple(self._cell(country, system, at, base[i]) for i, (country, system) in enumerate(cells) if base[i].sum())

    def _cell(self, country: str, system: str, at: datetime, parts: Ints) -> InstalledBase:
        fixed, uninstalled, dormant, unreached = (int(p) for p in parts)
        return InstalledBase(
            source=self._source,
            app=self._scenario.app,
            platform=self._scenario.platform,
            version=self._scenario.versions[BAD],
            country=country,
            os_version=system,
            at=at,
            exposed=fixed + uninstalled + dormant + unreached,
            fixed=fixed,
            blocked=0,
            uninstalled=uninstalled,
            dormant=dormant,
        )


def _total(parts: list[Ints]) -> Ints:
    total: Ints = np.sum(parts, axis=0, dtype=np.int64)
    return total


def _columns(people: People) -> list[tuple[Dimension, str]]:
    named = ((Dimension.COUNTRY, people.countries), (Dimension.OS, people.os_names), (Dimension.DEVICE, people.device_names))
    return [(Dimension.ALL, ""), *((dimension, value) for dimension, values in named for value in values)]


def _warning(lost: int, fresh: int) -> str:
    if lost:
        return f"{lost} h of data are missing (outage): what happened in them is unknown"
    return "" if fresh else "nothing yet: the first bucket is not over"
