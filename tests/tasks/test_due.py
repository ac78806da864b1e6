"""What makes a tick call the decision. Add here when another thing can be due."""

from __future__ import annotations

from configs.effects import EffectKind
from flows.monitor import monitor
from tasks.due import is_recall_due
from tasks.run import ticked
from tests.tasks.homes import APP, Play


def test_nothing_is_due_while_everyone_is_only_watching(fresh: Play) -> None:
    assert not is_recall_due(fresh.tools, APP)


def test_what_the_signatures_queued_is_due_and_the_next_monitor_takes_it_up(approved: Play) -> None:
    assert is_recall_due(approved.tools, APP)
    ticked(monitor, app=APP)
    assert [e.state.value for e in approved.effects(EffectKind.HALT_ROLLOUT)] == ["done"]
    assert approved.effects(EffectKind.SEND_NOTICES)


def test_nothing_is_due_while_a_proposal_waits_for_people(proposed: Play) -> None:
    assert not is_recall_due(proposed.tools, APP)
