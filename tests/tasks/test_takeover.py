"""What a killed process had claimed is taken over at once, without waiting for its lease."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from configs.effects import EffectKind, EffectState
from flows.monitor import monitor
from integrations.holder import BOOT, new_holder
from integrations.ledger import outbox
from integrations.toolbox import Toolbox
from tasks.act import due_effects, perform_due
from tasks.run import ticked
from tests.flows.driver import people_sign, slot_time
from tests.tasks.homes import APP, Play, make_home, reopened

SAY_WHO = "from integrations.holder import new_holder; print(new_holder())"


@pytest.fixture
def approved(tmp_path: Path) -> Play:
    """A recall whose roll-out is about to be halted."""
    play = Play(reopened(make_home(tmp_path / "home", policy={})))
    play.world.advance(slot_time(0))
    ticked(monitor, app=APP)
    people_sign(play)
    return play


def claim_halt(tools: Toolbox, holder: str) -> None:
    with tools.book.write() as txn:
        (halt,) = (e for e in outbox.due(txn, txn.now) if e.kind is EffectKind.HALT_ROLLOUT)
        assert outbox.claim(txn, halt.key, holder, tools.policy.effects.lease_seconds)


@pytest.mark.skipif(not BOOT.exists(), reason="the system does not tell boots apart")
def test_the_claim_of_a_killed_process_is_taken_over_at_once(approved: Play) -> None:
    ended = subprocess.run([sys.executable, "-c", SAY_WHO], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    claim_halt(approved.tools, ended.stdout.strip())
    assert [done.state for done in perform_due(approved.tools, EffectKind.HALT_ROLLOUT)] == [EffectState.DONE]


def test_the_claim_of_a_living_process_is_left_to_it(approved: Play) -> None:
    claim_halt(approved.tools, new_holder())
    other = replace(approved.tools, holder=new_holder())
    assert due_effects(other, EffectKind.HALT_ROLLOUT) == ()
