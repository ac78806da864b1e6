"""What the simulated users do, hour by hour: a pure function of scenario, stores' moves and accepted notices up to each hour's end.

Every hour draws from its own generator (seed, hour), so another process that starts over comes to exactly the same, and an hour once told
never changes: moves and notices carry the world's time, which has passed it.

Add here when users can do another thing; rather in `offers.py` or `people.py` when it is who they are or what they are offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, pi, sin

import numpy as np

from integrations.rehearsal.offers import Offers
from integrations.rehearsal.people import HOURS_FROM_UTC, WORST_DEVICE, Flags, Floats, Ints, People, people_of
from integrations.rehearsal.scenario import Scenario

BAD, FIX = 1, 2
"""A version's number is its place in `Scenario.versions`."""

DAY_SWING = 0.6
"""How much busier than the mean an evening is, and quieter a night."""

PARTS = 4
"""Exposed installs are told apart as fixed, uninstalled, dormant, unreached: columns of `Hour.base`."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Someone felt like writing a review: at this hour and fraction of it, with this version, after a crash or not."""

    hour: float
    user: int
    version: int
    crashed: bool


@dataclass(frozen=True, slots=True)
class Hour:
    """One finished hour. `sessions`, `crashes`, `anrs`: version x (all, countries, OS versions, devices) in one row of columns.

    `base`: installs that ever had the bad version, (country x OS) x (fixed, uninstalled, dormant, unreached), at the hour's end.
    """

    sessions: Ints
    crashes: Ints
    anrs: Ints
    base: Ints
    comments: tuple[Comment, ...]
    newly_exposed: Ints


@dataclass
class State:
    """Everything about the users that changes."""

    version: Ints
    is_installed: Flags
    is_away: Flags
    ever_bad: Flags
    last_open: Floats
    crash_day: Ints
    anr_day: Ints
    noticed_at: Floats

    @classmethod
    def at_start(cls, people: People) -> State:
        size = people.size
        none, never = np.zeros(size, dtype=bool), np.full(size, -1, dtype=np.int64)
        noticed = np.full(size, np.inf)
        return cls(np.zeros(size, dtype=np.int64), ~none, none, none.copy(), people.last_open.copy(), never, never.copy(), noticed)


@dataclass
class Simulation:
    """The hours so far. Not safe to run from two threads at once; `history.py` sees to that."""

    scenario: Scenario
    people: People = field(init=False)
    state: State = field(init=False)
    hours: list[Hour] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = people_of(self.scenario)
        self.state = State.at_start(self.people)
        self._daily = np.array([HOURS_FROM_UTC[c] for c in self.people.countries])
        self._cells = self.people.country * len(self.people.os_names) + self.people.os
        self._columns = self._column_numbers()
        self._crash_factor = self._factors(self.scenario.crash_ratio)

    def _column_numbers(self) -> Ints:
        people, countries, systems = self.people, len(self.people.countries), len(self.people.os_names)
        return np.stack(
            [np.zeros_like(people.country), 1 + people.country, 1 + countries + people.os, 1 + countries + systems + people.device]
        )

    def _factors(self, ratio: float) -> Floats:
        worst = self.people.device_names.index(WORST_DEVICE[self.scenario.platform])
        return np.where(self.people.device == worst, self.scenario.worst_device_ratio, ratio)

    def run_hour(self, offers: Offers, notices: Sequence[tuple[int, float]]) -> Hour:
        """Lives through the next hour. `notices`: (user, hour) of what was accepted since the last one began."""
        number = len(self.hours)
        rng = np.random.default_rng(np.random.SeedSequence((self.scenario.seed, 1, number)))
        for user, at in notices:
            self.state.noticed_at[user] = min(self.state.noticed_at[user], at)
        opened = self._openers(rng, number)
        fresh = self._update(rng, number, opened, offers)
        hour = self._use(rng, number, opened, fresh)
        self.hours.append(hour)
        return hour

    def _openers(self, rng: np.random.Generator, number: int) -> Ints:
        clock = self.scenario.start.hour + number
        swing = np.array([1 + DAY_SWING * sin(2 * pi * ((clock + offset) % 24 - 14) / 24) for offset in self._daily])
        chance = -np.expm1(-self.people.sessions_an_hour * swing[self.people.country])
        comes = (rng.random(self.people.size) < chance) & self.state.is_installed & ~self.state.is_away
        return np.flatnonzero(comes)

    def _update(self, rng: np.random.Generator, number: int, opened: Ints, offers: Offers) -> Ints:
        """Who moves to a newer version this hour, by itself or by hand; returns those who now have the bad one for the first time."""
        state, people = self.state, self.people
        alone = np.flatnonzero(rng.random(people.size) < people.update_chance)
        asked = opened[rng.random(len(opened)) < self._hand_chance(number, opened, offers)]
        told = self._told(rng, number)
        users = np.concatenate([alone, asked, told])
        by_hand = np.arange(len(users)) >= len(alone)
        newest = offers.newest(users, number + rng.random(len(users)), by_hand)
        stuck = (state.version[users] == BAD) & people.is_stubborn[users]
        moves = (newest > state.version[users]) & state.is_installed[users] & ~stuck
        had_bad = state.ever_bad.copy()
        np.maximum.at(state.version, users[moves], newest[moves])
        state.ever_bad |= state.version == BAD
        return np.flatnonzero(state.ever_bad & ~had_bad)

    def _hand_chance(self, number: int, opened: Ints, offers: Offers) -> Floats:
        """Opening the app, some look into the store; the bad version's users are asked by the app when the fix came with a priority."""
        habits = self.scenario.habits
        asks = offers.priority(FIX, number) * habits.prompt_chance_per_priority
        return np.where(self.state.version[opened] == BAD, max(asks, habits.manual_update_chance), habits.manual_update_chance)

    def _told(self, rng: np.random.Generator, number: int) -> Ints:
        state = self.state
        told = np.flatnonzero((state.noticed_at <= number) & (state.version == BAD) & state.is_installed & ~self.people.is_sleeper)
        return told[rng.random(len(told)) < 1 - exp(-1 / self.scenario.habits.notice_mean_hours)]

    def _use(self, rng: np.random.Generator, number: int, opened: Ints, fresh: Ints) -> Hour:
        """Sessions, crashes, hangs, reviews and partings of this hour, counted."""
        scenario, state = self.scenario, self.state
        version, times = state.version[opened], 1 + rng.poisson(self.people.sessions_an_hour[opened])
        day = (scenario.start.hour + number) // 24
        crash = np.choose(version, [1.0, self._crash_factor[opened], scenario.fix_ratio]) * scenario.crash_rate
        anr = np.choose(version, [1.0, scenario.anr_ratio, scenario.fix_ratio]) * scenario.anr_rate
        crashed, hung = (self._hit(rng, opened, rate, times) for rate in (crash, anr))
        comments = self._comments(rng, number, opened, times, crashed)
        self._part(rng, opened, crashed & (version == BAD))
        return Hour(
            sessions=self._count(opened, version, times),
            crashes=self._first_of_day(opened[crashed], version[crashed], state.crash_day, day),
            anrs=self._first_of_day(opened[hung], version[hung], state.anr_day, day),
            base=self._base(number, opened),
            comments=comments,
            newly_exposed=fresh,
        )

    def _hit(self, rng: np.random.Generator, opened: Ints, rate: Floats, times: Ints) -> Flags:
        each = np.minimum(rate * self.people.frailty[opened], 1.0)
        return rng.random(len(opened)) < 1 - (1 - each) ** times

    def _first_of_day(self, users: Ints, version: Ints, last_day: Ints, day: int) -> Ints:
        first = last_day[users] != day
        last_day[users] = day
        return self._count(users[first], version[first], np.ones(int(first.sum()), dtype=np.int64))

    def _count(self, users: Ints, version: Ints, weight: Ints) -> Ints:
        width = 1 + len(self.people.countries) + len(self.people.os_names) + len(self.people.device_names)
        place = version[None, :] * width + self._columns[:, users]
        total = np.bincount(place.ravel(), weights=np.tile(weight, len(self._columns)), minlength=3 * width)
        return total.astype(np.int64).reshape(3, width)

    def _comments(self, rng: np.random.Generator, number: int, opened: Ints, times: Ints, crashed: Flags) -> tuple[Comment, ...]:
        habits = self.scenario.habits
        chance = np.where(crashed, habits.review_after_crash, 1 - (1 - habits.review_a_session) ** times)
        who = np.flatnonzero(rng.random(len(opened)) < chance)
        moments = np.sort(rng.random(len(who)))
        version = self.state.version[opened]
        return tuple(
            Comment(number + float(m), int(opened[i]), int(version[i]), bool(crashed[i])) for i, m in zip(who, moments, strict=True)
        )

    def _part(self, rng: np.random.Generator, opened: Ints, hurt: Flags) -> None:
        """Now and then someone uninstalls; after a crash of the bad version many do, and some just do not come back."""
        mood, habits = rng.random(len(opened)), self.scenario.habits
        self.state.is_installed[opened[mood < np.where(hurt, habits.leave_after_bad_crash, habits.leave_a_session)]] = False
        self.state.is_away[opened[hurt & (mood > 1 - habits.abandon_after_bad_crash)]] = True

    def _base(self, number: int, opened: Ints) -> Ints:
        state, people = self.state, self.people
        state.last_open[opened] = number
        users = np.flatnonzero(state.ever_bad)
        sleeps = number + 1 - state.last_open[users] > self.scenario.habits.dormant_after_days * 24
        part = np.select([~state.is_installed[users], state.version[users] > BAD, sleeps], [1, 0, 2], 3)
        size = len(people.countries) * len(people.os_names)
        counted = np.bincount(self._cells[users] * PARTS + part, minlength=size * PARTS)
        return counted.astype(np.int64).reshape(size, PARTS)
