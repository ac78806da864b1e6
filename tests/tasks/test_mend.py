"""The remedy: found in the store, named once, published once. Add here when a fix is found in another way."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from configs.effects import EffectKind, EffectState, Rollout, RolloutState
from configs.errors import BadInput, Refused
from configs.terms import Platform, RecallState
from integrations.rehearsal.pen import Fault, Mode
from tasks.act import perform_due
from tasks.mend import is_fix_due, name_fix_by_hand, queue_fix, queue_fixes
from tests.tasks.homes import APP, BAD, FIX, Play
from tests.tasks.neighbours import with_store


@dataclass
class Listing:
    """A store with these versions and no more."""

    versions: dict[str, RolloutState]
    asked: int = 0
    name: str = field(default="play")

    def rollouts(self, app: str, platform: Platform) -> tuple[Rollout, ...]:
        self.asked += 1
        return tuple(Rollout(app, platform, version, state, 0.0) for version, state in self.versions.items())


@pytest.fixture
def halted(approved: Play) -> Play:
    """The roll-out stands still, and the fix lies in the store as a draft."""
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    approved.wait(hours=6)
    return approved


def fixes(play: Play) -> list[EffectState]:
    return [e.state for e in play.effects(EffectKind.PUBLISH_FIX)]


def test_no_fix_is_queued_while_the_store_has_none(approved: Play) -> None:
    assert not is_fix_due(approved.tools, APP)
    assert queue_fixes(approved.tools, APP) == ()
    assert fixes(approved) == []


def test_fix_is_named_queued_and_published_with_the_policys_priority(halted: Play) -> None:
    assert is_fix_due(halted.tools, APP)
    (fix,) = queue_fixes(halted.tools, APP)
    assert (fix.version, halted.recall().fixed_version) == (FIX, FIX)
    perform_due(halted.tools, EffectKind.PUBLISH_FIX)
    assert fixes(halted) == [EffectState.DONE]
    (move,) = [m for m in halted.world.moves() if m.version == FIX and m.kind == "published"]
    assert move.priority == halted.tools.policy.fix.update_priority


def test_fix_is_queued_once(halted: Play) -> None:
    queue_fixes(halted.tools, APP)
    recall = halted.recall()
    assert queue_fixes(halted.tools, APP) == ()
    queue_fix(halted.tools, recall_id=recall.id, revision=recall.revision, version=FIX)
    assert len(fixes(halted)) == 1


def test_no_fix_is_looked_for_before_the_signatures(proposed: Play) -> None:
    store = Listing({FIX: RolloutState.DRAFT, BAD: RolloutState.IN_PROGRESS})
    assert queue_fixes(with_store(proposed.tools, store), APP) == ()
    assert store.asked == 0


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ({"2.1.2": RolloutState.DRAFT, FIX: RolloutState.DRAFT}, "2.1.2"),
        ({"2.2.0": RolloutState.DRAFT, FIX: RolloutState.DRAFT}, FIX),
        ({"2.2.0": RolloutState.DRAFT}, ""),
        ({FIX: RolloutState.IN_PROGRESS}, FIX),
        ({FIX: RolloutState.COMPLETED}, FIX),
        ({FIX: RolloutState.HALTED}, ""),
        ({FIX: RolloutState.REMOVED}, ""),
        ({"2.0.0": RolloutState.COMPLETED, "2.0.9": RolloutState.DRAFT}, ""),
        ({"2.1.10": RolloutState.DRAFT, "2.1.9": RolloutState.DRAFT}, "2.1.10"),
    ],
    ids=[
        "newest",
        "feature release beside it",
        "feature release alone",
        "out in part",
        "out",
        "halted itself",
        "removed",
        "older",
        "by number not by letter",
    ],
)
def test_remedy_is_the_newest_later_version_that_can_go_out(approved: Play, listed: dict[str, RolloutState], found: str) -> None:
    tools = with_store(approved.tools, Listing(listed | {BAD: RolloutState.HALTED}))
    assert [fix.version for fix in queue_fixes(tools, APP)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("version", "person", "reason", "error"),
    [
        (FIX, "stranger", "It mends the crash.", BadInput),
        (FIX, "tech-lead", "yes", BadInput),
        ("2.0.0", "tech-lead", "It mends the crash.", Refused),
        ("9.9.9", "tech-lead", "It mends the crash.", Refused),
    ],
    ids=["stranger", "no reason", "older", "not in the store"],
)
def test_fix_that_cannot_be_named_changes_nothing(halted: Play, version: str, person: str, reason: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        name_fix_by_hand(halted.tools, recall_id=halted.recall().id, version=version, person=person, reason=reason)
    assert (fixes(halted), halted.recall().fixed_version) == ([], "")


def test_named_fix_is_published_and_its_namer_is_in_the_journal(halted: Play) -> None:
    name_fix_by_hand(halted.tools, recall_id=halted.recall().id, version=FIX, person="tech-lead", reason="It mends the crash.")
    perform_due(halted.tools, EffectKind.PUBLISH_FIX)
    assert (fixes(halted), halted.recall().fixed_version) == ([EffectState.DONE], FIX)
    assert [e.actor for e in halted.entries("fix.named")] == ["tech-lead"]


def test_no_fix_is_named_before_the_signatures(proposed: Play) -> None:
    tools = with_store(proposed.tools, Listing({FIX: RolloutState.DRAFT, BAD: RolloutState.IN_PROGRESS}))
    with pytest.raises(Refused, match="is proposed"):
        name_fix_by_hand(tools, recall_id=proposed.recall().id, version=FIX, person="tech-lead", reason="It mends the crash.")


def test_store_that_does_not_answer_costs_the_tick_nothing(halted: Play) -> None:
    """Whether there is a fix is not known then; the next tick asks again."""
    halted.world.plan(Fault("store", Mode.FAIL_BEFORE, "rollouts", times=2))
    assert not is_fix_due(halted.tools, APP)
    assert queue_fixes(halted.tools, APP) == ()
    assert is_fix_due(halted.tools, APP)


def test_lost_reply_publishes_once(halted: Play) -> None:
    queue_fixes(halted.tools, APP)
    halted.world.plan(Fault("store", Mode.LOSE_REPLY, "publish"))
    assert [p.state for p in perform_due(halted.tools, EffectKind.PUBLISH_FIX)] == [EffectState.UNKNOWN]
    halted.wait(minutes=1)
    perform_due(halted.tools, EffectKind.PUBLISH_FIX)
    assert fixes(halted) == [EffectState.DONE]
    assert sum(m.kind == "published" and m.version == FIX for m in halted.world.moves()) == 1
    assert halted.recall().state is RecallState.APPROVED
