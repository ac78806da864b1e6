"""Codes against guessing, through the real step: counted, locked, told, and open again for whoever has the right one.

Add here when a proof of a person is refused for another reason; rather in `rules/test_guessing.py` when it is about what a wrong one does.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from configs.effects import EffectKind
from configs.errors import CodeLocked, KeyReused, RecallError, SignatureRefused
from configs.terms import Verdict
from integrations.ledger.attempts import attempts_of
from integrations.ledger.void import end_turn
from integrations.toolbox import build_toolbox
from tasks.act import perform_due
from tasks.decide import sign
from tasks.rules.codes import ALPHABET
from tasks.rules.signoff import OutcomeState
from tests.tasks.homes import CODE, COUNSEL, PRODUCT, REASON, TECH, Play

GUESSES = 10_000


def attempt(play: Play, code: str, who: tuple[str, str] = TECH, question: str = "", reason: str = REASON) -> None:
    person, role = who
    sign(
        play.tools,
        proposal_id=question or play.question(),
        person=person,
        role=role,
        verdict=Verdict.APPROVE,
        reason=reason,
        code=code,
    )


def guess(play: Play, times: int, who: tuple[str, str] = TECH, question: str = "", seed: int = 1) -> list[RecallError]:
    """Random codes; the refusals they met."""
    refusals, rng, question = [], random.Random(seed), question or play.question()
    for _ in range(times):
        letters = "".join(rng.choices(ALPHABET, k=10))
        with pytest.raises(SignatureRefused) as refused:
            attempt(play, f"{letters[:5]}-{letters[5:]}", who, question)
        refusals.append(refused.value)
    return refusals


def newest_code(play: Play, who: tuple[str, str]) -> str:
    found = CODE.search(play.mail(who[0])[-1].text)
    return found[0] if found else ""


def limit(play: Play) -> int:
    return play.tools.policy.guessing.wrong_codes


def lock(play: Play, who: tuple[str, str] = TECH) -> None:
    guess(play, limit(play), who)


def test_ten_thousand_guesses_get_nowhere_and_do_not_fill_the_journal(proposed: Play) -> None:
    asked, question = proposed, proposed.question()
    right, before = asked.code(*TECH, question), len(asked.entries())
    refusals = guess(asked, GUESSES, question=question)
    looked_at = [r for r in refusals if not isinstance(r, CodeLocked)]
    assert len(looked_at) == limit(asked)
    with asked.tools.book.read() as txn:
        counted = attempts_of(txn, question, TECH[0])
    assert (counted.total, counted.lockouts) == (limit(asked), 1)
    written = asked.entries()[before:]
    assert counted.refused + sum(int(str(e.facts["refused"])) for e in written if e.kind == "code.refused") == GUESSES - limit(asked)
    assert len(written) < 50
    assert [e.facts["error"] for e in written if e.kind == "step.failed"] == ["SignatureRefused"] * limit(asked)
    with pytest.raises(CodeLocked, match="not even the right one"):
        attempt(asked, right)


def test_no_burst_of_threads_gets_more_guesses(asked: Play) -> None:
    question, refusals = asked.question(), []

    def burst(seed: int) -> None:
        refusals.extend(guess(asked, 25, question=question, seed=seed))

    threads = [Thread(target=burst, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 200
    assert sum(not isinstance(r, CodeLocked) for r in refusals) == limit(asked)


def test_lock_opens_by_itself_and_the_new_code_signs(asked: Play) -> None:
    old = asked.code(*TECH, asked.question())
    lock(asked)
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)
    new = newest_code(asked, TECH)
    assert new != old
    assert "New code" in asked.mail(TECH[0])[-1].subject
    with pytest.raises(CodeLocked):
        attempt(asked, new)
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    newest = newest_code(asked, TECH)
    assert newest not in (old, new), "what was typed is spent, also while it was not looked at"
    asked.wait(minutes=asked.tools.policy.guessing.locked_minutes + 1)
    with pytest.raises(SignatureRefused, match="newest message"):
        attempt(asked, old)
    attempt(asked, newest)
    assert [e.facts["person"] for e in asked.entries("signature.given")] == [TECH[0]]


def test_operators_are_told_of_a_lock_out_once(asked: Play) -> None:
    lock(asked)
    guess(asked, 5)
    perform_due(asked.tools, EffectKind.TELL_OPERATORS)
    told = [m.text for m in asked.world.messages_to("operators") if "wrong codes" in m.text]
    assert len(told) == 1
    assert TECH[0] in told[0]


def test_one_signer_locked_out_locks_out_nobody_else(asked: Play) -> None:
    lock(asked)
    assert asked.sign(*PRODUCT).state is OutcomeState.WAITING
    assert asked.sign(*COUNSEL).state is OutcomeState.WAITING


def test_slips_below_the_limit_are_forgiven(asked: Play) -> None:
    guess(asked, limit(asked) - 1)
    assert asked.sign(*TECH).state is OutcomeState.WAITING


def test_whoever_locks_again_and_again_cannot_flood_the_signer_or_void_the_last_code(asked: Play) -> None:
    policy = asked.tools.policy
    hours = policy.model_copy(update={"guessing": policy.guessing.model_copy(update={"locked_minutes": 1})})
    play = Play(replace(asked.tools, policy=hours))
    for _ in range(policy.guessing.new_codes + 4):
        guess(play, limit(play) + 1)
        perform_due(play.tools, EffectKind.ASK_SIGNATURE)
        play.wait(minutes=2)
    assert len(play.mail(TECH[0])) == 1 + policy.guessing.new_codes
    attempt(play, newest_code(play, TECH))


def test_trying_one_person_after_another_loses_the_slips(asked: Play) -> None:
    policy = asked.tools.policy
    tight = policy.model_copy(update={"guessing": policy.guessing.model_copy(update={"wrong_codes_of_question": 8})})
    play = Play(replace(asked.tools, policy=tight))
    guess(play, limit(play), PRODUCT)
    guess(play, 3, COUNSEL)
    (only,) = guess(play, 1, TECH)
    assert "one too many" in only.message


def test_names_nobody_has_are_limited_too_and_keep_no_signer_out(asked: Play) -> None:
    before = len(asked.entries())
    refusals = guess(asked, 300, ("mallory", "tech"))
    assert sum(not isinstance(r, CodeLocked) for r in refusals) == limit(asked)
    assert len(asked.entries()) - before < 30
    assert asked.sign(*TECH).state is OutcomeState.WAITING


def test_refused_attempts_are_summed_up_once_the_lock_is_over(asked: Play) -> None:
    lock(asked)
    guess(asked, 7)
    asked.wait(minutes=asked.tools.policy.guessing.locked_minutes + 1)
    guess(asked, 1)
    (summary,) = asked.entries("code.refused")
    assert (summary.facts["person"], summary.facts["refused"]) == (TECH[0], 7)


def test_right_code_with_too_short_a_reason_is_no_wrong_code(asked: Play) -> None:
    for _ in range(limit(asked) + 2):
        with pytest.raises(SignatureRefused, match="reason"):
            attempt(asked, newest_code(asked, TECH), reason="ok")
        perform_due(asked.tools, EffectKind.ASK_SIGNATURE)  # it was typed, so it is spent, and another comes
    attempt(asked, newest_code(asked, TECH))


def test_spent_code_from_a_leaked_run_opens_nothing(asked: Play) -> None:
    """What stands in a run's parameters: everything a person typed, the code included."""
    question = asked.question()
    leaked = asked.code(*TECH, question)
    attempt(asked, leaked, question=question)
    with pytest.raises(KeyReused):
        sign(
            asked.tools,
            proposal_id=question,
            person=TECH[0],
            role=TECH[1],
            verdict=Verdict.REJECT,
            reason="I changed it.",
            code=leaked,
        )
    with pytest.raises(SignatureRefused):
        attempt(asked, leaked, PRODUCT, question)
    with pytest.raises(SignatureRefused):
        attempt(asked, leaked, COUNSEL, question)
    assert [e.facts["person"] for e in asked.entries("signature.given")] == [TECH[0]]


def test_a_new_turn_voids_the_code_before_it(asked: Play) -> None:
    question = asked.question()
    old = asked.code(*TECH, question)
    with asked.tools.book.write() as txn:
        assert end_turn(txn, question, TECH[0], "taken back") == 1
    with pytest.raises(SignatureRefused, match="newest message"):
        attempt(asked, old)


def test_count_survives_the_process(asked: Play) -> None:
    guess(asked, limit(asked) - 1)
    asked.tools.book.close()
    again = Play(build_toolbox(asked.tools.settings, os.environ))
    (last,) = guess(again, 1)
    assert "one too many" in last.message
    assert isinstance(guess(again, 1)[0], CodeLocked)
    tools, question = again.tools, again.question()
    with tools.book.read() as txn:
        assert attempts_of(txn, question, TECH[0]).locked_until == again.world.now() + timedelta(
            minutes=tools.policy.guessing.locked_minutes
        )
