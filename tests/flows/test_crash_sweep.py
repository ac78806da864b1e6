"""A recall killed at any boundary ends as if nothing had happened: nothing lost, nothing done twice.

The uninterrupted recall is played first and its boundaries are counted. Then, for each of them, the recall starts again from a copy of
the home as it stood before that slot, is killed there, and goes on in a new toolbox over the same files.

Add here when a recall can be interrupted at another place; rather in `interruptions.py` when the place must first be made.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from configs.terms import RecallState
from integrations.rehearsal.pen import Fault, Mode
from integrations.rehearsal.world import FILE_NAME, World
from tests.flows.conftest import Clean
from tests.flows.driver import Ending, drive, ending
from tests.flows.interruptions import Gate
from tests.tasks.homes import BAD, FIX, copy_home

TO_THE_END = 9
"""Of the kills before the last slot every so many-th is followed to the closed case, the others up to the last slot."""


def interrupted(clean: Clean, folder: Path, slot: int, kills: frozenset[int], until: int) -> tuple[Ending, Gate]:
    """How things stand before slot `until` when the processes die at these boundaries, counted from the start of `slot`."""
    home = copy_home(clean.homes[slot], folder / f"killed-{slot}-{'-'.join(map(str, sorted(kills)))}")
    gate = Gate(kills)
    drive(home, slot, gate.open, until)
    found = ending(home)
    shutil.rmtree(home)
    return found, gate


def swept(clean: Clean, folder: Path, slot: int, kills: frozenset[int], until: int) -> str:
    """ "" when the interrupted recall stands where the clean one stood; else what differs."""
    found, gate = interrupted(clean, folder, slot, kills, until)
    assert len(gate.passed) > max(kills), "the process was not killed at all"
    places = ", ".join(gate.passed[k] for k in sorted(kills))
    different = found.differs(clean.endings[until - 1])
    return f"slot {slot}, boundary {sorted(kills)} ({places}): {'; '.join(different)}" if different else ""


def test_uninterrupted_recall_does_everything_once(clean: Clean) -> None:
    end = clean.endings[-1]
    assert ("halted", BAD) in end.moves
    assert end.moves["halted", BAD] == end.moves["published", FIX] == 1
    assert set(end.effects.values()) == {"done"}
    assert set(end.deliveries.values()) == {"accepted", "bounced"}
    assert set(end.deliveries) < set(end.told)
    assert set(end.once.values()) == {1}
    assert {state for ids in end.ids for state in ids} >= {RecallState.CLOSED.value}


def test_sweep_meets_every_kind_of_boundary(clean: Clean) -> None:
    met = {name for slot in clean.boundaries for name in slot}
    calls = ("play.halt", "play.publish", "play.rollouts", "email.send", "webhook.send", "vitals.poll", "com.example.app.exposed")
    entries = ("recall.proposed", "signature.given", "effect.done", "notices.frozen", "fix.named", "recall.reviewing", "recall.closed")
    assert met >= {f"{side} {call}" for call in (*calls, "checkpoint file") for side in ("before", "after")}
    assert met >= {f"{side} commit of {kind}" for kind in (*entries, "a claim or intent") for side in ("before", "after")}


@pytest.mark.parametrize("slot", [0, 1, 2, 3])
def test_recall_killed_at_any_boundary_ends_as_if_nothing_had_happened(clean: Clean, quick_folder: Path, slot: int) -> None:
    assert clean.last == 3
    failures = []
    for number in range(len(clean.boundaries[slot])):
        until = clean.last + 1 if slot == clean.last or number % TO_THE_END == 0 else clean.last
        failures.append(swept(clean, quick_folder, slot, frozenset({number}), until))
    assert not any(failures), "\n".join(filter(None, failures))


@pytest.mark.parametrize("seed", range(12))
def test_recall_killed_twice_ends_as_if_nothing_had_happened(clean: Clean, quick_folder: Path, seed: int) -> None:
    draw = random.Random(seed)
    first = draw.randrange(len(clean.boundaries[0]) - 1)
    kills = frozenset({first, first + draw.randint(1, 25)})
    assert not swept(clean, quick_folder, 0, kills, clean.last)


def test_recall_killed_over_and_over_still_closes(clean: Clean, quick_folder: Path) -> None:
    assert not swept(clean, quick_folder, 0, frozenset(range(7, 150, 17)), clean.last + 1)


def without_invitations(end: Ending) -> Ending:
    """What is decided before an invitation could be sent needs no meeting, and so no cancellation."""
    keys = {name.partition(" ")[2] for name in end.effects if name.startswith("invite ")}
    effects = {name: state for name, state in end.effects.items() if not name.startswith("invite ")}
    return replace(end, effects=effects, told={key: told for key, told in end.told.items() if key not in keys})


STORM = (("store", "halt"), ("store", "publish"), ("store", "rollouts"), ("channel", "send"), ("channel", "send"))
FAILURES = (Mode.FAIL_BEFORE, Mode.LOSE_REPLY, Mode.THROTTLE)


@pytest.mark.parametrize("seed", range(10))
def test_recall_killed_while_its_neighbours_fail_ends_as_in_calm(clean: Clean, quick_folder: Path, seed: int) -> None:
    draw = random.Random(1000 + seed)
    home = copy_home(clean.homes[0], quick_folder / f"storm-{seed}")
    world = World.open(home / FILE_NAME)
    for room, call in STORM:
        world.plan(Fault(room, draw.choice(FAILURES), call))
    world.close()
    gate = Gate(frozenset(draw.sample(range(110), 2)))
    drive(home, 0, gate.open, clean.last, rounds=4)
    found = ending(home)
    answered = {k for k, state in found.effects.items() if k.startswith("ask_signature") and state == "cancelled"}
    calm = replace(found, effects=found.effects | dict.fromkeys(answered, "done"))  # who has answered need not be asked
    assert not without_invitations(calm).differs(without_invitations(clean.endings[clean.last - 1]))
    shutil.rmtree(home)
