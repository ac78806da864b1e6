"""Silence is followed up, once each time, and never taken for an answer. Add here when it is followed up in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import SignatureRefused, WordingRefused
from configs.policies import load_policy
from configs.terms import RecallState, Verdict
from integrations.ledger import brake
from tasks.act import perform_due
from tasks.amend import unsign_now
from tasks.chase import chase_due
from tasks.decide import propose_again, sign
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import COUNSEL, EAGER, PRODUCT, REASON, TECH, Play

ASK, TELL, HOLD = EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS, EffectKind.SEND_HOLDING
WORDS = "We are looking into a fault in $app $version. Do not use it until we say more."
DEPUTY = ("second-counsel", "legal")


def agreed(text: str = WORDS) -> Mapping[str, Mapping[str, object]]:
    """The eager policy with a deputy for legal and a statement legal has approved."""
    people = {name: person.model_dump(mode="json") for name, person in load_policy("default").signoff.people.items()}
    people[DEPUTY[0]] = {"roles": [], "deputy_for": ["legal"], "locale": "ru", "addresses": {"email": "second-counsel@recall.example"}}
    holding = {
        "silent_role": "legal",
        "after_minutes": 30,
        "from_level": "medium",
        "approved_by": "counsel",
        "channels": {"webhook": "public"},
        "texts": {"en": text},
    }
    return {**EAGER, "signoff": {"people": people, "holding": holding}}


@pytest.fixture
def waiting(anew: Callable[..., Play]) -> Play:
    """Everyone was asked, nobody has signed; the signers have two hours."""
    play = anew(policy=agreed())
    play.wait(hours=6, minutes=5)
    bring_to_proposal(play.tools)
    return play


def chased(play: Play, minutes: float) -> tuple[str, ...]:
    """What is due after so long, carried out."""
    play.wait(minutes=minutes)
    done = chase_due(play.tools)
    perform_due(play.tools, ASK, TELL, HOLD)
    return tuple(sorted(one.split(" ", 1)[1] for one in done))


def subjects(play: Play, person: str) -> list[str]:
    return [message.subject for message in play.mail(person)]


def signers_minutes(play: Play) -> float:
    return play.tools.policy.deadline(play.recall().level).total_seconds() / 60


def test_holders_are_reminded_then_deputies_asked_then_the_contact_told(waiting: Play) -> None:
    time = signers_minutes(waiting)
    assert chased(waiting, time * 0.3) == ()
    assert chased(waiting, time * 0.22) == ("reminder",)
    assert subjects(waiting, "counsel")[-1].startswith("Reminder: ")
    assert subjects(waiting, DEPUTY[0]) == []
    assert chased(waiting, time * 0.2) == ("deputy",)
    assert len(subjects(waiting, DEPUTY[0])) == 1
    assert chased(waiting, time * 0.15) == ("contact",)
    assert any("1 × legal" in m.text for m in waiting.world.messages_to("contact"))
    assert waiting.recall().state is RecallState.PROPOSED


def test_a_late_tick_does_all_that_is_due_and_again_nothing(waiting: Play) -> None:
    assert chased(waiting, signers_minutes(waiting) * 0.95) == ("contact", "deputy", "reminder")
    mails = len(subjects(waiting, "counsel"))
    assert chased(waiting, 1) == ()
    assert len(subjects(waiting, "counsel")) == mails
    assert len(waiting.entries("signers.chased")) == 3


def test_who_has_signed_is_left_in_peace(waiting: Play) -> None:
    waiting.sign(*PRODUCT)
    chased(waiting, signers_minutes(waiting) * 0.6)
    assert len(subjects(waiting, PRODUCT[0])) == 1
    assert len(subjects(waiting, TECH[0])) == 2


def test_who_signs_before_the_reminder_goes_out_gets_none(waiting: Play) -> None:
    waiting.wait(minutes=signers_minutes(waiting) * 0.6)
    chase_due(waiting.tools)
    waiting.sign(*COUNSEL)
    perform_due(waiting.tools, ASK)
    assert len(subjects(waiting, COUNSEL[0])) == 1


def test_a_deputys_signature_counts_for_the_role(waiting: Play) -> None:
    chased(waiting, signers_minutes(waiting) * 0.8)
    for person, role in (PRODUCT, TECH, DEPUTY):
        waiting.sign(person, role)
    assert waiting.recall().state is RecallState.APPROVED


def test_a_deputy_whose_code_was_typed_with_a_refused_answer_gets_another_and_the_old_one_is_dead(waiting: Play) -> None:
    chased(waiting, signers_minutes(waiting) * 0.8)
    question = waiting.question()
    typed = waiting.code(*DEPUTY, question)
    with pytest.raises(SignatureRefused, match="reason"):
        waiting.sign(*DEPUTY, reason="no")
    perform_due(waiting.tools, ASK)
    assert waiting.code(*DEPUTY, question) not in ("", typed)
    with pytest.raises(SignatureRefused, match="not the code"):
        sign(waiting.tools, question, *DEPUTY, Verdict.APPROVE, REASON, typed)
    assert waiting.sign(*DEPUTY).missing == {"product": 1, "tech": 1}


def test_a_deputy_who_takes_a_signature_back_gets_another_code(waiting: Play) -> None:
    chased(waiting, signers_minutes(waiting) * 0.8)
    waiting.sign(*DEPUTY)
    unsign_now(waiting.tools, waiting.question(), DEPUTY[0], REASON)
    perform_due(waiting.tools, ASK)
    assert waiting.sign(*DEPUTY).missing == {"product": 1, "tech": 1}


# --- the statement approved beforehand ------------------------------------------------------------------------------------


def public(play: Play) -> list[str]:
    return [message.text for message in play.world.messages_to("public")]


def test_statement_goes_out_once_in_the_approved_words_and_decides_nothing(waiting: Play) -> None:
    waiting.sign(*PRODUCT)
    waiting.sign(*TECH)
    assert chased(waiting, 29) == ()
    assert "holding statement" in chased(waiting, 2)
    chased(waiting, 5)
    assert public(waiting) == ["We are looking into a fault in Example 2.1.0. Do not use it until we say more."]
    assert waiting.recall().state is RecallState.PROPOSED
    (entry,) = waiting.entries("holding.queued")
    assert (entry.facts["silent_role"], entry.facts["approved_by"], entry.facts["silent_minutes"]) == ("legal", "counsel", 31)


def test_statement_is_not_said_again_for_the_next_revision(waiting: Play) -> None:
    for _ in range(2):
        waiting.sign(*PRODUCT)
        waiting.sign(*TECH)
        chased(waiting, 31)
        waiting.wait(hours=5)
        propose_again(waiting.tools)
        perform_due(waiting.tools, ASK)
    assert len(public(waiting)) == 1


def test_statement_stays_at_home_while_others_are_silent_too(waiting: Play) -> None:
    waiting.sign(*PRODUCT)
    chased(waiting, signers_minutes(waiting) * 0.95)
    assert public(waiting) == []


def test_brake_holds_the_statement(waiting: Play) -> None:
    waiting.sign(*PRODUCT)
    waiting.sign(*TECH)
    waiting.wait(minutes=31)
    chase_due(waiting.tools)
    with waiting.tools.book.write() as txn:
        brake.engage(txn, "tech-lead", "something is very wrong")
    assert perform_due(waiting.tools, HOLD) == ()
    assert public(waiting) == []


def test_statement_of_a_declined_recall_is_dropped(waiting: Play) -> None:
    waiting.sign(*PRODUCT)
    waiting.sign(*TECH)
    waiting.wait(minutes=31)
    chase_due(waiting.tools)
    waiting.sign(*COUNSEL, verdict=Verdict.REJECT)
    assert [one.state for one in perform_due(waiting.tools, HOLD)] == [EffectState.CANCELLED]
    assert public(waiting) == []


def test_statement_that_plays_the_hazard_down_is_refused_and_nothing_goes_out(anew: Callable[..., Play]) -> None:
    play = anew(policy=agreed("A minor, precautionary note on $app $version."))
    play.wait(hours=6, minutes=5)
    bring_to_proposal(play.tools)
    play.sign(*PRODUCT)
    play.sign(*TECH)
    play.wait(minutes=31)
    with pytest.raises(WordingRefused, match="mend signoff"):
        chase_due(play.tools)
    assert public(play) == []
    assert play.effects(HOLD) == ()
