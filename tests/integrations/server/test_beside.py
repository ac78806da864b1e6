"""What runs beside the server is kept alive, but not started again in a hurry."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from integrations.server.beside import AGAIN_SECONDS, Beside
from integrations.server.process import Child

IDLE = ("http.server", "0", "--bind", "127.0.0.1")


@dataclass
class Starts:
    """Starts idle children, and counts."""

    folder: Path
    children: list[Child] = field(default_factory=list)

    def __call__(self) -> Child:
        self.children.append(Child(IDLE, dict(os.environ), self.folder / "beside.log"))
        return self.children[-1]


def test_dead_child_comes_back_after_a_while_and_is_told(tmp_path: Path) -> None:
    starts, said = Starts(tmp_path), list[str]()
    beside = Beside("web pages", starts, said.append)
    beside.look()
    beside.look()
    assert len(starts.children) == 1
    starts.children[0].stop()
    beside.look()
    assert len(starts.children) == 1, "started again in a hurry"
    beside.started -= AGAIN_SECONDS
    beside.look()
    assert len(starts.children) == 2
    assert said[0].startswith("web pages: gone")
    beside.close()
    assert not starts.children[1].is_alive()
    Beside("nothing", starts, said.append).close()
