"""How flows call flows and parts of their own, and what their runs are called: the same with a Prefect server and without one.

Inside a Prefect flow run, a called flow is a subflow with a run of its own; outside, it is a plain call.

Add here when runs are named or nested in another way; rather in `tasks/step.py` when it is about steps.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from configs.errors import LedgerError, RecallError, Refused
from integrations import telemetry
from tasks.step import inside_flow

P = ParamSpec("P")
R = TypeVar("R")


class Tick(Protocol[P, R]):
    """A Prefect flow, as far as ticks need to know one."""

    fn: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


def ticked(tick: Tick[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs a flow's body: as a subflow where a flow run is going on, plainly where none is."""
    return tick(*args, **kwargs) if inside_flow() else tick.fn(*args, **kwargs)


def all_of(*parts: Callable[[], R]) -> list[R]:
    """Runs every part, whichever of them fails, so that one app or recall holds up no other; then raises the first failure.

    Only a ledger that is not available ends it at once: nothing else could be done either.
    """
    results: list[R] = []
    failures: list[RecallError] = []
    for part in parts:
        try:
            results.append(part())
        except LedgerError:
            raise
        except RecallError as err:
            logging.getLogger("recall").warning("%s; the rest goes on", err)
            failures.append(err)
    if failures:
        raise failures[0]
    return results


def reported(slug: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Tells our own Sentry that a scheduled tick ran, and how it ended; without a DSN it does nothing."""

    def decorate(tick: Callable[P, R]) -> Callable[P, R]:
        @wraps(tick)
        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            telemetry.start()
            with telemetry.check_in(slug):
                return tick(*args, **kwargs)

        return watched

    return decorate


def name_run() -> str:
    """The run's name as a person looks for it: "monitor · com.example.app"; "all apps" where none is named."""
    from prefect.runtime import flow_run

    about = [str(v) for k, v in flow_run.parameters.items() if k in ("app", "proposal", "person") and v]
    name = flow_run.flow_name or "run"
    return f"{name} · {' · '.join(about)}" if about else f"{name} · all apps"


def refused_run(err: Refused, name: str) -> Any:
    """How a flow run ends that a rule refused: failed, under that name, with the sentence in its state and its log.

    Outside a run it is raised. A flow returns what this returns. Whoever called the flow gets the refusal as an error.
    """
    if not inside_flow():
        raise err
    from prefect.logging import get_run_logger
    from prefect.states import Failed

    get_run_logger().error("%s: %s", name.upper(), err.message)
    return Failed(name=name, message=err.message, data=err)


def run_id() -> str:
    """The Prefect run's id, so that a retry of the same run is the same request; a fresh one outside."""
    if not inside_flow():
        return secrets.token_hex(8)
    from prefect.runtime import flow_run

    return str(flow_run.id)
