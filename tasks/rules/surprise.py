"""How surprising a count or a share is, given an app's own usual days: tails of over-dispersed distributions.

Daily reviews swing more than coin tosses do, so the spread is learnt from the usual days: a count is negative binomial, a share
beta-binomial, each with the usual days' mean, their spread, and the uncertainty of that mean (a predictive distribution, not a plug-in).
The spread itself is taken as known: where days swing wildly, a tail of 0.01 comes up to twice in a hundred; the policy's margins make
up for more than that (simulated in the tests).

Add here when a rule needs another tail; rather in `tasks/rules/complaints.py` when it is about what is compared with what.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

PRIOR_WEIGHT_DAYS = 7.0
"""Days of observation the prior dispersion is worth: a week."""

NEARLY_ALL = 0.97
"""No share is taken to be usual above this: there must be room to be surprised."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What usual days are like: events of trials a day, and how much more than Poisson or binomial both swing."""

    days: int
    events: int
    trials: int
    count_dispersion: float
    share_dispersion: float

    @property
    def per_day(self) -> float:
        """Events a day, half an event added so that "never before" is not "impossible"."""
        return (self.events + 0.5) / self.days

    @property
    def share(self) -> float:
        """Events a trial, with half an event of one trial added."""
        return (self.events + 0.5) / (self.trials + 1)


def usual(events: Sequence[int], trials: Sequence[int], prior_dispersion: float) -> Usual:
    """Learns `Usual` from the events and trials of each usual day; dispersions are Pearson's, pulled to the prior, never below 1."""
    days, total, tried = len(events), sum(events), sum(trials)
    mean, share = (total + 0.5) / days, (total + 0.5) / (tried + 1)
    of_counts = sum((x - mean) ** 2 for x in events) / mean
    of_shares = sum((x - n * share) ** 2 / (n * share * (1 - share)) for x, n in zip(events, trials, strict=True) if n)
    return Usual(
        days, total, tried, _pulled(of_counts, days, prior_dispersion), _pulled(of_shares, sum(n > 0 for n in trials), prior_dispersion)
    )


def _pulled(chi_square: float, days: int, prior: float) -> float:
    freedom = max(days - 1, 0)
    return max(1.0, (chi_square + PRIOR_WEIGHT_DAYS * prior) / (freedom + PRIOR_WEIGHT_DAYS))


def count_tail(known: Usual, observed: int, days: int, margin: float) -> float:
    """ln P(at least `observed` events in `days` days), were the daily mean `1 + margin` times the usual one."""
    if observed <= 0:
        return 0.0
    mean = known.per_day * days * (1 + margin)
    spread = max(known.count_dispersion * (1 + days / known.days), 1 + 1e-9)
    size, success = mean / (spread - 1), 1 / spread
    tail = float(special.betainc(observed, size, 1 - success))
    return math.log(tail) if tail > 0 else _FLOOR


def share_tail(known: Usual, observed: int, trials: int, days: int, margin: float) -> float:
    """ln P(at least `observed` of `trials`, come in over `days` days), were the share `1 + margin` times the usual one.

    Reviews of one day resemble each other, those of different days do not: the spread learnt from usual days grows with a day's
    size, not with the window's.
    """
    if observed <= 0:
        return 0.0
    share = min(known.share * (1 + margin), max(NEARLY_ALL, known.share))
    within_day = (known.share_dispersion - 1) / max(known.trials / known.days - 1, 1.0)
    spread = 1 + max(trials / days - 1, 0.0) * min(within_day, 0.5)
    correlation = (spread - 1) / max(trials - 1, 1) + known.share_dispersion / max(known.trials, 1)
    weight = 1 / max(correlation, 1e-6)
    a, b = share * weight, (1 - share) * weight
    x = np.arange(observed, trials + 1)
    logs = special.betaln(x + a, trials - x + b) - special.betaln(a, b) - special.betaln(x + 1, trials - x + 1) - math.log(trials + 1)
    top = float(logs.max())
    return min(0.0, top + math.log(float(np.exp(logs - top).sum())))


_FLOOR = -700.0
"""About the logarithm of the smallest double: a tail below it is given as this."""
