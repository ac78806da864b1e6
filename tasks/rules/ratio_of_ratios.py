"""Did the affected users' rate fall by itself or because of the remedy: before and after, beside users whom it does not concern.

Given the events of an hour in both groups together, the affected group's number is binomial; its log odds are the log ratio of the
groups' exposures plus one level before and another after the remedy. The difference of the two levels is the log of the ratio of ratios.
Whatever hits both groups alike (time of day, incidents, a falling number of users) cancels. Hours swing more than the binomial: the
standard error is widened by the square root of phi, Pearson's chi-square over its degrees of freedom. Without the unaffected group the
interval covers the truth only about half the time, so that a time series alone never shows that a recall worked.

Add here when "before and after" is compared in another way; rather in `effectiveness.py` when it is the fix beside the last good version.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri

from configs.errors import BadInput

Floats = npt.NDArray[np.float64]

_STEPS = 50
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class RatioOfRatios:
    """How many times the affected users' relative rate is what it was, with bounds for one look; `phi`: variance over the binomial's."""

    ratio: float
    low: float
    high: float
    phi: float


def ratio_of_ratios(before: Floats, after: Floats, alpha: float) -> RatioOfRatios | None:
    """Two-sided bounds at `alpha`; None where a group has no events before or after, or there are fewer than three hours.

    Rows are hours; columns: events and exposure of the affected, then of the unaffected users. Hours without events or without use of
    either group say nothing.

    Raises:
        BadInput: a negative number.
    """
    if min(float(before.min(initial=0)), float(after.min(initial=0))) < 0:
        raise BadInput("events and exposures of affected and unaffected users must not be negative")
    periods = [_usable(rows) for rows in (before, after)]
    if any(rows[:, column].sum() == 0 for rows in periods for column in (0, 2)):
        return None
    free = sum(len(rows) for rows in periods) - 2
    if free < 1:
        return None
    levels = [_level(rows) for rows in periods]
    phi = max(1.0, sum(_pearson(rows, level) for rows, level in zip(periods, levels, strict=True)) / free)
    variance = sum(1 / _information(rows, level) for rows, level in zip(periods, levels, strict=True))
    change, width = levels[1] - levels[0], float(ndtri(1 - alpha / 2)) * math.sqrt(phi * variance)
    return RatioOfRatios(math.exp(change), math.exp(change - width), math.exp(change + width), phi)


def _usable(rows: Floats) -> Floats:
    found: Floats = rows[(rows[:, 1] > 0) & (rows[:, 3] > 0) & (rows[:, 0] + rows[:, 2] > 0)]
    return found


def _share(rows: Floats, level: float) -> Floats:
    found: Floats = expit(np.log(rows[:, 1] / rows[:, 3]) + level)
    return found


def _level(rows: Floats) -> float:
    """The level at which as many events are expected among the affected as there were: Newton's steps from the pooled odds.

    A step is at most 1 long, so that none runs away; the function whose zero is sought is monotone.
    """
    affected, both = float(rows[:, 0].sum()), rows[:, 0] + rows[:, 2]
    level = math.log(affected / float(rows[:, 2].sum())) - math.log(float(rows[:, 1].sum() / rows[:, 3].sum()))
    for _ in range(_STEPS):
        step = (affected - float(both @ _share(rows, level))) / _information(rows, level)
        level += math.copysign(min(abs(step), 1.0), step)
        if abs(step) < _CLOSE:
            break
    return level


def _information(rows: Floats, level: float) -> float:
    share = _share(rows, level)
    return float(((rows[:, 0] + rows[:, 2]) * share * (1 - share)).sum())


def _pearson(rows: Floats, level: float) -> float:
    both, share = rows[:, 0] + rows[:, 2], _share(rows, level)
    return float(((rows[:, 0] - both * share) ** 2 / (both * share * (1 - share))).sum())
