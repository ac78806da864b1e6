"""Steps about what is not believed: a reading passes them before it is kept, and what is held is taken in or dropped here.

Add here when a held row is released by something else; rather in `tasks/rules/plausibility.py` when other rows are held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from configs.errors import BadInput, NotFound
from configs.terms import Health, Held, Metric, Platform, Reading, Release
from integrations.ledger.book import Txn
from integrations.ledger.doubts import is_judged
from integrations.ledger.quarantine import (
    HeldRows,
    counted_versions,
    counts_around,
    drop,
    held_of,
    held_rows,
    hold,
    hold_events,
    old_signals,
    take_in,
    withdraw,
)
from integrations.ledger.readings import delivered_counts_after, has_events, releases_of, state_of
from integrations.toolbox import Toolbox
from tasks.agreed import policy_in_force
from tasks.rules.plausibility import HISTORY, Sifted, doubt_in, is_unlisted, place_of, sifted, unlisted
from tasks.rules.plausible_counts import Known
from tasks.step import Work, step

EARLIEST = datetime.min.replace(tzinfo=UTC)
"""Before every count."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """`rows`: how many were held; `new`: how many of them the ledger did not have; both 0 when there was nothing."""

    source: str
    rows: int
    new: int


def sifted_reading(tools: Toolbox, txn: Txn, app: str, reading: Reading) -> Sifted:
    """The reading as far as it is believed, given what the ledger has."""
    policy = tools.policy.quarantine
    old = reading.since - timedelta(hours=policy.old_after_hours)
    numbers, spans = counts_around(txn, app, reading.source, reading.counts)
    state = state_of(txn, app, reading.source)
    has_old = any(s.at.tzinfo is not None and s.at < old for s in reading.signals)
    known = Known(
        at=max(txn.now, reading.until),
        releases=known_releases(txn, app),
        counts=numbers,
        spans=spans,
        signals=old_signals(txn, app, reading.source, old) if has_old else frozenset(),
        doubt=doubt_in(state.warning) if state is not None and state.health is Health.UNKNOWN else "",
    )
    return sifted(reading, known, policy)


def known_releases(txn: Txn, app: str) -> tuple[Release, ...]:
    """Every release of an app, on either platform."""
    return tuple(release for platform in Platform for release in releases_of(txn, app, platform))


def take_in_listed(tools: Toolbox, app: str) -> tuple[TakenIn, ...]:
    """Takes in every held row whose version is missing from the release list no longer."""
    with tools.book.read() as txn:
        due = _listed(txn, app, tools.sources[app])
    return tuple(take_in_version(tools, app=app, source=one.source, reason=one.reason, since=one.since) for one in due)


def _listed(txn: Txn, app: str, sources: Iterable[str]) -> list[HeldRows]:
    held = held_of(txn, app, sources)
    reasons = {unlisted(release.version) for release in known_releases(txn, app)} if held else set()
    return [one for one in held if one.reason in reasons]


def hold_unlisted(tools: Toolbox, app: str) -> int:
    """How many counts are held after all, because the first release list came after them; once anything is judged, none are."""
    with tools.book.read() as txn:
        nobodys = [] if is_judged(txn, app) else _nobodys(txn, app)
    return hold_versions(tools, app=app, versions=tuple(version for _, version in nobodys)) if nobodys else 0


def _nobodys(txn: Txn, app: str) -> list[tuple[Platform, str]]:
    releases = known_releases(txn, app)
    counted = counted_versions(txn, app) if releases else ()
    return [(p, version) for p, version in counted if is_unlisted(version, [r.version for r in releases if r.platform is p])]


def hold_told(txn: Txn, app: str) -> int:
    """Of how many versions that nobody released the single events are newly held, source by source."""
    return sum(_hold_told(txn, app, platform) for platform in Platform if has_events(txn, app, platform))


def _hold_told(txn: Txn, app: str, platform: Platform) -> int:
    from integrations.ledger.events import streams_of, versions_of  # Arrow costs a third of a second

    listed, held = [r.version for r in releases_of(txn, app, platform)], 0
    for stream in streams_of(txn, app, platform):
        nobodys = {version: unlisted(version) for version in versions_of(txn, stream) if is_unlisted(version, listed)}
        held += hold_events(txn, app, stream.source, nobodys)
    return held


@step(subject="{app}")
def hold_versions(work: Work, app: str, versions: tuple[str, ...]) -> int:
    """Takes the stored counts of versions that nobody released out again, and holds them; journals how many."""
    with work.write() as txn:
        moved = 0
        for platform, version in _nobodys(txn, app):
            counts = [c for metric in Metric for c in delivered_counts_after(txn, app, platform, metric, EARLIEST) if c.version == version]
            for source in sorted({c.source for c in counts}):
                hold(txn, app, source, [Held(c, place_of(c), unlisted(version)) for c in counts if c.source == source])
            moved += withdraw(txn, app, platform, version)
        return work.done(txn, "quarantine.held", {"versions": list(versions), "rows": moved}, moved)


@step(identity=("app", "source", "reason", "since"), subject="{app} · {source}")
def take_in_version(work: Work, app: str, source: str, reason: str, since: datetime) -> TakenIn:
    """Keeps the rows that were held for this reason since then, as if they had just arrived; journals how many."""
    with work.write() as txn:
        held = _held(txn, app, source, reason)
        if held is None:
            return TakenIn(source, 0, 0)
        new = sum(take_in(txn, held).values())
        said = {"reason": reason, "rows": held.rows, "new": new}
        return work.done(txn, "quarantine.released", said, TakenIn(source, held.rows, new))


@step(identity=("app", "source", "since", "keep"), subject="{app} · {source}")
def decide_history(work: Work, app: str, source: str, since: datetime, keep: bool, person: str, reason: str) -> TakenIn:
    """Takes in, or drops, the history of a source that was held since then, as a person decided; journals who and why.

    Raises:
        NotFound: nothing is held.
    """
    with work.write() as txn:
        held = _held(txn, app, source, HISTORY)
        if held is None:
            raise NotFound(f"no history of source {source!r} is held; `recall status` lists what is")
        new = sum(take_in(txn, held).values()) if keep else 0
        if not keep:
            drop(txn, held, f"dropped by {person}: {reason}"[:300])
        kind = "quarantine.released" if keep else "quarantine.dropped"
        said = {"reason": reason[:500], "rows": held.rows, "new": new}
        return work.done(txn, kind, said, TakenIn(source, held.rows, new), actor=person)


def admit(tools: Toolbox, source: str, person: str, reason: str, *, app: str = "", keep: bool = True) -> tuple[TakenIn, ...]:
    """Decides about the held history of a source, in one app or in every app that has it.

    Raises:
        BadInput: the person is unknown to the policy, or the reason too short.
        NotFound: nothing is held.
    """
    signoff = policy_in_force(tools).signoff
    if person not in signoff.people or len("".join(reason.split())) < signoff.min_reason_characters:
        raise BadInput("deciding about held rows needs a person the policy knows, and a reason that says something")
    with tools.book.read() as txn:
        held = [one for one in held_rows(txn, app) if (one.source, one.reason) == (source, HISTORY)]
    if not held:
        raise NotFound(f"no history of source {source!r} is held; `recall status` lists what is")
    return tuple(
        decide_history(tools, app=one.app, source=source, since=one.since, keep=keep, person=person, reason=reason) for one in held
    )


def _held(txn: Txn, app: str, source: str, reason: str) -> HeldRows | None:
    return next((one for one in held_of(txn, app, [source]) if one.reason == reason), None)
