"""What the stores' rules make of a list of moves: who is offered which version when, and what the store says of it. Pure.

Play: draft, inProgress, halted, completed; `userFraction` only with inProgress and halted; halting leaves who has it; the update priority
cannot change once rolled out (androidpublisher v3). App Store: phased by day, paused at most 30 days in total, downloads by hand go on
while it is paused, no roll-back but a newer version, removal from sale ends the phase for good (App Store Connect help).

Add here when a store has another rule; rather in `stores/rehearsal.py` when it is about calls, keys and failures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from configs.effects import Rollout, RolloutState
from configs.terms import Platform
from integrations.rehearsal.scenario import Scenario

MAX_PAUSE = timedelta(days=30)
"""An App Store phased release can be paused for 30 days in total, however often."""


class MoveKind(StrEnum):
    """What can happen to a version. STARTED is the staged roll-out, PUBLISHED is everyone at once."""

    DRAFTED = "drafted"
    STARTED = "started"
    HALTED = "halted"
    RESUMED = "resumed"
    PUBLISHED = "published"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the world's log. An empty `track` means all of them."""

    at: datetime
    kind: MoveKind
    version: str
    track: str = ""
    priority: int = 0


@dataclass(slots=True)
class Timeline:
    """One version on one track: who is offered it from when. `points`: share of automatic updates; `by_hand`: of manual ones."""

    state: RolloutState = RolloutState.DRAFT
    points: list[tuple[datetime, float]] = field(default_factory=list)
    by_hand: list[tuple[datetime, float]] = field(default_factory=list)
    started_at: datetime | None = None
    priority: int = 0
    fraction: float = 0.0
    paused: timedelta = timedelta()
    superseded: bool = False
    _elapsed: timedelta = timedelta()
    _since: datetime | None = None


def fix_ready_at(scenario: Scenario, moves: Sequence[Move]) -> datetime | None:
    """When the fix lies in the store as a draft: some hours after the bad version was first halted or removed."""
    stops = [m.at for m in moves if m.version == scenario.bad_version and m.kind in (MoveKind.HALTED, MoveKind.REMOVED)]
    return min(stops) + timedelta(hours=scenario.fix_after_hours) if stops else None


def is_known(scenario: Scenario, moves: Sequence[Move], version: str, now: datetime) -> bool:
    """Whether the store lists the version by then."""
    ready = fix_ready_at(scenario, moves)
    by_plan = version == scenario.fix_version and ready is not None and ready <= now
    return by_plan or any(m.version == version and m.at <= now for m in moves)


def timeline(scenario: Scenario, moves: Sequence[Move], version: str, track: str, now: datetime) -> Timeline:
    """The version's life on that track, from every move up to `now`; an unhindered schedule is laid out beyond it."""
    line = Timeline()
    own = [m for m in moves if m.at <= now and (_is_own(m, version, track) or _supersedes(scenario, m, version))]
    for move in sorted(own, key=lambda m: m.at):
        _pass_time(scenario, line, move.at)
        _apply(scenario, line, move, version)
    _pass_time(scenario, line, now)
    line.fraction = max(line.fraction, _share_at(line.points, now))
    if line.state is RolloutState.IN_PROGRESS and line.fraction >= 1:
        line.state = RolloutState.COMPLETED
    return line


def _is_own(move: Move, version: str, track: str) -> bool:
    return move.version == version and move.track in ("", track)


def _supersedes(scenario: Scenario, move: Move, version: str) -> bool:
    order = scenario.versions
    later = move.version in order and version in order and order.index(move.version) > order.index(version)
    return later and move.kind is MoveKind.PUBLISHED


def _apply(scenario: Scenario, line: Timeline, move: Move, version: str) -> None:
    if move.version != version:
        line.superseded = line.started_at is not None
        _stop(line, move.at)
    elif move.kind is MoveKind.STARTED:
        line.started_at, line.priority = move.at, move.priority
        _go(scenario, line, move.at)
    elif move.kind is MoveKind.PUBLISHED:
        line.started_at, line.priority, line.fraction = move.at, move.priority, 1.0
        line.state = RolloutState.COMPLETED
        _offer(line, move.at, 1.0, 1.0)
    elif move.kind is MoveKind.HALTED:
        _stop(line, move.at, by_hand=scenario.platform is Platform.IOS)
        line.state = RolloutState.HALTED
    elif move.kind is MoveKind.RESUMED:
        _go(scenario, line, move.at)
    elif move.kind is MoveKind.REMOVED:
        _stop(line, move.at)
        line.state = RolloutState.REMOVED


def _go(scenario: Scenario, line: Timeline, at: datetime) -> None:
    """Lays out the schedule from what was already used of it."""
    line.state, line._since = RolloutState.IN_PROGRESS, at
    passed = line._elapsed.total_seconds() / 3600
    reached = [share for hours, share in scenario.steps if hours <= passed]
    ahead = [(at + timedelta(hours=hours - passed), share) for hours, share in scenario.steps if hours > passed]
    for moment, share in [(at, reached[-1]), *ahead]:
        _offer(line, moment, share, 1.0 if scenario.platform is Platform.IOS else share)


def _stop(line: Timeline, at: datetime, by_hand: bool = False) -> None:
    """Cuts the schedule off at that moment; who has it keeps it."""
    line.fraction = max(line.fraction, _share_at(line.points, at))
    line.points = [p for p in line.points if p[0] < at]
    line.by_hand = [p for p in line.by_hand if p[0] < at]
    still = _share_at(line.by_hand, at) if by_hand else 0.0
    _offer(line, at, 0.0, still)
    if line._since is not None and line.state is RolloutState.IN_PROGRESS:
        line._elapsed += at - line._since
    line._since = at


def _pass_time(scenario: Scenario, line: Timeline, to: datetime) -> None:
    """Counts App Store pauses; one of 30 days in total ends by itself, and the phased release goes on."""
    if scenario.platform is not Platform.IOS or line.state is not RolloutState.HALTED or line.superseded or line._since is None:
        return
    left = MAX_PAUSE - line.paused
    spent = min(left, to - line._since)
    line.paused += spent
    if spent == left:
        _go(scenario, line, line._since + spent)
    else:
        line._since = to


def _offer(line: Timeline, at: datetime, share: float, by_hand: float) -> None:
    line.points.append((at, share))
    line.by_hand.append((at, by_hand))


def _share_at(points: Sequence[tuple[datetime, float]], at: datetime) -> float:
    return next((share for moment, share in reversed(points) if moment <= at), 0.0)


def rollout(scenario: Scenario, moves: Sequence[Move], version: str, now: datetime) -> Rollout:
    """What the store says of that version: halted or removed only when it is so on every track."""
    lines = {track: timeline(scenario, moves, version, track, now) for track in scenario.tracks}
    states = [line.state for line in lines.values()]
    open_tracks = [t for t, line in lines.items() if line.state in (RolloutState.IN_PROGRESS, RolloutState.COMPLETED)]
    first = lines[open_tracks[0]] if open_tracks else next(iter(lines.values()))
    return Rollout(
        app=scenario.app,
        platform=scenario.platform,
        version=version,
        state=first.state,
        fraction=round(max(line.fraction for line in lines.values()), 6),
        started_at=first.started_at,
        update_priority=first.priority if scenario.platform is Platform.ANDROID else 0,
        paused_days=-(-int(max(line.paused for line in lines.values()).total_seconds()) // 86400),
        detail=_detail(scenario, lines, open_tracks, partly=len(set(states)) > 1),
    )


def _detail(scenario: Scenario, lines: dict[str, Timeline], open_tracks: list[str], partly: bool) -> str:
    if partly:
        return f"stopped on {len(lines) - len(open_tracks)} of {len(lines)} tracks; still handed out on {', '.join(open_tracks)}"
    first = next(iter(lines.values()))
    if first.superseded:
        return "superseded by a newer version"
    if scenario.platform is Platform.IOS and first.state is RolloutState.HALTED:
        return "phased release paused; anyone can still download it by hand until it is superseded or removed from sale"
    if scenario.platform is Platform.IOS and first.priority:
        return "the App Store has no update priority; automatic updates and the app itself must ask"
    return ""
