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
from tasks.rules.decision import should_propose
from tasks.rules.harm import by_words, harms_shown, joined
from tasks.rules.keys import issue_id
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
    """The counted evidence that reaches the level at which a halt may be proposed, strongest first."""
    enough = math.log(1 / policy.detection.alpha_halt)
    loud = (e for e in evidence if e.metric is not Metric.COMPLAINT and e.log_evidence >= enough)
    return tuple(sorted(loud, key=lambda e: -e.log_evidence))


def new_issue(alarms: Sequence[Evidence], assessment: Assessment, at: datetime) -> Issue:
    """The issue of a release's alarms, strongest first; its kind, scope and reason are the strongest's."""
    first = alarms[0]
    return Issue(
        id=issue_id(first.app, first.platform, first.version, first.kind),
        app=first.app,
        platform=first.platform,
        version=first.version,
        kind=first.kind,
        state=IssueState.OPEN,
        level=assessment.level,
        opened_at=at,
        reason="; ".join(f"{e.metric}: {e.reason}" for e in alarms),
        scope=first.scope or Scope(first.app, first.platform, first.version),
    )


def renewed(issue: Issue, alarms: Sequence[Evidence], assessment: Assessment, at: datetime) -> Issue:
    """A known issue with what its release's alarms say now; id, kind, state and opening time stay."""
    fresh = new_issue(alarms, assessment, at)
    return replace(issue, level=fresh.level, reason=fresh.reason, scope=fresh.scope)


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
    return max((e.log_evidence for e in evidence), default=0.0) >= math.log(1 / alpha)


def watched(releases: Sequence[Release], at: datetime, policy: Policy) -> tuple[Release, ...]:
    """The newest releases that are out, newest first: those a roll-out may still be harming people with."""
    out = sorted((r for r in releases if r.released_at <= at), key=lambda r: r.released_at, reverse=True)
    return tuple(out[: policy.detection.watched_releases])
