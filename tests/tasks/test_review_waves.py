"""Waves after a stop, an outage, or a late fix. Add here when a wave's time depends on something else."""

from __future__ import annotations

from datetime import timedelta

from configs.effects import EffectKind, EffectState
from integrations.ledger import brake
from tasks.act import perform_due
from tasks.mend import queue_fixes
from tasks.notify import due_waves, freeze_due
from tests.tasks.homes import APP, FIX, Play

SEND, PUBLISH = EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX


def numbers(play: Play) -> list[int]:
    return [wave for _, _, wave in due_waves(play.tools, APP)]


def after_last_follow_up(play: Play) -> None:
    play.wait(days=play.tools.policy.notices.follow_up_after_days[-1], minutes=1)


def all_waves_out(play: Play) -> None:
    for _ in play.tools.policy.notices.follow_up_after_days:
        freeze_due(play.tools, APP)
        perform_due(play.tools, SEND)
        after_last_follow_up(play)
    freeze_due(play.tools, APP)
    perform_due(play.tools, SEND)


def test_nobody_hears_twice_at_once_when_a_stop_ends(approved: Play) -> None:
    freeze_due(approved.tools, APP)
    with approved.tools.book.write() as txn:
        brake.engage(txn, "tech-lead", "the wrong words")
    approved.wait(days=9)
    assert numbers(approved) == []
    with approved.tools.book.write() as txn:
        brake.release(txn, "every role", "the right words")
    perform_due(approved.tools, SEND)
    assert numbers(approved) == []
    after_last_follow_up(approved)
    assert numbers(approved) == [1]


def test_one_wave_at_a_time_however_long_no_tick_ran(approved: Play) -> None:
    approved.wait(days=30)
    assert numbers(approved) == [0]
    freeze_due(approved.tools, APP)
    perform_due(approved.tools, SEND)
    assert numbers(approved) == []


def test_fix_that_comes_after_the_last_wave_is_told_of(approved: Play) -> None:
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    all_waves_out(approved)
    assert numbers(approved) == []
    queue_fixes(approved.tools, APP)
    assert {p.state for p in perform_due(approved.tools, PUBLISH)} == {EffectState.DONE}
    last = len(approved.tools.policy.notices.follow_up_after_days) + 1
    assert numbers(approved) == [last]
    freeze_due(approved.tools, APP)
    with approved.tools.book.read() as txn:
        words = [row.text("text") for row in txn.rows("SELECT text FROM notices WHERE wave = :wave", wave=last)]
    assert words
    assert all(FIX in text for text in words)
    approved.wait(days=30)
    assert numbers(approved) == []


def test_fix_that_a_follow_up_will_name_makes_no_wave_of_its_own(approved: Play) -> None:
    freeze_due(approved.tools, APP)
    perform_due(approved.tools, SEND, EffectKind.HALT_ROLLOUT)
    approved.wait(hours=6)
    queue_fixes(approved.tools, APP)
    perform_due(approved.tools, PUBLISH)
    approved.wait(minutes=1)
    assert numbers(approved) == []
    assert timedelta(hours=6) < timedelta(days=approved.tools.policy.notices.follow_up_after_days[-1])
    assert [e.state for e in approved.effects(PUBLISH)] == [EffectState.DONE]
