"""A person changes a plan: before the verdict the signers are asked anew, after it only with a reason; history keeps all of it."""

import pytest

from configs.effects import EffectKind
from configs.errors import BadInput, NotFound, Refused
from configs.terms import PlanVersion, RecallState, Verdict
from integrations.ledger.cases import the_recall
from integrations.ledger.plans import plans_of
from integrations.ledger.signing import proposals_of, signatures_on
from integrations.pages.facts import PlanLine
from tasks.act import perform_due
from tasks.decide import propose_again
from tasks.plan_lines import plan_changes, plan_lines
from tasks.replan import Replanned, change_plan, plan_in_force
from tasks.rules.signoff import authors
from tasks.timeline import in_words
from tests.tasks.homes import COUNSEL, EVERYONE, REASON, TECH, Play


def change(play: Play, **varied: object) -> Replanned:
    recall_id = play.recall().id
    given: dict[str, object] = {
        "recall_id": recall_id,
        "number": plan_in_force(play.tools, recall_id).number + 1,
        "milestone": "fix",
        "person": "tech-lead",
        "reason": "The store takes a day to review.",
        "after_minutes": 4000,
    }
    return change_plan(play.tools, **{**given, **varied})  # type: ignore[arg-type]  # by name


def history(play: Play) -> tuple[PlanVersion, ...]:
    with play.tools.book.read() as txn:
        return plans_of(txn, play.recall_id_in(txn))


def test_before_the_verdict_a_change_is_a_new_text_and_voids_what_was_signed(proposed: Play) -> None:
    old = proposed.question()
    proposed.sign(*COUNSEL)
    changed = change(proposed, milestone="check", after_minutes=9000)
    assert changed.proposal_id == proposed.question() != old
    with proposed.tools.book.read() as txn:
        before, after = proposals_of(txn, proposed.recall_id_in(txn))
        assert signatures_on(txn, changed.proposal_id) == ()
    assert after.plan_digest == history(proposed)[-1].digest != before.plan_digest
    assert after.revision == proposed.recall().revision == 2
    with pytest.raises(Refused, match="no longer open"):
        proposed.sign(*TECH, question=old)


def test_the_signers_get_new_codes_and_the_recall_starts_with_all_of_them_only(proposed: Play) -> None:
    proposed.sign(*COUNSEL)
    change(proposed, milestone="check", after_minutes=9000)
    perform_due(proposed.tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)
    assert any("tech-lead changed the plan: check due" in m.text for m in proposed.world.messages_to("operators"))
    question = proposed.question()
    for person, role in EVERYONE:
        assert proposed.recall().state is RecallState.PROPOSED
        proposed.sign(person, role, question=question)
    assert proposed.recall().state is RecallState.APPROVED


def test_a_renewed_proposal_keeps_what_people_set(proposed: Play) -> None:
    change(proposed, milestone="check", after_minutes=9000)
    proposed.wait(hours=30)
    propose_again(proposed.tools)
    (check,) = (one for one in history(proposed)[-1].plan.milestones if one.name == "check")
    assert (len(history(proposed)), check.after_minutes) == (3, 9000)
    with proposed.tools.book.read() as txn:
        newest = proposals_of(txn, proposed.recall_id_in(txn))[-1]
    assert newest.plan_digest == history(proposed)[-1].digest


def test_after_the_verdict_a_change_moves_and_asks_nobody_to_sign(approved: Play) -> None:
    before = approved.recall()
    changed = change(approved)
    assert (changed.proposal_id, changed.number) == ("", 2)
    assert [one.partition(" after the verdict")[0] for one in changed.changes] == ["fix due 4000 min"]
    assert approved.recall() == before
    (entry,) = approved.entries("plan.changed")
    assert entry.actor == "tech-lead"
    assert "The store takes a day to review." in in_words(entry)


def test_history_keeps_who_when_what_and_why(approved: Play) -> None:
    change(approved)
    approved.wait(minutes=3)
    change(approved, milestone="report", owner="counsel", after_minutes=None, person="counsel", reason="Legal writes the report.")
    with approved.tools.book.read() as txn:
        first, second, third = plan_changes(txn, approved.recall_id_in(txn))
    assert first.changes == ()
    assert (second.person, second.reason) == ("tech-lead", "The store takes a day to review.")
    assert (third.person, third.changes) == ("counsel", ("report seen to by counsel instead of legal",))
    assert third.at > second.at


@pytest.mark.parametrize(
    ("varied", "error", "said"),
    [
        ({"person": "mallory"}, BadInput, "nobody of the policy is called 'mallory'"),
        ({"reason": "because"}, BadInput, "at least 10 letters"),
        ({"milestone": "party"}, BadInput, "no milestone 'party'"),
        ({"owner": "nobody"}, BadInput, "neither a role nor a person"),
        ({"after_minutes": 1}, Refused, "comes after"),
        ({"number": 7}, Refused, "at version 1 by now"),
        ({"recall_id": "REC-none"}, NotFound, "no recall"),
    ],
    ids=["person", "reason", "milestone", "owner", "order", "version", "recall"],
)
def test_what_is_refused_changes_nothing(approved: Play, varied: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        change(approved, **varied)
    assert len(history(approved)) == 1
    if varied.get("recall_id") is None:
        assert approved.entries("step.failed")


def test_a_declined_recalls_plan_is_not_changed(proposed: Play) -> None:
    proposed.sign(*COUNSEL, Verdict.REJECT, reason=REASON)
    with pytest.raises(Refused, match="is declined"):
        change(proposed)


def test_two_people_change_it_in_turn(approved: Play) -> None:
    change(approved)
    with pytest.raises(Refused, match="at version 2 by now"):
        change(approved, number=2, person="counsel", reason="I saw the first version.")


def lines(play: Play) -> tuple[PlanLine, ...]:
    with play.tools.book.read() as txn:
        return plan_lines(txn, the_recall(txn, play.recall_id_in(txn)))


def test_lines_show_spans_before_and_times_after_the_verdict(proposed: Play, approved: Play) -> None:
    before, after = lines(proposed), lines(approved)
    assert before[0].due.endswith("after the verdict")
    assert after[0].due.endswith("UTC")
    assert {line.standing for line in after} == {"waits"}


def test_whoever_had_a_hand_in_a_text_stays_its_author_when_others_change_it_or_time_runs_out(proposed: Play) -> None:
    change(proposed, person=TECH[0], number=2, after_minutes=30)
    change(proposed, person=COUNSEL[0], number=3, after_minutes=45)
    proposed.wait(hours=proposed.tools.policy.deadline(proposed.recall().level).total_seconds() / 3600 + 1)
    propose_again(proposed.tools)
    with proposed.tools.book.read() as txn:
        newest = proposals_of(txn, proposed.recall_id_in(txn))[-1]
    assert newest.revision == 4
    assert authors(newest) == {TECH[0], COUNSEL[0]}
