"""A rehearsal killed at any moment goes on as if nothing had happened. Add here when another crash must be survived."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.rehearsal.world import FILE_NAME, World
from tests.integrations.rehearsal.child import play

ROOT = Path(__file__).parents[3]


def run_child(home: Path, kill_after_lines: int | None) -> list[str]:
    """What the child said until its end, or until it was killed right after that line."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "random"}
    command = [sys.executable, "-m", "tests.integrations.rehearsal.child", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT) as child:
        assert child.stdout is not None
        said = []
        for line in child.stdout:
            said.append(line.strip())
            if len(said) == kill_after_lines:
                child.kill()
                break
    return said


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    return play(tmp_path_factory.mktemp("whole"))


def test_another_process_tells_exactly_the_same(tmp_path: Path, whole: str) -> None:
    assert run_child(tmp_path, None)[-1].split()[1] == whole


@pytest.mark.parametrize("line", [1, 21, 24, 27, 38], ids=lambda n: f"line {n}")
def test_killed_process_loses_nothing_and_the_end_is_the_same(tmp_path: Path, whole: str, line: int) -> None:
    said = run_child(tmp_path, kill_after_lines=line)
    world = World.open(tmp_path / FILE_NAME)
    hours = [int(s.split()[1]) for s in said if s.startswith("advanced")]
    assert world.scenario.hours(world.now()) >= max(hours)
    assert any(m.kind == "halted" for m in world.moves()) or "halted" not in said
    with world.reading() as pen:
        assert sum(pen.outbox_counts().values()) >= sum(int(s.split()[1]) for s in said if s.startswith("sent"))
    world.close()
    assert play(tmp_path) == whole


def test_killed_again_and_again_it_still_ends_the_same(tmp_path: Path, whole: str) -> None:
    for _ in range(3):
        run_child(tmp_path, kill_after_lines=9)
    assert play(tmp_path) == whole


def test_batch_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    run_child(tmp_path, kill_after_lines=24)
    with World.open(tmp_path / FILE_NAME).reading() as pen:
        assert sum(pen.outbox_counts().values()) % 25 == 0
