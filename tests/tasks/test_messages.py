"""Messages to our own people: the question with its code, and news. Add here when our people hear something else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from configs.effects import EffectKind, EffectState
from configs.notice import News
from configs.policies import load_policy
from configs.policy import Signoff
from integrations.rehearsal.pen import Fault, Mode
from tasks.act import perform_due
from tasks.agreed import put_in_force
from tasks.decide import propose_due
from tasks.poll import poll_app
from tasks.rules import plan
from tasks.score import score_app
from tests.flows.driver import Killed
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import APP, CODE, EVERYONE, PRODUCT, Play
from tests.tasks.neighbours import DeafChannel, with_channel

ASK, TELL = EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS


@pytest.fixture
def unasked(fresh: Play) -> Play:
    """A recall is proposed and nobody was asked yet."""
    poll_app(fresh.tools, APP, fresh.world.now())
    score_app(fresh.tools, app=APP, until=fresh.world.now())
    propose_due(fresh.tools, APP)
    return fresh


def test_everyone_gets_a_code_of_their_own(proposed: Play) -> None:
    codes = {proposed.code(person, role, proposed.question()) for person, role in EVERYONE}
    assert len(codes) == len(EVERYONE)
    assert "" not in codes


def test_question_names_recall_proposal_role_deadline_and_way_to_answer(proposed: Play) -> None:
    (message,) = proposed.mail(PRODUCT[0])
    said = f"{message.subject}\n{message.text}"
    for expected in (proposed.question(), proposed.recall().id, "product", "2.1.0", "recall sign", "Silence approves nothing"):
        assert expected in said


def test_question_of_a_recall_carries_the_memo_as_text_and_as_html(proposed: Play) -> None:
    (message,) = proposed.mail(PRODUCT[0])
    for part in (message.text, message.html):
        for expected in ("Recommended, and why", "exposure-hours", "What is signed", proposed.code(*PRODUCT, proposed.question())):
            assert expected in part
    assert message.text.index("recall sign") < message.text.index("Recommended, and why"), "first what is asked"
    assert "src=" not in message.html


@pytest.mark.parametrize(
    ("locale", "words"), [("ru-RU", "Что рекомендуется и почему"), ("zh_CN.UTF-8", "建议及理由"), ("fr", "Recommended, and why")]
)
def test_each_signer_reads_the_memo_in_their_own_language(anew: Callable[..., Play], locale: str, words: str) -> None:
    people = load_policy("default").model_dump(mode="json")["signoff"]["people"]
    people["tech-lead"]["locale"] = locale
    play = anew(policy={"signoff": {"people": people}})
    play.wait(hours=30, minutes=5)
    bring_to_proposal(play.tools)
    (message,) = play.mail("tech-lead")
    assert words in message.text
    assert words in message.html
    assert "Full recall of com.example.app 2.1.0 (android)" in message.text, "what is signed stays English"
    assert "Recommended, and why" in play.mail("counsel")[0].text


def test_question_goes_out_alone_where_no_memo_can_be_made(unasked: Play) -> None:
    with unasked.tools.book.write() as txn:
        txn.run("DELETE FROM issues")
    perform_due(unasked.tools, ASK)
    (message,) = unasked.mail(PRODUCT[0])
    assert "recall sign" in message.text
    assert "Recommended, and why" not in message.text
    assert message.html == ""


def test_code_is_in_the_persons_mail_and_nowhere_else(unasked: Play, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        perform_due(unasked.tools, ASK, TELL)
        question = unasked.question()
        for person, role in EVERYONE:
            unasked.sign(person, role, question=question)
    codes = [unasked.code(person, role, question) for person, role in EVERYONE]
    ledger = "\n".join(repr(row) for row in unasked.tables())
    kept = b"".join(path.read_bytes() for path in unasked.home.rglob("*") if path.is_file() and not path.name.startswith("rehearsal.db"))
    for code in codes:
        assert code
        assert code not in ledger
        assert code.encode() not in kept
        assert code not in caplog.text
    news = unasked.world.messages_to("operators")
    assert news
    assert not [m for m in news if CODE.search(m.text)]


def test_code_is_made_anew_the_same_when_the_message_is_sent_again(unasked: Play) -> None:
    unasked.world.plan(Fault("channel", Mode.FAIL_BEFORE, "send", times=2))
    perform_due(unasked.tools, ASK)
    unasked.wait(minutes=1)
    perform_due(unasked.tools, ASK)
    assert {e.state for e in unasked.effects(ASK)} == {EffectState.DONE}
    assert all(len(unasked.mail(person)) == 1 for person, _ in EVERYONE)


def test_person_who_left_the_policy_is_not_asked(unasked: Play) -> None:
    signoff = unasked.tools.policy.signoff
    people = {"new-counsel" if name == "counsel" else name: person for name, person in signoff.people.items()}
    with unasked.tools.book.write() as txn:
        put_in_force(unasked.tools, txn, Signoff(**signoff.model_dump() | {"people": people}), "signed")
    perform_due(unasked.tools, ASK)
    states = {e.target.rsplit("/", 1)[1]: e.state for e in unasked.effects(ASK)}
    assert states == {"product-lead": EffectState.DONE, "tech-lead": EffectState.DONE, "counsel": EffectState.FAILED}
    assert unasked.mail("counsel") == ()


def test_person_without_a_channel_of_the_settings_is_named_to_the_operators(unasked: Play) -> None:
    tools = replace(unasked.tools, channels={"webhook": unasked.tools.channels["webhook"]})
    tried = perform_due(tools, ASK)
    assert {p.state for p in tried} == {EffectState.FAILED}
    assert all("policy" in p.detail for p in tried)
    perform_due(tools, TELL)
    assert any("ask_signature" in m.text for m in unasked.world.messages_to("operators"))


def test_message_in_doubt_is_looked_up_and_not_sent_again(unasked: Play) -> None:
    unasked.world.plan(Fault("channel", Mode.LOSE_REPLY, "send", times=1))
    perform_due(unasked.tools, ASK)
    unasked.wait(minutes=1)
    perform_due(unasked.tools, ASK)
    assert {e.state for e in unasked.effects(ASK)} == {EffectState.DONE}
    assert all(len(unasked.mail(person)) == 1 for person, _ in EVERYONE)


def test_message_in_doubt_on_a_channel_nobody_can_ask_goes_to_a_person(unasked: Play) -> None:
    deaf = DeafChannel(breaks=[Killed()])
    tools = with_channel(unasked.tools, deaf)
    with pytest.raises(Killed):
        perform_due(tools, ASK)
    unasked.wait(seconds=5)
    perform_due(tools, ASK)
    assert len({m.key for m in deaf.sent}) == len(deaf.sent) == len(EVERYONE)
    assert sorted(e.state for e in unasked.effects(ASK)) == [EffectState.DONE, EffectState.DONE, EffectState.FAILED]
    perform_due(tools, TELL)
    assert any("check by hand" in m.text for m in unasked.world.messages_to("operators"))


def test_operators_hear_of_the_issue_and_of_the_proposal_once(proposed: Play) -> None:
    news = [m.text + m.subject for m in proposed.world.messages_to("operators")]
    assert len(news) == 2
    assert [proposed.issue().id in said for said in news].count(True) == 1
    assert [proposed.recall().id in said for said in news].count(True) == 1


@pytest.mark.parametrize("what", list(News))
def test_every_piece_of_news_can_be_told(approved: Play, what: News) -> None:
    recall, policy = approved.recall(), approved.tools.policy
    from integrations.ledger import outbox

    with approved.tools.book.write() as txn:
        for effect in plan.news(recall.id, 77, what.value, policy, detail="because"):
            outbox.queue(txn, effect)
    perform_due(approved.tools, TELL)
    assert {e.state for e in approved.effects(TELL) if e.revision == 77} == {EffectState.DONE}


def test_news_for_a_channel_that_is_not_set_up_says_where_to_add_it(proposed: Play) -> None:
    tools = replace(proposed.tools, channels={"email": proposed.tools.channels["email"]})
    from integrations.ledger import outbox

    recall = proposed.recall()
    with tools.book.write() as txn:
        outbox.queue(txn, *plan.news(recall.id, 9, "expired", tools.policy))
    (failed,) = perform_due(tools, TELL)
    assert (failed.state, "settings" in failed.detail) == (EffectState.FAILED, True)
