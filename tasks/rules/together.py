"""One evidence over all metrics of a release: each metric's E at the same moment, weighted and added up.

A weighted mean of e-processes is one. It is taken bucket by bucket, in the order in which the buckets end, and its largest value is
kept: the mean of each metric's own largest value would be no e-process, for the largest ones need not fall on one moment. A metric that
has no counts yet, and weight that no metric has, count as 1. So the chance that a healthy release's `best` ever reaches ln(1 / alpha)
is at most alpha over all metrics, however they depend on each other.

Add here when metrics are combined in another way; rather in `e_process.py` when one metric's evidence changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from configs.errors import BadInput
from configs.policy import Detection
from configs.terms import Count, Evidence, Metric
from tasks.rules.detectors import DETECTOR, DetectorState
from tasks.rules.e_process_state import EProcessState
from tasks.rules.e_processes import log_now

FORMAT = "together/1"

TOGETHER = "together"
"""The name under which it is kept beside the metrics' states."""


@dataclass(frozen=True, slots=True)
class Together:
    """`best`: the largest ln E over all metrics at any moment so far."""

    best: float = 0.0

    def to_json(self) -> str:
        """Canonical JSON."""
        return json.dumps({"best": self.best, "format": FORMAT}, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Together:
        """The state of this text. Raises BadInput when it is another's, or damaged."""
        try:
            whole = json.loads(text)
            if whole["format"] != FORMAT:
                raise ValueError("another format")
            return cls(float(whole["best"]))
        except (ValueError, KeyError, TypeError) as err:
            raise BadInput(f"state of all metrics together cannot be read ({err}): start again and fold every count") from err


States = Mapping[Metric, DetectorState]
_Moment = tuple[datetime, datetime]


def folded_together(states: States, counts: Mapping[Metric, Sequence[Count]], together: Together) -> tuple[States, Together]:
    """Every metric's state after its counts, and the evidence of all of them, taken after each moment at which a bucket ends."""
    waiting = {metric: _by_moment(counts.get(metric, ())) for metric in states}
    known = dict(states)
    for moment in sorted({moment for buckets in waiting.values() for moment in buckets}):
        known |= {metric: DETECTOR.fold(known[metric], buckets[moment]) for metric, buckets in waiting.items() if moment in buckets}
        together = replace(together, best=max(together.best, log_together(known.values())))
    return known, together


def log_together(states: Iterable[DetectorState]) -> float:
    """ln E of all metrics now. A state of a detector whose evidence is no e-process counts as 1."""
    sequential = [s for s in states if isinstance(s, EProcessState) and s.parameters.weight > 0]
    weights = [s.parameters.weight for s in sequential]
    whole = max(1.0, sum(weights))
    parts = [log_now(s) + math.log(weight / whole) for s, weight in zip(sequential, weights, strict=True)]
    rest = 1 - sum(weights) / whole
    return float(np.logaddexp.reduce([*parts, math.log(rest)] if rest > 1e-12 else parts)) if parts else 0.0


def _by_moment(counts: Iterable[Count]) -> dict[_Moment, list[Count]]:
    found: dict[_Moment, list[Count]] = {}
    for count in counts:
        found.setdefault((count.end, count.start), []).append(count)
    return found


def told_together(states: Sequence[DetectorState], together: Together, at: datetime, policy: Detection) -> tuple[Evidence, ...]:
    """Every metric's evidence. Where only all of them together reach the level of a halt, the strongest one speaks for them."""
    told = [DETECTOR.assess(state, at, policy) for state in states]
    enough = math.log(1 / policy.alpha_halt)
    if told and together.best >= enough and all(e.log_evidence < enough for e in told):
        strongest = max(range(len(told)), key=lambda i: told[i].log_evidence)
        found = DETECTOR.assess(states[strongest], at, policy, alarmed=True)
        said = (
            f"{found.reason}; only all metrics together are so unlikely: at most {math.exp(-together.best):.2g}, this one is the strongest"
        )
        told[strongest] = replace(found, reason=said)
    return tuple(replace(e, log_combined=together.best) for e in told)
