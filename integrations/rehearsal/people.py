"""The simulated users: who they are, what they carry, how often they come, how they can be reached. Fixed by the scenario's seed.

Add here when a user has another trait; rather in `simulation.py` when it changes with time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.effects import Contact
from configs.terms import Platform
from integrations.rehearsal.scenario import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

COUNTRIES = {"US": 0.28, "GB": 0.08, "DE": 0.06, "CN": 0.20, "RU": 0.13, "KZ": 0.04, "BR": 0.08, "IN": 0.13}
"""Share of users by country."""

HOURS_FROM_UTC = {"US": -6, "GB": 0, "DE": 1, "CN": 8, "RU": 3, "KZ": 5, "BR": -3, "IN": 5}

LOCALES = {
    "US": ("en", "en"), "GB": ("en", "en"), "DE": ("en", "de"), "CN": ("zh", "zh"),
    "RU": ("ru", "ru"), "KZ": ("ru", "en"), "BR": ("en", "pt"), "IN": ("en", "en"),
}  # fmt: skip
"""The language most users of a country read the app in, and that of the others: the app itself speaks English, Chinese and Russian."""

OTHER_LOCALE_SHARE = 0.03

OS_VERSIONS = {
    Platform.ANDROID: {"15": 0.30, "14": 0.28, "13": 0.20, "12": 0.13, "11": 0.09},
    Platform.IOS: {"18": 0.52, "17": 0.30, "16": 0.13, "15": 0.05},
}

DEVICES = {
    Platform.ANDROID: {
        "Galaxy S24": 0.13, "Galaxy A54": 0.15, "Galaxy A15": 0.11, "Pixel 8": 0.08, "Pixel 7a": 0.06, "Redmi Note 13": 0.14,
        "Xiaomi 14": 0.07, "OPPO Reno 11": 0.07, "vivo Y36": 0.06, "HONOR 90": 0.05, "moto g84": 0.05, "OnePlus 12": 0.03,
    },
    Platform.IOS: {
        "iPhone 16 Pro": 0.12, "iPhone 16": 0.11, "iPhone 15 Pro": 0.13, "iPhone 15": 0.15, "iPhone 14": 0.15, "iPhone 13": 0.14,
        "iPhone 12": 0.08, "iPhone 11": 0.06, "iPhone SE (3rd)": 0.04, "iPad (10th)": 0.02,
    },
}  # fmt: skip

WORST_DEVICE = {Platform.ANDROID: "Pixel 8", Platform.IOS: "iPhone 14"}
"""The family the bad release hurts most."""

SIDE_TRACK_SHARE = 0.03
"""Share of users on each track but the first."""

GIVEN = ("alex", "mei", "ivan", "ana", "li", "olga", "sam", "priya", "joao", "nina", "timur", "grace", "wei", "lena", "omar", "ada")
FAMILY = (
    "smith",
    "wang",
    "petrov",
    "silva",
    "chen",
    "ivanova",
    "brown",
    "sharma",
    "santos",
    "weber",
    "akhmetov",
    "jones",
    "zhao",
    "volkov",
)
HOSTS = ("mail.example", "post.example", "inbox.example", "letters.example")
_ADDRESS = re.compile(r"^[a-z]+\.[a-z]+\.(\d+)@")


@dataclass(frozen=True)
class People:
    """One array element a user; `country`, `os` and `device` are numbers into `countries`, `os_names` and `device_names`."""

    scenario: Scenario
    countries: tuple[str, ...]
    os_names: tuple[str, ...]
    device_names: tuple[str, ...]
    country: Ints
    os: Ints
    device: Ints
    other_locale: Flags
    track: Ints
    luck: Floats
    sessions_an_hour: Floats
    frailty: Floats
    update_chance: Floats
    is_stubborn: Flags
    is_sleeper: Flags
    has_address: Flags
    last_open: Floats

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.country)

    def locale(self, user: int) -> str:
        """The language this user reads the app in."""
        return LOCALES[self.countries[self.country[user]]][int(self.other_locale[user])]

    def address(self, user: int) -> str:
        """The user's e-mail address, or "" when the app was never told one."""
        if not self.has_address[user]:
            return ""
        return f"{GIVEN[user % len(GIVEN)]}.{FAMILY[user % len(FAMILY)]}.{user}@{HOSTS[user % len(HOSTS)]}"

    def owner(self, address: str) -> int | None:
        """Whose address it is; None for an operator's or a stranger's."""
        found = _ADDRESS.match(address)
        user = int(found[1]) if found else self.size
        return user if user < self.size and self.address(user) == address else None

    def contact(self, user: int, version: str) -> Contact:
        """What a customer database would say of this user."""
        address = self.address(user)
        return Contact(
            subject=subject_of(user),
            app=self.scenario.app,
            platform=self.scenario.platform,
            version=version,
            country=self.countries[self.country[user]],
            os_version=self.os_names[self.os[user]],
            device=self.device_names[self.device[user]],
            locale=self.locale(user),
            addresses={"email": address} if address else {},
        )


def subject_of(user: int) -> str:
    """The customer database's id of a user."""
    return f"user-{user:07d}"


def user_of(subject: str) -> int | None:
    """The user with that id, or None."""
    number = subject.removeprefix("user-")
    return int(number) if subject.startswith("user-") and len(number) == 7 and number.isascii() and number.isdigit() else None


def _choose(rng: np.random.Generator, shares: dict[str, float], size: int) -> Ints:
    edges = np.cumsum(list(shares.values()))
    return np.searchsorted(edges / edges[-1], rng.random(size), side="right").astype(np.int64)


def _tracks(rng: np.random.Generator, names: Sequence[str], size: int) -> Ints:
    side = SIDE_TRACK_SHARE
    return _choose(rng, {name: side if i else max(side, 1 - side * (len(names) - 1)) for i, name in enumerate(names)}, size)


def people_of(scenario: Scenario) -> People:
    """The scenario's users, the same in every process."""
    size, habits = scenario.users, scenario.habits
    rng = np.random.default_rng(np.random.SeedSequence((scenario.seed, 0)))
    os_shares, device_shares = OS_VERSIONS[scenario.platform], DEVICES[scenario.platform]
    sleeper = rng.random(size) < habits.sleeper_share
    a_day = np.where(sleeper, habits.sleeper_sessions_a_day, habits.sessions_a_day * rng.gamma(1.5, 1 / 1.5, size))
    mean_hours = np.where(sleeper, habits.sleeper_update_mean_hours, habits.auto_update_mean_hours)
    does_update = rng.random(size) < habits.auto_update_share
    return People(
        scenario=scenario,
        countries=tuple(COUNTRIES),
        os_names=tuple(os_shares),
        device_names=tuple(device_shares),
        country=_choose(rng, COUNTRIES, size),
        os=_choose(rng, os_shares, size),
        device=_choose(rng, device_shares, size),
        other_locale=rng.random(size) < OTHER_LOCALE_SHARE,
        track=_tracks(rng, scenario.tracks, size),
        luck=rng.random(size),
        sessions_an_hour=a_day / 24,
        frailty=rng.gamma(4.0, 1 / 4.0, size),
        update_chance=np.where(does_update, -np.expm1(-1 / mean_hours), 0.0),
        is_stubborn=rng.random(size) < habits.stubborn_share,
        is_sleeper=sleeper,
        has_address=rng.random(size) >= habits.no_address_share,
        last_open=-rng.exponential(1.0, size) * 24 / a_day,
    )
