"""The step that watches what is unknown: sources, watched releases, rows that are held, sources that contradict each other.

It opens no issue and stops nothing: operators are told, once in a while, what is unknown since when, why, and what to do.

Add here when something else can be unknown; rather in `tasks/rules/unknowns.py` when it is about when to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from configs.errors import BadInput
from configs.terms import Evidence, Health, Metric, RecallState, Release
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in
from integrations.ledger.detectors import detector_state, evidence_at, keep_state
from integrations.ledger.doubts import bucket_length, counting_sources, folded_until, put_aside
from integrations.ledger.outbox import queue
from integrations.ledger.quarantine import held_of
from integrations.ledger.readings import releases_of, source_states
from integrations.toolbox import Toolbox
from tasks.counted import counted
from tasks.lateness import delays_before
from tasks.rules import plan
from tasks.rules.detection import Before
from tasks.rules.detectors import DETECTOR, DetectorState, unfolded_from
from tasks.rules.issues import watched as watched_releases
from tasks.rules.plausibility import HISTORY
from tasks.rules.plausible_counts import BESIDE
from tasks.rules.unknowns import Doubt, Seen, Watch, Watched, dumped, in_words, is_news, loaded, release_doubt, watch
from tasks.step import Work, step

UNKNOWN = "unknown"
"""Under this name, with no version, the watch is kept among the detectors' states."""

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Subjects: everything that is unknown, what operators are told of now, and what is known again."""

    unknown: tuple[str, ...]
    told: tuple[str, ...]
    over: tuple[str, ...]


def watch_unknown(tools: Toolbox, app: str, until: datetime) -> Unknowns:
    """Looks at everything that can be unknown of an app; writes only where something has changed or is to be told."""
    with tools.book.read() as txn:
        before = _before(tools, txn, app)
        seen = watch(before, _doubts(tools, txn, app, until), until, tools.policy.unknown)
        changed = is_news(before, seen) or any(_counted_twice(tools, txn, app, until))
    return tell_unknown(tools, app=app, until=until) if changed else _unknowns(seen)


@step(subject="{app}")
def tell_unknown(work: Work, app: str, until: datetime) -> Unknowns:
    """Remembers since when each thing has been unknown, and queues the news that is due; journals what has changed."""
    place, policy = work.tools.settings.app(app), work.tools.policy
    with work.write() as txn:
        doubts = [*_doubts(work.tools, txn, app, until), *_contradicting(work.tools, txn, app, until)]
        before = _before(work.tools, txn, app)
        seen = watch(before, doubts, until, policy.unknown)
        found = _unknowns(seen)
        if not is_news(before, seen):
            return found
        keep_state(txn, app, place.platform, "", UNKNOWN, until, dumped(seen.watched))
        for what, things in (("unknown", seen.told), ("known_again", seen.over)):
            if things:
                queue(txn, *plan.unknown_news(what, app, place.platform, in_words(things, over=what == "known_again"), until, policy))
        facts = {"unknown": list(found.unknown), "told": list(found.told), "over": list(found.over)}
        return work.done(txn, "unknown.watched", facts, found)


def _unknowns(seen: Watch) -> Unknowns:
    watched, told, over = (tuple(one.subject for one in things) for things in (seen.watched, seen.told, seen.over))
    return Unknowns(watched, told, over)


def _before(tools: Toolbox, txn: Txn, app: str) -> tuple[Watched, ...]:
    return loaded(detector_state(txn, app, tools.settings.app(app).platform, "", UNKNOWN))


# --- what is unknown ---------------------------------------------------------------------------------------------------------


def _doubts(tools: Toolbox, txn: Txn, app: str, until: datetime) -> list[Doubt]:
    return [*_of_sources(tools, txn, app), *_of_releases(tools, txn, app, until), *_of_held(tools, txn, app)]


def _of_sources(tools: Toolbox, txn: Txn, app: str) -> Iterator[Doubt]:
    patience = timedelta(hours=tools.policy.unknown.alarm_after_hours)
    for state in source_states(txn, app):
        if state.source in tools.sources[app] and state.health is Health.UNKNOWN:
            yield Doubt(f"source {state.source}", state.warning, "mend the source; the next poll goes on where it stopped", patience)


def _of_held(tools: Toolbox, txn: Txn, app: str) -> Iterator[Doubt]:
    grace = timedelta(hours=tools.policy.quarantine.unlisted_grace_hours)
    for held in held_of(txn, app, tools.sources[app]):
        is_history = held.reason == HISTORY
        way_out = "`recall admit` takes them in or drops them" if is_history else "add the version to the release list, or stop counting it"
        patience = AT_ONCE if is_history else grace
        subject = f"{'history' if is_history else 'rows of ' + held.reason.split(' is not among')[0]} held of source {held.source}"
        yield Doubt(subject, f"{held.rows} rows: {held.reason}", way_out, patience)


def _watched(tools: Toolbox, txn: Txn, app: str, until: datetime) -> list[Release]:
    """The watched releases, but for recalled ones, which are reviewed nightly, and the first one, which nothing can be compared with."""
    bad = {r.version for r in recalls_in(txn, app=app) if r.state is not RecallState.DECLINED}
    known = releases_of(txn, app, tools.settings.app(app).platform)
    first = known[0].version if known else ""
    return [r for r in watched_releases(known, until, tools.policy) if r.version not in bad and r.version != first]


def _of_releases(tools: Toolbox, txn: Txn, app: str, until: datetime) -> Iterator[Doubt]:
    policy = tools.policy
    known = [r for r in releases_of(txn, app, tools.settings.app(app).platform) if r.released_at <= until]
    newest = known[-1] if len(known) > 1 else None
    for release in _watched(tools, txn, app, until):
        for evidence in evidence_at(txn, app, release.platform, release.version, until):
            if evidence.health is not Health.UNKNOWN or evidence.metric not in policy.detection.metric_weights:
                continue
            doubt = release_doubt(_seen(tools, txn, release, evidence, is_expected=release == newest), policy.detection, policy.unknown)
            if doubt is not None:
                yield doubt


def _seen(tools: Toolbox, txn: Txn, release: Release, evidence: Evidence, *, is_expected: bool) -> Seen:
    lately = evidence.at - timedelta(hours=2 * tools.policy.unknown.alarm_after_hours)
    metric = evidence.metric
    aside = put_aside(txn, release, metric, tools.sources[release.app], max(lately, release.released_at))
    return Seen(
        evidence,
        folded_until(txn, release, metric),
        bucket_length(txn, release, metric),
        {why: n for why, n in aside.items() if why != BESIDE},  # what lay beside another version's contradiction
        evidence.at - release.released_at,
        is_expected,
    )


# --- sources that contradict each other ---------------------------------------------------------------------------------------


def _contradicting(tools: Toolbox, txn: Txn, app: str, until: datetime) -> Iterator[Doubt]:
    """Where one source says that a release is healthy and another that it is not; each is judged alone."""
    for release, metric, sources in _counted_twice(tools, txn, app, until):
        said = {source: _judged_alone(tools, txn, release, metric, source, until) for source in sources}
        if {Health.HEALTHY, Health.DEGRADED} <= {e.health for e in said.values()}:
            words = ", ".join(f"{source} says {e.health} ({e.events} of {e.exposure})" for source, e in said.items())
            way_out = "find out which one counts rightly; until then the release is not known to be healthy"
            yield Doubt(f"{metric} of {release.version} between sources", f"contradictory: {words}", way_out, AT_ONCE)


def _counted_twice(tools: Toolbox, txn: Txn, app: str, until: datetime) -> Iterator[tuple[Release, Metric, tuple[str, ...]]]:
    """Metrics of watched releases that several sources count, with those sources."""
    if len(tools.sources[app]) < 2:
        return
    for release in _watched(tools, txn, app, until):
        for metric in tools.policy.detection.metric_weights:
            sources = counting_sources(txn, release, metric, tools.sources[app])
            if len(sources) > 1:
                yield release, metric, sources


def _judged_alone(tools: Toolbox, txn: Txn, release: Release, metric: Metric, source: str, until: datetime) -> Evidence:
    policy, name = tools.policy.detection, f"{metric.value}@{source}"
    listed = [r.version for r in releases_of(txn, release.app, release.platform)]
    state = _resumed(tools, txn, release, metric, name, listed)
    late = timedelta(hours=tools.policy.quarantine.old_after_hours)
    counts = counted(txn, release, metric, unfolded_from(state, late) or release.released_at, listed)
    state = DETECTOR.fold(state, [c for c in counts if c.source == source])
    keep_state(txn, release.app, release.platform, release.version, name, state.folded_until or until, state.to_json())
    return DETECTOR.assess(state, until, policy)


def _resumed(tools: Toolbox, txn: Txn, release: Release, metric: Metric, name: str, listed: Collection[str]) -> DetectorState:
    """The state kept under that name; an empty one where there is none, or none that can be read."""
    text = detector_state(txn, release.app, release.platform, release.version, name)
    if text:
        with suppress(BadInput):
            return DETECTOR.load(text)
    before = Before(delays=delays_before(txn, tools.policy, release, metric, listed, ()))
    return DETECTOR.start(release, metric, tools.policy.detection, before=before)
