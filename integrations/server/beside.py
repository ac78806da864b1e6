"""A further process that is kept alive beside the server: started again when it ends, but not in a hurry.

Add here when what runs beside is kept otherwise; rather in `up.py` when it is about server and worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from integrations.server.process import Child

AGAIN_SECONDS = 10.0
"""Between two starts: a port that is taken is not taken a second less."""


@dataclass(slots=True)
class Beside:
    """Keeps one child alive; `look` is called every second. `name`: what people call it."""

    name: str
    start: Callable[[], Child]
    say: Callable[[str], None]
    child: Child | None = None
    started: float = 0.0

    def look(self) -> None:
        """Starts it when it does not run and its last start is a while ago."""
        if self.child is not None and self.child.is_alive():
            return
        if self.child is not None and time.monotonic() - self.started < AGAIN_SECONDS:
            return
        if self.child is not None:
            self.say(f"{self.name}: gone; starting again. The end of {self.child.log}: {self.child.tail(2)}")
            self.child.stop()
        self.child, self.started = self.start(), time.monotonic()

    def close(self) -> None:
        """Ends it."""
        if self.child is not None:
            self.child.stop()
