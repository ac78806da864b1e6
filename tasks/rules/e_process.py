"""The mathematics of the sequential test: one release and metric, poll by poll, as pure functions over arrays.

Of the N events of a poll, given N, the new version's number is binomial with share q = theta n1 / (theta n1 + n0). The likelihood ratio
of a ratio g times as large as the worst one allowed has mean at most 1 while the release is healthy, so its running product is an
e-process: the chance that it ever reaches 1 / alpha is at most alpha, however often one looks (Ville). Mixed over effects g, over
starts (the beginning and every further day), and over streams (all users, stratified by device, and single segments).
After Lindon and Malek (arXiv 2011.03567) and Turner and Gruenwald (arXiv 2302.11401).

Noise beyond the binomial is met by tempering: each log ratio is multiplied by eta <= 1, which is known once N is and so keeps the mean
at most 1 (Jensen). It is measured in blocks and used from the next block on.

Add here when the test itself changes; rather in `e_process_scope.py` when it is how large and how wide an effect is, in
`e_processes.py` when counts are read or evidence is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tasks.rules.detection import Delays
from tasks.rules.late import AT_ONCE

Floats = npt.NDArray[np.float64]
Sums = tuple[float, float, float, float, float]
NO_SUMS: Sums = (0.0, 0.0, 0.0, 0.0, 0.0)

GRID: Floats = np.exp(np.linspace(math.log(1.05), math.log(60), 24))
"""Effects: ratios beyond the worst one allowed. Small ones weigh more, as 1 / g."""
LOG_GRID: Floats = np.log(GRID)
LOG_PRIOR: Floats = np.log(1 / GRID / np.sum(1 / GRID))

STARTS: Floats = np.array([0.7] + [0.05] * 6)
"""Weight of a regression that is there from the start, and of one that begins on the 2nd to 7th day."""

RATIOS: Floats = np.exp(np.linspace(-math.log(32), math.log(32), 161))
"""Where the confidence sequence of the ratio among all users is evaluated."""
FEW_RATIOS: Floats = RATIOS[::4]
"""The same of a single segment, whose ratio is never known as exactly."""

ALL_USERS_SHARE = 0.7
"""Part of the mixture on all users; the planned segments divide the rest. Most regressions hit everyone."""

BLOCK = 36.0
"""Polls of five minutes (three hours) over which counts of one version move together, and after which the noise is learnt anew."""

_PRIOR_BLOCKS = 8.0
_LEAST_SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class Parameters:
    """Frozen at a release's start.

    `margin`: how much worse is still healthy; `phi`: variance over mean; `noise`: variance of a version's log rate; `weight`: the metric's.
    `alone_margin`, `alone_noise`: the same without a concurrent control, where common swings do not cancel. `delays`: of each source whose
    reports come late, the share that arrives in the same five minutes, in the next, and so on.
    """

    margin: float = 0.05
    phi: float = 1.0
    noise: float = 0.10
    segments: int = 24
    days: int = len(STARTS)
    weight: float = 1.0
    min_events: int = 0
    alone_margin: float = 0.25
    alone_noise: float = 0.30
    delays: Delays = ()

    def theta(self, *, alone: bool) -> float:
        """The worst ratio of rates that a healthy release may have."""
        return 1 + (self.alone_margin if alone else self.margin)

    def delay_of(self, source: str) -> tuple[float, ...]:
        """The shares of a source; everything at once where nothing is known."""
        return dict(self.delays).get(source, AT_ONCE)


@dataclass(frozen=True, slots=True)
class Poll:
    """One bucket. Rows are streams (0 = all users) or strata; columns: events and exposure of the new version, then of the control.

    Strata partition all users; without any (no rows) the stream of all users stands for itself. `day`: whole days since the first bucket;
    `span`: length in polls of five minutes. `alone`: nobody used an older version; the control's columns are then the events expected
    at its known rate, and once more the new version's exposure.
    """

    streams: Floats
    strata: Floats
    day: int = 0
    span: float = 1.0
    alone: bool = False


def _rows(width: int) -> Floats:
    return np.zeros((1, width))


@dataclass(frozen=True, slots=True)
class Process:
    """What is remembered; every array has one row a stream, all users first.

    `growth`: tempered log ratios by effect; `marks`: `growth` at the beginning of each later day; `plain`: the same against "no worse",
    with one eta for all streams, for comparing scopes; `outside`: of the users outside the stream; `spread`: recent binomial variance;
    `expected`: the new version's events at the control's rate; `likelihood`: of the ratio among all users; `by_ratio`: of each stream's,
    at few ratios; `block`: this block's totals; `learnt`: sums over finished blocks, see `spread_sums`; `pooled`: Mantel and Haenszel's two
    sums; `alone`: whether these three are of polls without a concurrent control.
    """

    growth: Floats = field(default_factory=lambda: _rows(len(GRID)))
    plain: Floats = field(default_factory=lambda: _rows(len(GRID)))
    outside: Floats = field(default_factory=lambda: _rows(len(GRID)))
    marks: tuple[Floats, ...] = ()
    spread: Floats = field(default_factory=lambda: np.zeros(1))
    totals: Floats = field(default_factory=lambda: _rows(4))
    expected: Floats = field(default_factory=lambda: np.zeros(1))
    likelihood: Floats = field(default_factory=lambda: np.zeros(len(RATIOS)))
    by_ratio: Floats = field(default_factory=lambda: _rows(len(FEW_RATIOS)))
    block: tuple[tuple[float, float, float, float], ...] = ()
    block_span: float = 0.0
    learnt: Sums = NO_SUMS
    pooled: tuple[float, float] = (0.0, 0.0)
    alone: bool = False


def log_mean_exp(values: Floats, log_weights: Floats) -> Floats:
    """ln sum_k w_k exp(v_k) over the last axis."""
    weighted = values + log_weights
    top = weighted.max(axis=-1, keepdims=True)
    found: Floats = np.log(np.exp(weighted - top).sum(axis=-1)) + top[..., 0]
    return found


def share(counts: Floats, theta: float) -> tuple[Floats, Floats, Floats]:
    """Share q of the new version, its events and all events, by row; no events where one of the versions was not used."""
    x1, n1, x0, n0 = counts.T
    both = (n1 > 0) & (n0 > 0)
    q = np.where(both, theta * n1 / np.where(both, theta * n1 + n0, 1.0), 0.0)
    return q, x1 * both, (x1 + x0) * both


def log_ratios(counts: Floats, theta: float, effects: Floats, *, alone: bool = False) -> Floats:
    """Log likelihood ratio of theta times each effect against theta: one row a stream, one column an effect.

    Given all events of a row; `alone`: with events as Poisson about the expected ones.
    """
    if alone:
        x1, _, expected, _ = counts.T
        return np.asarray(x1[:, None] * np.log(effects) - theta * expected[:, None] * (effects - 1))
    q, new, both = share(counts, theta)
    return np.asarray(new[:, None] * np.log(effects) - both[:, None] * np.log1p((effects - 1) * q[:, None]))


def variances(counts: Floats, ratio: float, *, alone: bool = False) -> tuple[Floats, Floats]:
    """Variance of the new version's events by row if they are `ratio` times as frequent, and how many more there were than expected."""
    if alone:
        return ratio * counts[:, 2], counts[:, 0] - ratio * counts[:, 2]
    q, new, both = share(counts, ratio)
    return both * q * (1 - q), new - both * q


def widened(process: Process, streams: int) -> Process:
    """With rows of zeros for streams that are new: as if they had had no events so far."""
    missing = streams - len(process.spread)
    if missing <= 0:
        return process

    def more(rows: Floats) -> Floats:
        return np.concatenate([rows, np.zeros((missing, rows.shape[1]))])

    return replace(
        process,
        growth=more(process.growth),
        plain=more(process.plain),
        outside=more(process.outside),
        totals=more(process.totals),
        by_ratio=more(process.by_ratio),
        spread=np.concatenate([process.spread, np.zeros(missing)]),
        expected=np.concatenate([process.expected, np.zeros(missing)]),
        marks=tuple(more(mark) for mark in process.marks),
    )


def noise_of(process: Process, parameters: Parameters) -> float:
    """Variance of one version's log rate beyond the binomial: the prior's and the finished blocks' estimate."""
    prior = parameters.alone_noise if process.alone else parameters.noise
    _, by_variance, by_square, _, beyond = process.learnt
    top, weights = prior**2 * (beyond - parameters.phi * by_variance), prior**2 * by_square
    return max(prior / 4, (_PRIOR_BLOCKS * prior + top) / (_PRIOR_BLOCKS + weights))


def folded(process: Process, poll: Poll, parameters: Parameters) -> Process:
    """The process after one more poll, which must have as many streams as the process."""
    process = _in_mode(_marked(process, poll, parameters), alone=poll.alone)
    theta, strata = parameters.theta(alone=poll.alone), poll.strata if len(poll.strata) else poll.streams[:1]
    spread = (1 - 1 / BLOCK) ** poll.span * process.spread + variances(poll.streams, theta, alone=poll.alone)[0]
    eta = 1 / (parameters.phi + noise_of(process, parameters) * spread)
    growth, plain = (log_ratios(poll.streams, t, GRID, alone=poll.alone) for t in (theta, 1.0))
    growth[0], plain[0] = (log_ratios(strata, t, GRID, alone=poll.alone).sum(axis=0) for t in (theta, 1.0))
    rest = np.maximum(poll.streams[:1] - poll.streams, 0)
    after = replace(
        process,
        growth=process.growth + eta[:, None] * growth,
        plain=process.plain + eta[0] * plain,
        outside=process.outside + eta[0] * log_ratios(rest, theta, GRID, alone=poll.alone),
        spread=spread,
        totals=process.totals + poll.streams,
        expected=process.expected + _expected(poll.streams),
        likelihood=process.likelihood + eta[0] * log_ratios(strata, 1.0, RATIOS, alone=poll.alone).sum(axis=0),
        by_ratio=process.by_ratio + eta[0] * log_ratios(poll.streams, 1.0, FEW_RATIOS, alone=poll.alone),
    )
    return _learnt(after, poll, parameters)


def _marked(process: Process, poll: Poll, parameters: Parameters) -> Process:
    """With a mark for every day that has begun."""
    missing = min(poll.day, parameters.days - 1) - len(process.marks)
    return replace(process, marks=(*process.marks, *[process.growth] * missing)) if missing > 0 else process


def _in_mode(process: Process, *, alone: bool) -> Process:
    """Noise is learnt anew when a control begins to be there: without one it is larger."""
    return process if process.alone == alone else replace(process, alone=alone, block=(), block_span=0.0, learnt=NO_SUMS, pooled=(0.0, 0.0))


def _expected(counts: Floats) -> Floats:
    _, n1, x0, n0 = counts.T
    found: Floats = np.where(n0 > 0, n1 * x0 / np.where(n0 > 0, n0, 1.0), 0.0)
    return found


def _learnt(process: Process, poll: Poll, parameters: Parameters) -> Process:
    """Adds the poll to the block, and at its end what the block says of the noise."""
    x1, n1, x0, n0 = (float(v) for v in poll.streams[0])
    if min(n1, n0) <= 0:
        return process
    pooled = (process.pooled[0] + x1 * n0 / (n0 + n1), process.pooled[1] + x0 * n1 / (n0 + n1))
    block, span = (*process.block, (x1, n1, x0, n0)), process.block_span + poll.span
    if span < BLOCK - 1e-9:
        return replace(process, pooled=pooled, block=block, block_span=span)
    by_row, beyond = variances(np.array(block), (pooled[0] + 0.5) / (pooled[1] + 0.5), alone=process.alone)
    prior = parameters.alone_noise if process.alone else parameters.noise
    learnt = added(process.learnt, spread_sums(float(by_row.sum()), float(beyond.sum()), prior))
    return replace(process, pooled=pooled, block=(), block_span=0.0, learnt=learnt)


def added(one: Sums, other: Sums) -> Sums:
    """Sums of both."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3], one[4] + other[4]


def spread_sums(variance: float, excess: float, prior: float) -> Sums:
    """What a block says of spread: `excess` squared is phi times `variance` plus the noise times its square, on average.

    A weight; the weight times the variance, and times its square; the weight times excess squared over variance, and times excess squared.
    A line through these gives phi and the noise. A block with next to no events says nothing.
    """
    if variance <= _LEAST_SPREAD:
        return NO_SUMS
    weight = 1 / (1 + variance * prior) ** 2
    return weight, weight * variance, weight * variance**2, weight * excess**2 / variance, weight * excess**2


# --- what it says -------------------------------------------------------------------------------------------------------


def log_by_stream(process: Process, parameters: Parameters) -> Floats:
    """ln E of each stream: mixed over effects and starts; a start not yet reached is worth 1."""
    weights = STARTS[: parameters.days] / STARTS[: parameters.days].sum()
    since = np.stack([process.growth, *(process.growth - mark for mark in process.marks)], axis=1)
    by_start = log_mean_exp(since, LOG_PRIOR)
    waiting = max(0.0, float(weights[by_start.shape[1] :].sum()))
    reached = log_mean_exp(by_start, np.log(weights[: by_start.shape[1]]))
    found: Floats = np.logaddexp(reached, math.log(waiting) if waiting > 0 else -np.inf)
    return found


def log_e(process: Process, parameters: Parameters) -> float:
    """ln E over all streams; planned segments that have not come are worth 1."""
    streams = log_by_stream(process, parameters)
    if not parameters.segments:
        return float(streams[0])
    part, unused = (1 - ALL_USERS_SHARE) / parameters.segments, parameters.segments + 1 - len(streams)
    weights = np.array([ALL_USERS_SHARE, *[part] * (len(streams) - 1), *([part * unused] if unused > 0 else [])])
    values = np.append(streams, 0.0) if unused > 0 else streams
    return float(log_mean_exp(values, np.log(weights)))
