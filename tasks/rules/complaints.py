"""Whether what people write shows that a release broke something, judged against the app's own past.

There is no concurrent control: an iOS review carries no version, and everybody gets a release at about the same time. So three
things must hold at once, over a window of a few days:

    number   more complaints of malfunction a day than usual         (negative binomial, spread learnt from the usual days)
    share    a larger part of all reviews than usual                 (beta-binomial, likewise)
    rise     most of the added low-star reviews speak of malfunction (else it is a burst of opinion that mentions trouble by the way)

The evidence is the weaker of number and share. Its level is corrected for every day of a year, every window and every kind looked at
(a union bound; within a day the count only grows, so looking often costs nothing): `alpha` is the probability of a false alarm
per app and year, were usual days as the learnt distribution says. It is weaker than a comparison of two concurrent versions.

Add here when complaints are judged otherwise; rather in `tasks/rules/words.py` when one text is, in `tasks/rules/surprise.py` for the
distributions, and in `tasks/rules/complaint_reasons.py` when the verdict should say more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from configs.policy import Words
from configs.terms import Evidence, Harm, IssueKind, Level, Release
from tasks.rules.complaint_reasons import detailed, evidence_of, too_little_known
from tasks.rules.complaints_state import Alarm, ComplaintState, fold, load_state
from tasks.rules.rises import Finding, findings, main_kind, rise_of

__all__ = ["ComplaintState", "Look", "assess", "fold", "is_alarm", "level_of_complaints", "load_state", "look"]

LOOKS_A_YEAR = 365
"""Days the yearly false-alarm probability is spread over."""

LASTING = frozenset({IssueKind.DATA_LOSS, IssueKind.PAYMENT, IssueKind.ACCOUNT, IssueKind.PRIVACY, IssueKind.SAFETY})
"""Kinds that open an issue of their own beside an earlier alarm of the same release: their harm does not pass with a restart."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the state with new alarms noted, everything there is to say, and the part of it that is a new alarm."""

    state: ComplaintState
    evidence: tuple[Evidence, ...]
    alarms: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding with the day the rise began, and as evidence about a release."""

    finding: Finding
    since: date
    release: Release | None
    evidence: Evidence


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
    found = findings(state, last, policy)
    if not found:
        release = _release_on_sale(_known_releases(state, releases), at.date(), policy)
        return Look(state, (too_little_known(state, release, at, policy),), ())
    known = _known_releases(state, releases)
    told = [_told(state, finding, known, at, policy) for finding in found]
    new = next((t for t in told if is_alarm(t.evidence, policy) and not _is_said(state, t, policy)), None)
    noted = _noted(state, told, new, policy)
    first = new or told[0]
    evidence = detailed(first.evidence, state, first.finding.window, policy)
    return Look(noted, (evidence,), (evidence,) if new else ())


# --- which release, which kind ------------------------------------------------------------------------------------------


def _told(state: ComplaintState, finding: Finding, releases: Sequence[Release], at: datetime, policy: Words) -> _Told:
    since = rise_of(finding) if finding.surprise > 0 else at.date()
    kind = finding.stream or main_kind(finding)
    release = _release_on_sale(releases, since, policy)
    looks = policy.max_lag_days if _on_probation(state, release) else LOOKS_A_YEAR
    log_evidence = max(0.0, finding.surprise - math.log(looks * len(policy.windows_days)))
    return _Told(finding, since, release, evidence_of(state, finding, kind, log_evidence, since, release, at))


def _on_probation(state: ComplaintState, release: Release | None) -> bool:
    """Whether the release came after an alarm that is still remembered: then only its own first days are looked at, not a year's."""
    return release is not None and any(a.version != release.version and a.day <= release.released_at.date() for a in state.alarms)


def _known_releases(state: ComplaintState, releases: Sequence[Release]) -> tuple[Release, ...]:
    ours = tuple(r for r in releases if r.app == state.app and r.platform == state.platform)
    if ours:
        return ours
    return tuple(Release(state.app, state.platform, v, datetime.combine(d, time(), UTC)) for v, d in state.first_seen)


def _release_on_sale(releases: Sequence[Release], day: date, policy: Words) -> Release | None:
    """The newest release of that day or before, unless it is too old to be what changed."""
    on_sale = [r for r in releases if r.released_at.date() <= day]
    newest = max(on_sale, key=lambda r: (r.released_at, r.version), default=None)
    if newest is None or (day - newest.released_at.date()).days > policy.max_lag_days:
        return None
    return newest


# --- quiet --------------------------------------------------------------------------------------------------------------


def _is_said(state: ComplaintState, told: _Told, policy: Words) -> bool:
    """Whether an earlier alarm already says this.

    earlier alarm            says it while
    same release, same kind  `quiet_days_after_alarm`
    same release, other kind likewise, unless the new kind is lasting
    other release, same kind the complaints have not ceased for the longest window: the same trouble goes on
    other release, other kind it began before the new release had `settle_days` to settle
    """
    today, kind, version = told.evidence.at.date(), told.evidence.kind, told.evidence.version
    for alarm in state.alarms:
        age = (today - alarm.last_loud).days
        if alarm.version == version:
            said = (alarm.kind == kind or kind not in LASTING) and age < policy.quiet_days_after_alarm
        elif alarm.kind == kind or told.finding.stream is None:
            said = age <= policy.windows_days[-1]
        else:
            said = told.release is not None and told.since < told.release.released_at.date() + timedelta(days=policy.settle_days)
        if said:
            return True
    return False


def _noted(state: ComplaintState, told: Sequence[_Told], new: _Told | None, policy: Words) -> ComplaintState:
    """The state with loud days left out of "usual", alarms that are still loud dated on, and the new one."""
    loud = [t for t in told if t.evidence.log_evidence >= math.log(1 / policy.alpha)]
    if not loud:
        return state
    today = loud[0].evidence.at.date()
    kinds = {t.evidence.kind for t in loud}
    bad = {d.day for t in loud[:1] for d in t.finding.window.days if d.day >= t.since}
    near = policy.windows_days[-1]
    alarms = [replace(a, last_loud=today) if a.kind in kinds and (today - a.last_loud).days <= near else a for a in state.alarms]
    if new is not None:
        alarms.append(Alarm(new.evidence.version, new.evidence.kind, today, today))
    return replace(state, unusual=tuple(sorted(bad.union(state.unusual))), alarms=tuple(alarms))
