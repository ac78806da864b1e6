"""The command line in this process: a small rehearsal for it to work on, and what it says.

Add here when tests of several commands need it; rather in the test's own file when one does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.__main__ import main
from tests.tasks.homes import Play, copy_home, make_home, reopened


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Recall = Callable[..., Said]


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the real user's: no settings, ledger or state folder; a terminal of 100 columns."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("RECALL_CONFIG", "")
    monkeypatch.delenv("RECALL_LEDGER", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def recall(capsys: pytest.CaptureFixture[str]) -> Recall:
    """Runs the command line; asserts that no traceback is shown."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return Said(status, shown.out, shown.err)

    return run


@pytest.fixture
def fresh(tmp_path: Path) -> Play:
    """A rehearsal with an empty ledger, six hours in: the bad release is going out."""
    play = Play(reopened(make_home(tmp_path / "home")))
    play.wait(hours=6, minutes=5)
    return play


@pytest.fixture(scope="session")
def proposed_home(quick_folder: Path) -> Path:
    """A home whose first monitor tick has proposed a recall."""
    home = make_home(quick_folder / "commands-proposed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECALL_CONFIG", "")
        play = Play(reopened(home))
        play.wait(hours=6, minutes=5)
        assert main(["tick", "monitor", "--json"]) == 0
        play.tools.book.close()
        play.world.close()
    return home


@pytest.fixture
def proposed(proposed_home: Path, tmp_path: Path) -> Play:
    """A copy of it of one's own."""
    return Play(reopened(copy_home(proposed_home, tmp_path / "home")))
