"""Whether what people write shows that a release broke something, judged against the app's own past.

There is no concurrent control: an iOS review carries no version, and everybody gets a release at about the same time. So three
things must hold at once, over a window of a few days:

    number   more complaints of malfunction a day than usual         (negative binomial, spread learnt from the usual days)
    share    a larger part of all reviews than usual                 (beta-binomial, likewise)
    rise     most of the added low-star reviews speak of malfunction (else it is a burst of opinion that mentions trouble by the way)

The evidence is the weaker of number and share. Its level is corrected for every day of a year, every window and every kind looked at
(a union bound; within a day the count only grows, so looking often costs nothing): `alpha` is the probability of a false alarm
per app and year, were usual days as the learnt distribution says. It is weaker than a comparison of two concurrent versions.

Add here when complaints are judged otherwise; rather in `tasks/rules/words.py` when one text is, and in `tasks/rules/surprise.py` for
the distributions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone

from configs.policy import Words
from configs.terms import Evidence, Harm, Health, IssueKind, Level, Metric, Release, Scope
from tasks.rules.complaints_state import KINDS, Alarm, ComplaintState, Day, fold, load_state
from tasks.rules.surprise import Usual, count_tail, share_tail, usual

__all__ = ["ComplaintState", "Look", "assess", "fold", "is_alarm", "level_of_complaints", "load_state", "look"]

LOOKS_A_YEAR = 365
"""Days the yearly false-alarm probability is spread over."""

LASTING = frozenset({IssueKind.DATA_LOSS, IssueKind.PAYMENT, IssueKind.ACCOUNT, IssueKind.PRIVACY, IssueKind.SAFETY})
"""Kinds that open an issue of their own beside an earlier alarm of the same release: their harm does not pass with a restart."""


MIXED_WEIGHT = 0.5
"""What a complaint counts in the rise when it voices an opinion as well: perhaps trouble, perhaps taste."""

STREAMS: tuple[tuple[IssueKind | None, float], ...] = ((None, 0.5), *((kind, 0.5 / len(KINDS)) for kind in KINDS))
"""What is watched, and its part of alpha: complaints of any kind together, and each kind."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the state with new alarms noted, everything there is to say, and the part of it that is a new alarm."""

    state: ComplaintState
    evidence: tuple[Evidence, ...]
    alarms: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    """The days judged, and the usual days they are judged by."""

    days: tuple[Day, ...]
    usual: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class _Finding:
    """The strongest of what was looked at: a window and a stream (None: any kind)."""

    window: _Window
    stream: IssueKind | None
    known: Usual
    log_evidence: float


def assess(state: ComplaintState, releases: Sequence[Release], at: datetime, policy: Words) -> tuple[Evidence, ...]:
    """What the app's reviews up to `at` say of the release they are attributed to; at most one Evidence of COMPLAINT.

    `version` is the newest release on sale when the complaints began to rise, at most `max_lag_days` old; "" when there is none, and
    then it is no alarm, for no release is to be recalled. An empty `releases`: versions are known from the reviews that name one.
    """
    return look(state, releases, at, policy).evidence


def is_alarm(evidence: Evidence, policy: Words) -> bool:
    """Whether the evidence is enough to open an issue for its release."""
    return evidence.version != "" and evidence.log_evidence >= math.log(1 / policy.alpha)


def level_of_complaints(evidence: Evidence, harm: Harm) -> Level:
    """The risk level reviews alone can show, a table over harm and how many reviewers suffer it.

    There are no user counts behind reviews: people who write are few and angry, so a share of them is not a probability per user and
    the matrices of `tasks/rules/severity.py` do not apply. Hence never above high: a person looks before anything irreversible.

        harm        under half of all reviews   half or more
        1           low                         medium
        2           medium                      high
        3, 4        high                        high
    """
    many = evidence.exposure > 0 and evidence.events * 2 >= evidence.exposure
    if harm >= Harm.IRREVERSIBLE_LOSS:
        return Level.HIGH
    table = {(Harm.ANNOYANCE, False): Level.LOW, (Harm.ANNOYANCE, True): Level.MEDIUM, (Harm.REVERSIBLE_LOSS, False): Level.MEDIUM}
    return table.get((harm, many), Level.HIGH)


def look(state: ComplaintState, releases: Sequence[Release], at: datetime, policy: Words) -> Look:
    """Assesses, and notes what is a new alarm: its release then keeps quiet for a while, and its days are not "usual"."""
    last = (at - timedelta(microseconds=1)).date()
    finding = _strongest(state, last, policy)
    if finding is None:
        return Look(state, (_unknown(state, releases, at, policy),), ())
    since = _rise(finding)
    kind = finding.stream or _main_kind(finding)
    release = _release_on_sale(_known_releases(state, releases), since, policy)
    evidence = _evidence(state, finding, kind, since, release, at)
    loud = finding.log_evidence >= math.log(1 / policy.alpha)
    marked = _marked(state, finding, since) if loud else state
    if not is_alarm(evidence, policy) or _is_quiet(state, evidence, since, release, policy):
        return Look(marked, (evidence,), ())
    return Look(replace(marked, alarms=(*marked.alarms, Alarm(evidence.version, kind, at.date()))), (evidence,), (evidence,))


# --- number, share, rise ------------------------------------------------------------------------------------------------


def _strongest(state: ComplaintState, last: date, policy: Words) -> _Finding | None:
    """The strongest finding over windows and streams; None when too little is known of the app's usual days."""
    found: list[_Finding] = []
    for length in policy.windows_days:
        window = _window(state, last, length, policy)
        if window is None:
            continue
        allowed = math.log(LOOKS_A_YEAR * len(policy.windows_days))
        found += [f for stream, part in STREAMS if (f := _judged(window, stream, allowed - math.log(part), policy)) is not None]
    return max(found, key=lambda f: f.log_evidence, default=None)


def _window(state: ComplaintState, last: date, length: int, policy: Words) -> _Window | None:
    if not state.days:
        return None
    by_day = {d.day: d for d in state.days}
    first = last - timedelta(days=length - 1)
    known_days = (first - state.days[0].day).days
    past = [first - timedelta(days=n) for n in range(1, min(known_days, policy.history_days) + 1)]
    unusual = frozenset(state.unusual)
    ordinary = [d for d in past if d not in unusual][: policy.baseline_days]
    if len(ordinary) < policy.min_baseline_days:
        ordinary = past[: policy.baseline_days]
    base = tuple(by_day.get(d) or Day(d) for d in ordinary)
    if len(base) < policy.min_baseline_days or sum(d.reviews for d in base) < policy.min_baseline_reviews:
        return None
    return _Window(tuple(by_day.get(d) or Day(d) for d in (first + timedelta(days=n) for n in range(length))), base)


def _judged(window: _Window, stream: IssueKind | None, allowed: float, policy: Words) -> _Finding | None:
    known = usual([d.of(stream) for d in window.usual], [d.reviews for d in window.usual], policy.prior_dispersion)
    events = sum(d.of(stream) for d in window.days)
    if stream is not None and events < policy.min_complaints:
        return None
    if events < policy.min_complaints or not _speaks_of_malfunction(window, policy):
        return _Finding(window, stream, known, 0.0)
    number = count_tail(known, events, len(window.days), policy.margin)
    share = share_tail(known, events, sum(d.reviews for d in window.days), policy.margin)
    return _Finding(window, stream, known, max(0.0, -max(number, share) - allowed))


def _speaks_of_malfunction(window: _Window, policy: Words) -> bool:
    """Whether most of the low-star reviews above the usual number speak of malfunction. In bursts of opinion some do, by the way."""
    more = _above_usual(window, [d.read for d in window.days], [d.read for d in window.usual])
    weighed = [[d.complaints - (1 - MIXED_WEIGHT) * d.mixed for d in days] for days in (window.days, window.usual)]
    of_malfunction = _above_usual(window, weighed[0], weighed[1])
    return of_malfunction > 0 and of_malfunction >= policy.min_share_of_rise * more


def _above_usual(window: _Window, now: Sequence[float], before: Sequence[float]) -> float:
    return sum(now) - sum(before) * len(window.days) / len(window.usual)


# --- which release, which kind ------------------------------------------------------------------------------------------


def _rise(finding: _Finding) -> date:
    """The day of the window from which on the number is least like the usual: a change point by likelihood ratio."""
    days, usual_daily = finding.window.days, finding.known.per_day
    best, since = -1.0, days[0].day
    for first in range(len(days)):
        expected = usual_daily * (len(days) - first)
        events = sum(d.of(finding.stream) for d in days[first:])
        gain = events * math.log(events / expected) - (events - expected) if events > expected else 0.0
        if gain > best:
            best, since = gain, days[first].day
    return since


def _main_kind(finding: _Finding) -> IssueKind:
    """The kind whose number rose most."""
    window = finding.window

    def rise(kind: IssueKind) -> float:
        return _above_usual(window, [d.of(kind) for d in window.days], [d.of(kind) for d in window.usual])

    return max(KINDS, key=rise)


def _known_releases(state: ComplaintState, releases: Sequence[Release]) -> tuple[Release, ...]:
    ours = tuple(r for r in releases if r.app == state.app and r.platform == state.platform)
    if ours:
        return ours
    return tuple(Release(state.app, state.platform, v, datetime.combine(d, time(), timezone.utc)) for v, d in state.first_seen)


def _release_on_sale(releases: Sequence[Release], day: date, policy: Words) -> Release | None:
    """The newest release of that day or before, unless it is too old to be what changed."""
    on_sale = [r for r in releases if r.released_at.date() <= day]
    newest = max(on_sale, key=lambda r: (r.released_at, r.version), default=None)
    if newest is None or (day - newest.released_at.date()).days > policy.max_lag_days:
        return None
    return newest


# --- quiet --------------------------------------------------------------------------------------------------------------


def _is_quiet(state: ComplaintState, evidence: Evidence, since: date, release: Release | None, policy: Words) -> bool:
    """Whether an earlier alarm already says this: of the same release, or of the one before while this one has hardly settled."""
    recent = [a for a in state.alarms if (evidence.at.date() - a.day).days < policy.quiet_days_after_alarm]
    same = [a for a in recent if a.version == evidence.version]
    if same:
        return evidence.kind not in LASTING or any(a.kind == evidence.kind for a in same)
    settled = release is not None and since >= release.released_at.date() + timedelta(days=policy.settle_days)
    return bool(recent) and not settled


def _marked(state: ComplaintState, finding: _Finding, since: date) -> ComplaintState:
    bad = {d.day for d in finding.window.days if d.day >= since}
    return replace(state, unusual=tuple(sorted(bad.union(state.unusual))))


# --- in words -----------------------------------------------------------------------------------------------------------


def _unknown(state: ComplaintState, releases: Sequence[Release], at: datetime, policy: Words) -> Evidence:
    release = _release_on_sale(_known_releases(state, releases), at.date(), policy)
    version = release.version if release else ""
    reason = (
        f"too few reviews yet to know what is usual: {policy.min_baseline_reviews} reviews over {policy.min_baseline_days} days are needed"
    )
    return Evidence(state.app, state.platform, version, Metric.COMPLAINT, at, Health.UNKNOWN, 0.0, 0, 0, 0, 0, reason=reason)


def _evidence(state: ComplaintState, finding: _Finding, kind: IssueKind, since: date, release: Release | None, at: datetime) -> Evidence:
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
        health=Health.DEGRADED if finding.log_evidence > 0 else Health.HEALTHY,
        log_evidence=finding.log_evidence,
        events=events,
        exposure=reviews,
        control_events=known.events,
        control_exposure=known.trials,
        ratio=share / known.share if reviews else None,
        kind=kind,
        scope=Scope(state.app, state.platform, version),
        reason=_in_words(finding, kind, since, release),
    )


def _in_words(finding: _Finding, kind: IssueKind, since: date, release: Release | None) -> str:
    days, base = finding.window.days, finding.window.usual
    low, low_before = sum(d.low for d in days), sum(d.low for d in base)
    events, before = sum(d.of(finding.stream) for d in days), sum(d.of(finding.stream) for d in base)
    of = "a malfunction" if finding.stream is None else kind.value.replace("_", " ")
    mainly = f", mainly {kind.value.replace('_', ' ')}" if finding.stream is None else ""
    period = "1 day" if len(days) == 1 else f"{len(days)} days"
    return (
        f"{events} of {low} low-star reviews ({sum(d.reviews for d in days)} in all) in {period} speak of {of}{mainly}; usually"
        f" {before / max(low_before, 1):.2f} of them, {before / len(base):.1f} a day; since {since.isoformat()}, "
        + (f"after {release.version} of {release.released_at.date().isoformat()}" if release else "and no release shortly before")
    )
