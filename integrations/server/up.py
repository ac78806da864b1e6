"""`recall up`: server, deployments, worker and janitor as one thing that stays up, and stops cleanly.

What dies is started again. On Ctrl-C or TERM: no new runs are handed out, those at work may end, then everything stops; schedules stay
as they are, and the next start finds them.

Add here when it must go on for as long as `recall up` runs; rather in `prefect.yaml` when a schedule can do it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from configs.errors import ServerUnavailable
from integrations.server import deployments, janitor
from integrations.server.again import Owed, ask_again
from integrations.server.beside import Beside
from integrations.server.process import Child, Server, is_answering
from integrations.server.settings import LOOPBACK
from integrations.server.worker import start_worker, worker_name

DEFAULT_PORT = 4200
"""Prefect's own; links in memos stay good over restarts."""

FREE_SECONDS = 10.0
"""Between two rounds of the janitor: the longest that a killed run keeps its slot."""

OVERLAP = timedelta(seconds=60)
"""How far a round looks back beyond the one before; nothing is asked for twice."""

SILENCE_SECONDS = 60.0
"""A server that lives but does not answer for so long is started again; SQLite under load may well be silent for ten."""

DRAIN_SECONDS = 15.0
"""How long runs at work may take to end when all stops; what is cut off, the next tick does."""

NUDGE = "recall-decision/advance"
"""The run asked for after every start, so that a recall in progress goes on at once."""

NUDGE_SECONDS = 2.0
"""Between two looks at whether that run was let in."""

NUDGE_BOUND_SECONDS = 120.0
"""After so long the schedule has come by itself."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Keeper:
    """Keeps server and worker alive; `look` is one round and is called every second."""

    server: Server
    say: Say
    worker: Child | None = None
    answered: float = field(default_factory=time.monotonic)
    free_at: float = 0.0
    freed: datetime = field(default_factory=lambda: datetime.now(UTC))
    owed: Owed | None = None
    owed_since: float = 0.0
    owed_at: float = 0.0

    def look(self) -> None:
        """Starts again what died, and frees what a crash left behind when that is due."""
        if self._server_is_lost():
            self.say("the server is gone or silent; starting it again")
            self.server.restart()
            self.answered, self.free_at = time.monotonic(), 0.0
            self._nudge()
        if self.worker is None or not self.worker.is_alive():
            self._start_worker()
        elif time.monotonic() >= self.free_at:
            self._free()
        if self.owed and time.monotonic() >= self.owed_at:
            self._settle()

    def close(self) -> None:
        """Hands out no more, waits for runs at work, stops the worker. The server is its owner's to stop."""
        with suppress(ServerUnavailable):
            deployments.pause_work(self.server.setup, True)
            until = time.monotonic() + DRAIN_SECONDS
            while time.monotonic() < until and janitor.count_held(self.server.setup):
                time.sleep(0.5)
        if self.worker:
            self.worker.stop()

    def _server_is_lost(self) -> bool:
        if not self.server.is_alive():
            return True
        if is_answering(self.server.setup):
            self.answered = time.monotonic()
        return time.monotonic() - self.answered > SILENCE_SECONDS

    def _start_worker(self) -> None:
        if self.worker is not None:
            self.say("the worker is gone; starting it again")
            self.worker.stop()
        asked = self._free(is_down=True)
        self.worker = start_worker(self.server.setup)
        if NUDGE.rpartition("/")[2] not in asked:
            self._nudge()

    def _nudge(self) -> None:
        self.owed, self.owed_since = Owed(self.server.setup, NUDGE), time.monotonic()
        self._settle()

    def _settle(self) -> None:
        """Asks for the owed run until it is let in: one that a crash left at work may hold its slot for a while."""
        now = time.monotonic()
        self.owed_at = now + NUDGE_SECONDS
        if self.owed and (self.owed.is_let_in() or now - self.owed_since > NUDGE_BOUND_SECONDS):
            self.owed = None

    def _free(self, is_down: bool = False) -> tuple[str, ...]:
        """Frees what a crash left behind and asks for the crashed ticks again; which ones."""
        self.free_at, now = time.monotonic() + FREE_SECONDS, datetime.now(UTC)
        try:
            freed = janitor.free_stuck(self.server.setup, now, janitor.Own(worker_name(), is_down))
            asked = ask_again(self.server.setup, self.freed - OVERLAP)
        except ServerUnavailable as err:
            self.say(f"stuck runs not freed yet: {err.message}")
            return ()
        self.freed = now
        for what, names in (("run", freed.runs), ("superseded run", freed.superseded), ("slot", freed.slots)):
            if names:
                self.say(f"freed {what}: {', '.join(names)}")
        return asked


def up(
    home: Path,
    *,
    port: int = DEFAULT_PORT,
    host: str = LOOPBACK,
    auth: bool = True,
    say: Say,
    ready: Callable[[Server], None],
    beside: Beside | None = None,
) -> None:
    """Runs until Ctrl-C or TERM. `ready` is called once, when flows can be started from the UI. `beside`: a further process to keep alive.

    Raises:
        Refused, SettingsInvalid, ServerUnavailable: as `Server.start`.
    """
    with _asked_to_stop() as stop, Server.start(home, port, auth=auth, host=host) as server:
        deployments.register(server.setup)
        keeper = Keeper(server, say)
        try:
            keeper.look()
            ready(server)
            while not stop.wait(1.0):
                keeper.look()
                if beside:
                    beside.look()
            say("stopping: no new runs, those at work may end")
        finally:
            if beside:
                beside.close()
            keeper.close()


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C or TERM; the second one interrupts."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
