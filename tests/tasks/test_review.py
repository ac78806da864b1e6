"""The nightly review: once a night, over the scope's cells, against the last good version. Add here when a night looks at more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.effects import EffectKind
from configs.terms import Dimension, Metric, Platform, ReviewVerdict
from integrations.ledger.cases import open_recall
from integrations.ledger.readings import counts_after, store_reading
from integrations.ledger.records import dumped
from integrations.ledger.reviews import reviews_of
from tasks.act import perform_due
from tasks.mend import queue_fixes
from tasks.notify import freeze_due
from tasks.poll import poll_app
from tasks.review import cells_in_scope, fix_published_at, last_good, review_going
from tasks.rules.before_after import in_scope_beside
from tasks.rules.reconciliation import total
from tests.tasks.homes import APP, BAD, START, Play


def let_nights_pass(play: Play, number: int) -> None:
    """So many days go by, and the newest counts are read."""
    play.wait(days=number)
    poll_app(play.tools, APP, play.world.now())


@pytest.fixture
def mended(approved: Play) -> Play:
    """Halted, told, fix published."""
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    freeze_due(approved.tools, APP)
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    approved.wait(hours=6)
    queue_fixes(approved.tools, APP)
    perform_due(approved.tools, EffectKind.PUBLISH_FIX)
    return approved


def test_review_adds_up_and_is_kept(mended: Play) -> None:
    let_nights_pass(mended, 1)
    (review,) = review_going(mended.tools, APP)
    done = review.reconciliation
    assert done.exposed == done.fixed + done.blocked + done.uninstalled + done.dormant + done.unreached > 0
    assert done.fixed > 0
    with mended.tools.book.read() as txn:
        assert reviews_of(txn, review.recall_id) == (review,)


def test_a_recall_of_some_is_reviewed_beside_the_others(mended: Play) -> None:
    let_nights_pass(mended, 2)
    recall = mended.recall()
    with mended.tools.book.write() as txn:
        counts = counts_after(txn, APP, Platform.ANDROID, Metric.CRASH, START)
        device = next(c.value for c in sorted(counts, key=lambda c: -c.exposure) if c.dimension is Dimension.DEVICE and c.version == BAD)
        narrow = replace(recall.scope, devices=(device,), os_versions=(), countries=())
        txn.run("UPDATE recalls SET scope_json = :scope WHERE id = :id", scope=dumped(narrow), id=recall.id)
        expected = in_scope_beside(counts, narrow, recall.fixed_version, Metric.CRASH, mended.tools.policy.reviewing.alpha)
    (review,) = review_going(mended.tools, APP)
    assert expected is not None
    assert any(f"in scope over that of the others is {expected.ratio:.2f} times" in reason for reason in review.reasons)


def test_a_recall_of_everyone_has_nobody_beside_it(mended: Play) -> None:
    let_nights_pass(mended, 2)
    (review,) = review_going(mended.tools, APP)
    assert not any("in scope over" in reason for reason in review.reasons)


def test_same_night_is_reviewed_once(mended: Play) -> None:
    let_nights_pass(mended, 1)
    first = review_going(mended.tools, APP)
    mended.wait(hours=1)
    assert review_going(mended.tools, APP) == first
    assert len(mended.entries("recall.reviewed")) == 1


def test_next_night_is_another_review(mended: Play) -> None:
    for _ in range(2):
        let_nights_pass(mended, 1)
        review_going(mended.tools, APP)
    assert [e.facts["night"] for e in mended.entries("recall.reviewed")] == ["2026-03-03", "2026-03-04"]


def test_recall_whose_fix_is_not_out_is_never_called_effective(approved: Play) -> None:
    let_nights_pass(approved, 1)
    (review,) = review_going(approved.tools, APP)
    assert review.verdict is not ReviewVerdict.EFFECTIVE
    assert review.ratio is None


def test_rates_are_compared_from_the_moment_the_store_confirmed_the_fix(mended: Play) -> None:
    recall = mended.recall()
    with mended.tools.book.read() as txn:
        assert fix_published_at(txn, recall) == mended.world.now()
        assert last_good(txn, recall) == "2.0.0"


def test_version_that_was_recalled_itself_is_no_yardstick(mended: Play) -> None:
    recall = mended.recall()
    with mended.tools.book.write() as txn:
        txn.run("UPDATE recalls SET version = '2.2.0' WHERE id = :id", id=recall.id)
        open_recall(txn, replace(recall, id="REC-older", issue_id="ISS-older", version=BAD))
        assert last_good(txn, replace(recall, version="2.2.0")) == "2.0.0"


def test_cells_outside_the_scope_are_not_counted(mended: Play) -> None:
    recall = mended.recall()
    with mended.tools.book.read() as txn:
        everyone = cells_in_scope(txn, recall)
        inside = cells_in_scope(txn, replace(recall, scope=replace(recall.scope, countries=("CN",), os_versions=("15",))))
    assert {(c.country, c.os_version) for c in inside} == {("CN", "15")}
    assert 0 < total(inside).exposed < total(everyone).exposed


def test_counts_of_another_version_are_not_mixed_in(mended: Play) -> None:
    recall = mended.recall()
    with mended.tools.book.read() as txn:
        before = total(cells_in_scope(txn, recall))
    now = mended.world.now()
    reading = mended.tools.sources[APP]["vitals"].poll(now - timedelta(hours=12), now)
    other = replace(reading, installed=tuple(replace(c, version="1.0.0", platform=Platform.ANDROID) for c in reading.installed))
    with mended.tools.book.write() as txn:
        store_reading(txn, APP, other)
        assert total(cells_in_scope(txn, recall)) == before


def test_undecided_recall_is_not_reviewed(proposed: Play) -> None:
    assert review_going(proposed.tools, APP) == ()
