"""The step when tries run out, and when another process was quicker. Add here when a step's ending must be told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from prefect import flow
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from configs.errors import SourceUnavailable
from integrations.server.process import Server
from tasks.decide import propose
from tasks.score import due_proposals
from tasks.step import ATTEMPTS, Work, step
from tests.tasks.homes import APP, Play


@dataclass(frozen=True, slots=True)
class Said:
    word: str


@step(identity=("thing",), subject="{thing}")
def ask_in_vain(work: Work, thing: str) -> Said:
    work.tools.settings.app(APP)
    raise SourceUnavailable("the source did not answer")


def test_step_whose_tries_are_used_up_is_written_down_once(fresh: Play) -> None:
    with pytest.raises(SourceUnavailable):
        ask_in_vain(fresh.tools, thing="a")
    (entry,) = fresh.entries("step.failed")
    assert (entry.subject, entry.facts["error"]) == ("a", "SourceUnavailable")


@pytest.mark.server
def test_task_whose_tries_are_used_up_is_written_down_once(fresh: Play, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.step.FIRST_WAIT_SECONDS", 0.0)

    @flow
    def asking() -> None:
        ask_in_vain(fresh.tools, thing="a")

    entered = {PREFECT_API_URL: server.api_url, PREFECT_API_AUTH_STRING: server.setup.password, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(entered), pytest.raises(SourceUnavailable):
        asking()
    assert len(fresh.entries("step.failed")) == 1
    assert ATTEMPTS > 1


def test_slower_of_two_processes_gets_the_result_and_leaves_no_failure(fresh: Play) -> None:
    """Both saw the issue as due; the second one begins its transaction after the first has committed."""

    @step(identity=("thing",), subject="{thing}")
    def be_overtaken(work: Work, thing: str, depth: int = 0) -> Said:
        overtaken = not fresh.entries("thing.said")
        if overtaken and depth == 0:
            with work.tools.book.write() as txn:
                Work(work.tools, work.name, work.key, work.subject, work.arguments_digest, work.adapter).done(
                    txn, "thing.said", {}, Said("first")
                )
        with work.write() as txn:
            txn.run("INSERT INTO no_such_table VALUES (1)")
            return work.done(txn, "thing.said", {}, Said("second"))

    assert be_overtaken(fresh.tools, thing="a") == Said("first")
    assert fresh.entries("step.failed") == ()


def test_proposing_what_another_tick_has_proposed_is_no_failure(proposed: Play) -> None:
    issue = proposed.issue()
    assert due_proposals(proposed.tools, APP) == ()
    again = propose(proposed.tools, issue_id=issue.id)
    assert again.proposal_id == proposed.question()
    assert proposed.entries("step.failed") == ()
