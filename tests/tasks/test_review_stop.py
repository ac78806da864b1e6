"""The emergency stop when a store is in the way. Add here when stopping must survive something else."""

from __future__ import annotations

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import NeighbourRefused, RecallError, StoreUnavailable
from integrations.ledger import brake
from tasks.act import perform_due
from tasks.stop import engage_brake, halt_unread
from tests.tasks.homes import APP, BAD, Play
from tests.tasks.neighbours import CountingStore, with_store

REASON = "The notice names the wrong version."


class Unreadable(CountingStore):
    """A store whose list cannot be read, for this reason."""

    why: RecallError = StoreUnavailable("down")

    def rollouts(self, *_: object) -> tuple[()]:
        self.before()
        raise self.why


def is_engaged(play: Play) -> bool:
    with play.tools.book.read() as txn:
        return brake.is_engaged(txn)


@pytest.mark.parametrize("failure", [StoreUnavailable("down"), NeighbourRefused("the key was withdrawn")], ids=["down", "refuses"])
def test_stop_holds_although_a_store_cannot_be_read(approved: Play, failure: RecallError) -> None:
    store = Unreadable(approved.tools.store_of(APP))
    store.why = failure
    braked = engage_brake(with_store(approved.tools, store), person="tech-lead", reason=REASON, request="one")
    assert is_engaged(approved)
    assert (braked.halting, braked.unread) == ((), (APP,))


def test_stop_holds_before_any_store_is_asked(approved: Play) -> None:
    seen: list[bool] = []
    store = Unreadable(approved.tools.store_of(APP))
    store.before = lambda: seen.append(is_engaged(approved))
    engage_brake(with_store(approved.tools, store), person="tech-lead", reason=REASON, request="one")
    assert set(seen) == {True}


def test_store_that_could_not_be_read_is_halted_by_a_later_tick(approved: Play) -> None:
    engage_brake(with_store(approved.tools, Unreadable(approved.tools.store_of(APP))), person="tech-lead", reason=REASON, request="one")
    assert halt_unread(approved.tools) == ()
    (halted,) = perform_due(approved.tools, EffectKind.HALT_ROLLOUT, recall_id="brake-1")
    assert (halted.state, halted.target) == (EffectState.DONE, f"{APP} android {BAD}")
    assert halt_unread(approved.tools) == ()


def test_released_brake_asks_no_store_again(approved: Play) -> None:
    engage_brake(with_store(approved.tools, Unreadable(approved.tools.store_of(APP))), person="tech-lead", reason=REASON, request="one")
    with approved.tools.book.write() as txn:
        brake.release(txn, "every role", "released by signatures")
    assert halt_unread(approved.tools) == ()
    assert perform_due(approved.tools, EffectKind.HALT_ROLLOUT, recall_id="brake-1") == ()
