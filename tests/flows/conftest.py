"""A finished recall to compare interrupted ones with.

Add here when several files of ticks need it; rather in `driver.py` when it drives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.driver import Ending, ending, is_over, survived_slot
from tests.flows.interruptions import Gate
from tests.tasks.homes import copy_home, make_home, reopened


@dataclass(frozen=True)
class Clean:
    """An uninterrupted recall. By slot: the home before it, the boundaries in it, how things stand after it."""

    homes: tuple[Path, ...]
    boundaries: tuple[tuple[str, ...], ...]
    endings: tuple[Ending, ...]

    @property
    def last(self) -> int:
        return len(self.homes) - 1


@pytest.fixture(autouse=True, scope="package")
def own_surroundings() -> Iterator[None]:
    """Flows find their settings by the environment; it is put back at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECALL_CONFIG", "")
        patch.delenv("RECALL_LEDGER", raising=False)
        yield


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
