"""Signed links, through the real step: what opens, what does not, and what the page says instead.

Add here when a link's answer has another outcome; rather in `tests/integrations/web` when it is about the page or the request.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

import pytest

from configs.effects import EffectKind
from configs.errors import CodeLocked, SignatureRefused
from configs.terms import Verdict
from configs.web import Web
from integrations.ledger.void import end_turn
from integrations.web.facts import Page, Standing
from tasks.act import perform_due
from tasks.answer import SigningDesk
from tasks.decide import propose_again, sign
from tasks.rules.tickets import Ticket, token_for
from tasks.stop import ask_release, engage_brake
from tests.tasks.homes import APP, COUNSEL, PRODUCT, REASON, TECH, Play

LINK = re.compile(r"https://recall\.example/s/(\S+)")
_requests = count(1)


def with_web(play: Play) -> Play:
    return Play(replace(play.tools, settings=play.tools.settings.model_copy(update={"web": Web(public_url="https://recall.example")})))


def token_of(play: Play, who: tuple[str, str], question: str = "") -> str:
    """A link as `ask_signature` makes it."""
    question = question or play.question()
    with play.tools.book.read() as txn:
        row = txn.one("SELECT digest, expires_at FROM proposals WHERE id = :id", id=question)
    assert row is not None
    at = int(row.moment("expires_at").timestamp())
    return token_for(play.tools.secret, Ticket(question, row.text("digest"), who[1], who[0], at if at < 2**33 else 0))


def desk(play: Play) -> SigningDesk:
    return SigningDesk(lambda: play.tools)


def seen(play: Play, token: str) -> Page:
    return desk(play).look(token)


def answer(play: Play, token: str, verdict: Verdict = Verdict.APPROVE, reason: str = REASON) -> None:
    desk(play).answer(token, seen(play, token).key, verdict, reason)


def rows(play: Play) -> int:
    with play.tools.book.read() as txn:
        return len(txn.tuples("SELECT * FROM signatures"))


def test_message_carries_the_persons_own_link_where_people_can_reach_it(proposed: Play) -> None:
    play = with_web(proposed)
    play.wait(hours=5)
    propose_again(play.tools, APP)
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    links = {who: LINK.search(play.mail(who[0])[-1].text) for who in (PRODUCT, TECH, COUNSEL)}
    assert all(links.values())
    assert len({found[1] for found in links.values() if found}) == 3
    for (person, role), found in links.items():
        page = seen(play, found[1] if found else "")
        assert (page.person, page.role, page.question, page.standing) == (person, role, play.question(), Standing.OPEN)


def test_message_carries_no_link_where_nobody_could_reach_it(proposed: Play) -> None:
    assert "/s/" not in "".join(m.text for m in proposed.mail(TECH[0]))


def test_looking_changes_nothing_however_often(asked: Play) -> None:
    token, entries = token_of(asked, TECH), len(asked.entries())
    pages = [seen(asked, token) for _ in range(20)]
    assert {p.standing for p in pages} == {Standing.OPEN}
    assert (rows(asked), len(asked.entries())) == (0, entries)


def test_page_shows_what_is_signed(asked: Play) -> None:
    page = seen(asked, token_of(asked, TECH))
    assert page.proposal is not None
    assert page.digest == page.proposal.digest
    assert [o.action for o in page.options]
    assert page.missing == {"product": 1, "tech": 1, "legal": 1}
    assert page.expires_at == page.proposal.expires_at


def test_link_signs_by_the_same_step_and_then_shows_what_was_signed(asked: Play) -> None:
    token = token_of(asked, TECH)
    answer(asked, token)
    page = seen(asked, token)
    assert page.standing is Standing.SIGNED
    assert page.signature is not None
    assert (page.signature.person, page.signature.role, page.signature.reason) == (*TECH, REASON)
    (entry,) = asked.entries("signature.given")
    assert entry.actor == TECH[0]


def test_link_signs_once(asked: Play) -> None:
    token = token_of(asked, TECH)
    key = seen(asked, token).key
    answer(asked, token)
    with pytest.raises(Exception, match=r"already|another answer"):
        desk(asked).answer(token, key, Verdict.REJECT, "I think otherwise now.")
    assert rows(asked) == 1


def test_answer_without_the_forms_own_key_signs_nothing(asked: Play) -> None:
    mine, other = token_of(asked, TECH), token_of(asked, COUNSEL)
    for key in ("", "a" * 52, seen(asked, other).key):
        with pytest.raises(SignatureRefused, match="own form"):
            desk(asked).answer(mine, key, Verdict.APPROVE, REASON)
    assert rows(asked) == 0


@pytest.mark.parametrize(
    "who", [("mallory", "tech"), (TECH[0], "legal"), ("scheduler", "tech")], ids=["nobody", "role not held", "machine"]
)
def test_link_for_whom_the_policy_does_not_name_opens_no_form(asked: Play, who: tuple[str, str]) -> None:
    token = token_of(asked, who)
    assert seen(asked, token).standing is Standing.GONE
    with pytest.raises(SignatureRefused):
        answer(asked, token)


def test_link_used_as_somebody_elses_code_opens_nothing(asked: Play) -> None:
    token = token_of(asked, TECH)
    for person, role in (PRODUCT, COUNSEL):
        with pytest.raises(SignatureRefused, match="opens nothing"):
            sign(asked.tools, proposal_id=asked.question(), person=person, role=role, verdict=Verdict.APPROVE, reason=REASON, code=token)


def test_forged_links_flood_neither_the_journal_nor_lock_anybody_out(asked: Play) -> None:
    forged = token_of(asked, TECH)[:-3] + "aaa"
    before, question = len(asked.entries()), asked.question()
    for _ in range(100):
        with pytest.raises(SignatureRefused):
            sign(asked.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code=forged)
    assert len(asked.entries()) - before < 20
    answer(asked, token_of(asked, TECH))
    assert asked.sign(*COUNSEL)


def test_guesses_lock_the_code_but_not_the_link(asked: Play) -> None:
    """Whoever guesses codes must not be able to keep a signer out."""
    play, question = with_web(asked), asked.question()
    for _ in range(play.tools.policy.guessing.wrong_codes + 3):
        with pytest.raises(SignatureRefused):
            sign(play.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code="00000-00000")
    with pytest.raises(CodeLocked):
        sign(
            play.tools,
            proposal_id=question,
            person=TECH[0],
            role=TECH[1],
            verdict=Verdict.APPROVE,
            reason=REASON,
            code=play.code(*TECH, question),
        )
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    newest = LINK.search(play.mail(TECH[0])[-1].text)
    assert newest
    answer(play, newest[1])
    assert rows(play) == 1


def test_link_of_an_earlier_turn_says_that_there_is_a_newer_one(asked: Play) -> None:
    token = token_of(asked, TECH)
    question = asked.question()
    with asked.tools.book.write() as txn:
        end_turn(txn, question, TECH[0], "taken back")
    assert seen(asked, token).standing is Standing.REPLACED
    with pytest.raises(SignatureRefused, match="newer link"):
        answer(asked, token)


def test_link_of_an_expired_proposal_says_so_and_then_names_the_newest(asked: Play) -> None:
    token, old = token_of(asked, TECH), asked.question()
    asked.wait(hours=5)
    assert seen(asked, token).standing is Standing.EXPIRED
    with pytest.raises(SignatureRefused, match="expired"):
        answer(asked, token)
    propose_again(asked.tools, APP)
    page = seen(asked, token)
    assert (page.standing, page.newest) == (Standing.RENEWED, asked.question())
    assert page.newest != old
    with pytest.raises(SignatureRefused):
        answer(asked, token)
    assert rows(asked) == 0


def test_link_of_an_amended_text_says_that_it_was_changed(asked: Play) -> None:
    token = token_of(asked, TECH)
    with asked.tools.book.read() as txn:
        body = str(txn.tuples("SELECT body_json FROM proposals WHERE open = 1")[0][0])
    digest = seen(asked, token).digest
    with asked.tools.book.write() as txn:
        txn.run(
            "UPDATE proposals SET body_json = :body, digest = :digest WHERE open = 1", body=body.replace(digest, "0" * 64), digest="0" * 64
        )
    assert seen(asked, token).standing is Standing.REPLACED
    with pytest.raises(SignatureRefused, match="changed"):
        answer(asked, token)


def test_link_of_a_decided_question_says_so(asked: Play) -> None:
    token = token_of(asked, TECH)
    asked.sign(*COUNSEL, verdict=Verdict.REJECT)
    assert seen(asked, token).standing is Standing.DECIDED


def test_link_releases_the_brake_like_any_other_signature(proposed: Play) -> None:
    number = engage_brake(proposed.tools, person=TECH[0], reason="The notice names the wrong version.", request=f"b{next(_requests)}")
    question = ask_release(proposed.tools, person=TECH[0], reason="All is right again.", request=f"a{next(_requests)}")
    token = token_of(proposed, COUNSEL, question)
    page = seen(proposed, token)
    assert (page.standing, page.proposal, page.reason, page.expires_at) == (Standing.OPEN, None, "All is right again.", None)
    answer(proposed, token)
    assert seen(proposed, token).standing is Standing.SIGNED
    assert question == f"brake-{number}"


def test_altered_link_is_none_of_ours(asked: Play) -> None:
    token = token_of(asked, TECH)
    for place in range(0, len(token), 7):
        altered = token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        with pytest.raises(SignatureRefused, match="no link of ours"):
            seen(asked, altered)
