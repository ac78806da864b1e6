"""What a person may merge and split, and what an issue's history gets when they do.

| the issue                                  | merged into another | split               |
|--------------------------------------------|---------------------|---------------------|
| open                                       | yes                 | yes                 |
| proposed, or being recalled                | no: its recall      | yes; the recall goes |
|                                            | would be orphaned   | on as it was signed |
| dismissed, closed, or merged already       | no                  | no                  |

| the other issue               | takes it                                         |
|-------------------------------|--------------------------------------------------|
| open                          | yes                                              |
| proposed, or being recalled   | only what its recall covers, by scope and level  |
| dismissed, closed, or merged  | no                                               |
| of another release            | no                                               |

Add here when people may regroup otherwise; rather in `tasks/rules/rulings.py` when it is about what follows for later evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from configs.errors import BadInput, Refused
from configs.terms import Evidence, Issue, IssueChange, IssueEntry, IssueKind, IssueState, Recall, Scope
from tasks.rules.correlation import SETTLED, by_strength, told_scope
from tasks.rules.coverage import covering
from tasks.rules.decision import scope_in_words
from tasks.rules.keys import issue_id
from tasks.rules.rulings import Case, concerns, scope_of
from tasks.rules.scopes import NAMES, Relation, hull, relation

RECALLED = (IssueState.PROPOSED, IssueState.RECALLING)


@dataclass(frozen=True, slots=True)
class Word:
    """Who rules, why, and when."""

    person: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """What is split off: evidence of that kind, or of users within that scope; exactly one of the two is given."""

    kind: IssueKind | None = None
    scope: Scope | None = None

    def __str__(self) -> str:
        return f"kind {self.kind}" if self.kind else scope_in_words(self.scope) if self.scope else "nothing"


@dataclass(frozen=True, slots=True)
class Halves:
    """`taken`: the evidence of the issue that is split off, and the `loud` part of it, strongest first; `left`: what stays."""

    taken: tuple[Evidence, ...]
    loud: tuple[Evidence, ...]
    left: tuple[Evidence, ...]


def part_of(issue: Issue, kind: str, scope: Iterable[str]) -> Part:
    """The part a person named: a kind, or one or more "device=NAME", "os=VERSION", "country=CODE".

    Raises:
        BadInput: neither or both, or a scope that cannot be read.
    """
    cells = list(scope)
    if bool(kind) == bool(cells):
        raise BadInput("name what is split off: a kind or a scope, one of the two")
    if kind:
        return Part(kind=IssueKind(kind))
    fields: dict[str, tuple[str, ...]] = dict.fromkeys((field for _, field in NAMES), ())
    for cell in cells:
        name, _, value = cell.partition("=")
        field = dict(NAMES).get(name.strip())
        if field is None or not value.strip():
            raise BadInput(f"{cell!r} is no scope; write {', '.join(f'{known}=...' for known, _ in NAMES)}, as `recall explain` names them")
        fields[field] = tuple(sorted({*fields[field], value.strip()}))
    whole = Scope(issue.app, issue.platform, issue.version)
    countries, os_versions, devices = (fields[field] for _, field in NAMES)
    return Part(scope=replace(whole, countries=countries, os_versions=os_versions, devices=devices))


def check_merge(issue: Issue, into: Issue, recalls: Sequence[Recall]) -> None:
    """Returns when the issue may be merged into the other one. `recalls`: those of the release.

    Raises:
        BadInput: it is the same issue.
        Refused: by the table above; says what to do instead.
    """
    if issue.id == into.id:
        raise BadInput(f"{issue.id} cannot be merged into itself")
    if (issue.app, issue.platform, issue.version) != (into.app, into.platform, into.version):
        raise Refused(f"{issue.id} is of {_release(issue)}, {into.id} of {_release(into)}: a cause is recalled release by release")
    for one in (issue, into):
        check_unsettled(one)
    if issue.state in RECALLED:
        raise Refused(f"{issue.id} is {issue.state} and its recall would be orphaned; merge {into.id} into it instead")
    recall = next((r for r in recalls if r.issue_id == into.id), None)
    if into.state in RECALLED and recall and covering(issue, [recall]) is None:
        raise Refused(
            f"{recall.id} of {into.id} covers {scope_in_words(recall.scope)} at level {recall.level}, and {issue.id} concerns"
            f" {scope_in_words(issue.scope)} at level {issue.level}: merged, it would be left without a recall"
        )


def check_unsettled(issue: Issue) -> None:
    """Returns when something is still to be decided about the issue. Raises Refused naming its state."""
    if issue.state in SETTLED:
        raise Refused(f"{issue.id} is {issue.state}: it is settled, and stays as it is")


def _release(issue: Issue) -> str:
    return f"{issue.app} {issue.version} ({issue.platform})"


def merged(case: Case, into: Case, word: Word) -> tuple[IssueEntry, IssueEntry]:
    """One line for each of the two histories."""
    ours = IssueEntry(case.issue.id, IssueChange.MERGED, word.at, word.reason, other=into.issue.id, person=word.person)
    theirs = replace(ours, issue=into.issue.id, change=IssueChange.ABSORBED, other=case.issue.id, scope=scope_of(case))
    return ours, theirs


def halves(case: Case, part: Part, evidence: Sequence[Evidence], loud: Sequence[Evidence]) -> Halves:
    """The issue's evidence in two; `loud`: the alarms among it, which an issue rests on.

    Of an alarm that only suspects the part's users, the part gets what it says of them.

    Raises:
        Refused: the issue is settled, nothing it rests on is of that part, or all of it is.
    """
    check_unsettled(case.issue)
    taken = [e for e in evidence if concerns(part.kind, part.scope, e.kind, told_scope(e))]
    partly = [found for e in loud if e not in taken and (found := _suspected(e, part))]
    spoken = [e for e in loud if e in taken] + partly
    left = tuple(e for e in evidence if e not in taken)
    if not spoken:
        has = "; ".join(f"{e.metric} ({e.kind}) for {scope_in_words(told_scope(e) or case.issue.scope)}" for e in loud)
        raise Refused(f"nothing {case.issue.id} rests on is of {part}; it has {has or 'no alarm'}")
    if not any(e in loud for e in left):
        raise Refused(f"everything {case.issue.id} rests on is of {part}; nothing would be left of it")
    return Halves((*taken, *partly), tuple(sorted(spoken, key=by_strength)), left)


def _suspected(evidence: Evidence, part: Part) -> Evidence | None:
    """What the evidence says of the part's users alone, when one of its suspects is within them."""
    if part.scope is None:
        return None
    near = (s for s in evidence.suspects if relation(s.scope, part.scope) in (Relation.EQUAL, Relation.WITHIN))
    best = max(near, key=lambda s: s.posterior, default=None)
    if best is None:
        return None
    bounds = {"ratio": best.ratio, "ratio_low": best.ratio_low, "ratio_high": best.ratio_high}
    return replace(evidence, scope=best.scope, log_evidence=best.log_evidence, suspects=(), **bounds)  # type: ignore[arg-type]  # floats


def name_of(case: Case, part: Part, loud: Sequence[Evidence], known: Iterable[str]) -> tuple[str, Scope]:
    """Id and scope of the issue that is split off. `known`: ids that are taken."""
    issue, taken = case.issue, set(known)
    told = [scope for e in loud if (scope := told_scope(e))]
    scope = part.scope or hull(told) or Scope(issue.app, issue.platform, issue.version)
    tries = (issue_id(scope, part.kind or loud[0].kind, n) for n in range(1, len(taken) + 2))
    return next(key for key in tries if key not in taken), scope


def split(case: Case, part: Part, key: str, loud: Sequence[Evidence], word: Word) -> tuple[IssueEntry, ...]:
    """The lines of both histories: the ruling, its mark on the new issue, and what the new one rests on."""
    ruling = IssueEntry(
        case.issue.id, IssueChange.SPLIT, word.at, word.reason, kind=part.kind, scope=part.scope, other=key, person=word.person
    )
    made = replace(ruling, issue=key, change=IssueChange.SPLIT_OFF, other=case.issue.id)
    rests = {(e.metric, e.kind): e for e in loud}
    said = f"split off from {case.issue.id}"
    lines = (IssueEntry(key, IssueChange.CONFIRMED, word.at, said, e.metric, e.kind, told_scope(e)) for e in rests.values())
    return ruling, made, *lines
