"""Steps that judge: fold what is new into the detectors, keep what they say, open or renew issues.

Add here when something else is scored; rather in `weigh.py` when counts reach the detectors in another way, in `correlate.py` when a look
does something else to issues, in `tasks/rules` when the score itself changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from configs.errors import BadInput
from configs.settings import App
from configs.terms import Evidence, Health, IssueState, Metric, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import issues_in, judgement_of, recalls_in
from integrations.ledger.detectors import detector_state, keep_evidence, keep_state
from integrations.ledger.readings import releases_of, signals_between
from integrations.toolbox import Toolbox
from tasks.correlate import correlate_look
from tasks.rules.complaints import ComplaintState, Look, fold, load_state, look
from tasks.rules.coverage import needing_recall
from tasks.rules.issues import alarming, is_due_for_proposal
from tasks.step import Work, step
from tasks.weigh import weigh


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
        alarms = (*alarming(weighed.evidence, work.tools.policy), *written.alarms)
        found = correlate_look(work.tools, txn, evidence, alarms, until)
        scored = Scored(found.opened, found.renewed, _health(evidence))
        facts: dict[str, object] = {"until": until.isoformat(), "opened": list(found.opened), "renewed": list(found.renewed)}
        facts |= {"told": found.facts()} | ({"began": weighed.began} if weighed.began else {})
        return work.done(txn, "release.scored", facts | {"health": {v: h.value for v, h in scored.health.items()}}, scored)


def _health(evidence: Sequence[Evidence]) -> dict[str, Health]:
    """The worst of each version's evidence: healthy only where everything that is counted is known to be."""
    order = (Health.DEGRADED, Health.UNKNOWN, Health.HEALTHY)
    by_version: dict[str, set[Health]] = {}
    for e in evidence:
        by_version.setdefault(e.version or "?", set()).add(e.health)
    return {version: next(h for h in order if h in found) for version, found in by_version.items()}


def _written(work: Work, txn: Txn, app: App, releases: Sequence[Release], until: datetime) -> Look:
    """What people write, judged against the app's own past."""
    policy, metric = work.tools.policy.words, Metric.COMPLAINT.value
    text = detector_state(txn, app.id, app.platform, "", metric)
    state = _past(app, text)
    first = until - timedelta(days=policy.history_days + policy.max_lag_days)
    signals = signals_between(txn, app.id, app.platform, state.until or first, until)
    if state.until is None and not signals:
        return Look(state, (), ())
    seen = look(fold(state, signals, until, policy), releases, until, policy)
    keep_state(txn, app.id, app.platform, "", metric, until, seen.state.dump())
    return seen


def _past(app: App, text: str | None) -> ComplaintState:
    """What is remembered of an app's words; nothing where an older release of ours wrote it: every signal is then read again."""
    try:
        return load_state(text) if text else ComplaintState(app.id, app.platform)
    except BadInput:
        return ComplaintState(app.id, app.platform)


def due_proposals(tools: Toolbox, app: str = "") -> tuple[str, ...]:
    """Ids of open issues that are bad enough, on evidence strong enough, to be put before the signers, and that no recall covers."""
    with tools.book.read() as txn:
        open_ones = [(i, judgement_of(txn, i.id)[0]) for i in issues_in(txn, IssueState.OPEN, app=app)]
        recalls = recalls_in(txn, app=app)
    due = [i for i, evidence in open_ones if is_due_for_proposal(i, evidence, tools.policy)]
    return tuple(issue.id for issue in needing_recall(due, recalls, tools.policy.risk))
