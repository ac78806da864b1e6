"""Moving a recall on: only when everything its state waits for has happened. Add here when moving on has another consequence."""

from __future__ import annotations

import pytest

from configs.effects import EffectKind, EffectState
from configs.terms import IssueState, RecallState
from integrations.ledger import outbox
from tasks.act import perform_due
from tasks.advance import advance_going, advance_recall, recall_facts
from tasks.mend import queue_fixes
from tasks.notify import freeze_due
from tasks.review import review_going
from tasks.rules.lifecycle import waits_for
from tests.tasks.homes import APP, Play
from tests.tasks.test_review import let_nights_pass


def carry_out(play: Play) -> None:
    perform_due(play.tools, EffectKind.HALT_ROLLOUT)
    freeze_due(play.tools, APP)
    perform_due(play.tools, EffectKind.SEND_NOTICES)
    play.wait(hours=6)
    queue_fixes(play.tools, APP)
    perform_due(play.tools, EffectKind.PUBLISH_FIX)


def gaps(play: Play) -> str:
    recall = play.recall()
    with play.tools.book.read() as txn:
        return "; ".join(waits_for(recall.state, recall_facts(play.tools, txn, recall)))


def test_approved_recall_waits_for_halt_notices_and_fix(approved: Play) -> None:
    assert "halts not confirmed: 1" in gaps(approved)
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    assert advance_going(approved.tools, APP) == ()
    assert "first notices" in gaps(approved), "a wave not frozen yet is waited for too"
    freeze_due(approved.tools, APP)
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    assert gaps(approved) == "the fixed version is not published"


def test_recall_carried_out_goes_into_review_once(approved: Play) -> None:
    carry_out(approved)
    (moved,) = advance_going(approved.tools, APP)
    assert moved.state is RecallState.REVIEWING
    assert advance_going(approved.tools, APP) == ()
    assert len(approved.entries("recall.reviewing")) == 1


def test_proven_recall_closes_with_its_issue_and_operators_hear_of_it(approved: Play) -> None:
    carry_out(approved)
    advance_going(approved.tools, APP)
    let_nights_pass(approved, 2)
    review_going(approved.tools, APP)
    (moved,) = advance_going(approved.tools, APP)
    assert moved.state is RecallState.CLOSED
    assert approved.issue().state is IssueState.CLOSED
    assert any(e.target.startswith("closed/") for e in approved.effects(EffectKind.TELL_OPERATORS))


def test_reviewing_recall_without_a_good_night_stays(approved: Play) -> None:
    carry_out(approved)
    advance_going(approved.tools, APP)
    assert advance_going(approved.tools, APP) == ()
    assert gaps(approved) == "reviews that say it worked"


def test_move_seen_on_an_older_row_does_nothing(approved: Play) -> None:
    recall = approved.recall()
    carry_out(approved)
    late = advance_recall(approved.tools, recall_id=recall.id, row_version=recall.row_version)
    assert late.state is RecallState.APPROVED
    assert approved.recall().state is RecallState.APPROVED


def test_undecided_recall_is_not_moved(proposed: Play) -> None:
    assert advance_going(proposed.tools, APP) == ()
    assert proposed.recall().state is RecallState.PROPOSED


@pytest.mark.parametrize("left", [EffectKind.HALT_ROLLOUT, EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX])
def test_one_effect_in_doubt_keeps_the_recall_where_it_is(approved: Play, left: EffectKind) -> None:
    carry_out(approved)
    key = next(e.key for e in approved.effects(left))
    with approved.tools.book.write() as txn:
        txn.run("UPDATE effects SET state = 'unknown' WHERE key = :key", key=key)
    assert advance_going(approved.tools, APP) == ()
    with approved.tools.book.read() as txn:
        assert {e.state for e in outbox.of_recall(txn, approved.recall_id_in(txn)) if e.key == key} == {EffectState.UNKNOWN}
