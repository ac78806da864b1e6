"""An issue with its history, and what a person has ruled about it: merged into another, or a part of it split off.

A ruling stays: evidence walks from the issue it speaks for through every ruling that concerns it, in the order they were made, and ends
where the last one sends it.

| ruling on the issue    | evidence                                   | goes on |
|------------------------|--------------------------------------------|---------|
| merged into another    | any                                        | there   |
| split by kind          | of that kind                               | there   |
| split by scope         | that says it concerns only that scope      | there   |
| split                  | any other                                  | here    |

Add here when a person can rule otherwise about issues; rather in `tasks/rules/correlation.py` when nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configs.terms import Evidence, Issue, IssueChange, IssueEntry, IssueKind, Metric, Scope
from tasks.rules.decision import is_narrow
from tasks.rules.scopes import holds, hull

MALFUNCTION = "malfunction"
"""The one cause of these kinds: an app that closes, stands still or does not work is one defect seen from three sides."""

ONE_DEFECT = frozenset({IssueKind.CRASH, IssueKind.HANG, IssueKind.BREAKAGE})
BY_EVIDENCE = (IssueChange.OPENED, IssueChange.CONFIRMED, IssueChange.WIDENED, IssueChange.NARROWED)
RULINGS = (IssueChange.MERGED, IssueChange.SPLIT)
PINNED = (IssueChange.ABSORBED, IssueChange.SPLIT_OFF)
"""A person named these scopes: no evidence narrows them away."""


@dataclass(frozen=True, slots=True)
class Case:
    """An issue with its history, oldest line first. Without any it is of a ledger that kept none yet."""

    issue: Issue
    entries: tuple[IssueEntry, ...] = ()


def cause_of(kind: IssueKind) -> str:
    """What a kind of trouble comes from, as far as its kind tells."""
    return MALFUNCTION if kind in ONE_DEFECT else kind.value


def evidence_entries(case: Case) -> tuple[IssueEntry, ...]:
    """The lines of a case's history that rest on evidence it still has: what was split off later is not its own any more."""
    return tuple(e for e in case.entries if e.change in BY_EVIDENCE and not _split_away(e, case))


def scope_of(case: Case) -> Scope | None:
    """The smallest scope that holds what every source of the case said last, and what a person named; None while nothing tells one."""
    told: dict[tuple[Metric | None, IssueKind | None], Scope] = {}
    for entry in evidence_entries(case):
        if entry.scope is not None:
            told[entry.metric, entry.kind] = entry.scope
    named = [e.scope for e in case.entries if e.change in PINNED and e.scope is not None and not _split_away(e, case)]
    if not any(e.change in BY_EVIDENCE for e in case.entries):  # of a ledger that kept no history yet
        named += [case.issue.scope] if is_narrow(case.issue.scope) else []
    return hull((*told.values(), *named))


def admits(alarm: Evidence, told: Scope | None, case: Case) -> bool:
    """Whether the case may take evidence of that kind and scope: one that a person split off takes only what it was made for."""
    made = next((e for e in case.entries if e.change is IssueChange.SPLIT_OFF), None)
    return made is None or concerns(made.kind, made.scope, alarm.kind, told)


def ruled(alarm: Evidence, told: Scope | None, case: Case, cases: Mapping[str, Case]) -> tuple[Case, IssueEntry | None]:
    """Where evidence of the case goes by what people ruled, and the last ruling that sent it there; None when none did."""
    last: IssueEntry | None = None
    while True:
        after = last.seq if last else 0
        later = (e for e in case.entries if e.change in RULINGS and e.seq > after and e.other in cases)
        found = next((e for e in later if e.change is IssueChange.MERGED or concerns(e.kind, e.scope, alarm.kind, told)), None)
        if found is None:
            return case, last
        case, last = cases[found.other], found


def concerns(kind: IssueKind | None, scope: Scope | None, found: IssueKind | None, told: Scope | None) -> bool:
    """Whether evidence of the kind `found` about `told` is of that kind and scope, None meaning any."""
    if kind is not None and kind is not found:
        return False
    return scope is None or (told is not None and holds(scope, told))


def _split_away(entry: IssueEntry, case: Case) -> bool:
    splits = (e for e in case.entries if e.change is IssueChange.SPLIT and e.seq > entry.seq > 0)
    return any(concerns(split.kind, split.scope, entry.kind, entry.scope) for split in splits)
