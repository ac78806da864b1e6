"""What an app's healthy releases teach: how much releases differ that nobody had to recall, and how much a version's rate swings.

Each healthy release gives one lesson: the log of its rate over that of the versions beside it with its variance (Mantel and Haenszel's
ratio, Greenland and Robins' variance, 1985), and the sums of the noise estimate over its first days. The variance between releases is
Paule and Mandel's (1982; iterated, as in meta-analysis): what is left when the ratios' own variances are taken off. Too few lessons teach
nothing, and the policy's values hold. Variance over mean of a count cannot be learnt here: a count does not say how often one user crashed.

Add here when another parameter is learnt; rather in `e_process.py` when a parameter is used in another way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from configs.errors import BadInput
from configs.policy import Detection
from configs.terms import Count, Dimension, Metric, Release
from tasks.rules.detection import Before, Delays, Subject, paired
from tasks.rules.e_processes import EProcess

FORMAT = "learnt/1"

MOST_LESSONS = 30
"""The newest releases are remembered; an app of some years ago teaches little."""

TIMES_TAU = 1.3
"""A margin of so many standard deviations between healthy releases is exceeded by one release in ten."""

NOISE_RANGE = (0.02, 1.0)
"""No learnt noise is taken to be smaller or larger."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Of one release: log ratio of rates with its variance; weighted sum of the blocks' noise estimates, and the weights."""

    version: str
    log_ratio: float
    variance: float
    noise_sum: float
    noise_weight: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """Lessons of one app and metric, the newest release last. `silent`: versions that had nothing to teach."""

    lessons: tuple[Lesson, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def asked(self) -> frozenset[str]:
        """Versions that need not be asked again."""
        return frozenset((*self.silent, *(x.version for x in self.lessons)))

    def margin(self, policy: Detection) -> float:
        """How much worse a release may be: the policy's margin, or more where healthy releases of this app differ more."""
        if len(self.lessons) < policy.learn_from_releases:
            return policy.margin
        tau = math.sqrt(variance_between([x.log_ratio for x in self.lessons], [x.variance for x in self.lessons]))
        return max(policy.margin, math.exp(TIMES_TAU * tau) - 1)

    def noise(self, policy: Detection) -> float:
        """Variance of a version's log rate beforehand."""
        weight = sum(x.noise_weight for x in self.lessons)
        if len(self.lessons) < policy.learn_from_releases or weight <= 0:
            return policy.noise
        return float(np.clip(sum(x.noise_sum for x in self.lessons) / weight, *NOISE_RANGE))

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
            lessons = (Lesson(str(x.pop("version")), **{k: float(v) for k, v in x.items()}) for x in whole["lessons"])
            return cls(tuple(lessons), tuple(str(version) for version in whole["silent"]))
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise BadInput(f"what was learnt cannot be read ({err}): learn again from the counts") from err


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
    return Lesson(release.version, math.log(above / below), variance, *state.process.learnt)


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
