"""Whether complaints rose: one app's last days against its usual days, by number, by share, and by what the rise consists of.

Add here when a rise is recognised otherwise; rather in `tasks/rules/complaints.py` when it is about which release is to blame and
what was said before, and in `tasks/rules/surprise.py` for the distributions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from configs.policy import Words
from configs.terms import IssueKind, SignalKind
from tasks.rules.complaints_state import KINDS, ComplaintState, Day
from tasks.rules.surprise import Usual, count_tail, share_tail, usual

MIXED_WEIGHT = 0.5
"""What a complaint counts in the rise when it voices an opinion as well: perhaps trouble, perhaps taste."""

STREAMS: tuple[tuple[IssueKind | None, float], ...] = (
    (None, 0.5),
    (IssueKind.CRASH, 0.15),
    (IssueKind.BREAKAGE, 0.1),
    (IssueKind.HANG, 0.1),
    *((kind, 0.15 / (len(KINDS) - 3)) for kind in KINDS if kind not in {IssueKind.CRASH, IssueKind.BREAKAGE, IssueKind.HANG}),
)
"""What is watched, and its part of alpha: malfunctions together, and each kind by how often releases suffer it. Adds up to 1."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days judged, and the usual days they are judged by, each with what its `voices` said together."""

    days: tuple[Day, ...]
    usual: tuple[Day, ...]
    voices: tuple[SignalKind, ...] = (SignalKind.REVIEW,)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at: a window and a stream (None: any kind), and how surprising it is."""

    window: Window
    stream: IssueKind | None
    known: Usual
    surprise: float
    """-ln of the weaker tail, its stream's part of alpha taken off."""


def findings(state: ComplaintState, last: date, policy: Words) -> list[Finding]:
    """What was looked at, the strongest first; empty when too little is known of the app's usual days."""
    first = last - timedelta(days=policy.windows_days[-1] - 1)
    voices = tuple(voice for voice, day in state.voices if (first - day).days >= policy.min_baseline_days)
    by_day = _together(state.days, voices)
    windows = [w for n in policy.windows_days if (w := _window(state, by_day, voices, last, n, policy)) is not None]
    found = [_judged(w, stream, part, policy) for w in windows if _may_be_loud(w, policy) for stream, part in STREAMS]
    loud = [f for f in found if f.surprise > 0]
    return sorted(loud, key=lambda f: -f.surprise) or [_silent(w, None, policy) for w in windows[-1:]]


def _together(days: Sequence[Day], voices: Sequence[SignalKind]) -> dict[date, Day]:
    """What these voices said day by day. A voice that is too new to have usual days is left out: its first complaints are no rise."""
    if len(voices) == 1:
        return {d.day: d for d in days if d.voice is voices[0]}
    by_day: dict[date, Day] = {}
    for d in days:
        if d.voice in voices:
            by_day[d.day] = d.beside(by_day[d.day]) if d.day in by_day else d
    return by_day


def _window(
    state: ComplaintState, by_day: Mapping[date, Day], voices: tuple[SignalKind, ...], last: date, length: int, policy: Words
) -> Window | None:
    if not voices:
        return None
    first = last - timedelta(days=length - 1)
    begun = max(day for voice, day in state.voices if voice in voices)
    known_days = (first - max(begun, state.days[0].day)).days
    oldest, unusual = min(known_days, policy.history_days), frozenset(state.unusual)
    past = (first - timedelta(days=n) for n in range(1, oldest + 1))
    ordinary = list(islice((d for d in past if d not in unusual), policy.baseline_days))
    if len(ordinary) < policy.min_baseline_days:
        ordinary = [first - timedelta(days=n) for n in range(1, min(oldest, policy.baseline_days) + 1)]
    base = tuple(by_day.get(d) or Day(d) for d in ordinary)
    if len(base) < policy.min_baseline_days or sum(d.reviews for d in base) < policy.min_baseline_reviews:
        return None
    days = tuple(by_day.get(d) or Day(d) for d in (first + timedelta(days=n) for n in range(length)))
    return Window(days, base, voices)


def _may_be_loud(window: Window, policy: Words) -> bool:
    return sum(d.complaints for d in window.days) >= policy.min_complaints and _speaks_of_malfunction(window, policy)


def _silent(window: Window, stream: IssueKind | None, policy: Words) -> Finding:
    known = usual(_series(window.usual, stream), [d.reviews for d in window.usual], policy.prior_dispersion)
    return Finding(window, stream, known, 0.0)


def _judged(window: Window, stream: IssueKind | None, part: float, policy: Words) -> Finding:
    silent, events = _silent(window, stream, policy), sum(_series(window.days, stream))
    if events < policy.min_complaints:
        return silent
    number = count_tail(silent.known, events, len(window.days), policy.margin * _others_ratio(window, stream))
    share = share_tail(silent.known, events, sum(d.reviews for d in window.days), len(window.days), policy.share_margin)
    return replace(silent, surprise=max(0.0, math.log(part) - max(number, share)))


def _series(days: Sequence[Day], stream: IssueKind | None) -> list[int]:
    if stream is None:
        return [d.complaints for d in days]
    column = KINDS.index(stream)
    return [d.kinds[column] for d in days]


def _others_ratio(window: Window, stream: IssueKind | None) -> float:
    """How many of the usual other reviews came, at most 1: the margin allows for more reviews of every sort, and fewer need none."""
    now, before = (sum(d.reviews for d in days) - sum(_series(days, stream)) for days in (window.days, window.usual))
    return min(1.0, now * len(window.usual) / max(before * len(window.days), 1))


def _speaks_of_malfunction(window: Window, policy: Words) -> bool:
    """Whether most of the low-star reviews above the usual number speak of malfunction. In bursts of opinion some do, by the way."""
    more = _above_usual(window, [d.read for d in window.days], [d.read for d in window.usual])
    weighed = [[d.complaints - (1 - MIXED_WEIGHT) * d.mixed for d in days] for days in (window.days, window.usual)]
    of_malfunction = _above_usual(window, weighed[0], weighed[1])
    return of_malfunction > 0 and of_malfunction >= policy.min_share_of_rise * more


def _above_usual(window: Window, now: Sequence[float], before: Sequence[float]) -> float:
    return sum(now) - sum(before) * len(window.days) / len(window.usual)


def rise_of(finding: Finding) -> date:
    """The day of the window from which on the number is least like the usual: a change point by likelihood ratio."""
    days, usual_daily = finding.window.days, finding.known.per_day
    best, since = -1.0, days[0].day
    for first in range(len(days)):
        expected = usual_daily * (len(days) - first)
        events = sum(_series(days[first:], finding.stream))
        gain = events * math.log(events / expected) - (events - expected) if events > expected else 0.0
        if gain > best:
            best, since = gain, days[first].day
    return since


def main_kind(finding: Finding) -> IssueKind:
    """The kind whose number rose most."""
    window = finding.window

    def rise(kind: IssueKind) -> float:
        return _above_usual(window, _series(window.days, kind), _series(window.usual, kind))

    return max(KINDS, key=rise)
