"""Builders of alarms and known issues for the tests of what is one problem: one varied fact a call.

Add here when several of those tests need it; rather in the one test that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from configs.policies import load_policy
from configs.terms import (
    Evidence,
    Health,
    Issue,
    IssueChange,
    IssueEntry,
    IssueKind,
    IssueState,
    Level,
    Metric,
    Platform,
    Scope,
)
from tasks.rules.correlation import Group, cases_after, correlate
from tasks.rules.rulings import Case

POLICY = load_policy("default").correlation
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = Scope("com.example.app", Platform.ANDROID, "2.1.0")
PIXEL_8, PIXEL_9 = replace(ALL, devices=("Pixel 8",)), replace(ALL, devices=("Pixel 9",))
PIXELS = replace(ALL, devices=("Pixel 8", "Pixel 9"))
OS_15 = replace(ALL, os_versions=("15",))

CRASH = Evidence(
    ALL.app, ALL.platform, ALL.version, Metric.CRASH, AT, Health.DEGRADED, 9.0, 90, 900, 9, 900, kind=IssueKind.CRASH, scope=ALL
)
KIND_OF = {Metric.CRASH: IssueKind.CRASH, Metric.ANR: IssueKind.HANG}


def an_alarm(metric: Metric = Metric.CRASH, **varied: object) -> Evidence:
    """An alarm about everyone; a complaint's scope is as unknown as words leave it."""
    given: dict[str, object] = {"metric": metric, "kind": KIND_OF.get(metric, IssueKind.BREAKAGE)}
    return replace(CRASH, **(given | varied))  # type: ignore[arg-type]  # fields by name


def an_issue(key: str = "ISS-1", **varied: object) -> Issue:
    issue = Issue(key, ALL.app, ALL.platform, ALL.version, IssueKind.CRASH, IssueState.OPEN, Level.HIGH, AT, "crashes", ALL)
    return replace(issue, **varied)  # type: ignore[arg-type]  # fields by name


def a_case(alarm: Evidence = CRASH, key: str = "ISS-1", *, at: datetime = AT, **varied: object) -> Case:
    """An issue that this alarm opened at that time."""
    (group,) = correlate([alarm], (), at, POLICY)
    entries = tuple(replace(e, issue=key, seq=n) for n, e in enumerate(group.entries, 1))
    return Case(an_issue(key, **({"kind": alarm.kind, "scope": group.scope, "opened_at": at} | varied)), entries)


def with_entry(case: Case, change: IssueChange, **facts: object) -> Case:
    """The case with one more line of its history; give `seq` where two cases' lines must be in order."""
    given: dict[str, object] = {"seq": len(case.entries) + 1, "person": "tech-lead", "at": AT}
    entry = IssueEntry(case.issue.id, change, AT, "one and the same bug")
    return replace(case, entries=(*case.entries, replace(entry, **(given | facts))))  # type: ignore[arg-type]  # fields by name


def told(cases: Sequence[Case], groups: Sequence[Group], at: datetime = AT) -> tuple[Case, ...]:
    """The cases after a look, as the ledger would give them back: every line with its place."""
    seq = max((e.seq for case in cases for e in case.entries), default=0)
    kept = []
    for case in cases_after(cases, groups, at):
        lines = []
        for entry in case.entries:
            seq += entry.seq == 0
            lines.append(replace(entry, seq=entry.seq or seq))
        kept.append(replace(case, entries=tuple(lines)))
    return tuple(kept)
