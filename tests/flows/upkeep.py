"""`recall up` as a person starts it, and the processes below it, for tests that kill them.

Add here when another process of it can be found or ended; rather in `test_kills.py` when another moment to kill it is meant.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import stamina

from configs.errors import ServerUnavailable
from integrations.server import client
from integrations.server.deployments import request_run
from integrations.server.process import is_answering
from integrations.server.settings import Setup, new_setup

RUN_ID = "PREFECT__FLOW_RUN_ID="

PATIENTLY = stamina.retry(on=ServerUnavailable, attempts=8, timeout=60.0, wait_initial=0.5)
"""A server on SQLite answers 503 now and then while it is busy; what these tests are about is what goes on behind it."""


def parents() -> dict[int, int]:
    """The parent of every process that runs."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[0] != "Z":
            found[int(entry.parent.name)] = int(fields[1])
    return found


def children(*pids: int) -> list[int]:
    """The direct children of these processes."""
    return [child for child, parent in parents().items() if parent in pids]


def is_alive(pid: int) -> bool:
    return pid in parents()


def told_of(pid: int, what: str) -> str:
    """The process's command or environment, as one text; "" when it has ended."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text(errors="replace").replace("\0", "\n")
    except OSError:
        return ""


@dataclass
class Upkeep:
    """`recall up` on a home, and the processes below it."""

    home: Path
    setup: Setup
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def on(cls, home: Path) -> Upkeep:
        return cls(home, new_setup(home, auth=True))

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "recall"), "up", "--port", str(self.setup.port)]
        around = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "RECALL_"))}
        out = (self.home / "up.log").open("ab")
        self.process = subprocess.Popen(
            command,
            cwd=self.home,
            env=around | {"RECALL_CONFIG": str(self.home / "recall.yaml")},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        out.close()

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def log(self) -> str:
        return (self.home / "up.log").read_text(errors="replace")

    def server(self) -> int:
        return self._child("uvicorn")

    def worker(self) -> int:
        return self._child("worker\nstart")

    def _child(self, words: str) -> int:
        return next((pid for pid in children(self.pid) if words in told_of(pid, "cmdline")), 0)

    def flows(self) -> list[int]:
        """The processes of flow runs."""
        worker = self.worker()
        return [pid for pid in children(worker) if RUN_ID in told_of(pid, "environ")] if worker else []

    @PATIENTLY
    def ask(self, deployment: str) -> None:
        """Requests a run of a deployment."""
        request_run(self.setup, deployment)

    @PATIENTLY
    def planned(self) -> tuple[dict[str, list[bool]], list[bool]]:
        """Whether each schedule is active, and each work pool paused."""
        with client.opened(self.setup) as prefect:
            schedules = {d.name: [s.active for s in d.schedules] for d in prefect.read_deployments() if d.schedules}
            return schedules, [pool.is_paused for pool in prefect.read_work_pools()]

    @PATIENTLY
    def flow_of(self, tag: str) -> int:
        """The process of a flow run with that tag; 0 while there is none."""
        runs = {pid: told_of(pid, "environ").partition(RUN_ID)[2].partition("\n")[0] for pid in self.flows()}
        with client.opened(self.setup) as prefect:
            return next((pid for pid, run in runs.items() if run and tag in prefect.read_flow_run(UUID(run)).tags), 0)

    def everything(self) -> list[int]:
        """`recall up` and every process below it."""
        known, found = parents(), [self.pid]
        while more := [child for child, parent in known.items() if parent in found and child not in found]:
            found += more
        return found

    def is_ready(self) -> bool:
        """Server and worker run and the server answers."""
        assert self.process
        assert self.process.poll() is None, self.log()
        return bool(self.server() and self.worker()) and is_answering(self.setup)

    def stop(self, wait_seconds: float) -> int:
        """TERM, as a service manager does it; the exit status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(wait_seconds)


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
