"""The decision: who is heard, what is refused, and what the last signature sets in motion.

Add here when a decision has another consequence; rather in `rules/test_signoff.py` when a signature is judged otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import KeyReused, NotFound, RecallError, SignatureRefused, TransitionRefused
from configs.policy import Signoff
from configs.terms import IssueState, RecallState, Verdict
from integrations.ledger.cases import move_issue, move_recall, put_forward
from integrations.ledger.signing import proposals_of, signatures_on
from tasks.act import perform_due
from tasks.decide import Signed, propose, propose_again, propose_due, sign
from tasks.rules.signoff import OutcomeState
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import APP, COUNSEL, EVERYONE, PRODUCT, REASON, TECH, Play

DEADLINE = timedelta(hours=5)
"""Longer than the signers have at the highest levels."""


def given(play: Play) -> int:
    """How many signatures there are, on whatever."""
    with play.tools.book.read() as txn:
        return int(txn.tuples("SELECT count(*) FROM signatures")[0][0])


# --- proposing ----------------------------------------------------------------------------------------------------------


def test_proposal_opens_the_recall_and_asks_everyone_in_each_role(proposed: Play) -> None:
    assert proposed.recall().state is RecallState.PROPOSED
    assert proposed.issue().state is IssueState.PROPOSED
    asked = proposed.effects(EffectKind.ASK_SIGNATURE)
    assert {e.target.split("/", 1)[1] for e in asked} == {f"{role}/{person}" for person, role in EVERYONE}
    assert {e.state for e in asked} == {EffectState.DONE}


def test_proposal_names_what_the_signers_put_their_names_under(proposed: Play) -> None:
    with proposed.tools.book.read() as txn:
        (proposal,) = proposals_of(txn, proposed.recall_id_in(txn))
    assert proposal.policy_fingerprint == proposed.tools.policy.fingerprint
    assert proposal.expires_at - proposal.opened_at == proposed.tools.policy.deadline(proposal.level)
    assert proposal.digest in repr(proposed.entries("recall.proposed")[0].facts)


def test_issue_is_proposed_once(proposed: Play) -> None:
    issue, effects = proposed.issue().id, len(proposed.effects())
    assert propose_due(proposed.tools, APP) == ()
    propose(proposed.tools, issue_id=issue)
    assert len(proposed.effects()) == effects
    assert len(proposed.entries("recall.proposed")) == 1


def test_unknown_issue_is_not_proposed(proposed: Play) -> None:
    with pytest.raises(NotFound, match="recall status"):
        propose(proposed.tools, issue_id="ISS-nothing")


# --- refusals -----------------------------------------------------------------------------------------------------------

REFUSALS: dict[str, dict[str, object]] = {
    "wrong code": {"code": "00000-00000"},
    "no code": {"code": ""},
    "unknown person": {"person": "mallory"},
    "system account": {"person": "scheduler"},
    "role not held": {"role": "legal"},
    "no such role": {"role": "king"},
    "reason says nothing": {"reason": "ok"},
}


@pytest.mark.parametrize("wrong", REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_signature_is_written_down_and_changes_nothing(asked: Play, wrong: dict[str, object]) -> None:
    person, role = PRODUCT
    question = asked.question()
    answer = {"person": person, "role": role, "reason": REASON, "code": asked.code(person, role, question)} | wrong
    effects, recall = asked.effects(), asked.recall()
    with pytest.raises(SignatureRefused):
        sign(asked.tools, proposal_id=question, verdict=Verdict.APPROVE, **answer)  # type: ignore[arg-type]
    new = [e for e in asked.effects() if e not in effects]
    assert [e.kind for e in new] == [EffectKind.ASK_SIGNATURE] * ("code" not in wrong)  # what was typed is spent; another code is sent
    assert (given(asked), asked.recall()) == (0, recall)
    assert [(e.subject, e.facts["step"], e.facts["error"]) for e in asked.entries("step.failed")] == [
        (question, "take_signature", "SignatureRefused")
    ]


def test_code_of_another_person_does_not_open(asked: Play) -> None:
    question = asked.question()
    code = asked.code(*TECH, question)
    with pytest.raises(SignatureRefused, match="code"):
        sign(asked.tools, proposal_id=question, person=PRODUCT[0], role=PRODUCT[1], verdict=Verdict.APPROVE, reason=REASON, code=code)


def test_person_refused_for_a_wrong_code_may_still_sign_with_the_right_one(asked: Play) -> None:
    question = asked.question()
    with pytest.raises(SignatureRefused):
        sign(asked.tools, proposal_id=question, person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code="11111-11111")
    assert asked.sign(*TECH).state is OutcomeState.WAITING


def test_person_who_signed_cannot_change_the_answer(asked: Play) -> None:
    question = asked.question()
    asked.sign(*PRODUCT)
    with pytest.raises(KeyReused):
        asked.sign(*PRODUCT, verdict=Verdict.REJECT, question=question)
    assert asked.recall().state is RecallState.PROPOSED
    assert given(asked) == 1


def test_person_who_signs_again_with_the_same_words_counts_once(asked: Play) -> None:
    question = asked.question()
    assert asked.sign(*PRODUCT) == asked.sign(*PRODUCT, question=question)
    assert given(asked) == 1


def test_signature_after_the_decision_is_refused(asked: Play) -> None:
    question = asked.question()
    asked.sign(*PRODUCT, verdict=Verdict.REJECT, question=question)
    with pytest.raises(SignatureRefused):
        asked.sign(*TECH, question=question)


def test_signature_after_the_deadline_is_refused(asked: Play) -> None:
    question = asked.question()
    asked.wait(hours=DEADLINE.total_seconds() / 3600)
    with pytest.raises(SignatureRefused, match="expired"):
        asked.sign(*PRODUCT, question=question)


def test_question_nobody_put_cannot_be_signed(asked: Play) -> None:
    with pytest.raises(NotFound):
        asked.sign(*PRODUCT, question="P-000000000000")


# --- what the signatures lead to ----------------------------------------------------------------------------------------


def test_first_two_signatures_start_nothing(asked: Play) -> None:
    assert asked.sign(*PRODUCT).missing == {"tech": 1, "legal": 1}
    assert asked.sign(*COUNSEL).missing == {"tech": 1}
    assert asked.recall().state is RecallState.PROPOSED
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()


def test_last_signature_starts_the_execution_in_its_own_transaction(asked: Play) -> None:
    question = asked.question()
    for person, role in EVERYONE:
        last = asked.sign(person, role, question=question)
    assert last == Signed(question, OutcomeState.APPROVED, {})
    assert asked.recall().state is RecallState.APPROVED
    assert asked.recall().approved_at == asked.world.now()
    assert asked.issue().state is IssueState.RECALLING
    assert [e.state for e in asked.effects(EffectKind.HALT_ROLLOUT)] == [EffectState.QUEUED]
    assert [e.facts["outcome"] for e in asked.entries("signature.given")] == ["waiting", "waiting", "approved"]


def test_last_signature_that_cannot_be_written_down_starts_nothing(asked: Play) -> None:
    """The execution commits with the signature's own record, or not at all."""
    question = asked.question()
    asked.sign(*PRODUCT, question=question)
    asked.sign(*TECH, question=question)
    code = asked.code(*COUNSEL, question)
    torn = "a lone surrogate \ud800 cannot be written as UTF-8"
    with pytest.raises((RecallError, UnicodeEncodeError)):
        sign(asked.tools, proposal_id=question, person=COUNSEL[0], role=COUNSEL[1], verdict=Verdict.APPROVE, reason=torn, code=code)
    assert asked.recall().state is RecallState.PROPOSED
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()
    assert given(asked) == 2


def test_one_rejection_declines_the_recall_and_dismisses_the_issue(asked: Play) -> None:
    asked.sign(*PRODUCT)
    assert asked.sign(*COUNSEL, verdict=Verdict.REJECT).state is OutcomeState.REJECTED
    assert asked.recall().state is RecallState.DECLINED
    assert asked.issue().state is IssueState.DISMISSED
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()
    assert any(e.target.startswith("declined") for e in asked.effects(EffectKind.TELL_OPERATORS))


def test_two_last_signers_at_once_start_the_execution_exactly_once(asked: Play) -> None:
    question = asked.question()
    asked.sign(*PRODUCT, question=question)
    codes = {who: asked.code(*who, question) for who in (TECH, COUNSEL)}
    both_ready, results = Barrier(2, timeout=20), []

    def answer(person: str, role: str) -> None:
        both_ready.wait()
        code = codes[person, role]
        results.append(sign(asked.tools, proposal_id=question, person=person, role=role, verdict=Verdict.APPROVE, reason=REASON, code=code))

    threads = [Thread(target=answer, args=who) for who in (TECH, COUNSEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.state for r in results) == [OutcomeState.APPROVED, OutcomeState.WAITING]
    assert asked.recall().state is RecallState.APPROVED
    assert len(asked.effects(EffectKind.HALT_ROLLOUT)) == 1
    assert given(asked) == 3


def test_approval_and_rejection_at_once_come_to_one_outcome(asked: Play) -> None:
    question = asked.question()
    asked.sign(*PRODUCT, question=question)
    asked.sign(*TECH, question=question)
    asked.sign(*COUNSEL, verdict=Verdict.REJECT, question=question)
    assert asked.recall().state is RecallState.DECLINED
    assert asked.effects(EffectKind.HALT_ROLLOUT) == ()


# --- time runs out ------------------------------------------------------------------------------------------------------


def test_proposal_is_not_renewed_before_its_time_is_over(asked: Play) -> None:
    asked.wait(minutes=10)
    assert propose_again(asked.tools, APP) == ()


def test_expired_proposal_is_renewed_as_the_next_revision_and_approves_nothing(asked: Play) -> None:
    old = asked.question()
    asked.sign(*PRODUCT)
    asked.sign(*TECH)
    asked.wait(hours=DEADLINE.total_seconds() / 3600)
    (renewed,) = propose_again(asked.tools, APP)
    assert renewed.proposal_id == asked.question() != old
    assert (asked.recall().state, asked.recall().revision) == (RecallState.PROPOSED, 2)
    with asked.tools.book.read() as txn:
        assert signatures_on(txn, renewed.proposal_id) == ()
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    assert asked.sign(*COUNSEL).missing == {"product": 1, "tech": 1}
    assert propose_again(asked.tools, APP) == ()


def test_code_of_the_old_revision_does_not_open_the_new_one(asked: Play) -> None:
    code = asked.code(*PRODUCT, asked.question())
    asked.wait(hours=DEADLINE.total_seconds() / 3600)
    (renewed,) = propose_again(asked.tools, APP)
    with pytest.raises(SignatureRefused, match="code"):
        sign(
            asked.tools,
            proposal_id=renewed.proposal_id,
            person=PRODUCT[0],
            role=PRODUCT[1],
            verdict=Verdict.APPROVE,
            reason=REASON,
            code=code,
        )


def test_renewed_proposal_can_be_approved_and_its_halt_carries_its_revision(asked: Play) -> None:
    asked.wait(hours=DEADLINE.total_seconds() / 3600)
    propose_again(asked.tools, APP)
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    question = asked.question()
    for person, role in EVERYONE:
        asked.sign(person, role, question=question)
    assert asked.recall().state is RecallState.APPROVED
    assert [e.revision for e in asked.effects(EffectKind.HALT_ROLLOUT)] == [2]


def test_person_taken_out_of_the_policy_file_counts_until_it_is_agreed_on(proposed: Play) -> None:
    question = proposed.question()
    signoff = proposed.tools.policy.signoff
    people = {"new-lead" if name == "product-lead" else name: person for name, person in signoff.people.items()}
    policy = proposed.tools.policy.model_copy(update={"signoff": Signoff(**signoff.model_dump() | {"people": people})})
    proposed.tools = replace(proposed.tools, policy=policy)
    with pytest.raises(SignatureRefused, match="known: counsel, product-lead, tech-lead"):
        proposed.sign("new-lead", "product", question=question)
    assert proposed.sign(*PRODUCT, question=question).missing == {"tech": 1, "legal": 1}


def test_proposing_twice_at_once_opens_one_recall(fresh: Play, played: Callable[[Path], Play]) -> None:
    bring_to_proposal(fresh.tools)
    bring_to_proposal(fresh.tools)
    assert len(fresh.entries("recall.proposed")) == 1


def test_recall_moved_by_somebody_else_meanwhile_is_not_moved_again(asked: Play) -> None:
    """Whoever holds an older row loses, and changes nothing."""
    seen, issue = asked.recall(), asked.issue()
    with asked.tools.book.write() as txn:
        move_recall(txn, seen, RecallState.DECLINED)
        move_issue(txn, issue, IssueState.DISMISSED)
    with pytest.raises(TransitionRefused), asked.tools.book.write() as txn:
        move_recall(txn, seen, RecallState.APPROVED)
    with pytest.raises(TransitionRefused), asked.tools.book.write() as txn:
        move_issue(txn, issue, IssueState.RECALLING)
    with pytest.raises(TransitionRefused), asked.tools.book.write() as txn:
        put_forward(txn, seen, proposals_of(txn, seen.id)[0])
    assert (asked.recall().state, asked.recall().revision) == (RecallState.DECLINED, 1)
    assert asked.issue().state is IssueState.DISMISSED
