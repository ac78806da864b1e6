"""A release with a second problem, from tick to tick: a recall of its own only where the first does not cover it, and each to its end.

Add here when a further issue ends otherwise; rather in `tests/tasks/test_correlate.py` when it is about how it begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from configs.effects import EffectKind
from configs.terms import IssueKind, IssueState, RecallState
from flows.monitor import monitor
from flows.recall import recall
from flows.review import review
from integrations.ledger.cases import issues_in, recalls_in
from tasks.run import ticked
from tests.flows.driver import people_sign
from tests.tasks.homes import APP, BAD, FIX, START, Play, make_home, reopened
from tests.tasks.reviewed import settings, write_reviews
from tests.tasks.rules.written import MONEY
from tests.tasks.test_correlate import MILD, ONE_MODEL

SLOTS = 24


@pytest.fixture
def played(quick_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Play]:
    """A rehearsal in which people write of payments from hour 8 on, driven until every recall is closed."""
    monkeypatch.setenv("RECALL_CONFIG", "")

    def drive(name: str, **options: object) -> Play:
        home = quick_folder / f"further-{name}"
        write_reviews(home, MONEY, 40, START + timedelta(hours=8))
        play = Play(reopened(make_home(home, **settings(), **options)))  # type: ignore[arg-type]  # settings by name
        play.world.advance(START)
        for _ in range(SLOTS):
            now = play.wait(hours=3)
            ticked(monitor, app=APP)
            people_sign(play)
            ticked(recall, app=APP)
            if now.hour == 0:
                ticked(review, app=APP)
        return play

    return drive


def stands(play: Play) -> tuple[dict[IssueKind, IssueState], list[RecallState]]:
    with play.tools.book.read() as txn:
        return {i.kind: i.state for i in issues_in(txn)}, [r.state for r in recalls_in(txn)]


def test_two_causes_that_do_not_cover_each_other_are_recalled_each_to_its_end(played: Callable[..., Play]) -> None:
    play = played("beyond", scenario=ONE_MODEL, policy=MILD)
    assert stands(play) == (
        {IssueKind.CRASH: IssueState.CLOSED, IssueKind.PAYMENT: IssueState.CLOSED},
        [RecallState.CLOSED, RecallState.CLOSED],
    )
    moves = Counter((m.kind.value, m.version) for m in play.world.moves())
    assert moves["halted", BAD] == moves["published", FIX] == 1, "the second recall finds halt and fix done"
    assert {e.state.value for e in play.effects()} == {"done"}
    assert not [e for e in play.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("outgrown")]


def test_a_covered_cause_is_shown_and_never_recalled_not_even_after_the_end(played: Callable[..., Play]) -> None:
    play = played("covered")
    assert stands(play) == ({IssueKind.CRASH: IssueState.CLOSED, IssueKind.PAYMENT: IssueState.OPEN}, [RecallState.CLOSED])
    assert len(play.entries("recall.proposed")) == 1
    assert not play.entries("step.failed")
