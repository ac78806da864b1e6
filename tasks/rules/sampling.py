"""How many installs to check when not all of them can be counted: acceptance sampling instead of a fixed percentage.

A percentage is weak for few and wasteful for many: 2 % of 50 installs bounds nothing, 2 % of 500 000 bounds far below need. Here the
number follows from what is to be shown: "less than `share` of them are still on the bad build, with this confidence".

Add here when a sample is planned or bounded; rather in `reconciliation.py` when everyone is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, gammaln, logsumexp

from configs.errors import BadInput


@dataclass(frozen=True, slots=True)
class Plan:
    """Check `size` installs; accept when at most `allowed` of them fail."""

    size: int
    allowed: int


def sample_size(share: float, confidence: float, allowed: int = 0, population: int | None = None) -> int:
    """Smallest sample that, with at most `allowed` failures, shows fewer than `share` unremedied.

    `population` None: large (binomial); otherwise drawn without replacement (hypergeometric). When no smaller sample can show it,
    everyone is checked.

    Raises:
        BadInput: share or confidence outside (0, 1), negative numbers.
    """
    _check(share, confidence, allowed, population)
    low, high = allowed, population if population is not None else _upper_size(share, confidence, allowed)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _accepted(middle, allowed, share, population) <= 1 - confidence else (middle, high)
    return high


def _check(share: float, confidence: float, allowed: int, population: int | None) -> None:
    if not (0 < share < 1 and 0 < confidence < 1):
        raise BadInput(f"share {share} and confidence {confidence} must lie between 0 and 1, both excluded")
    if allowed < 0 or (population is not None and population < 0):
        raise BadInput(f"{allowed} allowed failures of a population of {population} is impossible; give numbers from 0")


def _upper_size(share: float, confidence: float, allowed: int) -> int:
    size = allowed + 1
    while _accepted(size, allowed, share, None) > 1 - confidence:
        size *= 2
    return size


def _accepted(size: int, allowed: int, share: float, population: int | None) -> float:
    """Probability of at most `allowed` failures in a sample of `size` when `share` of all fail."""
    failures = np.arange(0, min(allowed, size) + 1)
    if population is None:
        logs = _log_choose(size, failures) + failures * math.log(share) + (size - failures) * math.log1p(-share)
        return min(1.0, float(np.exp(logsumexp(logs))))
    bad = math.ceil(round(share * population, 9))
    possible = failures[(failures <= bad) & (size - failures <= population - bad)]
    if not possible.size:
        return 0.0
    logs = _log_choose(bad, possible) + _log_choose(population - bad, size - possible) - _log_choose(population, np.array(size))
    return min(1.0, float(np.exp(logsumexp(logs))))


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def plan(limit: float, truth: float, confidence: float, power: float) -> Plan:
    """Smallest sample that shows less than `limit` with `confidence`, and passes with probability `power` when the share is `truth`.

    Raises:
        BadInput: values outside (0, 1), or a truth that is not below the limit.
    """
    _check(limit, confidence, 0, None)
    if not (0 < truth < limit and 0 < power < 1):
        raise BadInput(f"truth {truth} must lie between 0 and the limit {limit}, and power {power} between 0 and 1")
    allowed = 0
    while True:
        size = sample_size(limit, confidence, allowed)
        if _accepted(size, allowed, truth, None) >= power:
            return Plan(size, allowed)
        allowed += 1


def upper_share(failures: int, checked: int, confidence: float) -> float:
    """Upper bound (one-sided, Clopper-Pearson) of the unremedied share after a sample; 1 when nobody was checked.

    Raises:
        BadInput: more failures than checks, or negative numbers.
    """
    if not 0 <= failures <= checked:
        raise BadInput(f"{failures} failures of {checked} checked is impossible")
    return 1.0 if failures == checked else float(betaincinv(failures + 1, checked - failures, confidence))
