"""A process that ends at once, with no cleaning up, loses nothing: the kernel closes its files, the next process goes on.

The boundaries are those of the crash sweep; here a forked child really ends there. Add here when an end can be harder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from integrations.rehearsal.world import FILE_NAME, World
from tests.flows.conftest import Clean
from tests.flows.driver import LEASE_OVER, drive, ending, run_slot, slot_time
from tests.flows.interruptions import Gate
from tests.tasks.homes import Play, copy_home

DIED = 9

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")


def end_at_once(_boundary: str) -> None:
    os._exit(DIED)


def run_and_die(home: Path, slot: int, number: int) -> int:
    """Runs the slot in a child that ends at that boundary; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            play = Play(Gate(frozenset({number}), end_at_once).open(home))
            play.world.advance(max(slot_time(slot), play.world.now()))
            run_slot(play.tools, slot)
        finally:
            sys.stdout.flush()
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def go_on(home: Path, slot: int, clean: Clean) -> list[str]:
    """The next process, once the leases of the dead one are over; what is not as in the clean recall before its last slot."""
    world = World.open(home / FILE_NAME)
    world.advance(world.now() + LEASE_OVER)
    world.close()
    drive(home, slot, until=clean.last)
    return ending(home).differs(clean.endings[clean.last - 1])


def places(clean: Clean, slot: int, name: str) -> list[int]:
    return [number for number, boundary in enumerate(clean.boundaries[slot]) if boundary == name]


@pytest.mark.parametrize(
    ("slot", "name"),
    [
        (0, "after vitals.poll"),
        (0, "before checkpoint file"),
        (0, "after commit of release.scored"),
        (0, "before commit of recall.proposed"),
        (0, "before email.send"),
        (0, "after email.send"),
        (0, "after webhook.send"),
        (0, "before commit of signature.given"),
        (0, "after commit of signature.given"),
        (0, "before play.halt"),
        (0, "after play.halt"),
        (0, "after com.example.app.exposed"),
        (0, "before commit of notices.frozen"),
        (0, "after commit of a claim or intent"),
        (0, "before commit of effect.done"),
        (1, "before play.publish"),
        (1, "after play.publish"),
        (1, "after commit of effect.done"),
        (2, "after email.send"),
    ],
)
def test_process_that_ends_at_once_loses_nothing(clean: Clean, quick_folder: Path, slot: int, name: str) -> None:
    number = places(clean, slot, name)[-1]
    home = copy_home(clean.homes[slot], quick_folder / f"ended-{slot}-{number}")
    assert run_and_die(home, slot, number) == DIED
    assert not go_on(home, slot, clean)


def test_three_processes_that_end_at_once_in_a_row_lose_nothing(clean: Clean, quick_folder: Path) -> None:
    home = copy_home(clean.homes[0], quick_folder / "ended-thrice")
    for number in (9, 21, 13):
        assert run_and_die(home, 0, number) == DIED
    assert not go_on(home, 0, clean)
