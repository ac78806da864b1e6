"""What the complaint detector remembers of one app: small daily tallies, never a text.

Reviews are folded in once, up to a high-water mark. A late one is counted on the day it arrives, unless it is older than the longest
window: then it is history and goes to its own day. A text posted many times counts once.

Add here when another thing of a day must be remembered; rather in `tasks/rules/complaints.py` when it is about judging the days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import orjson

from configs.errors import BadInput
from configs.policy import Words
from configs.terms import IssueKind, Platform, Signal
from tasks.rules.words import WordsVerdict, classify

FORMAT = 1
"""Raised when the JSON below changes: an older state is then rebuilt from the ledger's signals."""

KINDS = tuple(kind for kind in IssueKind if kind is not IssueKind.DISPLEASURE)
"""Kinds a text can speak of, in the order they are written."""

MOST_VERSIONS = 60
"""Versions whose first day is remembered."""


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day's reviews, copies counted once: all, low-star, low-star and understood, complaints, those of them that also voice an
    opinion, complaints by kind.
    """

    day: date
    reviews: int = 0
    low: int = 0
    read: int = 0
    complaints: int = 0
    mixed: int = 0
    kinds: tuple[int, ...] = (0,) * len(KINDS)

    def of(self, kind: IssueKind | None) -> int:
        """Complaints of that kind, or of any."""
        return self.complaints if kind is None else self.kinds[KINDS.index(kind)]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm raised before, and the last day its kind was still loud."""

    version: str
    kind: IssueKind
    day: date
    last_loud: date


@dataclass(frozen=True, slots=True)
class ComplaintState:
    """One app's past. `unusual`: days of an alarm, left out of "usual". `copies`: digest of a text and the day it was last seen."""

    app: str
    platform: Platform
    until: datetime | None = None
    days: tuple[Day, ...] = ()
    unusual: tuple[date, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    first_seen: tuple[tuple[str, date], ...] = ()
    copies: tuple[tuple[str, date], ...] = ()

    def dump(self) -> str:
        """The state as JSON; days as their number since 0001-01-01."""
        by_day: dict[int, list[str]] = {}
        for digest, day in self.copies:
            by_day.setdefault(day.toordinal(), []).append(digest)
        return orjson.dumps(
            {
                "format": FORMAT,
                "app": self.app,
                "platform": self.platform.value,
                "until": self.until.isoformat() if self.until else None,
                "days": [[d.day.toordinal(), d.reviews, d.low, d.read, d.complaints, d.mixed, *d.kinds] for d in self.days],
                "unusual": [d.toordinal() for d in self.unusual],
                "alarms": [[a.version, a.kind.value, a.day.toordinal(), a.last_loud.toordinal()] for a in self.alarms],
                "first_seen": [[version, d.toordinal()] for version, d in self.first_seen],
                "copies": [[day, *digests] for day, digests in by_day.items()],
            }
        ).decode()


def load_state(text: str) -> ComplaintState:
    """The state `dump` wrote. Raises BadInput when it is damaged or of another format: fold the app's signals again."""
    try:
        given = orjson.loads(text)
        if given["format"] != FORMAT:
            raise BadInput(f"complaint state of format {given['format']}, this code reads {FORMAT}; fold the app's signals again")
        on = date.fromordinal
        return ComplaintState(
            app=given["app"],
            platform=Platform(given["platform"]),
            until=datetime.fromisoformat(given["until"]) if given["until"] else None,
            days=tuple(Day(on(d[0]), d[1], d[2], d[3], d[4], d[5], tuple(d[6:])) for d in given["days"]),
            unusual=tuple(on(d) for d in given["unusual"]),
            alarms=tuple(Alarm(version, IssueKind(kind), on(d), on(loud)) for version, kind, d, loud in given["alarms"]),
            first_seen=tuple((version, on(d)) for version, d in given["first_seen"]),
            copies=tuple((digest, on(day)) for day, *digests in given["copies"] for digest in digests),
        )
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as err:
        raise BadInput(f"complaint state cannot be read ({err}); fold the app's signals again") from err


@dataclass(slots=True)
class _Tally:
    reviews: int = 0
    low: int = 0
    read: int = 0
    complaints: int = 0
    mixed: int = 0
    kinds: Counter[IssueKind] | None = None

    def add(self, is_low: bool, verdict: WordsVerdict | None) -> None:
        self.reviews += 1
        self.low += is_low
        if verdict is None:
            return
        self.read += verdict.understood and is_low
        self.complaints += verdict.is_complaint
        self.mixed += verdict.is_complaint and verdict.opinion
        if verdict.is_complaint:
            self.kinds = self.kinds or Counter()
            self.kinds.update(verdict.topics)

    def onto(self, day: Day) -> Day:
        kinds = self.kinds or Counter()
        return Day(
            day.day,
            day.reviews + self.reviews,
            day.low + self.low,
            day.read + self.read,
            day.complaints + self.complaints,
            day.mixed + self.mixed,
            tuple(before + kinds[kind] for kind, before in zip(KINDS, day.kinds, strict=True)),
        )


def fold(state: ComplaintState, signals: Iterable[Signal], upto: datetime, policy: Words) -> ComplaintState:
    """The state with the signals before `upto` folded in; nothing changes when `upto` is not after the high-water mark.

    Give each signal once: those that came since the last fold. Signals at or after `upto` are left for the next one.
    """
    if state.until is not None and upto <= state.until:
        return state
    tallies: dict[date, _Tally] = {}
    copies, first_seen = dict(state.copies), dict(state.first_seen)
    for signal in signals:
        if signal.at >= upto or signal.app != state.app:
            continue
        day = _counted_on(signal, state.until, policy)
        if signal.version:
            first_seen[signal.version] = min(first_seen.get(signal.version, day), day)
        is_low = signal.stars is None or signal.stars <= policy.low_stars_max
        verdict = classify(signal, policy.low_stars_max) if is_low else None
        if verdict is not None and _is_copy(copies, verdict.digest, day):
            continue
        tallies.setdefault(day, _Tally()).add(is_low, verdict)
    return _trimmed(replace(state, until=upto, days=_joined(state.days, tallies)), copies, first_seen, policy)


def _counted_on(signal: Signal, until: datetime | None, policy: Words) -> date:
    late = until is not None and signal.at < until
    news = until is not None and signal.at >= until - timedelta(days=policy.windows_days[-1])
    return until.date() if until is not None and late and news else signal.at.date()


def _is_copy(copies: dict[str, date], digest: str, day: date) -> bool:
    if not digest:
        return False
    known = digest in copies
    copies[digest] = max(day, copies.get(digest, day))
    return known


def _joined(days: tuple[Day, ...], tallies: dict[date, _Tally]) -> tuple[Day, ...]:
    if not tallies:
        return days
    by_day = {d.day: d for d in days}
    for day, tally in tallies.items():
        by_day[day] = tally.onto(by_day.get(day, Day(day)))
    return tuple(by_day[day] for day in sorted(by_day))


def _trimmed(state: ComplaintState, copies: dict[str, date], first_seen: dict[str, date], policy: Words) -> ComplaintState:
    assert state.until is not None
    today = state.until.date()
    oldest, copies_from = today - timedelta(days=policy.history_days), today - timedelta(days=policy.baseline_days)
    newest_versions = sorted(first_seen.items(), key=lambda item: (item[1], item[0]))[-MOST_VERSIONS:]
    return replace(
        state,
        days=tuple(d for d in state.days if d.day >= oldest),
        unusual=tuple(d for d in state.unusual if d >= oldest),
        alarms=tuple(a for a in state.alarms if a.last_loud >= today - timedelta(days=policy.quiet_days_after_alarm)),
        first_seen=tuple(newest_versions),
        copies=tuple(sorted(((digest, day) for digest, day in copies.items() if day >= copies_from), key=lambda item: item[1])),
    )
