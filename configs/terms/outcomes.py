"""Words for what came of it: reconciliation, nightly reviews, known episodes to compare with.

Add here when success is told in another word; rather in `judged.py` when it is about a release's risk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """exposed = fixed + blocked + uninstalled + dormant + unreached, for one cell or a sum of cells. Always sums, never negative."""

    exposed: int
    fixed: int
    blocked: int
    uninstalled: int
    dormant: int
    unreached: int
    warnings: tuple[str, ...] = field(default=())


class ReviewVerdict(StrEnum):
    EFFECTIVE = "effective"
    NOT_YET = "not_yet"
    INEFFECTIVE = "ineffective"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """One night's answer to "did it work": reach over all cells, and the fixed version's rate against the last good one."""

    recall_id: str
    night: str
    at: datetime
    verdict: ReviewVerdict
    reconciliation: Reconciliation
    reach: float | None
    ratio: float | None
    ratio_high: float | None
    reasons: tuple[str, ...] = ()


class Expected(StrEnum):
    """What a person who read an episode's reviews would have had done."""

    RECALL = "recall"
    INVESTIGATE = "investigate"
    NO_RECALL = "no_recall"


@dataclass(frozen=True, slots=True)
class Episode:
    """Something known to have happened to an app, from the first to the last day, both included: what a replay is compared with."""

    case: str
    app: str
    version: str
    first_day: date
    last_day: date
    cause: str
    expected: Expected
