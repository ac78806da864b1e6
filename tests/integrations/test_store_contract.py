"""What every app store adapter promises, run over every entry of `STORES`. An entry without a rig fails.

A rig brings an adapter before a neighbour that has: a roll-out in progress, a draft, and a way to lose the next reply.

Add a rig here when there is a new store; rather a test beside the adapter when only that store behaves so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from configs.effects import Rollout, RolloutState
from configs.errors import Ambiguous, KeyReused, NeighbourRefused, StoreUnavailable, Throttled
from configs.terms import Platform
from integrations.contracts import Store
from integrations.rehearsal.pen import Fault, Mode
from integrations.rehearsal.shelf import MoveKind
from integrations.stores import STORES
from integrations.stores.rehearsal import RehearsalStore
from tests.integrations.rehearsal.builders import APP, a_world, around, hours


@dataclass(frozen=True)
class Rig:
    """A store, what is in it, and how to make its neighbour misbehave once on the next call of that name."""

    store: Store
    app: str
    platform: Platform
    out: str
    draft: str
    lose_reply: Callable[[str], None]
    throttle: Callable[[str], None]
    fail: Callable[[str], None]

    def state(self, version: str) -> Rollout:
        """What the store says of that version."""
        return next(r for r in self.store.rollouts(self.app, self.platform) if r.version == version)

    def halt(self, version: str = "", key: str = "halt-1") -> Rollout:
        return self.store.halt(self.app, self.platform, version or self.out, key=key)

    def publish(self, version: str = "", key: str = "publish-1", priority: int = 5) -> Rollout:
        return self.store.publish(self.app, self.platform, version or self.draft, priority=priority, key=key)


def rehearsal(folder: Path, platform: Platform) -> Rig:
    world = a_world(folder, platform=platform)
    world.advance(hours(30))
    with world.writing() as pen:
        pen.add_move(MoveKind.DRAFTED, "2.1.1")

    def plan(mode: Mode) -> Callable[[str], None]:
        return lambda call: world.plan(Fault("store", mode, call))

    store = RehearsalStore.build("shop", {}, around(folder, platform=platform))
    failures = plan(Mode.LOSE_REPLY), plan(Mode.THROTTLE), plan(Mode.FAIL_BEFORE)
    return Rig(store, APP, platform, "2.1.0", "2.1.1", *failures)


RIGS: dict[tuple[str, str], Callable[[Path], Rig]] = {
    ("rehearsal", "play"): lambda folder: rehearsal(folder, Platform.ANDROID),
    ("rehearsal", "app store"): lambda folder: rehearsal(folder, Platform.IOS),
}


@pytest.fixture(params=list(RIGS), ids="-".join)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    return RIGS[request.param](tmp_path)


def test_every_store_has_a_rig() -> None:
    assert {kind for kind, _ in RIGS} == set(STORES)


def test_store_keeps_the_protocol(rig: Rig) -> None:
    assert isinstance(rig.store, Store)
    assert rig.store.name == "shop"


def test_rollouts_are_listed_newest_first_with_drafts(rig: Rig) -> None:
    listed = rig.store.rollouts(rig.app, rig.platform)
    assert [r.version for r in listed][:2] == [rig.draft, rig.out]
    assert rig.state(rig.draft).state is RolloutState.DRAFT
    assert rig.state(rig.out).state is RolloutState.IN_PROGRESS


def test_halt_stops_the_rollout_and_says_so(rig: Rig) -> None:
    answer = rig.halt()
    assert answer.state is RolloutState.HALTED
    assert rig.state(rig.out) == answer


@pytest.mark.parametrize("second_key", ["halt-1", "halt-2"])
def test_halted_release_is_not_halted_again(rig: Rig, second_key: str) -> None:
    assert rig.halt(key="halt-1") == rig.halt(key=second_key)


def test_halt_leaves_the_other_versions_alone(rig: Rig) -> None:
    before = rig.state(rig.draft)
    rig.halt()
    assert rig.state(rig.draft) == before


@pytest.mark.parametrize("call", [Rig.halt, Rig.publish], ids=["halt", "publish"])
def test_unknown_version_is_refused(rig: Rig, call: Callable[[Rig, str], Rollout]) -> None:
    with pytest.raises(NeighbourRefused, match=r"9\.9\.9"):
        call(rig, "9.9.9")


def test_unknown_app_is_refused(rig: Rig) -> None:
    with pytest.raises(NeighbourRefused, match=r"com\.stranger"):
        rig.store.halt("com.stranger", rig.platform, rig.out, key="k")


def test_publish_brings_a_draft_to_everyone(rig: Rig) -> None:
    answer = rig.publish()
    assert (answer.state, answer.fraction) == (RolloutState.COMPLETED, 1.0)
    assert rig.state(rig.draft) == answer


def test_only_a_draft_can_be_published(rig: Rig) -> None:
    with pytest.raises(NeighbourRefused, match="draft"):
        rig.publish(rig.out)
    assert rig.state(rig.out).state is RolloutState.IN_PROGRESS


def test_draft_cannot_be_halted(rig: Rig) -> None:
    with pytest.raises(NeighbourRefused, match="draft"):
        rig.halt(rig.draft)


def test_same_key_publishes_once(rig: Rig) -> None:
    assert rig.publish() == rig.publish()


def test_another_key_does_not_publish_again(rig: Rig) -> None:
    rig.publish(priority=5)
    with pytest.raises(NeighbourRefused):
        rig.publish(key="publish-2", priority=1)


def test_same_key_for_something_else_is_an_error(rig: Rig) -> None:
    rig.halt(key="k")
    with pytest.raises(KeyReused):
        rig.publish(key="k")
    assert rig.state(rig.draft).state is RolloutState.DRAFT


@pytest.mark.parametrize("priority", [-1, 6])
def test_priority_out_of_range_is_refused(rig: Rig, priority: int) -> None:
    with pytest.raises(NeighbourRefused, match="priority"):
        rig.publish(priority=priority)
    assert rig.state(rig.draft).state is RolloutState.DRAFT


def test_reading_after_a_lost_reply_shows_what_was_done(rig: Rig) -> None:
    rig.lose_reply("halt")
    with pytest.raises(Ambiguous):
        rig.halt()
    assert rig.state(rig.out).state is RolloutState.HALTED
    assert rig.halt() == rig.state(rig.out)


def test_reading_after_a_lost_publication_shows_what_was_done(rig: Rig) -> None:
    rig.lose_reply("publish")
    with pytest.raises(Ambiguous):
        rig.publish()
    assert rig.state(rig.draft).state is RolloutState.COMPLETED
    assert rig.publish() == rig.state(rig.draft)


def test_failed_call_did_nothing_and_can_be_repeated(rig: Rig) -> None:
    rig.fail("halt")
    with pytest.raises(StoreUnavailable):
        rig.halt()
    assert rig.state(rig.out).state is RolloutState.IN_PROGRESS
    assert rig.halt().state is RolloutState.HALTED


def test_throttled_call_did_nothing_and_says_how_long_to_wait(rig: Rig) -> None:
    rig.throttle("publish")
    with pytest.raises(Throttled) as caught:
        rig.publish()
    assert caught.value.facts["retry_after_seconds"]
    assert rig.state(rig.draft).state is RolloutState.DRAFT


def test_reading_can_fail_too(rig: Rig) -> None:
    rig.fail("rollouts")
    with pytest.raises(StoreUnavailable):
        rig.store.rollouts(rig.app, rig.platform)
    assert rig.store.rollouts(rig.app, rig.platform)
