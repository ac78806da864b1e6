"""Many at once on one proposal: nobody is counted twice or lost, and the execution starts exactly once.

Add here when another thing may be done at the same moment; rather in `test_signing_machine.py` when it is about the order of things.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from configs.effects import EffectKind
from configs.errors import CodeLocked, KeyReused, LedgerBusy, RecallError, SignatureRefused
from configs.terms import RecallState, Verdict
from integrations.ledger.signing import signatures_on
from tasks.amend import withdraw
from tasks.decide import sign
from tests.tasks.homes import COUNSEL, EVERYONE, PRODUCT, REASON, TECH, Play

MANY = 100
NO_CONNECTION_LEFT = 10
"""A small PostgreSQL lets 97 in at a time: the others are told to try again, and change nothing."""


def at_once(play: Play, answers: list[tuple[str, str, str, str]]) -> Counter[str]:
    """All these (person, role, reason, code) at the same moment; how each ended."""
    question, ready = play.question(), Barrier(len(answers), timeout=60)

    def answer(given: tuple[str, str, str, str]) -> str:
        person, role, reason, code = given
        ready.wait()
        try:
            return sign(
                play.tools, proposal_id=question, person=person, role=role, verdict=Verdict.APPROVE, reason=reason, code=code
            ).state.value
        except RecallError as err:
            return type(err).__name__

    with ThreadPoolExecutor(len(answers)) as threads:
        return Counter(threads.map(answer, answers))


def test_hundred_attempts_at_once_leave_one_signature_a_person(asked: Play) -> None:
    question = asked.question()
    codes = {who: asked.code(*who, question) for who in EVERYONE}
    right = [(*who, REASON, codes[who]) for who in EVERYONE for _ in range(20)]
    other_words = [(*who, f"{REASON} And again.", codes[who]) for who in EVERYONE for _ in range(5)]
    few = asked.tools.policy.guessing.wrong_codes - 1  # so that nobody is locked out, whatever comes first
    wrong = [(*who, REASON, f"{n:05}-00000") for who in EVERYONE for n in range(few)]
    wrong += [("mallory", "tech", REASON, "x")] * (MANY - len(right) - len(other_words) - len(wrong))
    ended = at_once(asked, right + other_words + wrong)
    assert sum(ended.values()) == MANY
    assert set(ended) <= {"waiting", "approved", KeyReused.__name__, SignatureRefused.__name__, CodeLocked.__name__, LedgerBusy.__name__}
    assert ended[LedgerBusy.__name__] <= NO_CONNECTION_LEFT
    with asked.tools.book.read() as txn:
        given = signatures_on(txn, question)
    assert sorted((s.person, s.role) for s in given) == sorted(EVERYONE)
    assert sorted(e.actor for e in asked.entries("signature.given")) == sorted(person for person, _ in EVERYONE)
    started_once(asked)


def test_two_last_signatures_at_once_start_once(asked: Play) -> None:
    question = asked.question()
    asked.sign(*PRODUCT, question=question)
    ended = at_once(asked, [(*who, REASON, asked.code(*who, question)) for who in (TECH, COUNSEL)])
    assert ended == {"waiting": 1, "approved": 1}
    started_once(asked)


def started_once(play: Play) -> None:
    assert play.recall().state is RecallState.APPROVED
    assert len(play.effects(EffectKind.HALT_ROLLOUT)) == 1
    assert len(play.entries("recall.approved")) == 1


def test_last_signature_and_withdrawal_at_once_come_to_one_outcome(asked: Play) -> None:
    """Whoever is first wins: the recall either runs and is not withdrawn, or is withdrawn and nothing runs."""
    question = asked.question()
    asked.sign(*PRODUCT, question=question)
    asked.sign(*TECH, question=question)
    code, ready = asked.code(*COUNSEL, question), Barrier(2, timeout=60)

    def last() -> bool:
        ready.wait()
        try:
            sign(asked.tools, proposal_id=question, person=COUNSEL[0], role=COUNSEL[1], verdict=Verdict.APPROVE, reason=REASON, code=code)
        except SignatureRefused:
            return False
        return True

    def back() -> bool:
        ready.wait()
        try:
            withdraw(asked.tools, question_id=question, person="tech-lead", reason=REASON, request="w")
        except SignatureRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        signed, withdrawn = (one.result() for one in (threads.submit(last), threads.submit(back)))
    assert signed is not withdrawn
    assert asked.recall().state is (RecallState.APPROVED if signed else RecallState.DECLINED)
    assert len(asked.effects(EffectKind.HALT_ROLLOUT)) == int(signed)
