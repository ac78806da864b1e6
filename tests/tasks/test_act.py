"""Effects: done once, later, never or not known, and what the brake holds. Add here when an effect can end in another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.effects import EffectKind, EffectState, RolloutState
from configs.errors import Ambiguous, LedgerError
from configs.terms import RecallState
from integrations.ledger import brake, outbox
from integrations.rehearsal.pen import Fault, Mode
from tasks.act import due_effects, perform, perform_due
from tasks.advance import advance_going
from tasks.notify import freeze_due
from tasks.performers import PERFORMERS
from tasks.rules import plan
from tests.flows.driver import Killed
from tests.tasks.homes import APP, BAD, Play
from tests.tasks.neighbours import CountingStore, raising, with_store

HALT = EffectKind.HALT_ROLLOUT


def halt_of(play: Play) -> EffectState:
    return play.effects(HALT)[0].state


def store_state(play: Play, version: str = BAD) -> RolloutState:
    listed = play.tools.store_of(APP).rollouts(APP, play.tools.settings.app(APP).platform)
    return next(r.state for r in listed if r.version == version)


def engage(play: Play) -> None:
    with play.tools.book.write() as txn:
        brake.engage(txn, "tech-lead", "something is very wrong")


def release(play: Play) -> None:
    with play.tools.book.write() as txn:
        brake.release(txn, "everyone", "all is well again")


def halts(play: Play) -> int:
    return sum(m.kind == "halted" for m in play.world.moves())


def test_every_kind_of_effect_has_a_performer() -> None:
    assert set(PERFORMERS) == set(EffectKind)


def test_halt_stops_the_roll_out_and_keeps_what_the_store_answered(approved: Play) -> None:
    (done,) = perform_due(approved.tools, HALT)
    assert (done.state, store_state(approved)) == (EffectState.DONE, RolloutState.HALTED)
    receipt = approved.entries("effect.done")[-1].facts["receipt"]
    assert isinstance(receipt, dict)
    assert (receipt["before"], receipt["after"]) == ("in_progress", "halted")


def test_done_effect_is_not_due_again(approved: Play) -> None:
    perform_due(approved.tools, HALT)
    approved.wait(days=1)
    assert perform_due(approved.tools, HALT) == ()
    assert halts(approved) == 1


def test_effect_done_by_a_person_meanwhile_is_left_alone(approved: Play) -> None:
    store = CountingStore(approved.tools.store_of(APP))
    store.halt(APP, approved.tools.settings.app(APP).platform, BAD, key="by hand")
    store.writes.clear()
    (done,) = perform_due(with_store(approved.tools, store), HALT)
    assert (done.state, store.writes) == (EffectState.DONE, [])


def test_every_claim_is_preceded_by_a_signed_checkpoint(approved: Play) -> None:
    """Before an irreversible effect the journal's head is signed outside the database."""
    seen = []
    store = CountingStore(approved.tools.store_of(APP))

    def look() -> None:
        with approved.tools.book.read() as txn:
            seen.append((txn.head.seq, txn.tuples("SELECT max(seq) FROM checkpoints")[0][0]))

    store.before = look
    perform_due(with_store(approved.tools, store), HALT)
    assert seen == [(seen[0][0], seen[0][0])]


# --- the brake ----------------------------------------------------------------------------------------------------------


def test_brake_holds_notices_but_not_halts(approved: Play) -> None:
    freeze_due(approved.tools, APP)
    engage(approved)
    told = len(approved.outbox())
    assert {p.state for p in perform_due(approved.tools, HALT)} == {EffectState.DONE}
    assert perform_due(approved.tools, EffectKind.SEND_NOTICES) == ()
    held = [perform(approved.tools, effect_key=e.key, attempt=0, label="late") for e in approved.effects(EffectKind.SEND_NOTICES)]
    assert {(p.state, p.detail) for p in held} == {(EffectState.QUEUED, "the brake is engaged")}
    assert len(approved.outbox()) == told
    assert {e.attempts for e in approved.effects(EffectKind.SEND_NOTICES)} == {0}


def test_brake_holds_the_fix(approved: Play) -> None:
    recall = approved.recall()
    with approved.tools.book.write() as txn:
        outbox.queue(txn, plan.fix(recall, "2.1.1", 5))
    (fix,) = due_effects(approved.tools, EffectKind.PUBLISH_FIX)
    engage(approved)
    store = CountingStore(approved.tools.store_of(APP))
    held = perform(with_store(approved.tools, store), effect_key=fix.key, attempt=0, label="late")
    assert (held.state, store.writes) == (EffectState.QUEUED, [])


def test_released_brake_lets_what_it_held_go_out(approved: Play) -> None:
    freeze_due(approved.tools, APP)
    engage(approved)
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    release(approved)
    assert {p.state for p in perform_due(approved.tools, EffectKind.SEND_NOTICES)} == {EffectState.DONE}


def test_brake_halts_are_reached_behind_a_thousand_held_notices(approved: Play) -> None:
    """A long queue of what is held must not hide what has to go on."""
    recall = approved.recall()
    with approved.tools.book.write() as txn:
        outbox.queue(txn, *plan.notices(recall, 7, range(1200)))
        outbox.queue(txn, plan.halt("brake-1", APP, approved.tools.settings.app(APP).platform, BAD, 1))
    engage(approved)
    perform_due(approved.tools, HALT)
    assert [e.state for e in approved.effects(HALT)] == [EffectState.DONE] * 2


def test_effect_without_a_standing_decision_never_happens(proposed: Play) -> None:
    recall = proposed.recall()
    with proposed.tools.book.write() as txn:
        outbox.queue(txn, plan.fix(recall, "2.1.1", 5))
    (dropped,) = perform_due(proposed.tools, EffectKind.PUBLISH_FIX)
    assert (dropped.state, dropped.detail) == (EffectState.CANCELLED, "the decision behind it does not stand any more")
    assert perform_due(proposed.tools, EffectKind.PUBLISH_FIX) == ()


def test_effect_of_an_older_revision_never_happens(approved: Play) -> None:
    older = replace(approved.recall(), revision=0)
    with approved.tools.book.write() as txn:
        outbox.queue(txn, plan.fix(older, "2.1.1", 5))
    store = CountingStore(approved.tools.store_of(APP))
    (dropped,) = perform_due(with_store(approved.tools, store), EffectKind.PUBLISH_FIX)
    assert (dropped.state, store.writes) == (EffectState.CANCELLED, [])


def test_interrupted_effect_whose_decision_fell_is_listed_for_a_person(approved: Play) -> None:
    older = replace(approved.recall(), revision=0)
    with approved.tools.book.write() as txn:
        outbox.queue(txn, plan.fix(older, "2.1.1", 5))
        (fix,) = outbox.due(txn, txn.now, EffectKind.PUBLISH_FIX)
        outbox.claim(txn, fix.key, "who died", 1)
    approved.wait(seconds=2)
    (dropped,) = perform_due(approved.tools, EffectKind.PUBLISH_FIX)
    assert dropped.state is EffectState.FAILED
    assert [e for e in approved.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("needs_person/")]


# --- later, never, not known --------------------------------------------------------------------------------------------


def test_neighbour_that_is_down_is_tried_again_after_growing_waits(approved: Play) -> None:
    approved.world.plan(Fault("store", Mode.FAIL_BEFORE, "halt", times=4))
    waits = []
    for _ in range(4):
        (tried,) = perform_due(approved.tools, HALT)
        assert tried.state is EffectState.QUEUED
        assert perform_due(approved.tools, HALT) == (), "it is not tried again before its time"
        not_before = approved.effects(HALT)[0].not_before
        assert not_before is not None
        waits.append((not_before - approved.world.now()).total_seconds())
        approved.world.advance(not_before)
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert perform_due(approved.tools, HALT)[0].state is EffectState.DONE


def test_wait_never_exceeds_the_policys_longest(approved: Play) -> None:
    effects = approved.tools.policy.effects.model_copy(update={"longest_wait_seconds": 0.75})
    tools = replace(approved.tools, policy=approved.tools.policy.model_copy(update={"effects": effects}))
    approved.world.plan(Fault("store", Mode.FAIL_BEFORE, "halt", times=3))
    for _ in range(3):
        perform_due(tools, HALT)
        not_before = approved.effects(HALT)[0].not_before
        assert not_before is not None
        assert not_before - approved.world.now() <= timedelta(seconds=0.75)
        approved.world.advance(not_before)


def test_effect_whose_tries_are_used_up_is_tried_on_and_operators_are_told_once(approved: Play) -> None:
    """A store that is down for an hour must still be halted when it is back."""
    tries = approved.tools.policy.effects.attempts
    approved.world.plan(Fault("store", Mode.FAIL_BEFORE, "halt", times=3 * tries))
    for _ in range(3 * tries):
        perform_due(approved.tools, HALT)
        approved.wait(minutes=2)
    assert (halt_of(approved), approved.effects(HALT)[0].attempts) == (EffectState.QUEUED, 3 * tries)
    asked = [e for e in approved.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("needs_person/")]
    assert len(asked) == len(approved.tools.policy.notices.operator_channels)
    assert {p.state for p in perform_due(approved.tools, EffectKind.TELL_OPERATORS)} == {EffectState.DONE}
    assert {p.state for p in perform_due(approved.tools, HALT)} == {EffectState.DONE}
    assert store_state(approved) is RolloutState.HALTED


def test_checkpoint_that_cannot_be_written_leaves_nothing_claimed(approved: Play) -> None:
    """Otherwise a message that surely never left would count as in doubt."""
    place = approved.home / "elsewhere" / "checkpoints.jsonl"
    place.unlink()
    place.mkdir()
    with pytest.raises(LedgerError):
        perform_due(approved.tools, HALT)
    assert halt_of(approved) is EffectState.QUEUED


def test_question_that_is_decided_already_is_not_put_to_anybody(approved: Play) -> None:
    recall = approved.recall()
    with approved.tools.book.write() as txn:
        question = txn.rows("SELECT id FROM proposals")[0].text("id")
        outbox.queue(txn, *plan.questions(question, recall.id, 9, approved.tools.policy))
    before = len(approved.outbox())
    assert {p.state for p in perform_due(approved.tools, EffectKind.ASK_SIGNATURE)} == {EffectState.CANCELLED}
    assert len(approved.outbox()) == before


def test_recall_whose_halt_failed_does_not_move_on(approved: Play) -> None:
    approved.world.plan(Fault("store", Mode.REFUSE, "halt", times=1))
    (refused,) = perform_due(approved.tools, HALT)
    assert refused.state is EffectState.FAILED
    assert advance_going(approved.tools, APP) == ()
    assert approved.recall().state is RecallState.APPROVED


def test_failing_news_for_operators_does_not_breed_more_news(approved: Play) -> None:
    approved.world.plan(Fault("channel", Mode.REFUSE, "send", times=99))
    for _ in range(approved.tools.policy.effects.attempts + 1):
        perform_due(approved.tools, EffectKind.TELL_OPERATORS)
        approved.wait(minutes=2)
    news = approved.effects(EffectKind.TELL_OPERATORS)
    assert EffectState.FAILED in {e.state for e in news}
    assert not [e for e in news if e.target.startswith("needs_person/")]


def test_lost_reply_is_resolved_by_reading_and_never_by_calling_again(approved: Play) -> None:
    approved.world.plan(Fault("store", Mode.LOSE_REPLY, "halt"))
    store = CountingStore(approved.tools.store_of(APP))
    tools = with_store(approved.tools, store)
    assert perform_due(tools, HALT)[0].state is EffectState.UNKNOWN
    approved.wait(minutes=1)
    assert perform_due(tools, HALT)[0].state is EffectState.DONE
    assert store.writes == [f"halt {BAD}"]
    assert halts(approved) == 1


def test_call_that_may_have_got_lost_is_made_again_once_reading_shows_that_it_did(approved: Play) -> None:
    store = CountingStore(approved.tools.store_of(APP), before=raising(Ambiguous("the connection broke")))
    tools = with_store(approved.tools, store)
    assert perform_due(tools, HALT)[0].state is EffectState.UNKNOWN
    approved.wait(minutes=1)
    assert perform_due(tools, HALT)[0].state is EffectState.DONE
    assert store.writes == [f"halt {BAD}"] * 2
    assert halts(approved) == 1


def test_halt_that_stops_one_track_only_is_not_called_done(approved: Play) -> None:
    """The store said yes, its list says no: what is read back counts."""

    class Lying(CountingStore):
        def halt(self, app, platform, version, *, key):  # type: ignore[no-untyped-def]  # as its base
            self.writes.append(version)
            return replace(self.rollouts(app, platform)[0], state=RolloutState.HALTED)

    (tried,) = perform_due(with_store(approved.tools, Lying(approved.tools.store_of(APP))), HALT)
    assert tried.state is EffectState.QUEUED
    assert "not stopped" in tried.detail


# --- who died, who was too slow -----------------------------------------------------------------------------------------


def test_effect_of_a_dead_process_is_free_once_its_lease_is_over(approved: Play) -> None:
    store = CountingStore(approved.tools.store_of(APP), after=raising(Killed()))
    with pytest.raises(Killed):
        perform_due(with_store(approved.tools, store), HALT)
    assert halt_of(approved) is EffectState.CLAIMED
    assert due_effects(approved.tools, HALT) == ()
    approved.wait(seconds=approved.tools.policy.effects.lease_seconds)
    assert perform_due(with_store(approved.tools, store), HALT)[0].state is EffectState.DONE
    assert store.writes == [f"halt {BAD}"]


def test_effect_somebody_else_is_at_is_left_to_them(approved: Play) -> None:
    (effect,) = due_effects(approved.tools, HALT)
    with approved.tools.book.write() as txn:
        outbox.claim(txn, effect.key, "another worker", 60)
    done = perform(approved.tools, effect_key=effect.key, attempt=0, label="late")
    assert done.state is EffectState.CLAIMED
    assert store_state(approved) is RolloutState.IN_PROGRESS


def test_worker_slower_than_its_lease_does_not_settle_what_another_took_over(approved: Play) -> None:
    store = CountingStore(approved.tools.store_of(APP))

    def be_overtaken() -> None:
        approved.wait(seconds=approved.tools.policy.effects.lease_seconds + 1)
        assert perform_due(approved.tools, HALT)[0].state is EffectState.DONE

    store.after = be_overtaken
    (late,) = perform_due(with_store(approved.tools, store), HALT)
    assert late.state is EffectState.CLAIMED
    assert "no longer ours" in late.detail
    assert halt_of(approved) is EffectState.DONE
    assert len(approved.entries("effect.done")) == len([e for e in approved.effects() if e.state is EffectState.DONE])
    assert halts(approved) == 1


def test_other_effects_go_on_when_one_was_overtaken(approved: Play) -> None:
    with approved.tools.book.write() as txn:
        outbox.queue(txn, plan.halt("brake-1", APP, approved.tools.settings.app(APP).platform, BAD, 1))
    store = CountingStore(approved.tools.store_of(APP))
    store.after = lambda: (approved.wait(seconds=5), perform_due(approved.tools, HALT), None)[2]
    tried = perform_due(with_store(approved.tools, store), HALT)
    assert len(tried) == 2
    assert {e.state for e in approved.effects(HALT)} == {EffectState.DONE}
