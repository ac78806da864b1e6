"""Ten real kills: flow child, worker, server, and everything at once. The advance goes on by itself within a minute.

Add here when another process of `recall up` can be killed; rather beside a step when a crash inside it is meant.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort

from configs.errors import ServerUnavailable
from integrations.server import client
from integrations.server.settings import Setup, new_setup

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finding the processes to kill needs /proc"),
]

GOES_ON_SECONDS = 60
READY_SECONDS = 120
"""A restart is counted from when it is asked for; a first start also migrates the server's database where no seed is."""


def waited(what: Callable[[], object], seconds: float) -> float:
    """Seconds until it was so; fails when it was not in time."""
    start, pause = time.monotonic(), threading.Event()
    while not what():
        taken = time.monotonic() - start
        assert taken < seconds, f"not within {seconds} s"
        pause.wait(0.2)
    return time.monotonic() - start


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found


def is_called(pid: int, words: str) -> bool:
    try:
        return words in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return False


@dataclass
class Upkeep:
    """`recall up` on a folder of its own, and the processes below it."""

    folder: Path
    setup: Setup
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "recall"), "up", "--port", str(self.setup.port)]
        around = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "RECALL_"))}
        out = (self.folder / "up.log").open("ab")
        self.process = subprocess.Popen(command, cwd=self.folder, env=around, stdout=out, stderr=out, start_new_session=True)
        out.close()

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def server(self) -> int:
        return next((p for p in children(self.pid) if is_called(p, "uvicorn")), 0)

    def worker(self) -> int:
        return next((p for p in children(self.pid) if is_called(p, "worker start")), 0)

    def flow(self) -> int:
        return next((p for p in children(self.worker()) if is_called(p, "prefect")), 0) if self.worker() else 0

    def completed_since(self, moment: datetime) -> bool:
        """Whether an advance began after that moment and ended well."""
        assert self.process
        assert self.process.poll() is None, (self.folder / "up.log").read_text()
        ended = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED]))
        wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=["advance"]), state=ended)
        try:
            with client.opened(self.setup) as prefect:
                runs = prefect.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=20)
        except ServerUnavailable:
            return False
        return any(r.start_time and r.start_time > moment for r in runs)


def kill(*pids: int) -> None:
    for pid in pids:
        assert pid
        os.kill(pid, signal.SIGKILL)


def kill_flow(up: Upkeep) -> None:
    waited(up.flow, 90)
    kill(up.flow())


def kill_worker(up: Upkeep) -> None:
    waited(up.flow, 90)
    kill(up.worker())


def kill_server(up: Upkeep) -> None:
    kill(up.server())


def kill_all(up: Upkeep) -> None:
    waited(up.flow, 90)
    kill(up.pid, up.server(), up.flow(), up.worker())
    assert up.process
    up.process.wait()
    up.start()


KILLS = (kill_flow, kill_worker, kill_server, kill_all, kill_worker, kill_flow, kill_all, kill_server, kill_all, kill_worker)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Upkeep]:
    subprocess.run([str(Path(sys.executable).parent / "recall"), "init"], cwd=tmp_path, check=True, capture_output=True)
    made = Upkeep(tmp_path, new_setup(tmp_path / ".recall", auth=True))
    made.start()
    yield made
    assert made.process
    made.process.terminate()
    try:
        made.process.wait(60)
    except subprocess.TimeoutExpired:
        made.process.kill()
        raise


def test_the_advance_goes_on_within_a_minute_of_every_kill(up: Upkeep) -> None:
    start = datetime.now(UTC)
    waited(lambda: up.completed_since(start), READY_SECONDS)
    taken = []
    for how in KILLS:
        how(up)
        moment = datetime.now(UTC)
        taken.append((how.__name__, round(waited(lambda since=moment: up.completed_since(since), GOES_ON_SECONDS + 15), 1)))  # type: ignore[misc]
        print(*taken[-1], "s", flush=True)
    late = [(name, seconds) for name, seconds in taken if seconds > GOES_ON_SECONDS]
    assert not late, taken
