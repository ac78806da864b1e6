"""The rehearsal store: the rules of Google Play or the App Store over the rehearsal world, with the failures real stores have.

| planned failure | what happens | what the caller sees |
|---|---|---|
| fail_before | nothing | StoreUnavailable |
| lose_reply | the call is carried out | Ambiguous |
| throttle | nothing | Throttled, with `retry_after_seconds` |
| down | nothing, until a moment of virtual time | StoreUnavailable |
| partial | a halt stops the first open track only | a roll-out still in progress; halting again goes on |
| refuse | nothing | NeighbourRefused |

Add here when calls, keys or failures change; rather in `integrations/rehearsal/shelf.py` when it is a rule of the stores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from configs.effects import Rollout, RolloutState
from configs.errors import Ambiguous, NeighbourRefused, StoreUnavailable, Throttled
from configs.terms import Platform
from integrations.contracts import Surroundings
from integrations.options import checked
from integrations.rehearsal.options import Options, PlannedFault, neighbour, plan_once, world_path
from integrations.rehearsal.pen import Fault, Mode, Pen
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import MAX_PAUSE, MoveKind, is_known, rollout, timeline

ROOM = "store"
"""This neighbour's name in planned failures."""

READ_FAILURES = (Mode.FAIL_BEFORE, Mode.THROTTLE, Mode.DOWN)
"""How reading can fail; the other modes wait for a write."""

MAX_PRIORITY = 5
"""`inAppUpdatePriority` goes from 0 to 5 (androidpublisher v3)."""


class StoreOptions(Options):
    """`faults`: failures planned once per world."""

    faults: tuple[PlannedFault, ...] = ()


class RehearsalStore:
    """A Store over the rehearsal world. Every write is one durable transaction with its key: repeating it changes nothing."""

    def __init__(self, name: str, path: Path, options: StoreOptions) -> None:
        self.name = name
        self._path = path
        self._options = options

    def __repr__(self) -> str:
        return f"RehearsalStore({self.name!r}, world={str(self._path)!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The store, its options checked. Raises SettingsInvalid."""
        given = checked(StoreOptions, f"rehearsal adapter {name!r}", options)
        return cls(name, world_path(given, around), given)

    def rollouts(self, app: str, platform: Platform) -> tuple[Rollout, ...]:
        """Every version the store lists, newest first."""
        with neighbour(self._path, StoreUnavailable) as world:
            self._is_here(world.scenario, app, platform)
            with world.writing() as pen:
                plan_once(pen, world, ROOM, self.name, self._options.faults)
                fault = pen.take_fault(ROOM, "rollouts", READ_FAILURES)
                listed = _listed(world.scenario, pen)
        _raise_before(fault, self.name)
        return listed

    def halt(self, app: str, platform: Platform, version: str, *, key: str) -> Rollout:
        """Halts (Play) or pauses (App Store) the version; errors as in the contract."""

        def act(pen: Pen, scenario: Scenario, partly: bool) -> bool:
            return _halt(pen, scenario, version, partly)

        return self._write("halt", app, platform, version, key, f"halt {version}", act)

    def publish(self, app: str, platform: Platform, version: str, *, priority: int, key: str) -> Rollout:
        """Rolls the draft out to everyone; errors as in the contract."""

        def act(pen: Pen, scenario: Scenario, _partly: bool) -> bool:
            return _publish(pen, scenario, version, priority)

        return self._write("publish", app, platform, version, key, f"publish {version} priority {priority}", act)

    def _write(
        self, call: str, app: str, platform: Platform, version: str, key: str, body: str, act: Callable[[Pen, Scenario, bool], bool]
    ) -> Rollout:
        """One call: the planned failure is taken, the thing done and its key remembered in one transaction."""
        with neighbour(self._path, StoreUnavailable) as world:
            self._is_here(world.scenario, app, platform)
            with world.writing() as pen:
                plan_once(pen, world, ROOM, self.name, self._options.faults)
                fault = pen.take_fault(ROOM, call)
                if not _fails_before(fault) and not pen.is_done(key, body):
                    is_whole = act(pen, world.scenario, fault is not None and fault.mode is Mode.PARTIAL)
                    if is_whole:
                        pen.remember(key, body)
                answer = rollout(world.scenario, pen.moves(), version, pen.now)
        _raise_before(fault, self.name)
        if fault is not None and fault.mode is Mode.LOSE_REPLY:
            raise Ambiguous(f"store {self.name!r} broke the connection during {call} of {version}; read its roll-outs before anything else")
        return answer

    def _is_here(self, scenario: Scenario, app: str, platform: Platform) -> None:
        if (app, platform) != (scenario.app, scenario.platform):
            known = f"{scenario.app} on {scenario.platform}"
            raise NeighbourRefused(f"store {self.name!r} has no app {app!r} on {platform}; it has {known}; mend the settings")


def _listed(scenario: Scenario, pen: Pen) -> tuple[Rollout, ...]:
    moves, now = pen.moves(), pen.now
    return tuple(rollout(scenario, moves, v, now) for v in reversed(scenario.versions) if is_known(scenario, moves, v, now))


def _halt(pen: Pen, scenario: Scenario, version: str, partly: bool) -> bool:
    """Halts what is still open; says whether all of it is stopped now."""
    moves, now = pen.moves(), pen.now
    if not is_known(scenario, moves, version, now):
        raise NeighbourRefused(f"the store has no version {version}; read its roll-outs for those it has")
    lines = {track: timeline(scenario, moves, version, track, now) for track in scenario.tracks}
    states = {line.state for line in lines.values()}
    if RolloutState.DRAFT in states:
        raise NeighbourRefused(f"version {version} is a draft: nobody gets it, so there is nothing to halt")
    if states == {RolloutState.REMOVED}:
        raise NeighbourRefused(f"version {version} was removed from sale: its phase is over for good, and nobody gets it")
    is_open = [t for t, line in lines.items() if line.state in (RolloutState.IN_PROGRESS, RolloutState.COMPLETED)]
    if scenario.platform is Platform.IOS:
        _check_pause(version, states, max((lines[t].paused for t in is_open), default=None) == MAX_PAUSE)
    for track in is_open[:1] if partly else is_open:
        pen.add_move(MoveKind.HALTED, version, track)
    return not partly or len(is_open) <= 1


def _check_pause(version: str, states: set[RolloutState], is_used_up: bool) -> None:
    if RolloutState.COMPLETED in states:
        raise NeighbourRefused(f"the phased release of {version} is complete: publish a newer version, or remove the app from sale")
    if is_used_up:
        raise NeighbourRefused(f"the phased release of {version} was paused for 30 days already: publish a newer version")


def _publish(pen: Pen, scenario: Scenario, version: str, priority: int) -> bool:
    if not 0 <= priority <= MAX_PRIORITY:
        raise NeighbourRefused(f"update priority {priority} of version {version} is not between 0 and {MAX_PRIORITY}")
    moves, now = pen.moves(), pen.now
    if not is_known(scenario, moves, version, now):
        raise NeighbourRefused(f"the store has no version {version}; upload it as a draft first")
    state = rollout(scenario, moves, version, now).state
    if state is not RolloutState.DRAFT:
        raise NeighbourRefused(f"version {version} is {state}, not a draft: only a draft can be published, and its priority cannot change")
    pen.add_move(MoveKind.PUBLISHED, version, priority=priority)
    return True


def _fails_before(fault: Fault | None) -> bool:
    return fault is not None and fault.mode not in (Mode.LOSE_REPLY, Mode.PARTIAL)


def _raise_before(fault: Fault | None, store: str) -> None:
    """Raises the failure of a call that was not carried out."""
    if fault is None or not _fails_before(fault):
        return
    if fault.mode is Mode.THROTTLE:
        wait = fault.retry_after_seconds
        raise Throttled(f"store {store!r} asks to wait {wait:g} s; nothing happened", retry_after_seconds=wait)
    if fault.mode is Mode.REFUSE:
        raise NeighbourRefused(f"store {store!r} refuses this call as asked; nothing happened")
    raise StoreUnavailable(f"store {store!r} did not answer; nothing happened; will be retried")
