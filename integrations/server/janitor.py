"""Frees what a crash left behind on the Prefect server, so that the next tick is let in.

Prefect leaves a killed run Running for ever, one killed while Pending stuck, and its slot taken. Only runs, deployments and slots of
ours (tag `app-recall`) are touched:

    state                         where its process ran            after                becomes
    running, pending, cancelling  here, and it is gone             at once              Crashed (Cancelled, if it was cancelling)
    pending                       not known, no worker is up       at once              Crashed
    pending                       not known                        PENDING_BOUND        Crashed
    any of the three              not known, or seems alive        RUNNING_BOUND        Crashed (Cancelled)
    late, from a schedule         nowhere yet                      a newer one is due   Cancelled: superseded

A process number is given out again after a restart of the machine, so "alive" is believed only up to the bound.
Freeing loses nothing: the ledger knows what was done, and the next tick goes on from there.

Add here when Prefect keeps something a crash left behind; rather in `tasks` when the ledger does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    WorkerFilter,
)
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Cancelled, Crashed

from integrations.server import client
from integrations.server.settings import POOL, Setup

TAG = "app-recall"
"""Every deployment of `prefect.yaml` has it, and so has every run of theirs."""

PENDING_BOUND = timedelta(minutes=2)
"""A worker starts a process within seconds; on a machine that swaps, within a minute."""

RUNNING_BOUND = timedelta(hours=2)
"""Longer than any tick: each is bounded by what one batch may take."""

HELD = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
PAGE = 200


@dataclass(frozen=True, slots=True)
class Freed:
    """What was freed: run names, and deployments whose slot was still taken."""

    runs: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Own:
    """The worker of ours on this machine, and whether it is known not to run."""

    worker: str
    is_down: bool = False


def process_is_gone(number: str) -> bool | None:
    """Of the process number that the process worker notes: whether it has ended on this machine; None when it is no number."""
    if not number.isdigit():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _cannot_tell(_number: str) -> None:
    """With workers on other machines a number may be one of theirs: Prefect does not note whose it is."""


@dataclass(frozen=True, slots=True)
class _Look:
    now: datetime
    is_gone: Callable[[str], bool | None]
    nobody_starts: bool


def free_stuck(setup: Setup, now: datetime, own: Own, is_gone: Callable[[str], bool | None] = process_is_gone) -> Freed:
    """Frees, at `now`, what nobody works on any more.

    Raises:
        ServerUnavailable: the server does not answer; nothing is lost by trying later.
    """
    with client.opened(setup, patient=False) as prefect:
        others = _other_workers(prefect, own.worker)
        look = _Look(now, _cannot_tell if others else is_gone, own.is_down and not others)
        held = _runs(prefect, HELD)
        stuck = [run for run in held if _is_stuck(run, look)]
        for run in stuck:
            _end(prefect, run)
        late = _superseded(_runs(prefect, [StateType.SCHEDULED]), now)
        for run in late:
            prefect.set_flow_run_state(run.id, Cancelled(message="superseded: a newer tick of this schedule is due"))
        busy = {run.deployment_id for run in held} - {run.deployment_id for run in stuck}
        return Freed(_names(stuck), _names(late), _free_slots(prefect, busy))


def _is_stuck(run: FlowRun, look: _Look) -> bool:
    gone = look.is_gone(run.infrastructure_pid) if run.infrastructure_pid else None
    if gone:
        return True
    since = run.state.timestamp if run.state else run.expected_start_time
    if since is None or run.state_type is None:
        return False
    if run.state_type is StateType.PENDING and gone is None:
        return look.nobody_starts or look.now - since > PENDING_BOUND
    return look.now - since > RUNNING_BOUND


def _superseded(scheduled: Iterable[FlowRun], now: datetime) -> list[FlowRun]:
    """Of each deployment's runs that a schedule made and that are due, all but the newest."""
    due = [run for run in scheduled if run.auto_scheduled and run.expected_start_time and run.expected_start_time < now]
    due.sort(key=lambda run: (str(run.deployment_id), run.expected_start_time or now))
    return [run for run, following in pairwise(due) if run.deployment_id == following.deployment_id]


def _end(prefect: SyncPrefectClient, run: FlowRun) -> None:
    for part in prefect.read_flow_runs(
        flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run.id]), state=in_states(HELD)), limit=PAGE
    ):
        _end(prefect, part)
    why = f"freed: its process {run.infrastructure_pid or '(none noted)'} is gone; the next tick goes on from the ledger"
    ending = Cancelled if run.state_type is StateType.CANCELLING else Crashed
    prefect.set_flow_run_state(run.id, ending(message=why))


def _free_slots(prefect: SyncPrefectClient, busy: set[UUID | None]) -> tuple[str, ...]:
    freed = []
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    for deployment in prefect.read_deployments(deployment_filter=tagged, limit=PAGE):
        limit = deployment.global_concurrency_limit
        if limit and limit.active_slots and deployment.id not in busy and not _has_run(prefect, deployment.id):
            prefect.update_global_concurrency_limit(limit.name, GlobalConcurrencyLimitUpdate(active_slots=0))
            freed.append(deployment.name)
    return tuple(freed)


def _has_run(prefect: SyncPrefectClient, deployment_id: UUID) -> bool:
    """Asked again right before a slot is freed: a run may have started meanwhile."""
    return any(run.deployment_id == deployment_id for run in _runs(prefect, HELD))


def _runs(prefect: SyncPrefectClient, states: list[StateType]) -> list[FlowRun]:
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[TAG]), state=in_states(states))
    return list(prefect.read_flow_runs(flow_run_filter=wanted, limit=PAGE))


def in_states(states: list[StateType]) -> FlowRunFilterState:
    """Runs in any of these states."""
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=states))


def _other_workers(prefect: SyncPrefectClient, own: str) -> bool:
    try:
        workers = prefect.read_workers_for_work_pool(POOL, worker_filter=WorkerFilter())
    except PrefectHTTPStatusError as err:
        if err.response.status_code == httpx.codes.NOT_FOUND:  # no pool yet, so no workers
            return False
        raise
    return any(worker.name != own and worker.status is WorkerStatus.ONLINE for worker in workers)


def _names(runs: Iterable[FlowRun]) -> tuple[str, ...]:
    return tuple(run.name for run in runs)


def count_held(setup: Setup) -> int:
    """How many runs of ours are at work or about to be."""
    with client.opened(setup, patient=False) as prefect:
        return len(_runs(prefect, HELD))
