"""Which detector watches releases. Callers import `DETECTOR` from here and know no detector by name.

A release stays with the detector it began with: its state names it. `IN_USE` decides about releases that begin.

Add here when a detector replaces another or is put beside it; rather in its own file when it is the detector itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from configs.policy import Detection
from configs.terms import Count, Evidence, Metric, Release
from tasks.rules.detection import NOTHING, Before
from tasks.rules.e_process_state import FORMAT as E_PROCESS_FORMAT
from tasks.rules.e_process_state import EProcessState
from tasks.rules.e_processes import EProcess
from tasks.rules.two_proportions import TwoProportions
from tasks.rules.two_proportions_state import TwoProportionsState

IN_USE: Literal["two_proportions", "e_process"] = "e_process"
"""Name of the detector that new releases get."""

DetectorState = TwoProportionsState | EProcessState


class Detectors:
    """A `tasks.rules.detection.Detector` that hands every state to the detector that made it."""

    def __init__(self, name: Literal["two_proportions", "e_process"]) -> None:
        self.name = name
        self._exact, self._sequential = TwoProportions(), EProcess()

    def start(
        self, release: Release, metric: Metric, policy: Detection, excluded: Collection[str] = (), before: Before = NOTHING
    ) -> DetectorState:
        begin = self._sequential.start if self.name == self._sequential.name else self._exact.start
        return begin(release, metric, policy, excluded, before)

    def fold(self, state: DetectorState, counts: Sequence[Count]) -> DetectorState:
        if isinstance(state, EProcessState):
            return self._sequential.fold(state, counts)
        return self._exact.fold(state, counts)

    def assess(self, state: DetectorState, at: datetime, policy: Detection, *, alarmed: bool = False) -> Evidence:
        if isinstance(state, EProcessState):
            return self._sequential.assess(state, at, policy, alarmed=alarmed)
        return self._exact.assess(state, at, policy, alarmed=alarmed)

    def load(self, text: str) -> DetectorState:
        if f'"format":"{E_PROCESS_FORMAT}"' in text:
            return self._sequential.load(text)
        return self._exact.load(text)


def unfolded_from(state: DetectorState, late: timedelta) -> datetime | None:
    """From where on counts may be new: the end of the last bucket folded; None while nothing is.

    Where no older version is in use any more nothing is folded, and what was seen need not be looked at again: only the last buckets,
    for rows may come as late as `late`.
    """
    if isinstance(state, EProcessState) and state.folded_until is not None and state.seen_until is not None:
        return max(state.folded_until, state.seen_until - late)
    return state.folded_until


DETECTOR = Detectors(IN_USE)
