"""From evidence to an issue: when there is one, what it is called, how strong it must be before a recall is proposed.

Add here when evidence is joined to issues in another way; rather in `tasks/rules/severity.py` when the level changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from configs.policy import Policy
from configs.terms import Assessment, Evidence, Issue, IssueState, Level, Metric, Release, Scope
from tasks.rules.complaints import is_alarm
from tasks.rules.decision import should_propose
from tasks.rules.harm import by_words, harms_shown, joined
from tasks.rules.severity import assess


def judged(evidence: Sequence[Evidence], alarms: Sequence[Evidence], units: int | None, policy: Policy, days: float) -> Assessment:
    """The risk of a release by its counts or by what people write, whichever is higher; words alone are never above high."""
    shown = harms_shown((*evidence, *(a for a in alarms if a not in evidence)), policy)
    written = next((s.evidence for s in shown if s.evidence.metric is Metric.COMPLAINT), None)
    if all(a.metric is Metric.COMPLAINT for a in alarms):
        return by_words(written or alarms[0], units, policy)
    counted = [e for e in evidence if e.metric is not Metric.COMPLAINT]
    by_counts = assess(counted, units, policy.risk, days, policy.signoff.deadline_hours)
    return by_counts if written is None else joined(by_counts, by_words(written, units, policy), shown)


def alarming(evidence: Sequence[Evidence], policy: Policy) -> tuple[Evidence, ...]:
    """The counted evidence that reaches the level at which a halt may be proposed, strongest first.

    Where no metric of a release does by itself but all of them together do, their strongest one speaks for them.
    """
    enough = math.log(1 / policy.detection.alpha_halt)
    counted = sorted((e for e in evidence if e.metric is not Metric.COMPLAINT), key=lambda e: -e.log_evidence)
    strongest = {e.version: e for e in reversed(counted)}
    return tuple(e for e in counted if e.log_evidence >= enough or (e.log_combined >= enough and strongest[e.version] is e))


def weighed(evidence: Sequence[Evidence], units: int | None, policy: Policy, days: float) -> Assessment:
    """The risk of one issue by everything that speaks for it: a further source never makes it look more harmless."""
    alarms = loud_of(evidence, policy)
    if not alarms:
        return assess([e for e in evidence if e.metric is not Metric.COMPLAINT], units, policy.risk, days, policy.signoff.deadline_hours)
    return judged(evidence, alarms, units, policy, days)


def new_issue(key: str, alarms: Sequence[Evidence], scope: Scope, assessment: Assessment, at: datetime) -> Issue:
    """The issue of these alarms, strongest first; its kind is the strongest's."""
    first = alarms[0]
    return Issue(
        id=key,
        app=first.app,
        platform=first.platform,
        version=first.version,
        kind=first.kind,
        state=IssueState.OPEN,
        level=assessment.level,
        opened_at=at,
        reason=said(alarms),
        scope=scope,
    )


def renewed(issue: Issue, alarms: Sequence[Evidence], scope: Scope, assessment: Assessment) -> Issue:
    """A known issue with what its alarms say now; id, kind, state and opening time stay."""
    return replace(issue, level=assessment.level, reason=said(alarms), scope=scope)


def said(alarms: Sequence[Evidence]) -> str:
    """What the alarms say, each after its metric."""
    return "; ".join(f"{e.metric}: {e.reason}" for e in alarms)


def kept(before: Sequence[Evidence], now: Sequence[Evidence], policy: Policy) -> tuple[Evidence, ...]:
    """What an issue rests on after a look: everything said now, and what was written before and is not said anew.

    Counts are said again at every look; what people wrote raises its alarm once, and holds.
    """
    anew = {e.kind for e in _written(now, policy)}
    return (*now, *(e for e in _written(before, policy) if e.kind not in anew))


def loud_of(evidence: Sequence[Evidence], policy: Policy) -> tuple[Evidence, ...]:
    """The alarms among the evidence, counts before words, the strongest first."""
    return (*alarming(evidence, policy), *_written(evidence, policy))


def speaking(evidence: Sequence[Evidence], alarms: Sequence[Evidence], policy: Policy) -> tuple[Evidence, ...]:
    """This look's alarms, and what was written before and holds."""
    return (*alarms, *(e for e in _written(evidence, policy) if e not in alarms))


def _written(evidence: Sequence[Evidence], policy: Policy) -> list[Evidence]:
    """Complaints that are loud enough for an alarm, the strongest first."""
    loud = (e for e in evidence if e.metric is Metric.COMPLAINT and is_alarm(e, policy.words))
    return sorted(loud, key=lambda e: -e.log_evidence)


def is_due_for_proposal(issue: Issue, evidence: Sequence[Evidence], policy: Policy) -> bool:
    """Whether a recall is put before the signers now.

    | level                     | evidence           | proposed |
    |---------------------------|--------------------|----------|
    | below propose_from        | any                | no       |
    | serious                   | >= 1/alpha_halt    | yes      |
    | propose_from up to high   | >= 1/alpha_recall  | yes      |
    | propose_from up to high   | less               | no       |
    """
    if issue.state is not IssueState.OPEN or not should_propose(issue.level, policy.risk):
        return False
    alpha = policy.detection.alpha_halt if issue.level is Level.SERIOUS else policy.detection.alpha_recall
    return max((max(e.log_evidence, e.log_combined) for e in evidence), default=0.0) >= math.log(1 / alpha)


def watched(releases: Sequence[Release], at: datetime, policy: Policy) -> tuple[Release, ...]:
    """The newest releases that are out, newest first: those a roll-out may still be harming people with."""
    out = sorted((r for r in releases if r.released_at <= at), key=lambda r: r.released_at, reverse=True)
    return tuple(out[: policy.detection.watched_releases])
