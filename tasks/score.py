"""Steps that judge: fold what is new into the detectors, keep what they say, open or renew issues.

Add here when something else is scored; rather in `weigh.py` when counts reach the detectors in another way, in
`tasks/rules` when the score itself changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from configs.settings import App
from configs.terms import Assessment, Evidence, Health, Issue, IssueState, Metric, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import issues_in, judgement_of, move_issue, open_issue, reassess_issue
from integrations.ledger.detectors import detector_state, keep_evidence, keep_state
from integrations.ledger.outbox import queue
from integrations.ledger.readings import installed_of, releases_of, signals_between
from integrations.toolbox import Toolbox
from tasks.rules import plan
from tasks.rules.complaints import ComplaintState, Look, fold, load_state, look
from tasks.rules.issues import alarming, is_due_for_proposal, judged, new_issue, renewed
from tasks.rules.lifecycle import IssueEvent, moved_issue
from tasks.rules.reconciliation import total
from tasks.step import Work, step
from tasks.weigh import weigh

EARLIEST = datetime.min.replace(tzinfo=UTC)
"""Before every signal: the first look reads them all."""

SETTLED = (IssueState.CLOSED, IssueState.DISMISSED)


@dataclass(frozen=True, slots=True)
class Scored:
    """`opened` and `renewed`: ids of issues; `health` of each watched release, by version."""

    opened: tuple[str, ...]
    renewed: tuple[str, ...]
    health: dict[str, Health]


@step(subject="{app}")
def score_app(work: Work, app: str, until: datetime) -> Scored:
    """Judges the watched releases of an app by everything read so far; journals the verdicts and every issue opened or renewed."""
    place = work.tools.settings.app(app)
    with work.write() as txn:
        releases = releases_of(txn, place.id, place.platform)
        weighed = weigh(txn, work.tools.policy, place, releases, until)
        written = _written(work, txn, place, releases, until)
        evidence = (*weighed.evidence, *written.evidence)
        keep_evidence(txn, evidence)
        opened, renewed_ids = _issues(work, txn, evidence, (*alarming(weighed.evidence, work.tools.policy), *written.alarms), until)
        scored = Scored(opened, renewed_ids, _health(evidence))
        facts: dict[str, object] = {"until": until.isoformat(), "opened": list(opened), "renewed": list(renewed_ids)}
        if weighed.began:
            facts |= {"began": weighed.began}
        return work.done(txn, "release.scored", facts | {"health": {v: h.value for v, h in scored.health.items()}}, scored)


def _health(evidence: Sequence[Evidence]) -> dict[str, Health]:
    """The worst of each version's evidence; nothing but unknown is unknown."""
    order = (Health.DEGRADED, Health.HEALTHY, Health.UNKNOWN)
    by_version: dict[str, set[Health]] = {}
    for e in evidence:
        by_version.setdefault(e.version or "?", set()).add(e.health)
    return {version: next(h for h in order if h in found) for version, found in by_version.items()}


def _written(work: Work, txn: Txn, app: App, releases: Sequence[Release], until: datetime) -> Look:
    """What people write, judged against the app's own past."""
    policy, metric = work.tools.policy.words, Metric.COMPLAINT.value
    text = detector_state(txn, app.id, app.platform, "", metric)
    state = load_state(text) if text else ComplaintState(app.id, app.platform)
    signals = signals_between(txn, app.id, app.platform, state.until or EARLIEST, until)
    if not text and not signals:
        return Look(state, (), ())
    seen = look(fold(state, signals, until, policy), releases, until, policy)
    keep_state(txn, app.id, app.platform, "", metric, until, seen.state.dump())
    return seen


def _issues(
    work: Work, txn: Txn, evidence: Sequence[Evidence], alarms: Sequence[Evidence], until: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    opened: list[str] = []
    renewed_ids: list[str] = []
    for version in dict.fromkeys(a.version for a in alarms):
        mine = tuple(e for e in evidence if e.version == version)
        issue, is_new = _judged(work, txn, mine, tuple(a for a in alarms if a.version == version), until)
        (opened if is_new else renewed_ids).append(issue.id)
    return tuple(opened), tuple(renewed_ids)


def _judged(work: Work, txn: Txn, evidence: tuple[Evidence, ...], alarms: tuple[Evidence, ...], until: datetime) -> tuple[Issue, bool]:
    """One issue a release: its alarms renew the one that is open, or open it."""
    policy, first = work.tools.policy, alarms[0]
    assessment = judged(evidence, alarms, _units(txn, first), policy, _days_out(txn, first, until))
    known = _known(txn, first)
    if known is None:
        issue = new_issue(alarms, assessment, until)
        queue(txn, *plan.opened(issue, policy))
        return issue, open_issue(txn, issue, evidence, assessment, policy.fingerprint)
    issue = renewed(known, alarms, assessment, until)
    if known.state is IssueState.DISMISSED and assessment.level.rank > known.level.rank:
        return _reopened(txn, known, issue, evidence, assessment, policy.fingerprint), True
    if known.state is IssueState.OPEN:
        reassess_issue(txn, issue, evidence, assessment, policy.fingerprint)
    return issue, False


def _reopened(txn: Txn, known: Issue, issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, fingerprint: str) -> Issue:
    """People dismissed it at a lower level; at this one they have not been asked."""
    state = moved_issue(known.state, IssueEvent.WORSENED)
    move_issue(txn, known, state)
    worse = replace(issue, state=state, row_version=known.row_version + 1)
    reassess_issue(txn, worse, evidence, assessment, fingerprint)
    return worse


def _known(txn: Txn, alarm: Evidence) -> Issue | None:
    same = [i for i in issues_in(txn, app=alarm.app) if i.version == alarm.version and i.platform is alarm.platform]
    unsettled = [i for i in same if i.state not in SETTLED]
    return next(iter(unsettled or same), None)


def _units(txn: Txn, alarm: Evidence) -> int | None:
    """Installs that have the version, as last counted; None when nobody counts them."""
    cells = installed_of(txn, alarm.app, alarm.platform, alarm.version)
    return total(cells).exposed if cells else None


def _days_out(txn: Txn, alarm: Evidence, until: datetime) -> float:
    released = next((r.released_at for r in releases_of(txn, alarm.app, alarm.platform) if r.version == alarm.version), until)
    return max((until - released).total_seconds() / 86400, 1 / 24)


def due_proposals(tools: Toolbox, app: str = "") -> tuple[str, ...]:
    """Ids of open issues that are bad enough, on evidence strong enough, to be put before the signers."""
    with tools.book.read() as txn:
        open_ones = [(i, judgement_of(txn, i.id)[0]) for i in issues_in(txn, IssueState.OPEN, app=app)]
    return tuple(i.id for i, evidence in open_ones if is_due_for_proposal(i, evidence, tools.policy))
