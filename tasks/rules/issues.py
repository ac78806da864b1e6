"""From evidence to an issue: when there is one, what it is called, how strong it must be before a recall is proposed.

Add here when evidence is joined to issues in another way; rather in `tasks/rules/severity.py` when the level changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from configs.policy import Policy
from configs.terms import Assessment, Evidence, Issue, IssueState, Level, Metric, Release, Scope
from tasks.rules.complaints import level_of_complaints
from tasks.rules.decision import should_propose
from tasks.rules.keys import issue_id
from tasks.rules.severity import assess


def judged(evidence: Sequence[Evidence], alarms: Sequence[Evidence], units: int | None, policy: Policy, days: float) -> Assessment:
    """The risk of a release by its counts; by what people write where only that is alarming, which is never above high."""
    counted = [e for e in evidence if e.metric is not Metric.COMPLAINT]
    if any(e.metric is not Metric.COMPLAINT for e in alarms):
        return assess(counted, units, policy.risk, days)
    written = alarms[0]
    harm = policy.risk.harm_of_kind[written.kind]
    level = level_of_complaints(written, harm)
    share = Fraction(written.events, max(written.exposure, 1))
    said = f"complaint: {written.reason}; reviews alone never show more than high"
    return Assessment(level, level, harm, share, share, units, uncertain=True, reasons=(said,))


def alarming(evidence: Sequence[Evidence], policy: Policy) -> tuple[Evidence, ...]:
    """The counted evidence that reaches the level at which a halt may be proposed, strongest first.

    Where no metric of a release does by itself but all of them together do, their strongest one speaks for them.
    """
    enough = math.log(1 / policy.detection.alpha_halt)
    counted = sorted((e for e in evidence if e.metric is not Metric.COMPLAINT), key=lambda e: -e.log_evidence)
    strongest = {e.version: e for e in reversed(counted)}
    return tuple(e for e in counted if e.log_evidence >= enough or (e.log_combined >= enough and strongest[e.version] is e))


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
    return max((max(e.log_evidence, e.log_combined) for e in evidence), default=0.0) >= math.log(1 / alpha)


def watched(releases: Sequence[Release], at: datetime, policy: Policy) -> tuple[Release, ...]:
    """The newest releases that are out, newest first: those a roll-out may still be harming people with."""
    out = sorted((r for r in releases if r.released_at <= at), key=lambda r: r.released_at, reverse=True)
    return tuple(out[: policy.detection.watched_releases])
