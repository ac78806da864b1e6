"""The rate an older version had before a release: what the release is compared with where nobody uses an older version beside it.

The rate of each hour of the day, for all users and for each segment, from the days before the release, frozen when it comes out. An hour
with few events is drawn towards the rate of the whole day. This is weaker than a concurrent control: whatever changes from one day to the
next, for everybody, looks like the release's doing. So the margin is wider and the evidence tempered more.

Add here when an earlier rate is worked out in another way; rather in `e_process.py` when the test against it changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from configs.terms import Count, Dimension
from tasks.rules.detection import Subject, concerns, is_older

Segment = tuple[Dimension, str]
Hours = npt.NDArray[np.float64]

DAY_HOURS = 24
HOUR = timedelta(hours=1)

PRIOR_EVENTS = 20.0
"""Events at the whole day's rate that each hour of the day gets beforehand."""

UPPER = 1.64
"""Standard deviations between a rate and its upper bound: 19 times in 20 the rate is not above it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`rates`: events of an exposure in each of the day's 24 hours (UTC), by segment; all users first. `events`: behind it, all users'."""

    source: str
    events: int
    rates: tuple[tuple[Dimension, str, tuple[float, ...]], ...]

    def expected(self, segment: Segment, exposure: float, start: datetime, end: datetime) -> float | None:
        """Events of that exposure at the earlier rate of the same hours; None where the segment was not known."""
        rates = next((r for dimension, value, r in self.rates if (dimension, value) == segment), None)
        return None if rates is None else exposure * float(np.mean([rates[hour] for hour in _hours(start, end)]))


def reference_of(counts: Iterable[Count], subject: Subject, min_events: int, segments: int) -> Reference | None:
    """The rates of the versions older than the subject's; None where their events are too few to know a rate.

    Of several sources the first by name. `segments`: at most so many, those of the largest exposure.
    """
    usable = [c for c in counts if concerns(c, subject) and c.exposure > 0 and _is_control(c, subject)]
    source = min((c.source for c in usable), default="")
    sums = _sums({(c.version, c.start, c.end, c.dimension, c.value): c for c in usable if c.source == source}.values())
    everyone = sums.pop((Dimension.ALL, ""), np.zeros((2, DAY_HOURS)))
    if everyone[0].sum() < max(1, min_events):
        return None
    largest = sorted(sums, key=lambda s: (-sums[s][1].sum(), s))[:segments]
    known = [((Dimension.ALL, ""), everyone), *((s, sums[s]) for s in sorted(largest))]
    return Reference(source, round(float(everyone[0].sum())), tuple((*segment, hourly_rates(*hours)) for segment, hours in known))


def _is_control(count: Count, subject: Subject) -> bool:
    return is_older(count.version, subject.version) and count.version not in subject.excluded


def _sums(counts: Iterable[Count]) -> dict[Segment, Hours]:
    """Events and exposure by hour of the day; a longer bucket is spread over its hours."""
    found: dict[Segment, Hours] = {}
    for count in counts:
        hours = _hours(count.start, count.end)
        sums = found.setdefault((count.dimension, count.value), np.zeros((2, DAY_HOURS)))
        for hour in hours:
            sums[:, hour] += np.array([count.events, count.exposure]) / len(hours)
    return found


def _hours(start: datetime, end: datetime) -> Sequence[int]:
    return list(_each_hour(start, end)) or [start.hour]


def _each_hour(start: datetime, end: datetime) -> Iterator[int]:
    moment = start
    while moment < end:
        yield moment.hour
        moment += HOUR


def hourly_rates(events: Hours, exposure: Hours) -> tuple[float, ...]:
    """Events of an exposure by hour of the day, each drawn towards the whole day's, all raised by what they may be too low.

    A rate from few events is uncertain, but the test takes it as known: so its upper bound is taken.
    """
    whole = max(float(events.sum()), 0.5) / float(exposure.sum())
    found = (events + PRIOR_EVENTS) / (exposure + PRIOR_EVENTS / whole)
    raised = 1 + UPPER / math.sqrt(max(float(events.sum()), 1.0))
    return tuple(float(rate) * raised for rate in found)
