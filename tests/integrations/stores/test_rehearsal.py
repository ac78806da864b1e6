"""What the rehearsal store adds to the contract: planned failures, tracks, the App Store's pauses. Add here with `stores/rehearsal.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.effects import RolloutState
from configs.errors import Ambiguous, NeighbourRefused, SettingsInvalid, StoreUnavailable
from configs.terms import Platform
from integrations.rehearsal.pen import Fault, Mode
from integrations.rehearsal.shelf import MoveKind
from integrations.rehearsal.world import FILE_NAME, World, world_at
from integrations.stores.rehearsal import RehearsalStore
from tests.integrations.rehearsal.builders import APP, a_world, around, hours

PLAY = (APP, Platform.ANDROID)
APPLE = (APP, Platform.IOS)


def a_store(home: Path, platform: Platform = Platform.ANDROID, options: dict[str, object] | None = None) -> RehearsalStore:
    return RehearsalStore.build("shop", options or {}, around(home, platform=platform))


def at(world: World, hour: float) -> None:
    world.advance(hours(hour))


def test_partial_halt_goes_on_with_the_rest_when_halted_again(tmp_path: Path) -> None:
    world = a_world(tmp_path, tracks=("production", "beta", "open"))
    world.plan(Fault("store", Mode.PARTIAL, "halt"))
    store = a_store(tmp_path)
    first = store.halt(*PLAY, "2.1.0", key="k")
    assert first.state is RolloutState.IN_PROGRESS
    assert first.detail == "stopped on 1 of 3 tracks; still handed out on beta, open"
    assert store.halt(*PLAY, "2.1.0", key="k").state is RolloutState.HALTED


def test_store_that_is_down_answers_again_later(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    store = a_store(tmp_path, options={"faults": [{"mode": "down", "until_hours": 5}]})
    for call in (lambda: store.rollouts(*PLAY), lambda: store.halt(*PLAY, "2.1.0", key="k")):
        with pytest.raises(StoreUnavailable):
            call()
    at(world, 5)
    assert store.halt(*PLAY, "2.1.0", key="k").state is RolloutState.HALTED


def test_failure_planned_in_the_settings_happens_once_however_often_they_are_read(tmp_path: Path) -> None:
    a_world(tmp_path)
    options: dict[str, object] = {"faults": [{"mode": "lose_reply", "call": "halt"}]}
    with pytest.raises(Ambiguous):
        a_store(tmp_path, options=options).halt(*PLAY, "2.1.0", key="k")
    assert a_store(tmp_path, options=options).halt(*PLAY, "2.1.0", key="other").state is RolloutState.HALTED


def test_refusal_changes_nothing(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.plan(Fault("store", Mode.REFUSE, "halt"))
    before = world.moves()
    with pytest.raises(NeighbourRefused):
        a_store(tmp_path).halt(*PLAY, "2.1.0", key="k")
    assert world.moves() == before


def test_lost_reply_waits_for_a_write(tmp_path: Path) -> None:
    a_world(tmp_path).plan(Fault("store", Mode.LOSE_REPLY))
    store = a_store(tmp_path)
    store.rollouts(*PLAY)
    with pytest.raises(Ambiguous):
        store.halt(*PLAY, "2.1.0", key="k")


def test_repeated_halt_is_noted_once(tmp_path: Path) -> None:
    world, store = a_world(tmp_path), a_store(tmp_path)
    for key in ("k", "k", "other"):
        store.halt(*PLAY, "2.1.0", key=key)
    assert [m.kind for m in world.moves()].count(MoveKind.HALTED) == 1


def test_fix_appears_as_a_draft_twelve_hours_after_the_halt(tmp_path: Path) -> None:
    world, store = a_world(tmp_path), a_store(tmp_path)
    at(world, 30)
    store.halt(*PLAY, "2.1.0", key="k")
    at(world, 41)
    with pytest.raises(NeighbourRefused, match="no version"):
        store.publish(*PLAY, "2.1.1", priority=5, key="p")
    at(world, 42)
    assert next((r.version, r.state) for r in store.rollouts(*PLAY)) == ("2.1.1", RolloutState.DRAFT)
    assert store.publish(*PLAY, "2.1.1", priority=5, key="p").update_priority == 5


def test_completed_play_release_can_still_be_halted(tmp_path: Path) -> None:
    at(a_world(tmp_path), 200)
    halted = a_store(tmp_path).halt(*PLAY, "2.1.0", key="k")
    assert (halted.state, halted.fraction) == (RolloutState.HALTED, 1.0)


def test_complete_app_store_phase_cannot_be_paused(tmp_path: Path) -> None:
    at(a_world(tmp_path, platform=Platform.IOS), 200)
    with pytest.raises(NeighbourRefused, match="newer version"):
        a_store(tmp_path, Platform.IOS).halt(*APPLE, "2.1.0", key="k")


def test_app_store_pause_used_up_is_refused(tmp_path: Path) -> None:
    world, store = a_world(tmp_path, platform=Platform.IOS), a_store(tmp_path, Platform.IOS)
    at(world, 10)
    assert store.halt(*APPLE, "2.1.0", key="k1").state is RolloutState.HALTED
    at(world, 10 + 30 * 24)
    with pytest.raises(NeighbourRefused, match="30 days"):
        store.halt(*APPLE, "2.1.0", key="k2")


def test_first_version_of_the_app_store_has_no_phase_to_pause(tmp_path: Path) -> None:
    a_world(tmp_path, platform=Platform.IOS)
    with pytest.raises(NeighbourRefused, match="complete"):
        a_store(tmp_path, Platform.IOS).halt(*APPLE, "2.0.0", key="k")


def test_removed_version_can_be_neither_halted_nor_published(tmp_path: Path) -> None:
    world, store = a_world(tmp_path, platform=Platform.IOS), a_store(tmp_path, Platform.IOS)
    world.move(MoveKind.REMOVED, "2.1.0")
    assert store.rollouts(*APPLE)[0].state is RolloutState.REMOVED
    with pytest.raises(NeighbourRefused, match="for good"):
        store.halt(*APPLE, "2.1.0", key="k")
    with pytest.raises(NeighbourRefused, match="removed"):
        store.publish(*APPLE, "2.1.0", priority=0, key="p")


def test_store_without_a_world_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="recall demo"):
        a_store(tmp_path).rollouts(*PLAY)


def test_busy_world_does_not_answer_and_nothing_happens(tmp_path: Path) -> None:
    world, store = a_world(tmp_path), a_store(tmp_path)
    world_at(tmp_path / FILE_NAME)._connection.execute("PRAGMA busy_timeout = 1")
    with world.writing(), pytest.raises(StoreUnavailable, match="locked"):
        store.halt(*PLAY, "2.1.0", key="k")
    assert store.halt(*PLAY, "2.1.0", key="k").state is RolloutState.HALTED


def test_world_can_lie_elsewhere(tmp_path: Path) -> None:
    world = a_world(tmp_path / "elsewhere")
    store = a_store(tmp_path, options={"world": str(world.path.relative_to(tmp_path))})
    assert store.rollouts(*PLAY)


@pytest.mark.parametrize("options", [{"wolrd": "x"}, {"faults": [{"mode": "explode"}]}, {"faults": [{"mode": "down", "times": 0}]}])
def test_wrong_option_is_named(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid, match=next(iter(options))):
        a_store(tmp_path, options=options)
