"""Claims about what may be done to an open question, and about which effects stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.effects import EffectKind
from configs.errors import BadInput, Refused, SignatureRefused
from configs.policies import load_policy
from configs.terms import Action, Proposal, RecallState
from tasks.rules.roles import RolesChange
from tasks.rules.signoff import Asked, BrakeRelease, OutcomeState, check_signature, outcome
from tasks.rules.standing import (
    Amendment,
    Standing,
    amended,
    check_amendment,
    check_unsigning,
    check_withdrawal,
    kept,
    kind_of_question,
    standing,
    starts_later,
)
from tests.tasks.rules.signoff_builders import ANN, EXPIRES, LEA, NOW, OPENED, TOM, a_proposal, a_signoff, reject, sign

WHY = "The cause is on our server."
POLICY = load_policy("default")
RELEASE = BrakeRelease(7, "The incident is over.", OPENED, "noa")
LATER = NOW + timedelta(hours=2)


@pytest.mark.parametrize("kind", EffectKind)
@pytest.mark.parametrize("braked", [True, False])
@pytest.mark.parametrize("state", RecallState)
@pytest.mark.parametrize("revision", [1, 2])
def test_an_effect_stands_by_the_table(kind: EffectKind, braked: bool, state: RecallState, revision: int) -> None:
    found = standing(kind, revision, braked=braked, state=state, decided=2)
    if kind not in (EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX, EffectKind.SEND_HOLDING):
        assert found is Standing.STANDS
    elif braked:
        assert found is Standing.HELD
    else:
        waiting = (RecallState.PROPOSED, RecallState.SCHEDULED, RecallState.APPROVED)
        wanted = waiting if kind is EffectKind.SEND_HOLDING else (RecallState.APPROVED, RecallState.REVIEWING)
        assert found is (Standing.STANDS if state in wanted and revision == 2 else Standing.DROPPED)


@pytest.mark.parametrize(
    ("not_before", "held", "later"),
    [(None, False, False), (None, True, False), (LATER, False, True), (NOW, False, False), (OPENED, True, True), (OPENED, False, False)],
)
def test_a_start_waits_for_its_time_and_then_for_the_brake(not_before: object, held: bool, later: bool) -> None:
    assert starts_later(a_proposal(not_before=not_before), NOW, held=held) is later


# --- taking back ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ann", "tom", "lea"])
@pytest.mark.parametrize("question", [a_proposal(), RELEASE])
def test_any_holder_of_a_role_takes_a_question_back(person: str, question: Asked) -> None:
    check_withdrawal(question, person, WHY, a_signoff(), waits=True)


def test_whoever_proposed_takes_it_back_without_a_role() -> None:
    check_withdrawal(RELEASE, "noa", WHY, a_signoff(), waits=True)


@pytest.mark.parametrize(
    ("person", "reason", "waits", "words"),
    [
        ("noa", WHY, True, "only who holds a role may: ann, lea, pia, tim, tom"),
        ("eve", WHY, True, "only who holds a role"),
        ("recall", WHY, True, "only who holds a role"),
        ("ann", WHY, False, "recall brake"),
        ("ann", "so", True, "2 letters and digits"),
    ],
    ids=["no role", "a stranger", "the machine that proposed", "decided", "no reason"],
)
def test_a_withdrawal_is_refused_with_its_reason(person: str, reason: str, waits: bool, words: str) -> None:
    with pytest.raises((SignatureRefused, BadInput), match=words):
        check_withdrawal(a_proposal(), person, reason, a_signoff(), waits=waits)


def test_one_takes_back_ones_own_signature_while_nothing_is_decided() -> None:
    check_unsigning(a_proposal(), [ANN, TOM], "tom", WHY, a_signoff(), NOW, is_open=True)


@pytest.mark.parametrize(
    ("given", "is_open", "words"),
    [
        ([ANN], True, "none of theirs"),
        ([ANN, TOM, LEA], True, "recall brake"),
        ([reject("tom", "tech")], True, "recall brake"),
        ([TOM], False, "recall brake"),
    ],
    ids=["not signed", "approved", "rejected", "closed"],
)
def test_a_signature_that_cannot_be_taken_back(given: list[object], is_open: bool, words: str) -> None:
    with pytest.raises(SignatureRefused, match=words):
        check_unsigning(a_proposal(), given, "tom", WHY, a_signoff(), NOW, is_open=is_open)  # type: ignore[arg-type]


# --- changing the text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "person", "now", "is_open", "words"),
    [
        (RELEASE, "ann", NOW, True, "only proposals"),
        (a_proposal(), "ann", NOW, False, "newest revision"),
        (a_proposal(), "ann", EXPIRES, True, "newest revision"),
        (a_proposal(), "noa", NOW, True, "only who holds a role"),
        (a_proposal(proposed_by="noa"), "noa", NOW, True, "only who holds a role"),
        (a_proposal(), "scheduler", NOW, True, "only who holds a role"),
    ],
    ids=["a release", "closed", "expired", "no role", "proposer without a role", "a machine"],
)
def test_a_text_that_may_not_be_changed(question: Asked, person: str, now: object, is_open: bool, words: str) -> None:
    with pytest.raises(SignatureRefused, match=words):
        check_amendment(question, person, WHY, a_signoff(), now, is_open=is_open)  # type: ignore[arg-type]


def test_what_is_not_named_stays() -> None:
    before = a_proposal(note="Tell support.", not_before=LATER, amended_by=("tom",))
    action, wanted = amended(before, Amendment(countries=(" DE ", "FR", "DE")), "ann", POLICY, NOW)
    assert (action, wanted.note, wanted.not_before) == (Action.FULL, "Tell support.", LATER)
    assert wanted.scope is not None
    assert wanted.scope.countries == ("DE", "FR")
    assert wanted.amended_by == ("tom", "ann")


def test_a_start_is_dropped_by_now_and_by_passing() -> None:
    before = a_proposal(not_before=LATER)
    assert amended(before, Amendment(at_once=True), "ann", POLICY, NOW)[1].not_before is None
    assert amended(before, Amendment(note="n"), "ann", POLICY, LATER)[1].not_before is None
    assert kept(before, LATER).not_before is None
    assert kept(before, NOW).not_before == LATER


def test_a_start_at_most_so_far_ahead() -> None:
    edge = NOW + timedelta(hours=POLICY.signoff.latest_start_hours)
    assert amended(a_proposal(), Amendment(not_before=edge), "ann", POLICY, NOW)[1].not_before == edge
    with pytest.raises(BadInput, match="at most 72 hours ahead"):
        amended(a_proposal(), Amendment(not_before=edge + timedelta(seconds=1)), "ann", POLICY, NOW)


def test_the_same_text_again_is_refused() -> None:
    with pytest.raises(Refused, match="says just that already"):
        amended(a_proposal(), Amendment(action=Action.FULL, note=""), "ann", POLICY, NOW)


def test_a_text_nobody_changed_follows_the_evidence_when_it_is_put_again() -> None:
    assert kept(a_proposal(), NOW).scope is None
    changed = a_proposal(amended_by=("ann",))
    assert kept(changed, NOW).scope == changed.scope


def test_whoever_changed_the_text_may_not_be_the_only_one_who_signs_it() -> None:
    signoff = a_signoff({"tom": ("tech",), "tim": ("tech",)}, tech=1)
    changed = a_proposal(amended_by=("tom",))
    alone = sign("tom", "tech", digest=changed.digest)
    with pytest.raises(SignatureRefused, match="only one who signs"):
        check_signature(changed, [], alone, signoff, NOW)
    found = outcome(changed, [alone], signoff, NOW)
    assert (found.state, found.needs_another) == (OutcomeState.WAITING, True)
    check_signature(changed, [], replace(alone, person="tim"), signoff, NOW)


@pytest.mark.parametrize(("about", "kind"), [("REC-0123456789", Proposal), ("brake-3", BrakeRelease), ("roles", RolesChange)])
def test_a_question_is_known_by_what_it_is_about(about: str, kind: type) -> None:
    assert kind_of_question(about) is kind
