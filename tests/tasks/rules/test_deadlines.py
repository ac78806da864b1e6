"""What silence leads to by the clock. Add here when it leads to something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from configs.effects import EffectKind
from configs.escalation import Escalation, Holding
from configs.policies import load_policy
from configs.signers import Person, Signoff
from configs.terms import Level
from tasks.rules.deadlines import Stage, due_stages, may_hold, messages, statements, texts_digest
from tasks.rules.signoff import Outcome, OutcomeState, outcome
from tests.tasks.rules.signoff_builders import NOW, a_proposal, a_signoff, sign

ESCALATION = Escalation(remind_after=0.5, deputies_after=0.75, contact_after=0.9, contact={"webhook": ""})
HOLDING = Holding(
    silent_role="legal",
    after_minutes=30,
    from_level=Level.HIGH,
    approved_by="counsel",
    channels={"webhook": ""},
    texts={"en": "We are looking into a fault in $app $version. Do not use it until we say more."},
)
HOLDERS = {"product-lead": ("product",), "tech-lead": ("tech",), "counsel": ("legal",)}
PEOPLE = {**a_signoff(HOLDERS).people, "second-counsel": Person(roles=(), deputy_for=("legal",))}
AGREED = a_signoff(HOLDERS).model_copy(update={"escalation": ESCALATION, "holding": HOLDING, "people": PEOPLE})
POLICY = load_policy("default").model_copy(update={"signoff": AGREED})
PROPOSAL = a_proposal()
TIME = PROPOSAL.expires_at - PROPOSAL.opened_at


def signed(*people: tuple[str, str]) -> Outcome:
    return outcome(PROPOSAL, [sign(person, role) for person, role in people], AGREED, NOW)


WAITING = signed()
LEGAL_IS_SILENT = signed(("product-lead", "product"), ("tech-lead", "tech"))


@pytest.mark.parametrize(
    ("share", "stages"),
    [
        (0.0, ()),
        (0.49, ()),
        (0.5, (Stage.REMINDER,)),
        (0.75, (Stage.REMINDER, Stage.DEPUTY)),
        (0.95, (Stage.REMINDER, Stage.DEPUTY, Stage.CONTACT)),
        (1.0, ()),
    ],
)
def test_stages_come_in_order_and_end_with_the_time(share: float, stages: tuple[Stage, ...]) -> None:
    assert due_stages(PROPOSAL, WAITING, AGREED, PROPOSAL.opened_at + share * TIME) == stages


@given(earlier=st.floats(0, 0.99), later=st.floats(0, 0.99))
def test_what_is_due_stays_due_until_the_time_is_over(earlier: float, later: float) -> None:
    first, second = sorted((earlier, later))
    before = due_stages(PROPOSAL, WAITING, AGREED, PROPOSAL.opened_at + first * TIME)
    assert due_stages(PROPOSAL, WAITING, AGREED, PROPOSAL.opened_at + second * TIME)[: len(before)] == before


@pytest.mark.parametrize("state", [OutcomeState.APPROVED, OutcomeState.REJECTED, OutcomeState.EXPIRED])
def test_nobody_is_chased_once_it_is_decided(state: OutcomeState) -> None:
    assert due_stages(PROPOSAL, replace(WAITING, state=state), AGREED, PROPOSAL.opened_at + 0.95 * TIME) == ()


def test_without_an_escalation_nobody_is_chased() -> None:
    alone = AGREED.model_copy(update={"escalation": None})
    assert due_stages(PROPOSAL, WAITING, alone, PROPOSAL.opened_at + 0.95 * TIME) == ()


def test_only_silent_roles_are_reminded() -> None:
    sent = messages(Stage.REMINDER, PROPOSAL, LEGAL_IS_SILENT, POLICY, {})
    assert {(e.body["role"], e.kind) for e in sent} == {("legal", EffectKind.ASK_SIGNATURE)}
    assert "second-counsel" not in {e.body["person"] for e in sent}


def test_deputies_are_asked_for_silent_roles_only() -> None:
    assert [e.body["person"] for e in messages(Stage.DEPUTY, PROPOSAL, LEGAL_IS_SILENT, POLICY, {})] == ["second-counsel"]
    assert messages(Stage.DEPUTY, PROPOSAL, signed(("counsel", "legal")), POLICY, {}) == []


def test_contact_is_told_who_is_missing_and_gets_no_form() -> None:
    (told,) = messages(Stage.CONTACT, PROPOSAL, LEGAL_IS_SILENT, POLICY, {})
    assert told.kind is EffectKind.TELL_OPERATORS
    assert "1 × legal" in str(told.body["detail"])


def test_deputy_signs_in_the_role_like_a_holder() -> None:
    given = [sign(person, role) for person, role in (("product-lead", "product"), ("tech-lead", "tech"), ("second-counsel", "legal"))]
    assert outcome(PROPOSAL, given, AGREED, NOW).state is OutcomeState.APPROVED


def test_deputies_do_not_make_a_role_large_enough() -> None:
    people = {name: person for name, person in PEOPLE.items() if "legal" not in person.roles}
    with pytest.raises(ValidationError, match="'legal' needs 1"):
        Signoff.model_validate(AGREED.model_dump() | {"people": {k: v.model_dump() for k, v in people.items()}})


# --- the statement approved beforehand ------------------------------------------------------------------------------------


def test_statement_may_go_out_when_one_role_alone_is_silent_for_so_long() -> None:
    before, after = (PROPOSAL.opened_at + timedelta(minutes=m) for m in (29, 30))
    assert not may_hold(PROPOSAL, LEGAL_IS_SILENT, AGREED, before)
    assert may_hold(PROPOSAL, LEGAL_IS_SILENT, AGREED, after)


@pytest.mark.parametrize(
    ("result", "level", "holding"),
    [
        (WAITING, Level.HIGH, HOLDING),
        (signed(("product-lead", "product"), ("counsel", "legal")), Level.HIGH, HOLDING),
        (LEGAL_IS_SILENT, Level.MEDIUM, HOLDING),
        (LEGAL_IS_SILENT, Level.HIGH, None),
        (LEGAL_IS_SILENT, Level.HIGH, HOLDING.model_copy(update={"texts": {}})),
        (replace(LEGAL_IS_SILENT, state=OutcomeState.REJECTED), Level.HIGH, HOLDING),
        (replace(LEGAL_IS_SILENT, state=OutcomeState.EXPIRED), Level.HIGH, HOLDING),
    ],
    ids=["others are silent too", "another role is silent", "level too low", "not agreed", "no words", "rejected", "expired"],
)
def test_statement_stays_at_home(result: Outcome, level: Level, holding: Holding | None) -> None:
    agreed = AGREED.model_copy(update={"holding": holding})
    assert not may_hold(replace(PROPOSAL, level=level), result, agreed, PROPOSAL.opened_at + timedelta(hours=2))


def test_statement_is_sent_in_the_approved_words() -> None:
    (sent,) = statements(HOLDING, PROPOSAL, "Example")
    assert sent.body["text"] == f"We are looking into a fault in Example {PROPOSAL.scope.version}. Do not use it until we say more."
    assert texts_digest(HOLDING.texts) != texts_digest({"en": "other words"})


@pytest.mark.parametrize(
    "changes",
    [
        {"texts": {"en": "something is wrong"}},
        {"texts": {"en": "$version $secret"}},
        {"texts": {"en": "$version costs 5$"}},
        {"approved_by": " "},
        {"channels": {}},
    ],
    ids=["no version", "unknown place", "stray sign", "nobody approved", "no channel"],
)
def test_unsound_statements_are_refused_when_the_policy_loads(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="holding statement"):
        Holding.model_validate(HOLDING.model_dump() | changes)


def test_escalation_must_not_run_backwards() -> None:
    with pytest.raises(ValidationError, match="must not go down"):
        Escalation(remind_after=0.8, deputies_after=0.5, contact_after=0.9)
