"""How large an effect is and how wide: what the sequential test's sums say of ratios of rates and of scopes.

A confidence sequence holds at all looks together: it keeps the ratios against which a mixture of ratios has not won by 1 / alpha
(Ville). The log likelihood is concave in the log ratio, so the ends are moved out to the next ratio tried: what lies between two ratios
that were tried is never left out.

Scopes are compared by how well one common ratio within each explains the counts. Everyone is likelier beforehand, and the rest is divided
evenly over the segments. Small ratios are likelier beforehand among all users; within a segment every ratio is as likely as any other on
the log scale, for a regression of few users that raises an alarm is a large one. (Half for everyone, and small ratios likelier in both,
named everyone less often in simulated roll-outs at twice the rate: 93 % of 199 alarms instead of 98 %; one model twenty times as bad
97 % in both.)

Add here when more is concluded about size or scope; rather in `e_process.py` when the alarm itself changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tasks.rules.e_process import FEW_RATIOS, GRID, LOG_PRIOR, RATIOS, Floats, Process, log_mean_exp

NARROW_FROM = 0.9
"""Posterior from which one segment alone is called affected; below it, everyone is."""

EVERYONE_BEFOREHAND = 0.85
"""Probability, before any count, that a regression is everyone's."""

_EVEN: Floats = np.full(len(GRID), -math.log(len(GRID)))


@dataclass(frozen=True, slots=True)
class Interval:
    """The most likely ratio, and bounds that are at least 1 - alpha sure at every look together."""

    ratio: float
    low: float
    high: float


def ratio_of_all(process: Process, alpha: float) -> Interval:
    """The ratio of rates among all users, over strata that have it in common."""
    return _interval(process.likelihood, RATIOS, alpha)


def ratio_of(process: Process, stream: int, alpha: float) -> Interval:
    """The ratio of rates in one stream."""
    return ratio_of_all(process, alpha) if stream == 0 else _interval(process.by_ratio[stream], FEW_RATIOS, alpha)


def _interval(likelihood: Floats, ratios: Floats, alpha: float) -> Interval:
    log_ratios = np.log(ratios)
    log_prior = -np.abs(log_ratios) - math.log(float(np.exp(-np.abs(log_ratios)).sum()))
    surprise = float(log_mean_exp(likelihood, log_prior)) - likelihood
    kept = np.flatnonzero(surprise < math.log(1 / alpha))
    low, high = max(0, kept[0] - 1), min(len(ratios) - 1, kept[-1] + 1)
    return Interval(float(ratios[int(np.argmin(surprise))]), float(ratios[low]), float(ratios[high]))


def scope_posterior(process: Process) -> Floats:
    """Probability that everyone (row 0) or just one segment is concerned, were it one of these."""
    others = len(process.plain) - 1
    if not others:
        return np.ones(1)
    everyone, single = log_mean_exp(process.plain[:1], LOG_PRIOR), log_mean_exp(process.plain[1:], _EVEN)
    weights = np.array([EVERYONE_BEFOREHAND] + [(1 - EVERYONE_BEFOREHAND) / others] * others)
    evidence = np.concatenate([everyone, single]) + np.log(weights)
    found: Floats = np.exp(evidence - log_mean_exp(evidence, np.zeros(1)))
    return found


def explained(process: Process, stream: int) -> float | None:
    """The part of the new version's events beyond the expected ones that falls into the stream; None where there are none beyond."""
    beyond = process.totals[:, 0] - process.expected
    return float(np.clip(beyond[stream] / beyond[0], 0.0, 1.0)) if beyond[0] > 0 else None


def log_outside(process: Process, stream: int) -> float:
    """ln E of the users outside a stream, from the start."""
    return float(log_mean_exp(process.outside[stream], LOG_PRIOR))


def narrow(process: Process, alpha: float) -> int:
    """Row of the one segment concerned, when it is nearly sure and the users outside it show nothing; else 0, everyone."""
    posterior = scope_posterior(process)
    row = int(np.argmax(posterior))
    if not row or posterior[row] < NARROW_FROM or log_outside(process, row) >= math.log(1 / alpha):
        return 0
    return row
