"""The emergency stop when a store is in the way. Add here when stopping must survive something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event

import pytest

from configs.effects import EffectKind, EffectState, Rollout, RolloutState, Standing, Surface
from configs.errors import NeighbourRefused, RecallError, StoreUnavailable
from configs.terms import Platform
from integrations.ledger import brake
from integrations.rehearsal.pen import Fault, Mode
from integrations.rehearsal.world import World
from tasks.standstill import stand_still, until_still, watch_surfaces
from tasks.stop import engage_brake
from tests.tasks.homes import APP, BAD, SETTINGS, SMALL, Play
from tests.tasks.neighbours import CountingStore, with_store

REASON = "The notice names the wrong version."


OTHER = "com.example.other"


class Unreadable(CountingStore):
    """A store whose list cannot be read, for this reason."""

    why: RecallError = StoreUnavailable("down")

    def rollouts(self, *_: object) -> tuple[()]:
        self.before()
        raise self.why


class Resumed(CountingStore):
    """Somebody resumes the bad version in the store's console before it is looked at; from the next halt on it stands still."""

    def rollouts(self, app: str, platform: Platform) -> tuple[Rollout, ...]:
        listed = self.inner.rollouts(app, platform)
        if self.writes:
            return listed
        return tuple(replace(r, state=RolloutState.IN_PROGRESS) if r.version == BAD else r for r in listed)


@dataclass
class Hanging(CountingStore):
    """A store that answers nothing until it is let."""

    gate: Event = field(default_factory=Event)

    def rollouts(self, app: str, platform: Platform) -> tuple[Rollout, ...]:
        assert self.gate.wait(30)
        return self.inner.rollouts(app, platform)


def always(error: RecallError) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.fixture
def two_apps(anew: Callable[..., Play]) -> Play:
    """A second app in a store of its own, whose bad version is being rolled out as well."""
    (first,) = SETTINGS["apps"]  # type: ignore[misc]  # a list in the settings
    second = {**first, "id": OTHER, "store": "second", "sources": [{"kind": "simulator", "name": "vitals", "world": "second.db"}]}
    second["contacts"] = {"kind": "simulated", "world": "second.db"}
    stores = {"play": {"kind": "rehearsal"}, "second": {"kind": "rehearsal", "world": "second.db"}}
    play = anew(apps=[first, second], stores=stores)
    World.create(play.home / "second.db", SMALL.model_copy(update={"app": OTHER}))
    play.wait(hours=6)
    return play


def is_engaged(play: Play) -> bool:
    with play.tools.book.read() as txn:
        return brake.is_engaged(txn)


def stop(play: Play, store: object = None) -> int:
    tools = with_store(play.tools, store) if store else play.tools
    return engage_brake(tools, person="tech-lead", reason=REASON, request="one")


def proven(play: Play, store: object = None) -> Surface:
    tools = with_store(play.tools, store) if store else play.tools
    (surface,) = watch_surfaces(tools)
    return surface


@pytest.mark.parametrize("failure", [StoreUnavailable("down"), NeighbourRefused("the key was withdrawn")], ids=["down", "refuses"])
def test_stop_holds_although_a_store_cannot_be_read(approved: Play, failure: RecallError) -> None:
    store = Unreadable(approved.tools.store_of(APP))
    store.why = failure
    stop(approved, store)
    assert is_engaged(approved)
    surface = proven(approved, store)
    assert (surface.standing, surface.detail, surface.still_since) == (Standing.UNREAD, failure.message, None)


def test_stop_holds_before_any_store_is_asked(approved: Play) -> None:
    seen: list[bool] = []
    store = Unreadable(approved.tools.store_of(APP))
    store.before = lambda: seen.append(is_engaged(approved))
    stop(approved, store)
    proven(approved, store)
    assert set(seen) == {True}


def test_store_that_could_not_be_read_is_halted_by_a_later_tick(approved: Play) -> None:
    stop(approved)
    proven(approved, Unreadable(approved.tools.store_of(APP)))
    surface = proven(approved)
    assert (surface.standing, surface.running) == (Standing.STILL, ())
    (halt,) = [e for e in approved.effects(EffectKind.HALT_ROLLOUT) if e.recall_id == "brake-1"]
    assert (halt.state, halt.target) == (EffectState.DONE, f"{APP} android {BAD}")


def test_proof_is_journaled_once_and_its_time_goes_on(approved: Play) -> None:
    stop(approved)
    first = proven(approved)
    told = len(approved.entries("brake.surface"))
    approved.wait(hours=1)
    again = proven(approved)
    assert len(approved.entries("brake.surface")) == told
    assert again.still_since == first.still_since
    assert again.looked_at > first.looked_at


def test_what_somebody_sets_going_again_is_halted_and_told(approved: Play) -> None:
    stop(approved)
    proven(approved)
    rollouts = Resumed(approved.tools.store_of(APP))
    surface = proven(approved, rollouts)
    assert (surface.standing, rollouts.writes) == (Standing.STILL, [f"halt {BAD}"])
    assert any(e.target.startswith("set_going/") for e in approved.effects(EffectKind.TELL_OPERATORS))


def test_halt_that_the_store_refuses_is_asked_once_and_stays_unproven(approved: Play) -> None:
    stop(approved)
    store = CountingStore(approved.tools.store_of(APP), before=always(NeighbourRefused("the pause is used up")))
    surfaces = [proven(approved, store) for _ in range(3)]
    assert {(s.standing, s.running) for s in surfaces} == {(Standing.MOVING, (BAD,))}
    assert "the pause is used up" in surfaces[0].detail
    assert store.writes == [f"halt {BAD}"]


def test_released_brake_asks_no_store_again(approved: Play) -> None:
    stop(approved)
    proven(approved, Unreadable(approved.tools.store_of(APP)))
    with approved.tools.book.write() as txn:
        brake.release(txn, "every role", "released by signatures")
    assert watch_surfaces(approved.tools) == ()
    assert not [e for e in approved.effects(EffectKind.HALT_ROLLOUT) if e.recall_id == "brake-1"]


def test_waiting_ends_when_the_last_surface_stands_still(approved: Play) -> None:
    approved.world.plan(Fault("store", Mode.FAIL_BEFORE, "rollouts"))
    assert [s.standing for s in until_still(approved.tools, stop(approved), 60)][-1] is Standing.STILL


def test_one_hanging_surface_delays_no_other(two_apps: Play) -> None:
    gate = Event()
    tools = replace(two_apps.tools, stores={**two_apps.tools.stores, "second": Hanging(two_apps.tools.stores["second"], gate=gate)})
    number = engage_brake(tools, person="tech-lead", reason=REASON, request="one")
    looks = stand_still(tools, number)
    assert (next(looks).app, gate.is_set()) == (APP, False)
    gate.set()
    assert next(looks).app == OTHER
