"""A problem the signers dismissed: quiet while it stays as it was, back before them once it is worse.

Add here when a declined recall can come back in another way; rather in `rules/test_lifecycle.py` when the table changes.
"""

from __future__ import annotations

import pytest

from configs.effects import EffectKind
from configs.errors import TransitionRefused
from configs.terms import IssueState, Level, RecallState, Verdict
from tasks.act import perform_due
from tasks.decide import propose, propose_due
from tasks.poll import poll_app
from tasks.score import Scored, due_proposals, score_app
from tests.tasks.homes import APP, COUNSEL, EVERYONE, Play


@pytest.fixture
def declined(proposed: Play) -> Play:
    """Counsel has rejected the recall."""
    proposed.sign(*COUNSEL, verdict=Verdict.REJECT)
    return proposed


def look_again(play: Play) -> Scored:
    play.wait(hours=6)
    now = play.tools.clock.now()
    poll_app(play.tools, APP, now)
    return score_app(play.tools, app=APP, until=now)


def dismissed_at(play: Play, level: Level) -> None:
    """As if the signers had seen a milder problem."""
    with play.tools.book.write() as txn:
        txn.run("UPDATE issues SET level = :level", level=level.value)


def test_dismissed_problem_that_stays_as_bad_is_not_put_forward_again(declined: Play) -> None:
    assert look_again(declined).opened == ()
    assert declined.issue().state is IssueState.DISMISSED
    assert propose_due(declined.tools, APP) == ()


def test_dismissed_problem_that_got_worse_is_put_forward_as_the_next_revision(declined: Play) -> None:
    level = declined.issue().level
    dismissed_at(declined, Level.MEDIUM)
    assert look_again(declined).opened == (declined.issue().id,)
    assert (declined.issue().state, declined.issue().level) == (IssueState.OPEN, level)
    (again,) = propose_due(declined.tools, APP)
    recall = declined.recall()
    assert (recall.id, recall.revision, recall.state, recall.level) == (again.recall_id, 2, RecallState.PROPOSED, level)
    assert propose_due(declined.tools, APP) == ()


def test_problem_put_forward_again_needs_every_signature_anew(declined: Play) -> None:
    dismissed_at(declined, Level.MEDIUM)
    look_again(declined)
    propose_due(declined.tools, APP)
    perform_due(declined.tools, EffectKind.ASK_SIGNATURE)
    question = declined.question()
    signed = [declined.sign(person, role, question=question) for person, role in EVERYONE]
    assert [len(s.missing) for s in signed] == [2, 1, 0]
    assert declined.recall().state is RecallState.APPROVED
    assert [e.revision for e in declined.effects(EffectKind.HALT_ROLLOUT)] == [2]


def test_what_is_not_open_is_not_proposed(declined: Play) -> None:
    with pytest.raises(TransitionRefused):
        propose(declined.tools, issue_id=declined.issue().id, revision=2)
    assert due_proposals(declined.tools, APP) == ()
    assert declined.recall().state is RecallState.DECLINED
