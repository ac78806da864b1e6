"""Steps and ticks inside real Prefect runs: seen as a person looks for them, done once all the same, and no secret among what is stored.

Add here when Prefect has to show another thing of a step; rather in `tests/tasks/test_step.py` when no Prefect is needed for it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import TaskRun
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from configs.errors import SourceUnavailable
from configs.terms import Verdict
from flows.monitor import monitor
from integrations.server.client import opened
from integrations.server.process import Server
from tasks.decide import sign
from tasks.step import Work, step
from tests.flows.conftest import Clean
from tests.tasks.homes import APP, COUNSEL, REASON, Play, copy_home, reopened

pytestmark = pytest.mark.server


@pytest.fixture
def prefect(server: Server) -> Iterator[SyncPrefectClient]:
    """A client of the server, to which the flows of the test report too."""
    from prefect.events.worker import EventsWorker  # at the top of a file they import each other in a circle
    from prefect.logging.handlers import APILogWorker

    entered = {PREFECT_API_URL: server.api_url, PREFECT_API_AUTH_STRING: server.setup.password, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(entered), opened(server.setup) as client:
        yield client
        for worker in (APILogWorker, EventsWorker):  # what they still hold would be sent to a server that is gone, for a minute
            worker.drain_all(timeout=10)


@pytest.fixture
def play(clean: Clean, quick_folder: Path, request: pytest.FixtureRequest) -> Play:
    """A home before its first tick."""
    return Play(reopened(copy_home(clean.homes[0], quick_folder / f"in-prefect-{request.node.name}")))


def task_runs(prefect: SyncPrefectClient, *names: str) -> list[TaskRun]:
    """Every task run, once those of these names are there: the server learns of them by events, a moment later."""
    late = time.monotonic() + 30
    while True:
        found = prefect.read_task_runs(limit=200)
        done = {t.name for t in found if t.state is not None and t.state.is_completed()}
        if done >= set(names):
            return found
        assert time.monotonic() < late, f"only {sorted(done)}"
        time.sleep(0.2)


def test_step_is_a_task_run_named_for_what_it_is_about_and_done_once(play: Play, prefect: SyncPrefectClient) -> None:
    tries = []

    @step(identity=("thing",), subject="{thing}", secret=("code",))
    def weigh_thing(work: Work, thing: str, code: str = "") -> int:
        tries.append(thing)
        if len(tries) == 1:
            raise SourceUnavailable("not yet")
        with work.write() as txn:
            return work.done(txn, "thing.weighed", {}, 7)

    @flow
    def weighing() -> tuple[int, int]:
        return weigh_thing(play.tools, thing="a thing", code="CANARY-51"), weigh_thing(play.tools, thing="a thing", code="CANARY-52")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.step.FIRST_WAIT_SECONDS", 0.0)
        assert weighing() == (7, 7)
    assert len(tries) == 2
    tasks = task_runs(prefect, "weigh_thing · a thing")
    assert "CANARY" not in repr(tasks)


def test_monitor_shows_the_decision_as_its_subflow_and_every_step_as_a_task(play: Play, prefect: SyncPrefectClient) -> None:
    play.wait(hours=6, minutes=5)
    opened_issues = monitor(app=APP)
    assert opened_issues == {APP: [play.issue().id]}
    flows = prefect.read_flow_runs(limit=200)
    assert {f"monitor · {APP}", f"recall-decision · {APP}"} <= {f.name for f in flows}
    (decision,) = (f for f in flows if f.name == f"recall-decision · {APP}")
    assert decision.parent_task_run_id is not None
    steps = task_runs(prefect, f"poll_source · {APP} · vitals", f"score_app · {APP}", f"propose · {play.issue().id}")
    assert any(step.name.startswith("perform · ask_signature") for step in steps)


def test_code_given_to_a_step_is_in_no_task_run(play: Play, prefect: SyncPrefectClient) -> None:
    play.wait(hours=6, minutes=5)
    monitor.fn(app=APP)
    code = play.code(*COUNSEL, play.question())

    @flow
    def signing() -> str:
        person, role = COUNSEL
        answer = sign(play.tools, proposal_id=play.question(), person=person, role=role, verdict=Verdict.APPROVE, reason=REASON, code=code)
        return answer.state.value

    question = play.question()
    assert signing() == "waiting"
    assert code
    assert code not in repr(task_runs(prefect, f"take_signature · {question}"))
