"""The remedy that cannot be one. Add here when another version must not be published as a fix."""

from __future__ import annotations

from dataclasses import replace

from configs.effects import EffectKind, EffectState
from configs.terms import RecallState
from integrations.ledger import outbox
from integrations.ledger.cases import open_recall
from tasks.act import perform_due
from tasks.mend import is_fix_due, queue_fix, queue_fixes
from tasks.rules import plan
from tests.tasks.homes import APP, FIX, Play

PUBLISH = EffectKind.PUBLISH_FIX


def test_version_under_a_recall_of_its_own_mends_nothing(approved: Play) -> None:
    recall = approved.recall()
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    approved.wait(hours=12)
    assert is_fix_due(approved.tools, APP)
    with approved.tools.book.write() as txn:
        open_recall(txn, replace(recall, id="REC-other", version=FIX, state=RecallState.PROPOSED))
    assert not is_fix_due(approved.tools, APP)
    assert queue_fixes(approved.tools, APP) == ()


def test_fix_the_store_refused_is_not_asked_for_again_and_blocks_no_later_one(approved: Play) -> None:
    recall = approved.recall()
    with approved.tools.book.write() as txn:
        outbox.queue(txn, plan.fix(recall, "9.9.9", 5))
    assert [p.state for p in perform_due(approved.tools, PUBLISH)] == [EffectState.FAILED]
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    approved.wait(hours=12)
    assert [fix.version for fix in queue_fixes(approved.tools, APP)] == [FIX]


def test_second_version_found_at_the_same_moment_is_not_published_too(approved: Play) -> None:
    recall = approved.recall()
    queue_fix(approved.tools, recall_id=recall.id, revision=recall.revision, version=FIX)
    late = queue_fix(approved.tools, recall_id=recall.id, revision=recall.revision, version="9.9.9")
    assert late.version == FIX
    assert [e.body["version"] for e in approved.effects(PUBLISH)] == [FIX]
