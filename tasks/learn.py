"""The nightly step that learns from releases nobody had to recall; what it learns holds for releases that begin afterwards.

Add here when it is another release that teaches; rather in `tasks/rules/learnt.py` when it is what is learnt.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from configs.errors import BadInput
from configs.policy import Policy
from configs.settings import App
from configs.terms import Count, IssueState, Metric, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import issues_in
from integrations.ledger.detectors import detector_state, keep_state
from integrations.ledger.readings import releases_of
from integrations.toolbox import Toolbox
from tasks.counted import counted
from tasks.lateness import delays_before
from tasks.rules.learnt import MOST_LESSONS, Learnt, lesson_of, with_lesson
from tasks.run import all_of
from tasks.step import Work, step

Facts = dict[str, dict[str, str]]


@step(identity=("app", "night"), subject="{app} · {night}")
def learn_app(work: Work, app: str, night: str) -> Facts:
    """Adds the lessons of the releases that have been out long enough, metric by metric; journals what holds from now on."""
    place, policy = work.tools.settings.app(app), work.tools.policy
    with work.read() as txn:
        after = {metric: _taught(txn, policy, place, metric) for metric in policy.detection.metric_weights}
    with work.write() as txn:
        before = {metric: learnt_of(txn, place, metric) for metric in after}
        for metric, learnt in after.items():
            keep_state(txn, place.id, place.platform, "", _name(metric), txn.now, learnt.to_json())
        by_session = counting_sessions(place)
        found = {m.value: _facts(learnt, policy, by_session) for m, learnt in after.items() if learnt.lessons != before[m].lessons}
        return work.done(txn, "detector.learnt", {"night": night, "metrics": found}, found)


def learn_due(tools: Toolbox, app: str = "") -> None:
    """Learns once a UTC night for every app with a release that has not been asked yet."""
    night = f"{tools.clock.now():%Y-%m-%d}"
    with tools.book.read() as txn:
        due = [place.id for place in tools.apps(app) if _is_due(txn, tools.policy, place)]
    all_of(*(partial(learn_app, tools, app=one, night=night) for one in due))


def learnt_of(txn: Txn, app: App, metric: Metric) -> Learnt:
    """What has been learnt so far; nothing where it cannot be read, and then it is learnt again."""
    text = detector_state(txn, app.id, app.platform, "", _name(metric))
    try:
        return Learnt.from_json(text) if text else Learnt()
    except BadInput:
        return Learnt()


def _name(metric: Metric) -> str:
    return f"learnt {metric.value}"


def counting_sessions(app: App) -> frozenset[str]:
    """The sources that count crashing sessions, several of which may be one user's."""
    return frozenset(source.label for source in app.sources if source.counts_sessions)


def _facts(learnt: Learnt, policy: Policy, by_session: Collection[str]) -> dict[str, str]:
    """As they would hold for users counted once; of each source that counts sessions also phi."""
    values = {"releases": len(learnt.lessons), "margin": learnt.margin(policy.detection), "noise": learnt.noise(policy.detection)}
    values |= {f"phi {source}": learnt.phi(policy.detection, source) for source in sorted(by_session)}
    return {name: f"{value:.4g}" for name, value in values.items()}


def _is_due(txn: Txn, policy: Policy, app: App) -> bool:
    return any(_waiting(txn, policy, app, learnt_of(txn, app, metric)) for metric in policy.detection.metric_weights)


def _taught(txn: Txn, policy: Policy, app: App, metric: Metric) -> Learnt:
    """What is known after every waiting release was asked, the oldest first."""
    learnt, bad = learnt_of(txn, app, metric), _bad(txn, app)
    listed = [r.version for r in releases_of(txn, app.id, app.platform)]
    for release in _waiting(txn, policy, app, learnt):
        counts, delays = _counts(txn, policy, release, metric, listed), delays_before(txn, policy, release, metric, listed, bad)
        lesson = lesson_of(counts, release, metric, policy.detection, bad, delays)
        learnt = with_lesson(learnt, release.version, lesson)
    return learnt


def _waiting(txn: Txn, policy: Policy, app: App, learnt: Learnt) -> list[Release]:
    """The healthy ones of the newest releases that are over and have not been asked."""
    bad = _bad(txn, app)
    return [r for r in _over(txn, policy, app)[-MOST_LESSONS:] if r.version not in learnt.asked and r.version not in bad]


def _over(txn: Txn, policy: Policy, app: App) -> list[Release]:
    """Releases whose first days are over, the oldest first."""
    out = [r for r in releases_of(txn, app.id, app.platform) if _end(policy, r) <= txn.now]
    return sorted(out, key=lambda r: (r.released_at, r.version))


def _end(policy: Policy, release: Release) -> datetime:
    return release.released_at + timedelta(days=policy.detection.learn_days)


def _counts(txn: Txn, policy: Policy, release: Release, metric: Metric, listed: Collection[str]) -> list[Count]:
    counts = counted(txn, release, metric, release.released_at, listed)
    return [c for c in counts if c.end <= _end(policy, release)]


def _bad(txn: Txn, app: App) -> tuple[str, ...]:
    """Versions with an issue that people have not dismissed: they teach nothing, and are no control."""
    return tuple(sorted({i.version for i in issues_in(txn, app=app.id) if i.state not in (IssueState.DISMISSED, IssueState.MERGED)}))
