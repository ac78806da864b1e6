"""One bucket's counts as a poll of the e-process: who has a row, what stands in it, which rows are strata.

A segment gets one of a fixed number of places in the order of its first use (single ones before pairs, the most used first); later ones
still count among all users. Devices are the strata of all users in a bucket where their exposures add up; events without a device are
then a stratum of their own.

Add here when counts are read in another way; rather in `late.py` when reports come late in another way, in `reference.py` when it is the
earlier rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from configs.terms import Dimension
from tasks.rules.detection import Pair
from tasks.rules.e_process import Floats, Poll
from tasks.rules.e_process_state import EProcessState
from tasks.rules.late import Exposures, Recent, arriving, by_bucket, joined
from tasks.rules.reference import Reference, Segment

POLL = timedelta(minutes=5)
DAY = timedelta(days=1)
EVERYONE: Segment = (Dimension.ALL, "")

Row = tuple[float, float, float, float]
_NOTHING: Row = (0.0, 0.0, 0.0, 0.0)
_ALIKE = 1e-6
"""Sums of recent exposures are known to seven digits."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A bucket, the segments with a place from now on, and the exposures whose events are still to come."""

    poll: Poll
    segments: tuple[Segment, ...]
    recent: Recent


def read(state: EProcessState, pairs: Mapping[Segment, Pair]) -> Seen:
    """The bucket's pairs, all users among them, as the state's next poll."""
    everyone = pairs[EVERYONE]
    alone = everyone.control_exposure == 0
    segments = _placed(state, pairs)
    width = everyone.end - everyone.start
    recent, exposures = _exposures(state, {s: p for s, p in pairs.items() if s in segments or s[0] in (Dimension.ALL, Dimension.DEVICE)})
    rows = _expected_rows(state.reference, pairs) if alone else _rows(pairs, exposures)
    streams = np.array([rows[EVERYONE], *(rows.get(segment, _NOTHING) for segment in segments)])
    day = (everyone.start - (state.began or everyone.start)) // DAY
    poll = Poll(streams, np.zeros((0, 4)) if alone else _strata(rows), day, max(1.0, width / POLL), alone)
    return Seen(poll, segments, recent)


def _exposures(state: EProcessState, pairs: Mapping[Segment, Pair]) -> tuple[Recent, Exposures]:
    """The exposures whose events arrive in the bucket, and those whose events are still to come."""
    everyone, now = pairs[EVERYONE], {s: (float(p.exposure), float(p.control_exposure)) for s, p in pairs.items()}
    width = everyone.end - everyone.start
    delay = by_bucket(state.parameters.delay_of(everyone.source), max(1, round(width / POLL)))
    if len(delay) == 1:
        return Recent(), now
    recent = joined(state.recent, everyone.start, now, len(delay))
    return recent, arriving(recent, width, delay)


def _placed(state: EProcessState, pairs: Mapping[Segment, Pair]) -> tuple[Segment, ...]:
    """The segments with a place of their own. Who gets one depends on exposures only, never on events."""
    new = pairs.keys() - set(state.segments) - {EVERYONE}
    coming = sorted(new, key=lambda s: (len(s[0].parts), -pairs[s].exposure - pairs[s].control_exposure, s))
    return (*state.segments, *coming)[: state.parameters.segments]


def _rows(pairs: Mapping[Segment, Pair], exposures: Exposures) -> dict[Segment, Row]:
    counted = ((s, pairs[s], n) for s, n in exposures.items() if s in pairs)
    return {s: (float(p.events), n[0], float(p.control_events), n[1]) for s, p, n in counted}


def _expected_rows(reference: Reference | None, pairs: Mapping[Segment, Pair]) -> dict[Segment, Row]:
    """With the events at the earlier rate in the control's place.

    For all users the devices' expected events are added up where every device's rate is known, so that another mix of devices is no
    regression.
    """
    rows = {segment: _expected_row(reference, pair) for segment, pair in pairs.items()}
    devices = [row for (dimension, _), row in rows.items() if dimension is Dimension.DEVICE]
    x1, n1, _, n0 = rows[EVERYONE]
    if devices and sum(row[1] for row in devices) == n1:
        rows[EVERYONE] = (x1, n1, sum(row[2] for row in devices), n0)
    return rows


def _expected_row(reference: Reference | None, pair: Pair) -> Row:
    """Nothing where no earlier rate is known."""
    exposure = float(pair.exposure)
    expected = reference.expected((pair.dimension, pair.value), exposure, pair.start, pair.end) if reference else None
    return _NOTHING if expected is None else (float(pair.events), exposure, expected, exposure)


def _strata(rows: Mapping[Segment, Row]) -> Floats:
    """Devices, when they are all users, and the events of no known device among all users; else no strata."""
    devices = np.array([row for (dimension, _), row in rows.items() if dimension is Dimension.DEVICE]).reshape(-1, 4)
    x1, n1, x0, n0 = rows[EVERYONE]
    new, exposure, old, control = devices.sum(axis=0)
    if not len(devices) or not (math.isclose(exposure, n1, rel_tol=_ALIKE) and math.isclose(control, n0, rel_tol=_ALIKE)):
        return np.zeros((0, 4))
    return np.vstack([devices, (max(0.0, x1 - new), n1, max(0.0, x0 - old), n0)])
