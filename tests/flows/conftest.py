"""A finished recall to compare interrupted ones with. Add here when several files of ticks need it; rather in `driver.py` when it drives."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.driver import Ending, ending, is_over, survived_slot
from tests.flows.interruptions import Gate
from tests.tasks.homes import copy_home, make_home, reopened

MEMORY = Path("/dev/shm")
"""Here a durable commit costs nothing; what is lost when the machine dies is not what these tests are about."""


@dataclass(frozen=True)
class Clean:
    """An uninterrupted recall. By slot: the home before it, the boundaries in it, how things stand after it."""

    homes: tuple[Path, ...]
    boundaries: tuple[tuple[str, ...], ...]
    endings: tuple[Ending, ...]

    @property
    def last(self) -> int:
        return len(self.homes) - 1


@pytest.fixture(autouse=True, scope="session")
def own_surroundings() -> Iterator[None]:
    """Flows find their settings by the environment; it is put back at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECALL_CONFIG", "")
        patch.delenv("RECALL_LEDGER", raising=False)
        yield


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        yield tmp_path_factory.mktemp("ticks")
        return
    folder = Path(tempfile.mkdtemp(prefix="recall-ticks-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def clean(quick_folder: Path) -> Clean:
    """The recall as it goes when nothing happens to it."""
    home = make_home(quick_folder / "clean")
    homes, boundaries, endings = [], [], []
    while not is_over(reopened(home)):
        gate, number = Gate(), len(homes)
        homes.append(copy_home(home, quick_folder / f"before-{number}"))
        survived_slot(home, number, gate.open)
        boundaries.append(tuple(gate.passed))
        endings.append(ending(home))
    return Clean(tuple(homes), tuple(boundaries), tuple(endings))
