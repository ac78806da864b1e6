"""A partial recall whose rule calls for more: the signers are asked, and nothing widens without every one of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import SignatureRefused
from configs.terms import Action, Recall, RecallState, Suspect, Verdict
from integrations.ledger.cases import move_recall, the_recall
from integrations.ledger.detectors import keep_evidence
from integrations.ledger.plans import find_plan
from integrations.ledger.signing import proposals_of
from integrations.ledger.widenings import widenings_of
from tasks.act import perform_due
from tasks.amend import amend, withdraw
from tasks.decide import propose_due
from tasks.rules.standing import Amendment
from tasks.widen import widen_due
from tests.tasks.homes import APP, COUNSEL, EVERYONE, REASON, START, TECH, Play
from tests.tasks.rules.alarmed import PIXEL_8, PIXEL_9, an_alarm
from tests.tasks.test_correlate import MILD, look

ASK = EffectKind.ASK_SIGNATURE


@pytest.fixture
def partial(anew: Callable[..., Play]) -> Play:
    """A partial recall of one model waits for its signatures."""
    play = anew(MILD)
    look(play, an_alarm(scope=PIXEL_9, at=START))
    propose_due(play.tools, APP)
    perform_due(play.tools, ASK)
    assert play.recall().action is Action.PARTIAL
    return play


@pytest.fixture
def going(partial: Play) -> Play:
    """The partial recall is signed and being carried out."""
    sign_all(partial, partial.question())
    assert partial.recall().state is RecallState.APPROVED
    return partial


def sign_all(play: Play, question: str) -> None:
    for person, role in EVERYONE:
        play.sign(person, role, question=question)


def outside(play: Play, e_value: float = 400.0, hours: int = 1) -> None:
    """Evidence that another model is concerned, too; so much later than the roll-out's start."""
    play.wait(hours=max(0.0, (START + timedelta(hours=hours) - play.world.now()).total_seconds() / 3600))
    suspects = (Suspect(PIXEL_8, 0.4, math.log(e_value)),)
    with play.tools.book.write() as txn:
        keep_evidence(txn, (an_alarm(scope=PIXEL_9, at=START + timedelta(hours=hours), suspects=suspects),))


def asked(play: Play) -> str:
    """The id of the open question for a wider recall."""
    with play.tools.book.read() as txn:
        return next(one.id for one in widenings_of(txn, play.recall_id_in(txn)) if one.is_open)


def ask(play: Play) -> str:
    outside(play)
    widen_due(play.tools)
    perform_due(play.tools, ASK)
    return asked(play)


def test_without_evidence_outside_nobody_is_asked(going: Play) -> None:
    outside(going, e_value=19.0)
    assert widen_due(going.tools) == ()


def test_a_proposal_that_waits_becomes_a_full_one_with_new_signatures(partial: Play) -> None:
    old = partial.question()
    partial.sign(*COUNSEL)
    outside(partial)
    for _ in range(2):
        widen_due(partial.tools)
    perform_due(partial.tools, ASK)
    recall = partial.recall()
    assert (recall.state, recall.action, recall.scope.devices, recall.revision) == (RecallState.PROPOSED, Action.FULL, (), 2)
    with pytest.raises(SignatureRefused, match="no longer open"):
        partial.sign(*TECH, question=old)
    sign_all(partial, partial.question())
    assert partial.recall().state is RecallState.APPROVED


def test_a_going_recall_goes_on_as_it_is_while_the_signers_are_asked(going: Play) -> None:
    before = going.recall()
    ask(going)
    for _ in range(2):
        assert widen_due(going.tools) == ()
    assert going.recall() == before
    perform_due(going.tools, EffectKind.HALT_ROLLOUT)
    assert {e.state for e in going.effects(EffectKind.HALT_ROLLOUT)} == {EffectState.DONE}
    assert len(going.entries("widening.proposed")) == 1


def test_two_of_three_signatures_widen_nothing(going: Play) -> None:
    before, question = going.recall(), ask(going)
    for person, role in EVERYONE[:2]:
        going.sign(person, role, question=question)
    assert going.recall() == before


def test_the_last_signature_widens_and_carries_out_anew_for_everyone(going: Play) -> None:
    with going.tools.book.write() as txn:
        move_recall(txn, the_recall(txn, going.recall_id_in(txn)), RecallState.REVIEWING)
    going.wait(minutes=5)
    question = ask(going)
    going.wait(minutes=5)
    sign_all(going, question)
    recall = going.recall()
    assert (recall.state, recall.action, recall.scope.devices) == (RecallState.APPROVED, Action.FULL, ())
    assert (recall.revision, recall.approved_at) == (2, going.world.now())
    halts = [e for e in going.effects(EffectKind.HALT_ROLLOUT) if e.revision == 2]
    assert len(halts) == 1
    with going.tools.book.read() as txn:
        version, newest = find_plan(txn, recall.id), proposals_of(txn, recall.id)[-1]
    assert version is not None
    assert (newest.id, newest.plan_digest) == (question, version.digest)
    assert version.plan.action is Action.FULL
    assert widen_due(going.tools) == ()


def test_a_rejection_leaves_the_recall_as_it_is_and_is_the_last_word(going: Play) -> None:
    before, question = going.recall(), ask(going)
    going.sign(*COUNSEL, Verdict.REJECT, question=question)
    outside(going, e_value=1e9, hours=2)
    assert widen_due(going.tools) == ()
    assert going.recall() == before


def test_time_running_out_asks_again_and_widens_nothing(going: Play) -> None:
    before, first = going.recall(), ask(going)
    going.wait(hours=80)
    widen_due(going.tools)
    perform_due(going.tools, ASK)
    assert asked(going) != first
    with pytest.raises(SignatureRefused, match="no longer open"):
        going.sign(*COUNSEL, question=first)
    assert going.recall() == before
    sign_all(going, asked(going))
    assert (going.recall().action, going.recall().revision) == (Action.FULL, 3)


def test_the_question_says_why_and_operators_hear_of_it(going: Play) -> None:
    question = ask(going)
    perform_due(going.tools, EffectKind.TELL_OPERATORS)
    (mail,) = (m for m in going.mail(COUNSEL[0]) if question in m.text)
    assert "The signed rule asks to widen" in mail.text
    assert "Pixel 8, outside the scope" in mail.text
    assert any("asks for a wider recall" in m.subject for m in going.world.messages_to("operators"))


def test_signers_who_set_it_back_are_not_overruled(partial: Play) -> None:
    outside(partial)
    widen_due(partial.tools)
    with partial.tools.book.write() as txn:
        recall_id = partial.recall_id_in(txn)
        txn.run("UPDATE recalls SET action = 'partial' WHERE id = :id", id=recall_id)
    widen_due(partial.tools)
    assert len(partial.entries("widening.proposed")) == 1


def test_what_the_signers_knew_when_they_chose_a_part_asks_nobody(anew: Callable[..., Play]) -> None:
    play = anew(MILD)
    look(play, an_alarm(scope=PIXEL_9, at=START))
    outside(play, hours=0)
    propose_due(play.tools, APP)
    outside(play, e_value=1e6, hours=1)
    assert play.recall().action is Action.PARTIAL
    assert widen_due(play.tools) == ()


def test_an_issue_that_grew_since_asks(going: Play) -> None:
    going.wait(hours=1)
    look(going, an_alarm(at=going.world.now()))
    (asked,) = widen_due(going.tools)
    assert "the issue concerns everyone who has it by now" in asked.why


def test_a_full_recall_is_left_alone(approved: Play) -> None:
    outside(approved)
    recall: Recall = replace(approved.recall())
    assert widen_due(approved.tools) == ()
    assert approved.recall() == recall


def test_the_question_beside_a_running_recall_is_withdrawn_and_the_recall_goes_on(going: Play) -> None:
    question = ask(going)
    withdraw(going.tools, question_id=question, person=TECH[0], reason=REASON, request="w-1")
    assert (going.recall().state, going.recall().action) == (RecallState.APPROVED, Action.PARTIAL)
    assert widen_due(going.tools) == ()
    with pytest.raises(SignatureRefused):
        going.sign(*COUNSEL, question=question)


def test_its_text_cannot_be_changed_for_that_would_stop_the_running_recall(going: Play) -> None:
    question, before = ask(going), going.recall()
    with pytest.raises(SignatureRefused, match="being carried out"):
        amend(going.tools, question, TECH[0], Amendment(note="wider"), REASON, going.code(*TECH, question))
    assert going.recall() == before
    assert asked(going) == question
