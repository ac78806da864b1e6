"""The shipped sequential test as a detector of the simulation harness: `DETECTORS = {"app-recall": detect}`, one poll at a time.

It sees a poll only when the one before is folded, and gives up at the first alarm, as the product does.

Add here when the harness hands over its streams in another way; rather in `tasks/rules/e_process.py` when the test changes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from configs.policies import load_policy  # noqa: E402  # the harness starts elsewhere
from tasks.rules.e_process import Floats, Parameters, Poll, Process, folded, log_e, widened  # noqa: E402
from tasks.rules.e_process_scope import ratio_of_all, scope_posterior  # noqa: E402
from tasks.rules.late import AT_ONCE, delay_shares  # noqa: E402

POLLS_A_DAY = 288
MODELS = 12
POLICY = load_policy("default").detection
PARAMETERS = Parameters(margin=POLICY.margin, min_events=POLICY.min_events)
CONFIDENCE = 0.05
DELAY = delay_shares([timedelta(minutes=30) * -math.log(1 - (n + 0.5) / 4000) for n in range(4000)])
"""Of the harness's late reports: half an hour on average, exponentially distributed."""


class Stream(Protocol):
    """What is read of the harness's stream: polls first, then (control, new), then segments; the first twelve are device models."""

    sessions: Floats
    crash_users: Floats
    seg_sessions: Floats
    seg_crash_users: Floats


def rows(events: Floats, exposure: Floats) -> Floats:
    """(polls, versions, streams) of events and exposure as (polls, streams, columns of a Poll)."""
    return np.stack([events[:, 1], exposure[:, 1], events[:, 0], exposure[:, 0]], axis=-1)


def walked(stream: Stream, delay: Sequence[float] = AT_ONCE) -> Iterator[tuple[int, Process]]:
    """Every poll with what is known after it. `delay`: with exposures set where their events arrive."""
    everyone = rows(stream.crash_users[:, :, None], stream.sessions[:, :, None])
    segments = rows(stream.seg_crash_users, stream.seg_sessions)
    streams = np.concatenate([everyone, segments], axis=1)
    if len(delay) > 1:
        streams[..., 1::2] = np.apply_along_axis(lambda n: np.convolve(n, delay)[: len(n)], 0, streams[..., 1::2])
    process = widened(Process(), streams.shape[1])
    for at, poll in enumerate(streams):
        if min(poll[0, 1], poll[0, 3]) > 0:
            process = folded(process, Poll(poll, poll[1 : 1 + MODELS], day=at // POLLS_A_DAY), PARAMETERS)
            yield at, process


def at_alarm(stream: Stream, delay: Sequence[float] = AT_ONCE) -> tuple[int, Process] | None:
    """The poll at which the release would be halted, by one metric that has the whole false-alarm bound, and what is known then."""
    enough = math.log(1 / POLICY.alpha_halt)
    alarms = (
        (at, known)
        for at, known in walked(stream, delay)
        if known.totals[0, 0] >= PARAMETERS.min_events and log_e(known, PARAMETERS) >= enough
    )
    return next(alarms, None)


def detect(stream: Stream) -> int | None:
    """The poll of the alarm; None: never."""
    found = at_alarm(stream)
    return None if found is None else found[0]


def top_scope(stream: Stream) -> int | None:
    """The scope that is most probable at the alarm: 0 everyone, 1 to 12 the device models; None: no alarm."""
    found = at_alarm(stream)
    return None if found is None else int(np.argmax(scope_posterior(found[1])))


def ratio_was_missed(stream: Stream, ratio: float, delay: Sequence[float] = AT_ONCE) -> bool:
    """Whether the confidence sequence at 0.05 left out that ratio at any poll."""
    intervals = (ratio_of_all(known, CONFIDENCE) for _, known in walked(stream, delay))
    return any(not i.low <= ratio <= i.high for i in intervals)


def detect_late(stream: Stream) -> int | None:
    """The same with the delays of reports known beforehand, as the harness has them."""
    found = at_alarm(stream, DELAY)
    return None if found is None else found[0]


DETECTORS = {"app-recall": detect}
