"""Words for an issue's history: what became of it, by which evidence or whom, and why.

Add here when something else can happen to an issue; rather in `judged.py` when it is about what an issue is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from configs.terms.apps import Scope
from configs.terms.judged import IssueKind
from configs.terms.observed import Metric


class IssueChange(StrEnum):
    """What happened to an issue.

    OPENED, CONFIRMED: by evidence. WIDENED, NARROWED: its scope, by evidence. REOPENED: dismissed, and worse since. By a person: MERGED
    into `other`, ABSORBED `other`, SPLIT (a part went to `other`), SPLIT_OFF (it is a part of `other`).
    """

    OPENED = "opened"
    CONFIRMED = "confirmed"
    WIDENED = "widened"
    NARROWED = "narrowed"
    REOPENED = "reopened"
    MERGED = "merged"
    ABSORBED = "absorbed"
    SPLIT = "split"
    SPLIT_OFF = "split_off"


@dataclass(frozen=True, slots=True)
class IssueEntry:
    """One line of an issue's history.

    `metric`, `kind` and `scope` are the evidence's (`scope` None: it cannot tell whom it concerns) and `source` names who delivered it;
    of a SPLIT they say what was split off, None meaning "any". `seq`: its place in the whole ledger's history, 0 until it is kept.
    """

    issue: str
    change: IssueChange
    at: datetime
    reason: str
    metric: Metric | None = None
    kind: IssueKind | None = None
    scope: Scope | None = None
    source: str = ""
    other: str = ""
    person: str = ""
    seq: int = 0
