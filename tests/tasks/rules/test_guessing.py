"""Claims about wrong codes, without a ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.effects import EffectKind
from configs.guessing import NOBODY, Attempts, Guessing
from configs.policies import load_policy
from tasks.rules.codes import code_for
from tasks.rules.guessing import after_wrong, can_answer, is_locked, is_summary_due, messages
from tests.tasks.rules.signoff_builders import EXPIRES, NOW, a_proposal, a_signoff

POLICY = load_policy("default")
RULE = Guessing(wrong_codes=3, wrong_codes_of_question=8, locked_minutes=10, new_codes=2, summary_minutes=5)
ANN = Attempts("P-1", "ann")


def after(times: int, attempts: Attempts = ANN, on_question: int = 0) -> Attempts:
    for n in range(times):
        attempts = after_wrong(attempts, on_question + n, RULE, NOW)
    return attempts


def test_fewer_wrong_codes_than_the_limit_lock_nothing() -> None:
    assert not is_locked(after(2), NOW)
    assert after(2).turn == 0


def test_the_limit_locks_and_a_new_code_counts() -> None:
    locked = after(3)
    assert (locked.wrong, locked.total, locked.lockouts, locked.turn) == (0, 3, 1, 1)
    assert is_locked(locked, NOW + timedelta(minutes=9, seconds=59))
    assert not is_locked(locked, NOW + timedelta(minutes=10))


def test_later_lock_outs_keep_the_code_so_that_nobody_can_flood_the_signer() -> None:
    rounds = [after(3 * n).turn for n in range(1, 6)]
    assert rounds == [1, 2, 2, 2, 2]


def test_a_question_tried_from_all_sides_forgives_no_further_slip() -> None:
    assert not is_locked(after(1, on_question=7), NOW)
    assert is_locked(after(1, on_question=8), NOW)


def test_attempts_nobody_could_make_get_no_new_code() -> None:
    assert after(3, Attempts("P-1", NOBODY)).turn == 0


@given(st.lists(st.integers(0, 60), max_size=200), st.integers(1, 5))
def test_no_pattern_of_attempts_gets_more_guesses_than_the_policy_allows(waits: list[int], limit: int) -> None:
    rule = RULE.model_copy(update={"wrong_codes": limit, "wrong_codes_of_question": 10_000})
    attempts, now, looked_at = ANN, NOW, []
    for minutes in waits:
        now += timedelta(minutes=minutes)
        if not is_locked(attempts, now):
            looked_at.append(now)
            attempts = after_wrong(attempts, attempts.total, rule, now)
    for first, later in zip(looked_at, looked_at[limit:], strict=False):
        assert later - first >= timedelta(minutes=rule.locked_minutes) or looked_at.index(later) % limit != 0
    windows = [sum(start <= at < start + timedelta(minutes=rule.locked_minutes) for at in looked_at) for start in looked_at]
    assert max(windows, default=0) <= 2 * limit - 1


def test_summaries_come_once_a_while_and_only_of_something() -> None:
    locked = after(3)
    assert not is_summary_due(locked, RULE, NOW + timedelta(minutes=6))
    flooded = replace(locked, refused=40)
    assert not is_summary_due(flooded, RULE, NOW + timedelta(minutes=4))
    assert is_summary_due(flooded, RULE, NOW + timedelta(minutes=5))


def test_lock_out_tells_the_operators_and_sends_the_person_a_new_code() -> None:
    sent = messages(POLICY_ATTEMPTS, after_lock(POLICY_ATTEMPTS), "REC-1", "tech", 1, POLICY)
    assert {e.kind for e in sent} == {EffectKind.TELL_OPERATORS, EffectKind.ASK_SIGNATURE}
    assert [e.body["person"] for e in sent if e.kind is EffectKind.ASK_SIGNATURE] == ["tech-lead"]


POLICY_ATTEMPTS = Attempts("P-1", "tech-lead", wrong=POLICY.guessing.wrong_codes - 1)


def after_lock(attempts: Attempts) -> Attempts:
    return after_wrong(attempts, 0, POLICY.guessing, NOW)


def test_messages_stop_when_lock_outs_go_on() -> None:
    told = []
    for lockouts in range(10):
        before = replace(POLICY_ATTEMPTS, lockouts=lockouts, turn=min(lockouts, POLICY.guessing.new_codes))
        told.append([e.kind for e in messages(before, after_lock(before), "REC-1", "tech", 1, POLICY)])
    asked = [kinds.count(EffectKind.ASK_SIGNATURE) for kinds in told]
    assert asked == [1] * POLICY.guessing.new_codes + [0] * (10 - POLICY.guessing.new_codes)
    assert [bool(kinds) for kinds in told] == [True] * (POLICY.guessing.new_codes + 1) + [False] * (9 - POLICY.guessing.new_codes)


@pytest.mark.parametrize(
    ("person", "role", "late", "expected"),
    [
        ("tom", "tech", False, True),
        ("tom", "product", False, False),
        ("zed", "tech", False, False),
        ("tom", "king", False, False),
        ("lea", "legal", False, False),
        ("tom", "tech", True, False),
    ],
    ids=["holder", "role not held", "unknown", "no such role", "signed already", "expired"],
)
def test_only_a_code_that_could_open_is_compared(person: str, role: str, late: bool, expected: bool) -> None:
    assert can_answer(a_proposal(), {"lea"}, person, role, a_signoff(), EXPIRES if late else NOW) is expected


def test_every_round_has_a_code_of_its_own_and_the_first_is_the_old_one() -> None:
    codes = [code_for(b"k" * 32, "d", "tech", "tom", n) for n in range(50)]
    assert len(set(codes)) == 50
    assert codes[0] == code_for(b"k" * 32, "d", "tech", "tom")
