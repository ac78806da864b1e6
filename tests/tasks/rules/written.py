"""Builders of reviews and of an app's quiet past, for the tests of what people write.

Add here when several of those tests need it; rather in the one test that does.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from configs.policies import load_policy
from configs.terms import Platform, Release, Signal, SignalKind
from tasks.rules.complaints import ComplaintState, Look, fold, look

POLICY = load_policy("default").words
DAY = timedelta(days=1)
START = datetime(2025, 3, 3, tzinfo=UTC)
QUIET_DAYS = 40
NOW = START + QUIET_DAYS * DAY
_numbers = count()

PRAISE = "Lovely little thing, I rely on it every morning"
GRUMBLE = "Far too many buttons for my taste and the price went up, number {}"
CRASH = "It crashes as soon as I tap the third picture, number {}"
BROKEN = "Since yesterday nothing loads for me, number {}"
UGLY = "The redesign is hideous and the new icon too, number {}"
MONEY = "I was charged twice and nobody answers, number {}"


def a_signal(text: str = PRAISE, *, stars: int | None = 1, at: datetime = NOW, version: str = "", app: str = "shop") -> Signal:
    number = next(_numbers)
    return Signal("file", f"r{number}", SignalKind.REVIEW, app, Platform.IOS, at, "", text.format(_spelt(number)), stars, version)


def _spelt(number: int) -> str:
    """A number as letters, so that texts differ and stay words."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def many(text: str, number: int, day: datetime, stars: int = 1, version: str = "") -> list[Signal]:
    return [a_signal(text, stars=stars, at=day + timedelta(minutes=7 * i), version=version) for i in range(number)]


def quiet_past(days: int = QUIET_DAYS) -> Iterator[Signal]:
    """Twelve reviews a day: nine kind, two grumbling, one complaint every other day."""
    for n in range(days):
        day = START + n * DAY
        yield from many(PRAISE, 9, day, stars=5)
        yield from many(GRUMBLE, 2, day, stars=2)
        yield from many(BROKEN, 1, day) if n % 2 else ()


def a_release(version: str = "2.0", at: datetime = NOW) -> Release:
    return Release("shop", Platform.IOS, version, at)


def after_quiet_past() -> ComplaintState:
    return fold(ComplaintState("shop", Platform.IOS), quiet_past(), NOW, POLICY)


def seen(signals: list[Signal], *releases: Release, days: int = 1, state: ComplaintState | None = None) -> Look:
    """One look, `days` after the quiet past, at what came since."""
    at = NOW + days * DAY
    return look(fold(state or after_quiet_past(), signals, at, POLICY), releases or (a_release(),), at, POLICY)
