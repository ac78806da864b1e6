"""What the complaint detector remembers of one app: small daily tallies, never a text.

Reviews are folded in once, up to a high-water mark. A late one is counted on the day it arrives, unless it is older than the longest
window: then it is history and goes to its own day. A text posted many times counts once. Each voice (reviews, tickets, feedback,
posts) is tallied by itself, for one that was connected yesterday has no usual days yet.

Add here when another thing of a day must be remembered; rather in `tasks/rules/complaints.py` when it is about judging the days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from configs.errors import BadInput
from configs.policy import Words
from configs.terms import IssueKind, Platform, Signal, SignalKind
from tasks.rules.copies import Text, Texts, mark_of
from tasks.rules.topics import TermTally, Vocabulary, grown, read_vocabulary
from tasks.rules.words import WordsVerdict, classify

FORMAT = 2
"""Raised when the JSON below changes: an older state is then rebuilt from the ledger's signals."""

KINDS = tuple(kind for kind in IssueKind if kind is not IssueKind.DISPLEASURE)
"""Kinds a text can speak of, in the order they are written."""

MOST_VERSIONS = 60
"""Versions whose first day is remembered."""


@dataclass(frozen=True, slots=True)
class Day:
    """What one voice said on one UTC day, copies counted once: all, low-star, low-star and understood, complaints, those of them that
    also voice an opinion, complaints by kind. `copies`: low-star texts left out because they were posted before.
    """

    day: date
    reviews: int = 0
    low: int = 0
    read: int = 0
    complaints: int = 0
    mixed: int = 0
    kinds: tuple[int, ...] = (0,) * len(KINDS)
    copies: int = 0
    voice: SignalKind = SignalKind.REVIEW

    def of(self, kind: IssueKind | None) -> int:
        """Complaints of that kind, or of any."""
        return self.complaints if kind is None else self.kinds[KINDS.index(kind)]

    def beside(self, other: Day) -> Day:
        """What two voices said on the same day, together; under this one's name."""
        return Day(
            self.day,
            self.reviews + other.reviews,
            self.low + other.low,
            self.read + other.read,
            self.complaints + other.complaints,
            self.mixed + other.mixed,
            tuple(a + b for a, b in zip(self.kinds, other.kinds, strict=True)),
            self.copies + other.copies,
            self.voice,
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm raised before, and the last day its kind was still loud."""

    version: str
    kind: IssueKind
    day: date
    last_loud: date


@dataclass(frozen=True, slots=True)
class ComplaintState:
    """One app's past. `unusual`: days of an alarm, left out of "usual". `voices`: the first day of each. `texts`: those of the last weeks
    by their fingerprint. `terms`: what is written about.
    """

    app: str
    platform: Platform
    until: datetime | None = None
    days: tuple[Day, ...] = ()
    unusual: tuple[date, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    first_seen: tuple[tuple[str, date], ...] = ()
    voices: tuple[tuple[SignalKind, date], ...] = ()
    texts: tuple[Text, ...] = ()
    terms: Vocabulary = field(default_factory=Vocabulary)

    def dump(self) -> str:
        """The state as JSON; days as their number since 0001-01-01."""
        return orjson.dumps(
            {
                "format": FORMAT,
                "app": self.app,
                "platform": self.platform.value,
                "until": self.until.isoformat() if self.until else None,
                "days": [_written(d) for d in self.days],
                "unusual": [d.toordinal() for d in self.unusual],
                "alarms": [[a.version, a.kind.value, a.day.toordinal(), a.last_loud.toordinal()] for a in self.alarms],
                "first_seen": [[version, d.toordinal()] for version, d in self.first_seen],
                "voices": [[voice.value, d.toordinal()] for voice, d in self.voices],
                "texts": [[t.mark, t.day.toordinal(), t.first, t.times] for t in self.texts],
                "terms": self.terms.written(),
            }
        ).decode()


def _written(d: Day) -> list[object]:
    return [d.day.toordinal(), d.voice.value, d.reviews, d.low, d.read, d.complaints, d.mixed, d.copies, *d.kinds]


def _read(given: Sequence[Any]) -> Day:
    day, voice, reviews, low, read, complaints, mixed, copies, *kinds = given
    return Day(date.fromordinal(day), reviews, low, read, complaints, mixed, tuple(kinds), copies, SignalKind(voice))


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
            days=tuple(_read(d) for d in given["days"]),
            unusual=tuple(on(d) for d in given["unusual"]),
            alarms=tuple(Alarm(version, IssueKind(kind), on(d), on(loud)) for version, kind, d, loud in given["alarms"]),
            first_seen=tuple((version, on(d)) for version, d in given["first_seen"]),
            voices=tuple((SignalKind(voice), on(d)) for voice, d in given["voices"]),
            texts=tuple(Text(mark, on(d), first, times) for mark, d, first, times in given["texts"]),
            terms=read_vocabulary(given["terms"]),
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
    copies: int = 0
    kinds: Counter[IssueKind] = field(default_factory=Counter)

    def add(self, verdict: WordsVerdict | None) -> None:
        """One more signal; None for one with many stars, whose words are not read."""
        self.reviews += 1
        if verdict is None:
            return
        self.low += 1
        self.read += verdict.understood
        self.complaints += verdict.is_complaint
        self.mixed += verdict.is_complaint and verdict.opinion
        if verdict.is_complaint:
            self.kinds.update(verdict.topics)

    def onto(self, day: Day) -> Day:
        kinds = tuple(self.kinds[kind] for kind in KINDS)
        return Day(day.day, self.reviews, self.low, self.read, self.complaints, self.mixed, kinds, self.copies, day.voice).beside(day)


class _Reader:
    """Reads signals one by one and tallies what they say."""

    def __init__(self, state: ComplaintState, policy: Words) -> None:
        self._until, self._policy = state.until, policy
        self.texts = Texts(state.texts)
        self.first_seen, self.voices = dict(state.first_seen), dict(state.voices)
        self.tallies: dict[tuple[date, SignalKind], _Tally] = {}
        self.terms: dict[date, TermTally] = {}

    def read(self, signal: Signal) -> None:
        """One more signal: a low-star one is understood, any other only counted."""
        day = _counted_on(signal, self._until, self._policy)
        self.voices[signal.kind] = min(self.voices.get(signal.kind, day), day)
        if signal.version:
            self.first_seen[signal.version] = min(self.first_seen.get(signal.version, day), day)
        tally = self.tallies.setdefault((day, signal.kind), _Tally())
        if signal.stars is not None and signal.stars > self._policy.low_stars_max:
            tally.add(None)
            return
        verdict = classify(signal, self._policy.low_stars_max)
        if self.texts.is_copy(mark_of(verdict.words), day, signal.id):
            tally.copies += 1
            return
        tally.add(verdict)
        if verdict.understood:
            self.terms.setdefault(day, TermTally()).add(verdict.words, verdict.language, signal.id)


def fold(state: ComplaintState, signals: Iterable[Signal], upto: datetime, policy: Words) -> ComplaintState:
    """The state with the signals before `upto` folded in; nothing changes when `upto` is not after the high-water mark.

    Give each signal once: those that came since the last fold. Signals at or after `upto` are left for the next one.
    """
    if state.until is not None and upto <= state.until:
        return state
    reader = _Reader(state, policy)
    for signal in signals:
        if signal.at < upto and signal.app == state.app:
            reader.read(signal)
    return _folded(state, reader, upto, policy)


def _counted_on(signal: Signal, until: datetime | None, policy: Words) -> date:
    late = until is not None and signal.at < until
    news = until is not None and signal.at >= until - timedelta(days=policy.windows_days[-1])
    return until.date() if until is not None and late and news else signal.at.date()


def _folded(state: ComplaintState, reader: _Reader, upto: datetime, policy: Words) -> ComplaintState:
    today, last = upto.date(), (upto - timedelta(microseconds=1)).date()
    oldest, texts_from = today - timedelta(days=policy.history_days), today - timedelta(days=policy.baseline_days)
    newest_versions = sorted(reader.first_seen.items(), key=lambda item: (item[1], item[0]))[-MOST_VERSIONS:]
    return replace(
        state,
        until=upto,
        days=tuple(d for d in _joined(state.days, reader.tallies) if d.day >= oldest),
        unusual=tuple(d for d in state.unusual if d >= oldest),
        alarms=tuple(a for a in state.alarms if a.last_loud >= today - timedelta(days=policy.quiet_days_after_alarm)),
        first_seen=tuple(newest_versions),
        voices=tuple(sorted(reader.voices.items())),
        texts=reader.texts.since(texts_from),
        terms=grown(state.terms, reader.terms, last, policy),
    )


def _joined(days: tuple[Day, ...], tallies: dict[tuple[date, SignalKind], _Tally]) -> tuple[Day, ...]:
    if not tallies:
        return days
    known = {(d.day, d.voice): d for d in days}
    for (day, voice), tally in tallies.items():
        known[day, voice] = tally.onto(known.get((day, voice), Day(day, voice=voice)))
    return tuple(known[key] for key in sorted(known))
