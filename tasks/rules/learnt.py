"""What an app's healthy releases teach: how much releases differ that nobody had to recall, and how much a version's rate swings.

Each healthy release gives one lesson: the log of its rate over that of the versions beside it with its variance (Mantel and Haenszel's
ratio, Greenland and Robins' variance, 1985), and sums over the blocks of its first days. The variance between releases is Paule and
Mandel's (1982; iterated, as in meta-analysis): what is left when the ratios' own variances are taken off. Too few lessons teach nothing,
and the policy's values hold.

Where a source counts crashing sessions, one user's come in clusters, and a count varies phi times as much as its mean says: phi is the
mean square of a user's crashes over their mean. No such source says how often one user crashed. But clusters raise the variance of few
events as much as that of many, and noise raises that of many more: a line through the blocks' squared excess tells them apart.

Add here when another parameter is learnt; rather in `e_process.py` when a parameter is used in another way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from configs.errors import BadInput
from configs.policy import Detection
from configs.terms import Count, Dimension, Metric, Release
from tasks.rules.detection import Before, Delays, Subject, paired
from tasks.rules.e_process import NO_SUMS, Sums, added
from tasks.rules.e_processes import EProcess

FORMAT = "learnt/2"

MOST_LESSONS = 30
"""The newest releases are remembered; an app of some years ago teaches little."""

TIMES_TAU = 1.3
"""A margin of so many standard deviations between healthy releases is exceeded by one release in ten."""

NOISE_RANGE = (0.02, 1.0)
"""No learnt noise is taken to be smaller or larger."""

PHI_RANGE = (1.0, 50.0)
"""The same of phi; below 1 users would avoid crashing again."""

UPPER_PHI = 1.3
"""Standard deviations, leaving out one release in turn, above what is found: large clusters are rare, and few releases have had them."""

PRIOR_BLOCKS = 2.0
"""Blocks of next to no variance in which phi is taken to have been the policy's: few, for such blocks weigh most."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Of one release: log ratio of rates with its variance, and the blocks' sums (`spread_sums`), by counts of `source`."""

    version: str
    source: str
    log_ratio: float
    variance: float
    spread: Sums


@dataclass(frozen=True, slots=True)
class Learnt:
    """Lessons of one app and metric, the newest release last. `silent`: versions that had nothing to teach."""

    lessons: tuple[Lesson, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def asked(self) -> frozenset[str]:
        """Versions that need not be asked again."""
        return frozenset((*self.silent, *(x.version for x in self.lessons)))

    def margin(self, policy: Detection, phi: float = 1.0) -> float:
        """How much worse a release may be: the policy's margin, or more where healthy releases of this app differ more."""
        if len(self.lessons) < policy.learn_from_releases:
            return policy.margin
        tau = math.sqrt(variance_between([x.log_ratio for x in self.lessons], [phi * x.variance for x in self.lessons]))
        return max(policy.margin, math.exp(TIMES_TAU * tau) - 1)

    def noise(self, policy: Detection, phi: float = 1.0) -> float:
        """Variance of a version's log rate beforehand, beyond what clusters of events make."""
        _, by_variance, by_square, _, beyond = reduce(added, (x.spread for x in self.lessons), NO_SUMS)
        if len(self.lessons) < policy.learn_from_releases or by_square <= 0:
            return policy.noise
        return float(np.clip((beyond - phi * by_variance) / by_square, *NOISE_RANGE))

    def phi(self, policy: Detection, source: str) -> float:
        """Variance over mean of what a source of sessions counts: the policy's while too few of the releases were counted by it."""
        of_source = [x.spread for x in self.lessons if x.source == source]
        if len(of_source) < policy.learn_from_releases:
            return policy.phi_sessions
        found, n = _intercept(of_source, policy.phi_sessions), len(of_source)
        without_one = np.array([_intercept(of_source[:i] + of_source[i + 1 :], policy.phi_sessions) for i in range(n)])
        deviation = math.sqrt((n - 1) * float(without_one.var()))
        return float(np.clip(found + UPPER_PHI * deviation, *PHI_RANGE))

    def to_json(self) -> str:
        """Canonical JSON."""
        whole = {"format": FORMAT, "lessons": [asdict(x) for x in self.lessons], "silent": self.silent}
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Learnt:
        """The lessons of this text. Raises BadInput when it is another's, or damaged."""
        try:
            whole = json.loads(text)
            if whole["format"] != FORMAT:
                raise ValueError("another format")
            return cls(tuple(_lesson(x) for x in whole["lessons"]), tuple(str(version) for version in whole["silent"]))
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise BadInput(f"what was learnt cannot be read ({err}): learn again from the counts") from err


def _intercept(spreads: Sequence[Sums], prior: float) -> float:
    """Where the line through the blocks begins: squared excess over variance of a block with next to no variance."""
    weights, by_variance, by_square, ratio, beyond = reduce(added, spreads)
    weights, ratio = weights + PRIOR_BLOCKS, ratio + PRIOR_BLOCKS * prior
    return (ratio * by_square - beyond * by_variance) / (weights * by_square - by_variance**2) if by_square > 0 else prior


def _lesson(record: dict[str, Any]) -> Lesson:
    weight, by_variance, by_square, ratio, beyond = (float(v) for v in record["spread"])
    sums = weight, by_variance, by_square, ratio, beyond
    return Lesson(str(record["version"]), str(record["source"]), float(record["log_ratio"]), float(record["variance"]), sums)


def with_lesson(learnt: Learnt, version: str, lesson: Lesson | None) -> Learnt:
    """One answer a version; the oldest ones make room."""
    if lesson is None:
        return replace(learnt, silent=(*(v for v in learnt.silent if v != version), version)[-MOST_LESSONS:])
    return replace(learnt, lessons=(*(x for x in learnt.lessons if x.version != version), lesson)[-MOST_LESSONS:])


def lesson_of(
    counts: Sequence[Count], release: Release, metric: Metric, policy: Detection, excluded: Collection[str], delays: Delays = ()
) -> Lesson | None:
    """What a healthy release's counts teach; None where one side has too few events for a ratio. `delays`: how late its reports came."""
    subject = Subject(release.app, release.platform, release.version, metric, tuple(sorted(set(excluded))))
    state = EProcess().fold(EProcess().start(release, metric, policy, excluded, Before(delays=delays)), counts)
    pairs = [p for p in paired(counts, subject) if p.dimension is Dimension.ALL and p.source == state.source]
    rows = np.array([(p.events, p.exposure, p.control_events, p.control_exposure) for p in pairs], dtype=np.float64).reshape(-1, 4)
    x1, n1, x0, n0 = rows.T
    both = n1 + n0
    above, below = float((x1 * n0 / both).sum()), float((x0 * n1 / both).sum())
    if min(x1.sum(), x0.sum()) < max(1, policy.min_events):
        return None
    variance = float(((x1 + x0) * n1 * n0 / both**2).sum()) / (above * below)
    return Lesson(release.version, state.source, math.log(above / below), variance, state.process.learnt)


def variance_between(values: Sequence[float], variances: Sequence[float]) -> float:
    """Paule and Mandel's variance between: with it, the weighted squares about the weighted mean add up to their degrees of freedom."""
    y, v, free = np.array(values), np.array(variances), len(values) - 1

    def beyond(between: float) -> float:
        weights = 1 / (v + between)
        return float((weights * (y - (weights * y).sum() / weights.sum()) ** 2).sum()) - free

    if free < 1 or beyond(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(((y - y.mean()) ** 2).sum())
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > 0 else (low, middle)
    return (low + high) / 2
