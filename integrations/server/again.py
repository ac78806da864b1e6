"""Asks again for ticks that crashed or were not let in: the schedule would come too, but in a minute, or only the next night.

One crashed run asks for one run more, however often this is called (its id is the new run's idempotency key), and after `MOST` in a row
the schedule alone goes on: what crashes every time needs a person. Signatures and the brake are a person's; nobody repeats them for one.

Add here when a run that ended badly shall come again; rather in `janitor` when something must be freed first.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterEndTime, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType

from configs.errors import ServerUnavailable
from integrations.server import client
from integrations.server.deployments import request_run
from integrations.server.janitor import PAGE, TAG, in_states
from integrations.server.settings import Setup

TICK = "tick"
"""Every deployment of `prefect.yaml` that a run too many of does no harm has it."""

MARK = "again-"
"""The tag of a run that was asked for here, with its number in the row."""

MOST = 3
COMING = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING)

LET_IN = (StateType.RUNNING, StateType.COMPLETED, StateType.FAILED, StateType.CRASHED)
"""A run that got its slot; what became of it then is others' business."""


@dataclass(slots=True)
class Owed:
    """One run of a deployment that must come after a start, however busy server and slot are just then.

    A run asked for while another one holds the slot is cancelled at once; a server that has only just started may refuse to be asked.
    """

    setup: Setup
    deployment: str
    run: UUID | None = None

    def is_let_in(self) -> bool:
        """Whether it has begun by now; asks for it, again if it was cancelled, as long as it has not."""
        with suppress(ServerUnavailable):
            state = self._state()
            if state in LET_IN:
                return True
            if state not in COMING:
                self.run = request_run(self.setup, self.deployment)
        return False

    def _state(self) -> StateType | None:
        if self.run is None:
            return None
        with client.opened(self.setup, patient=False) as prefect:
            return prefect.read_flow_run(self.run).state_type


def ask_again(setup: Setup, since: datetime) -> tuple[str, ...]:
    """Requests one new run for every tick that crashed after that moment; the same call again adds nothing.

    Returns the names of the deployments whose new run is still to come or at work.

    Raises:
        ServerUnavailable: the server does not answer; the next call does it.
    """
    with client.opened(setup, patient=False) as prefect:
        wanted = FlowRunFilter(
            tags=FlowRunFilterTags(all_=[TAG, TICK]), state=in_states([StateType.CRASHED]), end_time=FlowRunFilterEndTime(after_=since)
        )
        crashed = prefect.read_flow_runs(flow_run_filter=wanted, limit=PAGE)
        asked = [_again(prefect, deployment, run) for deployment, run in _last_of_each(crashed) if _number(run) < MOST]
        coming = {run.deployment_id for run in asked if run.state_type in COMING}
        return tuple(prefect.read_deployment(deployment).name for deployment in coming if deployment)


def _last_of_each(crashed: Iterable[FlowRun]) -> list[tuple[UUID, FlowRun]]:
    """Of the runs of one deployment with the same parameters, the last one."""
    in_order = sorted(crashed, key=lambda run: str(run.end_time))
    found = {(run.deployment_id, str(run.parameters)): run for run in in_order if run.deployment_id}
    return [(deployment, run) for (deployment, _), run in found.items() if deployment]


def _number(run: FlowRun) -> int:
    return max((int(tag.removeprefix(MARK)) for tag in run.tags if tag.removeprefix(MARK).isdigit()), default=0)


def _again(prefect: SyncPrefectClient, deployment: UUID, run: FlowRun) -> FlowRun:
    tags = [tag for tag in run.tags if not tag.startswith(MARK)] + [f"{MARK}{_number(run) + 1}"]
    return prefect.create_flow_run_from_deployment(deployment, parameters=run.parameters, tags=tags, idempotency_key=f"{MARK}{run.id}")
