"""What a crash left behind is freed; what is at work is not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.flows import flow
from prefect.states import Cancelling, Pending, Running, Scheduled, State

from configs.errors import ServerUnavailable
from integrations.server import client, janitor
from integrations.server.process import Server
from integrations.server.settings import Setup

pytestmark = pytest.mark.server

OWN_DOWN, OWN_UP = janitor.Own("recall-here", is_down=True), janitor.Own("recall-here")


@flow
def idle() -> None:
    """Does nothing."""


@pytest.fixture(scope="module")
def prefect(server: Server) -> Iterator[SyncPrefectClient]:
    with client.opened(server.setup) as opened:
        yield opened


@pytest.fixture
def deployment(prefect: SyncPrefectClient) -> UUID:
    limit = ConcurrencyLimitConfig(limit=1)
    made = prefect.create_deployment(
        prefect.create_flow(idle), f"idle-{uuid4().hex[:8]}", tags=[janitor.TAG], concurrency_limit=limit.limit
    )
    return UUID(str(made))


@pytest.fixture(scope="module")
def gone() -> str:
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return str(done.pid)


def a_run(prefect: SyncPrefectClient, deployment: UUID, *states: State[None], pid: str = "") -> UUID:
    run = prefect.create_flow_run_from_deployment(deployment, tags=[janitor.TAG])
    for state in states:
        prefect.set_flow_run_state(run.id, state)
    if pid:
        prefect.update_flow_run(run.id, infrastructure_pid=pid)
    return run.id


def state_of(prefect: SyncPrefectClient, run: UUID) -> str:
    return prefect.read_flow_run(run).state_name or ""


@pytest.mark.parametrize(
    ("states", "becomes"),
    [((Pending(),), "Crashed"), ((Pending(), Running()), "Crashed"), ((Pending(), Running(), Cancelling()), "Cancelled")],
    ids=["pending", "running", "cancelling"],
)
def test_a_run_whose_process_is_gone_is_ended_at_once(
    server: Server, prefect: SyncPrefectClient, deployment: UUID, gone: str, states: tuple[State[None], ...], becomes: str
) -> None:
    run = a_run(prefect, deployment, *states, pid=gone)
    janitor.free_stuck(server.setup, datetime.now(UTC), OWN_UP)
    assert state_of(prefect, run) == becomes


def test_its_slot_is_free_for_the_next_run(server: Server, prefect: SyncPrefectClient, deployment: UUID, gone: str) -> None:
    a_run(prefect, deployment, Pending(), Running(), pid=gone)
    janitor.free_stuck(server.setup, datetime.now(UTC), OWN_UP)
    following = a_run(prefect, deployment, Pending())
    assert state_of(prefect, following) == "Pending"


def test_a_slot_nobody_holds_is_freed(server: Server, prefect: SyncPrefectClient, deployment: UUID) -> None:
    held = a_run(prefect, deployment, Pending(), Running())
    prefect.delete_flow_run(held)
    janitor.free_stuck(server.setup, datetime.now(UTC), OWN_UP)
    limit = prefect.read_deployment(deployment).global_concurrency_limit
    assert limit is not None
    assert limit.active_slots == 0


def test_a_run_at_work_is_left_alone(server: Server, prefect: SyncPrefectClient, deployment: UUID) -> None:
    run = a_run(prefect, deployment, Pending(), Running(), pid=str(os.getpid()))
    freed = janitor.free_stuck(server.setup, datetime.now(UTC), OWN_DOWN)
    assert state_of(prefect, run) == "Running"
    assert not set(freed.runs) & {prefect.read_flow_run(run).name}


@pytest.mark.parametrize(
    ("own", "age", "becomes"),
    [
        (OWN_UP, timedelta(0), "Pending"),
        (OWN_UP, janitor.PENDING_BOUND + timedelta(seconds=5), "Crashed"),
        (OWN_DOWN, timedelta(0), "Crashed"),
    ],
    ids=["just handed out", "handed out long ago", "no worker to start it"],
)
def test_a_pending_run_without_a_process(
    server: Server, prefect: SyncPrefectClient, deployment: UUID, own: janitor.Own, age: timedelta, becomes: str
) -> None:
    run = a_run(prefect, deployment, Pending())
    janitor.free_stuck(server.setup, datetime.now(UTC) + age, own)
    assert state_of(prefect, run) == becomes


def test_a_run_that_seems_alive_for_ever_is_ended_at_the_bound(server: Server, prefect: SyncPrefectClient, deployment: UUID) -> None:
    run = a_run(prefect, deployment, Pending(), Running(), pid=str(os.getpid()))
    janitor.free_stuck(server.setup, datetime.now(UTC) + janitor.RUNNING_BOUND + timedelta(seconds=5), OWN_UP)
    assert state_of(prefect, run) == "Crashed"


def test_a_run_made_by_hand_is_never_superseded(server: Server, prefect: SyncPrefectClient, deployment: UUID) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    runs = [a_run(prefect, deployment, Scheduled(scheduled_time=past)) for _ in range(2)]
    freed = janitor.free_stuck(server.setup, datetime.now(UTC), OWN_UP)
    assert freed.superseded == ()
    assert {state_of(prefect, run) for run in runs} <= {"Scheduled", "Late"}


@pytest.mark.timeout(30)
def test_a_dead_server_is_found_dead_long_before_prefect_gives_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        nobody = Setup(tmp_path, once.getsockname()[1])
    with pytest.raises(ServerUnavailable, match="does not answer"):
        janitor.free_stuck(nobody, datetime.now(UTC), OWN_UP)
