"""What the sequential detector remembers, and its text form.

Add here when it must remember more (and raise FORMAT, so that old states start again); rather in `e_process.py` when it is arithmetic.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from configs.errors import BadInput
from configs.terms import Dimension, Metric, Platform
from tasks.rules.detection import Subject
from tasks.rules.e_process import FEW_RATIOS, GRID, RATIOS, Floats, Parameters, Process, Sums
from tasks.rules.late import Recent
from tasks.rules.reference import Reference, Segment

FORMAT = "e_process/3"
"""Name and version of the text form; another one is refused, and the caller folds the counts again from the beginning."""


@dataclass(frozen=True, slots=True, eq=False)
class EProcessState:
    """`segments`: those watched on their own, in the order of the process's rows after the first; `best`: largest ln E of any look.

    `seen_until`: end of the newest bucket of its source since the first fold, whether or not there was anything to compare in it.
    `reference`: earlier rates, for as long as no older version was in use beside the release. `recent`: exposures whose events are still
    to come; empty where nothing comes late.
    """

    subject: Subject
    parameters: Parameters
    process: Process = field(default_factory=Process)
    segments: tuple[Segment, ...] = ()
    best: float = 0.0
    looks: int = 0
    source: str = ""
    began: datetime | None = None
    folded_until: datetime | None = None
    seen_until: datetime | None = None
    reference: Reference | None = None
    recent: Recent = field(default_factory=Recent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EProcessState) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def to_json(self) -> str:
        """Canonical JSON of everything; arrays as their bytes (float64, little-endian, base64), other floats as the shortest decimal."""
        whole = {
            "format": FORMAT,
            "subject": asdict(self.subject),
            "parameters": asdict(self.parameters),
            "process": _process_record(self.process),
            "segments": self.segments,
            "best": self.best,
            "looks": self.looks,
            "source": self.source,
            "began": self.began.isoformat() if self.began else None,
            "folded_until": self.folded_until.isoformat() if self.folded_until else None,
            "seen_until": self.seen_until.isoformat() if self.seen_until else None,
            "recent": _recent_record(self.recent),
            "reference": asdict(self.reference) if self.reference else None,
        }
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> EProcessState:
        """The state of this text.

        Raises:
            BadInput: another detector or format made it, or it is damaged.
        """
        try:
            whole = json.loads(text)
            if whole.pop("format") != FORMAT:
                raise BadInput("detector state has another format: start again and fold every count", format=FORMAT)
            subject, segments = whole.pop("subject"), tuple((Dimension(d), v) for d, v in whole.pop("segments"))
            platform, metric = Platform(subject.pop("platform")), Metric(subject.pop("metric"))
            began, until, seen, reference = (whole.pop(name) for name in ("began", "folded_until", "seen_until", "reference"))
            return cls(
                subject=Subject(platform=platform, metric=metric, excluded=tuple(subject.pop("excluded")), **subject),
                parameters=_parameters(whole.pop("parameters")),
                process=_process(whole.pop("process"), len(segments) + 1),
                segments=segments,
                began=datetime.fromisoformat(began) if began else None,
                folded_until=datetime.fromisoformat(until) if until else None,
                seen_until=datetime.fromisoformat(seen) if seen else None,
                source=whole.pop("source"),
                reference=_reference(reference) if reference else None,
                recent=_recent(whole.pop("recent")),
                **whole,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise BadInput(f"detector state cannot be read ({err}): start again and fold every count", format=FORMAT) from err


_ROWS = {
    "growth": (len(GRID),),
    "plain": (len(GRID),),
    "outside": (len(GRID),),
    "totals": (4,),
    "by_ratio": (len(FEW_RATIOS),),
    "spread": (),
    "expected": (),
}
"""Arrays with one row a stream, and the shape of a row."""


def _parameters(record: dict[str, Any]) -> Parameters:
    delays = tuple((str(source), tuple(float(share) for share in shares)) for source, shares in record.pop("delays"))
    return Parameters(delays=delays, **record)


def _recent_record(recent: Recent) -> dict[str, object]:
    numbers = base64.b64encode(recent.exposures.astype("<f4").tobytes()).decode("ascii")
    return {"starts": [start.isoformat() for start in recent.starts], "segments": recent.segments, "exposures": numbers}


def _recent(record: dict[str, Any]) -> Recent:
    starts = tuple(datetime.fromisoformat(start) for start in record["starts"])
    segments = tuple((Dimension(d), str(value)) for d, value in record["segments"])
    numbers = np.frombuffer(base64.b64decode(record["exposures"], validate=True), dtype="<f4").astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("an exposure is infinite")
    return Recent(starts, segments, numbers.reshape(len(starts), len(segments), 2))


def _reference(record: dict[str, Any]) -> Reference:
    rates = tuple((Dimension(d), str(value), tuple(float(r) for r in hours)) for d, value, hours in record["rates"])
    return Reference(str(record["source"]), int(record["events"]), rates)


def _process_record(process: Process) -> dict[str, object]:
    return {name: _packed(getattr(process, name)) for name in (*_ROWS, "likelihood")} | {
        "marks": [_packed(mark) for mark in process.marks],
        "block": process.block,
        "block_span": process.block_span,
        "learnt": process.learnt,
        "pooled": process.pooled,
        "alone": process.alone,
    }


def _process(record: dict[str, Any], streams: int) -> Process:
    arrays = {name: _unpacked(record.pop(name), (streams, *shape)) for name, shape in _ROWS.items()}
    return Process(
        **arrays,
        likelihood=_unpacked(record.pop("likelihood"), (len(RATIOS),)),
        marks=tuple(_unpacked(mark, (streams, len(GRID))) for mark in record.pop("marks")),
        block=tuple((x1, n1, x0, n0) for x1, n1, x0, n0 in record.pop("block")),
        block_span=float(str(record.pop("block_span"))),
        learnt=_five(record.pop("learnt")),
        pooled=_two(record.pop("pooled")),
        alone=bool(record.pop("alone")),
    )


def _packed(array: Floats) -> str:
    """The floats' own bytes as text: exact, and a hundred times faster than decimals."""
    return base64.b64encode(array.astype("<f8").tobytes()).decode("ascii")


def _unpacked(text: str, shape: tuple[int, ...]) -> Floats:
    found: Floats = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").astype(np.float64)
    if found.size != math.prod(shape) or not np.isfinite(found).all():
        raise ValueError(f"an array has {found.size} numbers or infinite ones instead of {math.prod(shape)}")
    return found.reshape(shape)


def _five(numbers: Sequence[float]) -> Sums:
    weight, by_variance, by_square, ratio, square = numbers
    return float(weight), float(by_variance), float(by_square), float(ratio), float(square)


def _two(numbers: Sequence[float]) -> tuple[float, float]:
    first, second = numbers
    return float(first), float(second)
