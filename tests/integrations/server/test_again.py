"""A tick that crashed is asked for again, once; what a person began is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.flows import flow
from prefect.states import Cancelled, Completed, Crashed, Failed, Running, State

from integrations.server import client
from integrations.server.again import MARK, MOST, TICK, Owed, ask_again
from integrations.server.deployments import project_root
from integrations.server.janitor import TAG
from integrations.server.process import Server

LONG_AGO = timedelta(hours=1)


@flow
def idle_again(app: str = "") -> None:
    """Does nothing."""


@pytest.fixture(scope="module")
def prefect(server: Server) -> Iterator[SyncPrefectClient]:
    with client.opened(server.setup) as opened:
        yield opened


@pytest.fixture
def tick(prefect: SyncPrefectClient) -> UUID:
    return a_deployment(prefect, [TAG, TICK])


def a_deployment(prefect: SyncPrefectClient, tags: list[str]) -> UUID:
    return UUID(str(prefect.create_deployment(prefect.create_flow(idle_again), f"idle-{uuid4().hex[:8]}", tags=tags)))


def ended(prefect: SyncPrefectClient, deployment: UUID, state: State[None], *, app: str = "") -> FlowRun:
    run = prefect.create_flow_run_from_deployment(deployment, parameters={"app": app})
    return end(prefect, run, state)


def end(prefect: SyncPrefectClient, run: FlowRun, state: State[None]) -> FlowRun:
    prefect.set_flow_run_state(run.id, state, force=True)
    return run


def waiting(prefect: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    runs = prefect.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])))
    return [run for run in runs if run.state_name in ("Scheduled", "Late")]


def asked(server: Server) -> tuple[str, ...]:
    return ask_again(server.setup, datetime.now(UTC) - LONG_AGO)


pytestmark = pytest.mark.server


def test_a_crashed_tick_is_asked_for_once_with_its_parameters(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    ended(prefect, tick, Crashed(), app="com.example.app")
    assert prefect.read_deployment(tick).name in asked(server)
    asked(server)
    (run,) = waiting(prefect, tick)
    assert run.parameters == {"app": "com.example.app"}
    assert {TAG, TICK, f"{MARK}1"} <= set(run.tags)


def test_the_same_tick_crashed_twice_comes_once(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    for _ in range(2):
        ended(prefect, tick, Crashed())
    asked(server)
    assert len(waiting(prefect, tick)) == 1


def test_a_run_that_was_asked_for_and_is_over_is_not_coming(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    ended(prefect, tick, Crashed())
    asked(server)
    end(prefect, waiting(prefect, tick)[0], Completed())
    assert prefect.read_deployment(tick).name not in asked(server)
    assert waiting(prefect, tick) == []


def test_what_crashes_every_time_is_left_to_the_schedule(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    ended(prefect, tick, Crashed())
    for _ in range(MOST):
        asked(server)
        end(prefect, waiting(prefect, tick)[0], Crashed())
    asked(server)
    assert waiting(prefect, tick) == []


@pytest.mark.parametrize("tags", [[TAG], [TICK]], ids=["a person's", "somebody else's"])
def test_other_crashed_runs_are_left_alone(server: Server, prefect: SyncPrefectClient, tags: list[str]) -> None:
    deployment = a_deployment(prefect, tags)
    ended(prefect, deployment, Crashed())
    asked(server)
    assert waiting(prefect, deployment) == []


def test_a_crash_before_the_moment_is_left_alone(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    ended(prefect, tick, Crashed())
    ask_again(server.setup, datetime.now(UTC) + LONG_AGO)
    assert waiting(prefect, tick) == []


# --- a run that is owed ---------------------------------------------------------------------------------------------------


def owed(server: Server, prefect: SyncPrefectClient, deployment: UUID) -> Owed:
    return Owed(server.setup, f"idle-again/{prefect.read_deployment(deployment).name}")


def the_run(prefect: SyncPrefectClient, one: Owed) -> FlowRun:
    assert one.run
    return prefect.read_flow_run(one.run)


def test_an_owed_run_is_asked_for_once_while_it_is_coming(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    one = owed(server, prefect, tick)
    assert not one.is_let_in()
    assert not one.is_let_in()
    assert [run.id for run in waiting(prefect, tick)] == [one.run]


def test_an_owed_run_that_was_not_let_in_is_asked_for_again(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    one = owed(server, prefect, tick)
    one.is_let_in()
    refused = end(prefect, the_run(prefect, one), Cancelled(message="concurrency limit reached"))
    assert not one.is_let_in()
    assert [run.id for run in waiting(prefect, tick)] == [one.run] != [refused.id]


@pytest.mark.parametrize("state", [Running(), Completed(), Failed(), Crashed()], ids=lambda s: str(s.type.value))
def test_an_owed_run_that_was_let_in_is_owed_no_more(server: Server, prefect: SyncPrefectClient, tick: UUID, state: State[None]) -> None:
    one = owed(server, prefect, tick)
    one.is_let_in()
    end(prefect, the_run(prefect, one), state)
    assert one.is_let_in()
    assert waiting(prefect, tick) == []


def test_a_server_that_does_not_answer_is_asked_later(server: Server, prefect: SyncPrefectClient, tick: UUID) -> None:
    one = owed(server, prefect, tick)
    silent = replace(one, setup=replace(server.setup, port=1))
    assert not silent.is_let_in()
    assert silent.run is None


def test_signatures_and_the_brake_are_no_ticks() -> None:
    deployments = yaml.safe_load((project_root() / "prefect.yaml").read_text())["deployments"]
    assert {d["name"] for d in deployments if TICK not in d["tags"]} == {"sign-off", "minutes", "brake"}
    assert all("concurrency_limit" in d for d in deployments if TICK in d["tags"])
