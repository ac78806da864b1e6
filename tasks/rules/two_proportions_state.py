"""What the two-proportion detector remembers, and its text form.

Add here when the test needs another sum (and raise FORMAT, so that old states start again); rather in `two_proportions.py` when it can
be computed from these.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from configs.errors import BadInput
from configs.terms import Dimension, Metric, Platform
from tasks.rules.detection import Subject

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = "two_proportions/1"
"""Name and version of the text form; another one is refused, and the caller folds the counts again from the beginning."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Frozen at the start. `looks`: how many the bound is divided over; `growth`: of exposure between two; `weight`: the metric's."""

    margin: float
    looks: int
    growth: float
    min_events: int
    min_exposure: int
    weight: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the folded buckets of one stream (all users, or one segment)."""

    dimension: Dimension
    value: str
    events: int = 0
    exposure: int = 0
    control_events: int = 0
    control_exposure: int = 0
    expected: float = 0.0
    above: float = 0.0
    below: float = 0.0
    spread: float = 0.0


def _record(value: DataclassInstance) -> dict[str, object]:
    """One level of it by name; `asdict` copies every leaf and takes ten times as long."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


@dataclass(frozen=True, slots=True)
class TwoProportionsState:
    """`best`: largest evidence of any look, in nats, before the metric's weight. `source`: the one whose buckets are folded."""

    subject: Subject
    parameters: Parameters
    next_look: int
    looks: int = 0
    best: float = 0.0
    source: str = ""
    folded_until: datetime | None = None
    streams: tuple[Sums, ...] = ()

    @property
    def all_users(self) -> Sums:
        """The stream of all users; zeros when there is none yet."""
        return next((s for s in self.streams if s.dimension is Dimension.ALL), Sums(Dimension.ALL, ""))

    def to_json(self) -> str:
        """Canonical JSON of everything; floats as the shortest decimal that reads back to the same float."""
        whole = _record(self) | {"format": FORMAT, "folded_until": self.folded_until.isoformat() if self.folded_until else None}
        whole |= {"subject": _record(self.subject), "parameters": _record(self.parameters), "streams": [_record(s) for s in self.streams]}
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> TwoProportionsState:
        """The state of this text.

        Raises:
            BadInput: another detector or format made it, or it is damaged.
        """
        try:
            whole = json.loads(text)
            if whole.pop("format") != FORMAT:
                raise BadInput("detector state has another format: start again and fold every count", format=FORMAT)
            until, subject = whole.pop("folded_until"), whole.pop("subject")
            platform, metric = Platform(subject.pop("platform")), Metric(subject.pop("metric"))
            return cls(
                subject=Subject(platform=platform, metric=metric, excluded=tuple(subject.pop("excluded")), **subject),
                parameters=Parameters(**whole.pop("parameters")),
                streams=tuple(Sums(Dimension(s.pop("dimension")), **s) for s in whole.pop("streams")),
                folded_until=datetime.fromisoformat(until) if until else None,
                **whole,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise BadInput(f"detector state cannot be read ({err}): start again and fold every count", format=FORMAT) from err
