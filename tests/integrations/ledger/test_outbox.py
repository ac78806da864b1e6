"""Effects happen once: queued once, claimed by one, settled by the one who holds the newest claim."""

from datetime import timedelta

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import BadInput, KeyReused, NotFound, TransitionRefused
from integrations.ledger import outbox
from integrations.ledger.book import Book
from tests.integrations.ledger.builders import NOON, SetClock, an_effect


@pytest.fixture
def queued(book: Book) -> Book:
    with book.write() as txn:
        outbox.queue(txn, an_effect())
    return book


def claimed(book: Book, holder: str = "w1") -> outbox.Claim | None:
    with book.write() as txn:
        return outbox.claim(txn, "k1", holder, 60)


def the_claim(book: Book) -> outbox.Claim:
    claim = claimed(book)
    assert claim is not None
    return claim


def test_the_same_effect_is_queued_once(book: Book) -> None:
    with book.write() as txn:
        assert outbox.queue(txn, an_effect(), an_effect(), an_effect("k2")) == 2
        assert [effect.key for effect in outbox.of_recall(txn, "r1")] == ["k1", "k2"]


@pytest.mark.parametrize(
    "varied", [{"body": {"version": "9"}}, {"target": "ios"}, {"revision": 2}, {"kind": EffectKind.PUBLISH_FIX}, {"recall_id": "r2"}]
)
def test_the_same_key_with_another_content_is_refused(queued: Book, varied: dict[str, object]) -> None:
    with pytest.raises(KeyReused, match=next(iter(varied)).replace("body", "body_json")), queued.write() as txn:
        outbox.queue(txn, an_effect(**varied))


def test_a_claim_is_exclusive_while_it_lasts(queued: Book) -> None:
    claim = the_claim(queued)
    assert (claim.effect.fence, claim.effect.attempts, claim.effect.state, claim.interrupted) == (1, 1, EffectState.CLAIMED, False)
    assert claim.effect.body == {"version": "4.2.1"}
    assert claimed(queued, "w2") is None


def test_an_expired_claim_is_taken_over_in_doubt_and_the_old_one_cannot_settle(queued: Book, clock: SetClock) -> None:
    old = the_claim(queued)
    clock.move(seconds=60)
    new = the_claim(queued)
    assert (new.effect.fence, new.effect.attempts, new.interrupted) == (2, 2, True)
    with pytest.raises(TransitionRefused, match="no longer ours"), queued.write() as txn:
        outbox.settle(txn, old.effect, EffectState.DONE)
    with pytest.raises(TransitionRefused), queued.write() as txn:
        outbox.postpone(txn, old.effect, NOON)
    with queued.write() as txn:
        outbox.settle(txn, new.effect, EffectState.DONE, {"id": "x"})
        assert outbox.receipt_of(txn, "k1") == {"id": "x"}


def test_a_settled_effect_is_neither_due_nor_claimed_nor_settled_again(queued: Book, clock: SetClock) -> None:
    claim = the_claim(queued)
    with queued.write() as txn:
        assert outbox.settle(txn, claim.effect, EffectState.FAILED).state is EffectState.FAILED
    clock.move(days=1)
    assert claimed(queued) is None
    with queued.read() as txn:
        assert outbox.due(txn, clock.now()) == ()
    with pytest.raises(TransitionRefused), queued.write() as txn:
        outbox.settle(txn, claim.effect, EffectState.DONE)


def test_an_unknown_outcome_is_claimed_in_doubt(queued: Book) -> None:
    with queued.write() as txn:
        claim = outbox.claim(txn, "k1", "w1", 60)
        assert claim is not None
        outbox.settle(txn, claim.effect, EffectState.UNKNOWN)
        assert outbox.postpone(txn, claim.effect, NOON).state is EffectState.UNKNOWN
    assert the_claim(queued).interrupted


def test_a_doubt_outlives_being_postponed(queued: Book, clock: SetClock) -> None:
    the_claim(queued)
    clock.move(seconds=61)
    with queued.write() as txn:
        again = outbox.claim(txn, "k1", "w2", 60)
        assert again is not None
        assert outbox.postpone(txn, again.effect, clock.now()).state is EffectState.UNKNOWN
    assert the_claim(queued).interrupted


def test_a_postponed_effect_waits_and_is_in_no_doubt(queued: Book, clock: SetClock) -> None:
    claim = the_claim(queued)
    later = NOON + timedelta(minutes=5)
    with queued.write() as txn:
        moved = outbox.postpone(txn, claim.effect, later)
        assert (moved.state, moved.not_before) == (EffectState.QUEUED, later)
    assert claimed(queued) is None
    clock.move(minutes=5)
    assert not the_claim(queued).interrupted


def test_due_effects_come_longest_waiting_first(book: Book, clock: SetClock) -> None:
    with book.write() as txn:
        outbox.queue(
            txn,
            an_effect("b", not_before=NOON),
            an_effect("a", not_before=NOON - timedelta(1)),
            an_effect("c", not_before=NOON + timedelta(1)),
        )
        assert [effect.key for effect in outbox.due(txn, clock.now())] == ["a", "b"]
        assert [effect.key for effect in outbox.due(txn, clock.now(), limit=1)] == ["a"]


def test_only_untried_effects_are_cancelled(book: Book) -> None:
    with book.write() as txn:
        outbox.queue(txn, an_effect(), an_effect("k2"), an_effect("k3", kind=EffectKind.PUBLISH_FIX), an_effect("k4", recall_id="r2"))
        outbox.queue(txn, an_effect("k5", revision=2))
        outbox.claim(txn, "k1", "w", 60)
        assert outbox.cancel(txn, "r1", EffectKind.HALT_ROLLOUT, below_revision=2) == ("k2",)
        assert outbox.cancel(txn, "r1") == ("k3", "k5")
        assert outbox.cancel(txn, "r1") == ()
        assert outbox.claim(txn, "k2", "w", 60) is None


def test_an_effect_cannot_be_settled_as_queued(queued: Book) -> None:
    with pytest.raises(BadInput, match="postpone"), queued.write() as txn:
        outbox.settle(txn, an_effect(), EffectState.QUEUED)


def test_an_unknown_key_is_not_found(book: Book) -> None:
    with pytest.raises(NotFound):
        claimed(book)


def test_what_a_holder_that_is_gone_had_claimed_is_due_at_once_and_in_doubt(queued: Book, clock: SetClock) -> None:
    old = the_claim(queued)
    with queued.write() as txn:
        assert outbox.holders(txn) == ("w1",)
        assert outbox.end_leases(txn, "w2") == 0
        assert outbox.due(txn, txn.now) == ()
        assert outbox.end_leases(txn, "w1") == 1
        assert [effect.key for effect in outbox.due(txn, txn.now)] == ["k1"]
    assert the_claim(queued).interrupted
    with pytest.raises(TransitionRefused), queued.write() as txn:
        outbox.settle(txn, old.effect, EffectState.DONE)


def test_nobody_holds_what_is_settled(queued: Book) -> None:
    claim = the_claim(queued)
    with queued.write() as txn:
        outbox.settle(txn, claim.effect, EffectState.DONE)
        assert outbox.holders(txn) == ()
