"""Which alarms are one problem: each confirms an issue of its release, or opens one, and says why.

| cause               | scope                                    | first alarm of that source       | the alarm            |
|---------------------|------------------------------------------|----------------------------------|----------------------|
| the issue's         | equal, within, or holding the issue's    | within `onset_days` of the last  | confirms the issue   |
| the issue's         | likewise                                 | later                            | opens another        |
| the issue's         | likewise                                 | spoke for this issue before      | goes on in the issue |
| the issue's         | other, but a suspect fits                | as above                         | as above             |
| the issue's         | other users                              | any                              | opens another        |
| another             | exactly the same part of the users       | within `same_window_days`        | confirms the issue   |
| another             | any other, or it is only displeasure     | any                              | opens another        |

Crash, hang and breakage are one cause; every other kind is its own. Words cannot tell a device, so reviews that name nobody fit every
scope and widen none. An issue's scope holds what each of its sources said last: a wider alarm widens it, and it narrows when all do.

A person's word comes before all of this: what was merged goes on into the issue it was merged into, and what was split off into its
own, whatever this table says (`tasks/rules/rulings.py`). The order of alarms within one look does not matter, and the same alarms again
change nothing.

Add here when evidence is joined to issues in another way; rather in `tasks/rules/issues.py` when it is about one issue's own values,
and in `tasks/rules/coverage.py` when it is about a further recall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from configs.policy import Correlation
from configs.terms import Evidence, Issue, IssueChange, IssueEntry, IssueKind, IssueState, Level, Metric, Scope
from tasks.rules.decision import is_narrow, scope_in_words
from tasks.rules.keys import issue_id
from tasks.rules.rulings import Case, admits, cause_of, evidence_entries, ruled, scope_of
from tasks.rules.scopes import Relation, relation, width

SETTLED = (IssueState.CLOSED, IssueState.DISMISSED, IssueState.MERGED)
"""States in which an issue waits for nobody any more."""

STARTS = (IssueChange.OPENED, IssueChange.CONFIRMED)
"""A further source began to speak for the issue."""

FITS = {
    Relation.EQUAL: "the same users",
    Relation.WITHIN: "a part of its users",
    Relation.HOLDS: "its users and more",
}
"""Relations of an alarm's scope to an issue's that one cause may have, the closest first."""

IN_DOUBT = "one of the scopes it suspects fits"
UNTOLD = "whom it concerns is not told"


@dataclass(frozen=True, slots=True)
class Group:
    """What one look brings to one issue: its alarms, strongest first, and the lines its history gets.

    `scope`: the issue's from now on, as its sources tell it.
    """

    issue_id: str
    is_new: bool
    alarms: tuple[Evidence, ...]
    scope: Scope
    entries: tuple[IssueEntry, ...]


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well an alarm fits a case; the smallest `rank` is the best."""

    case: Case
    rank: tuple[object, ...]
    why: str


def correlate(alarms: Iterable[Evidence], cases: Sequence[Case], at: datetime, policy: Correlation) -> tuple[Group, ...]:
    """Groups one look's alarms of one release by the issue they speak for, the group with the strongest alarm first.

    `cases`: every issue of the release, the settled ones too. Nothing changes with the order of either.
    """
    now = {case.issue.id: case for case in cases}
    found: dict[str, list[Evidence]] = {}
    for alarm in sorted(alarms, key=_by_place):
        home, why = _home(alarm, tuple(now.values()), at, policy)
        if home is None:
            home = _opened(alarm, why, now, at)
            now[home.issue.id] = home
        else:
            now[home.issue.id] = _joined(home, alarm, why, at)
        found.setdefault(home.issue.id, []).append(alarm)
    known = {case.issue.id: len(case.entries) for case in cases}
    groups = [_group(now[key], tuple(sorted(mine, key=by_strength)), known.get(key)) for key, mine in found.items()]
    return tuple(sorted(_named(groups, known), key=lambda group: by_strength(group.alarms[0])))


def cases_after(cases: Sequence[Case], groups: Sequence[Group], at: datetime) -> tuple[Case, ...]:
    """The cases once the look's lines are told, the new ones among them (their level is not judged here)."""
    told = {group.issue_id: group.entries for group in groups}
    opened = (Case(_unjudged(g.issue_id, g.alarms[0], at), g.entries) for g in groups if g.is_new)
    return (*(_with(case, *told.get(case.issue.id, ())) for case in cases), *opened)


def home_of(evidence: Evidence, cases: Sequence[Case], at: datetime, policy: Correlation) -> str:
    """The issue that evidence which raises no alarm belongs to; "" when there is none of its cause."""
    home, _ = _home(replace(evidence, scope=None, suspects=()), cases, at, policy)
    return home.issue.id if home else ""


def told_scope(alarm: Evidence) -> Scope | None:
    """Whom the alarm says it concerns; None where it cannot know: words that name nobody."""
    if alarm.scope is None or (alarm.metric is Metric.COMPLAINT and not is_narrow(alarm.scope)):
        return None
    return alarm.scope


def by_strength(alarm: Evidence) -> tuple[object, ...]:
    """Orders counts before words, then the strongest evidence first; the rest only makes the order the same every time."""
    return (
        alarm.metric is Metric.COMPLAINT,
        -alarm.log_evidence,
        alarm.metric.value,
        alarm.kind.value,
        scope_in_words(alarm.scope or _everyone(alarm)),
    )


def _by_place(alarm: Evidence) -> tuple[object, ...]:
    """Orders the widest scope first, so that parts find the whole; what tells no scope comes last."""
    told = told_scope(alarm)
    wide, named = width(told) if told else (0, 0)
    return -wide, -named, *by_strength(alarm)


def _everyone(alarm: Evidence) -> Scope:
    return Scope(alarm.app, alarm.platform, alarm.version)


# --- finding the issue --------------------------------------------------------------------------------------------------


def _home(alarm: Evidence, cases: Sequence[Case], at: datetime, policy: Correlation) -> tuple[Case | None, str]:
    """The case the alarm belongs to and why; without one, why none of them will do."""
    by_id = {case.issue.id: case for case in cases}
    tried = [_fit(alarm, case, by_id, at, policy) for case in sorted(cases, key=_by_age)]
    fits = [fit for fit in tried if isinstance(fit, _Fit)]
    if not fits:
        return None, "; ".join(str(said) for said in tried) or "the release has no issue yet"
    best = min(fits, key=lambda fit: fit.rank)
    home, ruling = ruled(alarm, told_scope(alarm), best.case, by_id)
    if ruling is None:
        return home, best.why
    return home, f"{ruling.person} said so on {ruling.at:%Y-%m-%d}: {ruling.reason}"


def _by_age(case: Case) -> tuple[datetime, str]:
    return case.issue.opened_at, case.issue.id


def _fit(alarm: Evidence, case: Case, by_id: Mapping[str, Case], at: datetime, policy: Correlation) -> _Fit | str:
    """How the alarm fits, or the reason why it does not."""
    mine, told = evidence_entries(case), told_scope(alarm)
    placed = _placed(told, alarm, scope_of(case), policy)
    cause, causes = cause_of(alarm.kind), {cause_of(e.kind) for e in mine if e.kind} or {cause_of(case.issue.kind)}
    speaks = not mine or any(e.metric is alarm.metric and e.kind and cause_of(e.kind) == cause for e in mine)
    age = at - max((e.at for e in mine if e.change in STARTS), default=case.issue.opened_at)
    if not admits(alarm, told, case):
        return f"a person made {case.issue.id} for other evidence"
    if placed is None:
        return f"{case.issue.id} concerns others ({scope_in_words(scope_of(case) or case.issue.scope)})"
    is_same = cause in causes
    if not is_same and not _may_be_one(cause, causes, told, placed[1], age, policy):
        return f"{case.issue.id} is of another cause ({', '.join(sorted(causes))})"
    if is_same and not speaks and age > timedelta(days=policy.onset_days):
        return f"{case.issue.id} was last confirmed by a further source {age.days} days ago"
    settled = ruled(alarm, told, case, by_id)[0].issue.state in SETTLED
    rank = (not speaks, settled, not is_same, placed[0], alarm.kind is not case.issue.kind, *_by_age(case))
    return _Fit(case, rank, _in_words(alarm, case, is_same, placed[1], age))


def _placed(told: Scope | None, alarm: Evidence, scope: Scope | None, policy: Correlation) -> tuple[int, str] | None:
    """How close the scopes are, and in words; None when they are of different users."""
    if told is None or scope is None:
        return len(FITS), UNTOLD
    found = relation(told, scope)
    if found in FITS:
        return list(FITS).index(found), FITS[found]
    likely = [s.scope for s in alarm.suspects if s.posterior >= policy.suspect_posterior and is_narrow(s.scope)]
    if any(relation(suspect, scope) in (Relation.EQUAL, Relation.WITHIN) for suspect in likely):
        return len(FITS) + 1, IN_DOUBT
    return None


def _may_be_one(cause: str, causes: set[str], told: Scope | None, placed: str, age: timedelta, policy: Correlation) -> bool:
    """Whether two causes are taken for one: the same named part of the users, at the same time. Displeasure is never a cause of harm."""
    if IssueKind.DISPLEASURE.value in (cause, *causes) or told is None or not is_narrow(told):
        return False
    return placed == FITS[Relation.EQUAL] and age <= timedelta(days=policy.same_window_days)


def _in_words(alarm: Evidence, case: Case, is_same: bool, placed: str, age: timedelta) -> str:
    like = f"the same cause ({cause_of(alarm.kind)})" if is_same else f"{alarm.kind} at the same time as {case.issue.kind}"
    when = "the same day" if age < timedelta(days=1) else f"{age.days} days after the last source"
    return f"{like}, {placed}, {when}"


# --- what the issue's history gets --------------------------------------------------------------------------------------


def _opened(alarm: Evidence, why: str, now: Mapping[str, Case], at: datetime) -> Case:
    """A new case under a name of its own until the look is over: which alarm is its first is known only then."""
    name = f"<{len(now)}>"
    return Case(_unjudged(name, alarm, at), (_entry(name, IssueChange.OPENED, alarm, why, at),))


def _unjudged(key: str, alarm: Evidence, at: datetime) -> Issue:
    return Issue(key, alarm.app, alarm.platform, alarm.version, alarm.kind, IssueState.OPEN, Level.LOW, at, "", _everyone(alarm))


def _joined(case: Case, alarm: Evidence, why: str, at: datetime) -> Case:
    """The case with what the alarm adds to its history: nothing when it said the same before."""
    is_known = any(e.metric is alarm.metric and e.kind is alarm.kind for e in evidence_entries(case))
    added = [] if is_known else [_entry(case.issue.id, IssueChange.CONFIRMED, alarm, why, at)]
    before, after = _whole(case), _whole(_with(case, _entry(case.issue.id, IssueChange.WIDENED, alarm, why, at)))
    if relation(after, before) is not Relation.EQUAL:
        change = IssueChange.NARROWED if relation(after, before) is Relation.WITHIN else IssueChange.WIDENED
        said = f"from {scope_in_words(before)} to {scope_in_words(after)}: {alarm.metric} says so"
        added.append(_entry(case.issue.id, change, alarm, said, at))
    return _with(case, *added)


def _with(case: Case, *entries: IssueEntry) -> Case:
    return replace(case, entries=(*case.entries, *entries))


def _whole(case: Case) -> Scope:
    """Whom the case concerns: everyone, as long as nothing tells."""
    return scope_of(case) or Scope(case.issue.app, case.issue.platform, case.issue.version)


def _entry(issue: str, change: IssueChange, alarm: Evidence, why: str, at: datetime) -> IssueEntry:
    return IssueEntry(issue, change, at, why, alarm.metric, alarm.kind, told_scope(alarm))


def _group(case: Case, alarms: tuple[Evidence, ...], known: int | None) -> Group:
    return Group(case.issue.id, known is None, alarms, _whole(case), case.entries[known or 0 :])


def _named(groups: Sequence[Group], known: Mapping[str, int]) -> list[Group]:
    """New issues get their ids and their first alarm, which is the strongest; whatever else came with it confirms it."""
    ids: dict[str, str] = {}
    for group in sorted((g for g in groups if g.is_new), key=lambda g: by_strength(g.alarms[0])):
        taken = {*known, *ids.values()}
        tries = (issue_id(group.scope, group.alarms[0].kind, n) for n in range(1, len(taken) + 2))
        ids[group.issue_id] = next(key for key in tries if key not in taken)
    return [replace(g, issue_id=ids.get(g.issue_id, g.issue_id), entries=_told(g, ids)) for g in groups]


def _told(group: Group, ids: Mapping[str, str]) -> tuple[IssueEntry, ...]:
    """The group's lines under the issue's real id; those of a new issue begin with the strongest alarm."""
    lines = _first_lines(group) if group.is_new else group.entries
    return tuple(replace(e, issue=ids.get(e.issue, e.issue), reason=_renamed(e.reason, ids)) for e in lines)


def _first_lines(group: Group) -> tuple[IssueEntry, ...]:
    first = group.alarms[0]
    opening = next(e for e in group.entries if e.change is IssueChange.OPENED)
    others = [a for a in group.alarms[1:] if (a.metric, a.kind) != (first.metric, first.kind)]
    said = f"the same look, the same cause ({cause_of(first.kind)}) as {first.metric}"
    return (
        _entry(group.issue_id, IssueChange.OPENED, first, opening.reason, opening.at),
        *(_entry(group.issue_id, IssueChange.CONFIRMED, alarm, said, opening.at) for alarm in others),
    )


def _renamed(reason: str, ids: Mapping[str, str]) -> str:
    for name, key in ids.items():
        reason = reason.replace(name, key)
    return reason
