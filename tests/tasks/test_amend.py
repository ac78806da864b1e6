"""Another text, no question at all, one signature less: what becomes of what was signed.

Add here when a question can be changed in another way; rather in `rules/test_standing.py` when it is about who may.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import BadInput, CodeLocked, Refused, SignatureRefused, TransitionRefused
from configs.terms import Action, IssueState, Proposal, RecallState, Verdict
from integrations.ledger.signing import proposals_of
from tasks.act import perform_due
from tasks.amend import amend, unsign_now, withdraw
from tasks.decide import propose_again, renew_proposal, sign
from tasks.follow import due_starts, start_due
from tasks.rules.signoff import OutcomeState
from tasks.rules.standing import Amendment
from tasks.stop import ask_release, engage_brake
from tests.tasks.homes import APP, COUNSEL, EVERYONE, PRODUCT, REASON, TECH, Play

_requests = count(1)
GERMANY = Amendment(action=Action.PARTIAL, countries=("DE",))


def change(play: Play, wanted: Amendment = GERMANY, who: tuple[str, str] = PRODUCT, code: str = "") -> str:
    """Who holds the role changes the open proposal; everyone is asked anew. Returns the new revision's id."""
    question = play.question()
    typed = code or play.code(*who, question)
    new = amend(play.tools, proposal_id=question, person=who[0], change=wanted, reason=REASON, code=typed)
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    return new.proposal_id


def newest(play: Play) -> Proposal:
    with play.tools.book.read() as txn:
        return proposals_of(txn, play.recall_id_in(txn))[-1]


def rows(play: Play, sql: str) -> list[tuple[object, ...]]:
    with play.tools.book.read() as txn:
        return txn.tuples(sql)


# --- another text -------------------------------------------------------------------------------------------------------


def test_changed_text_is_the_next_revision_and_voids_every_signature(asked: Play) -> None:
    asked.sign(*TECH)
    asked.sign(*COUNSEL)
    old = newest(asked)
    question = change(asked)
    new = newest(asked)
    assert (new.id, new.revision, new.amended_by) == (question, old.revision + 1, ("product-lead",))
    assert (new.action, new.scope.countries) == (Action.PARTIAL, ("DE",))
    assert new.digest != old.digest
    assert rows(asked, "SELECT person, proposal_id, voided_by FROM void_signatures ORDER BY person") == [
        ("counsel", old.id, "product-lead"),
        ("tech-lead", old.id, "product-lead"),
    ]
    assert rows(asked, "SELECT count(*) FROM signatures") == [(0,)]
    (entry,) = asked.entries("proposal.amended")
    assert (entry.facts["void"], entry.facts["reason"], entry.actor) == (["counsel", "tech-lead"], REASON, "product-lead")
    assert asked.recall().scope.countries == ("DE",)


def test_changed_text_is_signed_with_new_codes_only(asked: Play) -> None:
    old = asked.code(*TECH, asked.question())
    question = change(asked)
    with pytest.raises(SignatureRefused, match="not the code"):
        sign(asked.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code=old)
    for person, role in EVERYONE:
        last = asked.sign(person, role, question=question)
    assert last.state is OutcomeState.APPROVED
    assert [e.revision for e in asked.effects(EffectKind.HALT_ROLLOUT)] == [2]


def test_old_text_takes_no_signature_any_more(asked: Play) -> None:
    old = asked.question()
    code = asked.code(*TECH, old)
    change(asked)
    with pytest.raises(SignatureRefused, match="no longer open"):
        sign(asked.tools, proposal_id=old, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code=code)


def test_text_can_be_widened_again(asked: Play) -> None:
    change(asked)
    change(asked, Amendment(action=Action.FULL), TECH)
    assert (newest(asked).action, newest(asked).scope.countries) == (Action.FULL, ())
    assert newest(asked).amended_by == ("product-lead", "tech-lead")


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (Amendment(action=Action.PARTIAL), Refused),
        (Amendment(), Refused),
        (Amendment(action=Action.PARTIAL, countries=("Germany",)), BadInput),
        (Amendment(action=Action.PARTIAL, devices=("x" * 61,)), BadInput),
        (Amendment(action=Action.PARTIAL, devices=tuple(f"d{n}" for n in range(61))), BadInput),
        (Amendment(note="x" * 301), BadInput),
        (Amendment(note="all is \u202ewell"), BadInput),
    ],
    ids=["a part that names none", "nothing new", "no country", "long device", "too many", "long note", "a text with another face"],
)
def test_text_that_cannot_be_changes_nothing(proposed: Play, wanted: Amendment, error: type[Exception]) -> None:
    before = newest(proposed)
    proposed.sign(*TECH)
    with pytest.raises(error):
        change(proposed, wanted)
    assert newest(proposed) == before
    assert rows(proposed, "SELECT person FROM signatures") == [("tech-lead",)]


def test_text_is_changed_with_ones_own_code_only(proposed: Play) -> None:
    with pytest.raises(SignatureRefused, match="not the code of"):
        change(proposed, code=proposed.code(*TECH, proposed.question()))
    assert newest(proposed).revision == 1


def test_expired_text_cannot_be_changed(proposed: Play) -> None:
    proposed.wait(hours=5)
    with pytest.raises(SignatureRefused, match="not open any more"):
        change(proposed)


def test_what_was_changed_stays_when_time_runs_out(proposed: Play) -> None:
    change(proposed, Amendment(action=Action.PARTIAL, countries=("DE",), note="Support is told first."))
    proposed.wait(hours=5)
    propose_again(proposed.tools, APP)
    renewed = newest(proposed)
    assert (renewed.revision, renewed.action, renewed.scope.countries) == (3, Action.PARTIAL, ("DE",))
    assert (renewed.note, renewed.amended_by) == ("Support is told first.", ("product-lead",))


# --- a signature less ---------------------------------------------------------------------------------------------------


def test_signature_taken_back_counts_no_longer_and_can_be_given_again_with_a_new_code(asked: Play) -> None:
    question = asked.question()
    spent = asked.code(*TECH, question)
    asked.sign(*TECH, question=question)
    unsign_now(asked.tools, question_id=question, person="tech-lead", reason=REASON)
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    assert rows(asked, "SELECT person, turn, voided_by FROM void_signatures") == [("tech-lead", 0, "tech-lead")]
    with pytest.raises(SignatureRefused, match="not the code"):
        sign(asked.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code=spent)
    assert asked.code(*TECH, question) != spent
    assert asked.sign(*TECH, question=question).missing == {"product": 1, "legal": 1}
    assert [e.actor for e in asked.entries("signature.withdrawn")] == ["tech-lead"]


def test_nobody_takes_back_what_they_did_not_sign(proposed: Play) -> None:
    proposed.sign(*PRODUCT)
    with pytest.raises(SignatureRefused, match="none of theirs"):
        unsign_now(proposed.tools, question_id=proposed.question(), person="tech-lead", reason=REASON)


def test_decided_question_gives_no_signature_back(proposed: Play) -> None:
    question = proposed.question()
    for person, role in EVERYONE:
        proposed.sign(person, role, question=question)
    with pytest.raises(SignatureRefused, match="recall brake"):
        unsign_now(proposed.tools, question_id=question, person="tech-lead", reason=REASON)
    assert proposed.recall().state is RecallState.APPROVED


def test_code_typed_with_a_refused_answer_is_worthless_and_replaced(asked: Play) -> None:
    """Prefect shows what was typed into a run: whoever reads it there must not be able to sign with it."""
    question = asked.question()
    leaked = asked.code(*TECH, question)
    with pytest.raises(SignatureRefused, match="letters and digits"):
        asked.sign(*TECH, question=question, reason="ok")
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    with pytest.raises(SignatureRefused, match="not the code"):
        sign(asked.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code=leaked)
    assert asked.sign(*TECH, question=question).missing == {"product": 1, "legal": 1}
    assert [e.facts["person"] for e in asked.entries("code.spent")] == ["tech-lead"]


@pytest.mark.parametrize("wrong", [{"person": "teck-lead"}, {"role": "legal"}, {"proposal_id": "P-000000000000"}], ids=str)
def test_code_typed_with_a_slip_is_found_and_replaced(proposed: Play, wrong: dict[str, str]) -> None:
    question = proposed.question()
    code = proposed.code(*TECH, question)
    typed = {"proposal_id": question, "person": TECH[0], "role": TECH[1]} | wrong
    with pytest.raises(Exception, match=r"refused|no proposal|not the code"):
        sign(proposed.tools, verdict=Verdict.APPROVE, reason=REASON, code=code, **typed)
    with pytest.raises(SignatureRefused, match="not the code"):
        sign(proposed.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code=code)


# --- no question at all -------------------------------------------------------------------------------------------------


def take_back(play: Play, person: str = "counsel", question: str = "", reason: str = REASON) -> None:
    withdraw(play.tools, question_id=question or play.question(), person=person, reason=reason, request=f"w-{next(_requests)}")


def test_withdrawn_proposal_starts_nothing_and_can_be_proposed_again(asked: Play) -> None:
    asked.sign(*PRODUCT)
    question = asked.question()
    take_back(asked)
    assert (asked.recall().state, asked.issue().state) == (RecallState.DECLINED, IssueState.DISMISSED)
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()
    assert rows(asked, "SELECT person, why FROM void_signatures") == [("product-lead", f"withdrawn: {REASON}")]
    assert [e.actor for e in asked.entries("question.withdrawn")] == ["counsel"]
    with pytest.raises(SignatureRefused, match="no longer open"):
        asked.sign(*TECH, question=question)


@pytest.mark.parametrize(
    ("person", "reason", "error"),
    [("mallory", REASON, SignatureRefused), ("recall", REASON, SignatureRefused), ("counsel", "no", BadInput)],
    ids=["a stranger", "a machine, though it proposed", "no reason"],
)
def test_withdrawal_by_the_wrong_person_or_without_a_reason_changes_nothing(
    proposed: Play, person: str, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        take_back(proposed, person, reason=reason)
    assert proposed.recall().state is RecallState.PROPOSED
    assert len(proposed.entries("step.failed")) == 1


def test_started_recall_is_not_withdrawn_but_braked(approved: Play) -> None:
    question = newest(approved).id
    with pytest.raises(SignatureRefused, match="recall brake"):
        take_back(approved, question=question)
    assert approved.recall().state is RecallState.APPROVED


# --- a start agreed for later -------------------------------------------------------------------------------------------


def agree_on(play: Play, hours: float) -> str:
    """The proposal is changed to start later, and everyone signs."""
    question = change(play, Amendment(not_before=play.world.now() + timedelta(hours=hours)))
    for person, role in EVERYONE:
        assert play.recall().state is RecallState.PROPOSED
        play.sign(person, role, question=question)
    return question


def test_start_agreed_for_later_waits_in_the_ledger(asked: Play) -> None:
    agree_on(asked, 2)
    assert (asked.recall().state, asked.issue().state) == (RecallState.SCHEDULED, IssueState.PROPOSED)
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()
    assert start_due(asked.tools) == ()
    asked.wait(hours=2)
    assert [r.id for r in due_starts(asked.tools)] == [asked.recall().id]
    assert start_due(asked.tools) == ("approved",)
    assert start_due(asked.tools) == ()
    assert asked.recall().state is RecallState.APPROVED
    assert [e.state for e in asked.effects(EffectKind.HALT_ROLLOUT)] == [EffectState.QUEUED]
    assert len(asked.entries("recall.approved")) == 1


def test_start_that_has_passed_before_the_last_signature_is_now(proposed: Play) -> None:
    question = change(proposed, Amendment(not_before=proposed.world.now() + timedelta(minutes=20)))
    proposed.wait(minutes=30)
    for person, role in EVERYONE:
        proposed.sign(person, role, question=question)
    assert proposed.recall().state is RecallState.APPROVED


def test_brake_holds_an_agreed_start_until_its_release(asked: Play) -> None:
    agree_on(asked, 2)
    engage_brake(asked.tools, person="tech-lead", reason=REASON, request="b")
    asked.wait(hours=3)
    assert start_due(asked.tools) == ()
    release = ask_release(asked.tools, person="tech-lead", reason=REASON, request="r")
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    for person, role in EVERYONE:
        assert asked.recall().state is RecallState.SCHEDULED
        asked.sign(person, role, question=release)
    assert start_due(asked.tools) == ("approved",)


def test_one_holder_of_a_role_stops_an_agreed_start(asked: Play) -> None:
    question = agree_on(asked, 2)
    take_back(asked, "counsel", question)
    asked.wait(hours=3)
    assert start_due(asked.tools) == ()
    assert (asked.recall().state, asked.issue().state) == (RecallState.DECLINED, IssueState.DISMISSED)
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()


@pytest.mark.parametrize("hours", [-1, 0, 73])
def test_start_in_the_past_or_too_far_ahead_is_refused(proposed: Play, hours: float) -> None:
    with pytest.raises((Refused, BadInput), match=r"passed already|at most 72 hours"):
        change(proposed, Amendment(not_before=proposed.world.now() + timedelta(hours=hours)))
    assert newest(proposed).revision == 1


def test_a_withdrawn_proposal_is_not_renewed_by_a_tick_that_looked_before(asked: Play) -> None:
    question = asked.question()
    withdraw(asked.tools, question_id=question, person=PRODUCT[0], reason=REASON, request="w-late")
    with pytest.raises(TransitionRefused, match="does not wait"):
        renew_proposal(asked.tools, proposal_id=question)
    assert asked.recall().state is RecallState.DECLINED


def test_codes_are_not_guessed_by_changing_the_text_either(asked: Play) -> None:
    question, code, limit = asked.question(), asked.code(*PRODUCT, asked.question()), asked.tools.policy.guessing.wrong_codes
    for _ in range(limit):
        with pytest.raises(SignatureRefused, match="not the code"):
            amend(asked.tools, question, PRODUCT[0], GERMANY, REASON, "00000-00000")
    with pytest.raises(CodeLocked):
        amend(asked.tools, question, PRODUCT[0], GERMANY, REASON, code)
    assert newest(asked).id == question
    assert len(asked.entries("code.locked")) == 1
