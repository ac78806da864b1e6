"""What was found in people's words, as evidence that says why: how many, since when, after which release, and about what.

Add here when the reason should say more; rather in `tasks/rules/complaints.py` when it is about what is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from configs.policy import Words
from configs.terms import Evidence, Health, IssueKind, Metric, Release, Scope, SignalKind, Topic
from tasks.rules.complaints_state import ComplaintState
from tasks.rules.copies import waves
from tasks.rules.rises import Finding, Window
from tasks.rules.topics import top_topics

VOICES = {
    SignalKind.REVIEW: "low-star reviews",
    SignalKind.TICKET: "tickets",
    SignalKind.FEEDBACK: "feedback",
    SignalKind.POST: "posts",
}


def too_little_known(state: ComplaintState, release: Release | None, at: datetime, policy: Words) -> Evidence:
    """Evidence that says nothing yet: too few usual days."""
    version = release.version if release else ""
    reason = (
        f"too few reviews yet to know what is usual: {policy.min_baseline_reviews} reviews over {policy.min_baseline_days} days are needed"
    )
    return Evidence(state.app, state.platform, version, Metric.COMPLAINT, at, Health.UNKNOWN, 0.0, 0, 0, 0, 0, reason=reason)


def evidence_of(
    state: ComplaintState, finding: Finding, kind: IssueKind, log_evidence: float, since: date, release: Release | None, at: datetime
) -> Evidence:
    """A finding as evidence about the release, or about none (version "")."""
    days, known = finding.window.days, finding.known
    events, reviews = sum(d.of(finding.stream) for d in days), sum(d.reviews for d in days)
    version = release.version if release else ""
    share = events / reviews if reviews else 0.0
    return Evidence(
        app=state.app,
        platform=state.platform,
        version=version,
        metric=Metric.COMPLAINT,
        at=at,
        health=Health.DEGRADED if log_evidence > 0 else Health.HEALTHY if reviews else Health.UNKNOWN,
        log_evidence=log_evidence,
        events=events,
        exposure=reviews,
        control_events=known.events,
        control_exposure=known.trials,
        ratio=share / known.share if reviews else None,
        kind=kind,
        scope=Scope(state.app, state.platform, version),
        reason=_in_words(finding, kind, since, release),
    )


def _in_words(finding: Finding, kind: IssueKind, since: date, release: Release | None) -> str:
    days, base = finding.window.days, finding.window.usual
    low, low_before = sum(d.low for d in days), sum(d.low for d in base)
    events, before = sum(d.of(finding.stream) for d in days), sum(d.of(finding.stream) for d in base)
    of = "a malfunction" if finding.stream is None else kind.value.replace("_", " ")
    mainly = f", mainly {kind.value.replace('_', ' ')}" if finding.stream is None else ""
    period = "1 day" if len(days) == 1 else f"{len(days)} days"
    return (
        f"{events} of {low} {_spoken(finding.window.voices)} ({sum(d.reviews for d in days)} in all) in {period} speak of {of}{mainly};"
        f" usually {before / max(low_before, 1):.2f} of them, {before / len(base):.1f} a day; since {since.isoformat()}, "
        + (f"after {release.version} of {release.released_at.date().isoformat()}" if release else "and no release shortly before")
    )


def _spoken(voices: Sequence[SignalKind]) -> str:
    named = [words for voice, words in VOICES.items() if voice in voices]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def detailed(evidence: Evidence, state: ComplaintState, window: Window, policy: Words) -> Evidence:
    """The evidence with what else people should know of its days: languages not read, copies, waves, and what is newly written about."""
    topics = top_topics(state.terms, window.days[-1].day, len(window.days), policy)
    return replace(evidence, topics=topics, reason="; ".join([evidence.reason, *_details(state, window, topics, policy)]))


def _details(state: ComplaintState, window: Window, topics: Sequence[Topic], policy: Words) -> Iterator[str]:
    unread, copies = sum(d.low - d.read for d in window.days), sum(d.copies for d in window.days)
    if unread:
        yield f"{unread} in other languages counted, not understood"
    if copies:
        yield f"{copies} copies of other texts left out"
    for wave in waves(state.texts, window.days[0].day, policy.wave_copies):
        yield f"one text came {wave.times} times, first as {wave.first}"
    if topics:
        yield "new: " + ", ".join(f"{t.label} ({t.texts}, usually {t.usual:.1f}; {t.examples[0]})" for t in topics)
