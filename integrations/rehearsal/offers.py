"""Which version each user is offered at each moment, read off the stores' timelines.

Add here when an offer depends on another trait of a user; rather in `shelf.py` when it depends on the store alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from configs.terms import Platform
from integrations.rehearsal.people import Flags, Floats, Ints, People
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import Move, timeline


@dataclass(frozen=True, slots=True)
class _Steps:
    """A share of users over time: `shares[i]` from hour `hours[i]` on, nobody before the first."""

    hours: Floats
    shares: Floats

    @classmethod
    def of(cls, scenario: Scenario, points: Sequence[tuple[datetime, float]]) -> _Steps:
        hours = [-1e9, *(scenario.hours(at) for at, _ in points)]
        return cls(np.array(hours), np.array([0.0, *(share for _, share in points)]))

    def at(self, hours: Floats) -> Floats:
        return self.shares[np.searchsorted(self.hours, hours, side="right") - 1]


class Offers:
    """The stores' offers as they stand at `now`: what lies before it will not change, what lies after it may."""

    def __init__(self, people: People, moves: Sequence[Move], now: datetime) -> None:
        scenario = people.scenario
        self._people = people
        self._by_version: dict[int, list[tuple[_Steps, _Steps]]] = {}
        self._priorities: dict[int, int] = {}
        for number, version in enumerate(scenario.versions[1:], start=1):
            lines = [timeline(scenario, moves, version, track, now) for track in scenario.tracks]
            self._by_version[number] = [(_Steps.of(scenario, line.points), _Steps.of(scenario, line.by_hand)) for line in lines]
            self._priorities[number] = lines[0].priority if scenario.platform is Platform.ANDROID else 0

    def newest(self, users: Ints, hours: Floats, by_hand: Flags) -> Ints:
        """The newest version number each of these users is offered at that hour; 0 where there is none."""
        newest = np.zeros(len(users), dtype=np.int64)
        for number, tracks in self._by_version.items():
            for track, (automatic, manual) in enumerate(tracks):
                share = np.where(by_hand, manual.at(hours), automatic.at(hours))
                is_offered = (self._people.track[users] == track) & (self._people.luck[users] < share)
                newest[is_offered] = number
        return newest

    def priority(self, number: int, hour: float) -> int:
        """How urgently the version asks to be installed, 0 to 5, where it is offered at that hour; else 0."""
        offered = self._by_version[number][0][0].at(np.array([hour]))[0]
        return self._priorities[number] if offered > 0 else 0
