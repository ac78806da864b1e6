"""Reports that come late: a bucket's events are set against the exposures whose events arrive in it.

An app tells of a crash at its next start or after some minutes, while its session is counted at once. In a growing roll-out the new
version's events then seem too few for its exposure. So the exposure of a bucket is replaced by the sum over earlier ones, each times the
share of its events that arrive now. The shares come from delays seen before the release and stay as they are; a bucket once folded is
never revised.

Where sessions are told late as well, only what a report is later than its session matters: both stand in the bucket of their arrival.

Add here when delays are told or used in another way; rather in `e_process_reading.py` when it is how counts become rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tasks.rules.reference import Segment

AT_ONCE = (1.0,)
"""Every report arrives in the five minutes in which it happened."""

LONGEST = 72
"""Polls of five minutes: what comes more than six hours late is counted with what comes at the end of them, which favours the release."""

ENOUGH = 0.995
"""Share of the reports behind which the rest is no longer waited for."""

ROUNDS = 200
"""Steps towards the likeliest lag; after a hundred nothing changes that matters [measured on exponential and uniform delays]."""

ANY = 1e-3
"""Share of exposures that may come after any delay: reports may then come sooner than every exposure that was seen."""

Exposures = Mapping[Segment, tuple[float, float]]
"""Of each segment: the new version's and the control's."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Recent:
    """Exposures of the newest buckets, whose events are still to come; one row a bucket, one column a segment, then new and control.

    Seven digits of each number are kept: the state's text is written at every look.
    """

    starts: tuple[datetime, ...] = ()
    segments: tuple[Segment, ...] = ()
    exposures: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 2), dtype=np.float32))


# --- how late reports come ------------------------------------------------------------------------------------------------


def delay_shares(delays: Sequence[timedelta], poll: timedelta = timedelta(minutes=5)) -> tuple[float, ...]:
    """Share of the reports that arrive in the same poll, in the next one, and so on; from delays between happening and arriving.

    Delays below zero (a clock that is ahead) count as none. Without delays everything arrives at once.
    """
    polls = np.clip([delay / poll for delay in delays], 0, LONGEST).astype(int)
    return _waited_for(np.bincount(polls)) if len(polls) else AT_ONCE


def lag_shares(reports: Sequence[int], exposures: Sequence[int], least: int) -> tuple[float, ...]:
    """The same of reports behind exposures that are told late themselves; fewer than `least` reports tell nothing.

    Args:
        reports, exposures: how many came 0, 1, 2, ... polls after they happened. No exposures: theirs are counted at once.
    """
    if sum(reports) < max(1, least):
        return AT_ONCE
    late = np.array(reports) / sum(reports)
    if not sum(exposures):
        return _waited_for(late)
    return _waited_for(_lag(late, (1 - ANY) * np.array(exposures) / sum(exposures) + ANY / len(exposures)))


def _lag(late: Floats, beside: Floats) -> Floats:
    """The likeliest delays which, added to those of `beside`, give those of `late` (Richardson, 1972; Lucy, 1974).

    None is negative and none is made up where both are alike, which no division of their spectra would hold to. The last number of each
    stands for every longer delay. Short lags are likelier beforehand: they decide where the delays leave it open.
    """
    n = len(late)
    lag: Floats = 1 / np.arange(1.0, n + 1) ** 4
    for _ in range(ROUNDS):
        both = np.convolve(lag, beside)
        made = np.append(both[: n - 1], both[n - 1 :].sum())
        beyond = np.divide(late, made, out=np.zeros(n), where=made > 0)
        lag = lag * np.correlate(np.append(beyond, np.full(n - 1, beyond[-1])), beside, "valid")
    return lag


def _waited_for(numbers: npt.ArrayLike) -> tuple[float, ...]:
    """Shares of these numbers, without the rare last ones."""
    shares = np.asarray(numbers, dtype=np.float64)
    shares = np.append(shares[:LONGEST], shares[LONGEST:].sum()) / shares.sum()
    kept = shares[: int(np.searchsorted(np.cumsum(shares), ENOUGH)) + 1]
    return tuple(float(share) for share in kept / kept.sum())


@lru_cache(maxsize=256)
def by_bucket(delay: tuple[float, ...], polls: int) -> tuple[float, ...]:
    """The shares for buckets of so many polls: what happens anywhere in a bucket arrives in it or in a later one."""
    if len(delay) == 1:
        return AT_ONCE
    happened, late = np.meshgrid(np.arange(polls), np.arange(len(delay)))
    shares = np.bincount(((happened + late) // polls).ravel(), weights=np.repeat(delay, polls) / polls)
    return tuple(float(share) for share in shares)


# --- what arrives now -----------------------------------------------------------------------------------------------------


def joined(recent: Recent, start: datetime, exposures: Exposures, buckets: int) -> Recent:
    """With one bucket more, the newest; only so many are kept, and no segment that has nothing in them."""
    segments = (*recent.segments, *(s for s in exposures if s not in set(recent.segments)))
    known = recent.exposures[max(0, len(recent.starts) + 1 - buckets) :]
    more = np.zeros((len(known), len(segments) - len(recent.segments), 2), dtype=np.float32)
    now = np.array([exposures.get(s, (0.0, 0.0)) for s in segments], dtype=np.float32).reshape(1, -1, 2)
    rows = np.concatenate([np.concatenate([known, more], axis=1), now])
    used = np.flatnonzero(rows.sum(axis=(0, 2)))
    return Recent((*recent.starts, start)[-len(rows) :], tuple(segments[column] for column in used), rows[:, used])


def arriving(recent: Recent, width: timedelta, delay: Sequence[float]) -> Exposures:
    """For the newest bucket, of each segment the sum of the exposures whose events arrive in it.

    A bucket that is missing adds nothing on either side.
    """
    lags = [round((recent.starts[-1] - start) / width) for start in recent.starts]
    shares = np.array([delay[lag] if lag < len(delay) else 0.0 for lag in lags])
    sums = np.tensordot(shares, recent.exposures.astype(np.float64), axes=1)
    return {segment: (float(new), float(old)) for segment, (new, old) in zip(recent.segments, sums, strict=True)}
