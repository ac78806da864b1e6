"""Reports that come late: a bucket's events are set against the exposures whose events arrive in it.

An app tells of a crash at its next start or after some minutes, while its session is counted at once. In a growing roll-out the new
version's events then seem too few for its exposure. So the exposure of a bucket is replaced by the sum over earlier ones, each times the
share of its events that arrive now. The shares come from delays seen before the release and stay as they are; a bucket once folded is
never revised.

Add here when delays are told or used in another way; rather in `e_process_reading.py` when it is how counts become rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from configs.terms import Dimension
from tasks.rules.reference import Segment

AT_ONCE = (1.0,)
"""Every report arrives in the five minutes in which it happened."""

LONGEST = 288
"""Polls of five minutes: what comes more than a day late is counted with what comes at the end of it."""

ENOUGH = 0.995
"""Share of the reports behind which the rest is no longer waited for."""


@dataclass(frozen=True, slots=True)
class Recent:
    """Exposures of one bucket: dimension and value of each segment, then of the new version and of the control."""

    start: datetime
    exposures: tuple[tuple[Dimension, str, float, float], ...]


def delay_shares(delays: Sequence[timedelta], poll: timedelta = timedelta(minutes=5)) -> tuple[float, ...]:
    """Share of the reports that arrive in the same poll, in the next one, and so on; from delays between happening and arriving.

    Delays below zero (a clock that is ahead) count as none. Without delays everything arrives at once.
    """
    if not delays:
        return AT_ONCE
    polls = np.clip([delay / poll for delay in delays], 0, LONGEST).astype(int)
    counts = np.bincount(polls) / len(delays)
    kept = counts[: int(np.searchsorted(np.cumsum(counts), ENOUGH)) + 1]
    return tuple(float(share) for share in kept / kept.sum())


@lru_cache(maxsize=256)
def by_bucket(delay: tuple[float, ...], polls: int) -> tuple[float, ...]:
    """The shares for buckets of so many polls: what happens anywhere in a bucket arrives in it or in a later one."""
    if len(delay) == 1:
        return AT_ONCE
    happened, late = np.meshgrid(np.arange(polls), np.arange(len(delay)))
    shares = np.bincount(((happened + late) // polls).ravel(), weights=np.repeat(delay, polls) / polls)
    return tuple(float(share) for share in shares)


def arriving(now: Recent, recent: Sequence[Recent], width: timedelta, delay: Sequence[float]) -> Mapping[Segment, tuple[float, float]]:
    """The exposures of the bucket's segments, each the sum of those whose events arrive in it.

    A bucket that is missing adds nothing on either side.
    """
    found = {(dimension, value): np.array([new, old]) * delay[0] for dimension, value, new, old in now.exposures}
    for earlier in recent:
        lag = round((now.start - earlier.start) / width)
        for dimension, value, new, old in earlier.exposures if 0 < lag < len(delay) else ():
            if (dimension, value) in found:
                found[dimension, value] = found[dimension, value] + np.array([new, old]) * delay[lag]
    return {segment: (float(new), float(old)) for segment, (new, old) in found.items()}
