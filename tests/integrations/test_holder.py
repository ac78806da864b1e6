"""A process that has ended is known to be gone; one that lives, or lives elsewhere, is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from integrations.holder import BOOT, is_gone, new_holder

pytestmark = pytest.mark.skipif(not BOOT.exists(), reason="the system does not tell boots apart")

ROOT = Path(__file__).parents[2]
SAY_WHO = "from integrations.holder import new_holder; print(new_holder(), flush=True); input()"


def test_this_process_is_not_gone_and_never_the_same_holder_twice() -> None:
    assert not is_gone(new_holder())
    assert new_holder() != new_holder()


def test_a_process_is_gone_when_it_was_killed() -> None:
    child = subprocess.Popen([sys.executable, "-c", SAY_WHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout
    holder = child.stdout.readline().strip()
    assert not is_gone(holder)
    child.kill()
    assert child.stdout.read() == ""
    child.wait()
    assert is_gone(holder)


def test_a_number_given_out_again_is_another_holder() -> None:
    machine, number, started, token = new_holder().split(":")
    assert is_gone(f"{machine}:{number}:{int(started) - 1}:{token}")


@pytest.mark.parametrize("place", ["other", "-", ""])
def test_nobody_is_known_to_be_gone_on_another_machine(place: str) -> None:
    _, number, started, token = new_holder().split(":")
    assert not is_gone(f"{place}:{number}:{int(started) - 1}:{token}")


@pytest.mark.parametrize("holder", ["", "replay", "w1:x:y:z", "a:b"])
def test_a_holder_of_another_form_is_not_known_to_be_gone(holder: str) -> None:
    assert not is_gone(holder)
