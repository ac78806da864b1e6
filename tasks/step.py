"""The step: the one decorator that makes a plain function retried, audited and run once.

    @step(identity=("recall_id", "wave"))
    def freeze_exposed(work: Work, recall_id: str, wave: int) -> Frozen:
        ...                                            # read, ask neighbours: no transaction is open here
        with work.write() as txn:                      # rows, journal entry and the step's record commit together
            ...
            return work.done(txn, "notices.frozen", {"wave": wave}, Frozen(...))

    freeze_exposed(tools, recall_id="REC-1", wave=1)   # called with the toolbox; a second call returns the recorded result

Inside a Prefect flow the same call is a Prefect task run; without one it is a plain call. Either way only `Transient` errors are tried
again, with exponential waits and jitter. A step that ends in an error, after its last try, leaves one `step.failed` entry in the journal:
the audit sits here and not in Prefect's hooks, whose own exceptions are only logged.

Add here when every step must behave otherwise; rather in one step when only that one must.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, update_wrapper
from itertools import count
from typing import Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

import stamina
from pydantic import TypeAdapter

from configs.errors import CodeLocked, LedgerError, RecallError, Throttled, Transient
from integrations.ledger.book import Entry, Txn
from integrations.ledger.steps import find_step, record_step
from integrations.telemetry import capture
from integrations.toolbox import Toolbox

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 4
"""Tries of one step within one tick; what is still failing then is taken up by the next tick."""

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, JITTER_SECONDS = 0.2, 5.0, 0.2


class _AlreadyDone(RecallError):
    """Another process finished the same step first; carries its recorded result."""


@dataclass(slots=True)
class Work:
    """What a step's body works with: the toolbox, and the pen for its audit."""

    tools: Toolbox
    name: str
    key: str
    subject: str
    arguments_digest: str
    adapter: TypeAdapter[object] = field(repr=False)

    @contextmanager
    def write(self) -> Iterator[Txn]:
        """One short transaction, never begun once somebody else has done the step. Call no neighbour while it is open."""
        with self.tools.book.write() as txn:
            found = find_step(txn, self.key, arguments_digest=self.arguments_digest)
            if found is not None:
                raise _AlreadyDone("done meanwhile", result=found.result_json)
            yield txn

    def read(self) -> AbstractContextManager[Txn]:
        """A consistent look at the ledger."""
        return self.tools.book.read()

    def note(self, txn: Txn, kind: str, facts: Mapping[str, object], *, actor: str = "") -> None:
        """Adds a journal entry without calling the step done."""
        txn.append(Entry(kind=kind, subject=self.subject, facts={"step": self.name, **facts}, actor=actor))

    def done(self, txn: Txn, kind: str, facts: Mapping[str, object], result: R, *, actor: str = "") -> R:
        """Journals what happened and records the result under the step's key, in the caller's transaction."""
        self.note(txn, kind, {"key": self.key, **facts}, actor=actor)
        result_json = self.adapter.dump_json(result).decode()
        record_step(txn, self.key, self.name, self.subject, self.arguments_digest, result_json)
        return result


class Step(Generic[P, R]):
    """A decorated function. Call it with the toolbox first and keyword arguments after it."""

    def __init__(self, body: Callable[Concatenate[Work, P], R], identity: tuple[str, ...], subject: str, secret: tuple[str, ...]) -> None:
        update_wrapper(self, body)
        self.name = body.__name__
        self.body = body
        self.identity = identity
        self.subject = subject
        self.secret = secret
        self.signature = inspect.signature(body)

    @cached_property
    def adapter(self) -> TypeAdapter[object]:
        """Turns the step's result to JSON and back."""
        return TypeAdapter(get_type_hints(self.body)["return"])

    def __call__(self, tools: Toolbox, *args: P.args, **kwargs: P.kwargs) -> R:
        if inside_flow():
            return self._as_task(tools, *args, **kwargs)
        return self._retried(tools, *args, **kwargs)

    def is_done(self, tools: Toolbox, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Whether a call with these arguments would only return what is recorded."""
        return self._recorded(self._work(tools, args, kwargs)) is not None

    def _retried(self, tools: Toolbox, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            for attempt in stamina.retry_context(
                on=_worth_another_try,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=FIRST_WAIT_SECONDS,
                wait_max=LONGEST_WAIT_SECONDS,
                wait_jitter=JITTER_SECONDS,
            ):
                with attempt:
                    return self._once(tools, *args, **kwargs)
        except Transient as err:
            _audit_failure(self._work(tools, args, kwargs), err)
            raise
        raise AssertionError("retry_context always returns or raises")  # pragma: no cover

    def _as_task(self, tools: Toolbox, *args: P.args, **kwargs: P.kwargs) -> R:
        from prefect import Task
        from prefect.cache_policies import NO_CACHE

        tries = count(1)

        def call() -> R:
            number = next(tries)
            try:
                return self._once(tools, *args, **kwargs)
            except Transient as err:
                if number == ATTEMPTS:
                    _audit_failure(self._work(tools, args, kwargs), err)
                raise

        task: Task[[], R] = Task(
            fn=call,
            name=self.name,
            task_run_name=f"{self.name} · {self._work(tools, args, kwargs).subject}",
            retries=ATTEMPTS - 1,
            retry_delay_seconds=[FIRST_WAIT_SECONDS * 4**i for i in range(ATTEMPTS - 1)],
            retry_jitter_factor=0.5,
            retry_condition_fn=_transient_state,
            persist_result=False,
            cache_policy=NO_CACHE,
        )
        return task()

    def _once(self, tools: Toolbox, *args: P.args, **kwargs: P.kwargs) -> R:
        work = self._work(tools, args, kwargs)
        try:
            recorded = self._recorded(work)
            return self.body(work, *args, **kwargs) if recorded is None else recorded
        except _AlreadyDone as done:
            return self.adapter.validate_json(str(done.facts["result"]))  # type: ignore[return-value]  # the adapter is R's own
        except Transient as err:
            logging.getLogger("recall").info("%s · %s: %s", work.name, work.subject, err)
            raise  # the last try's failure is written down by whoever counts them
        except CodeLocked:
            raise  # counted where it was refused, in the table and in summaries: a flood must not fill the journal
        except Exception as err:
            capture(err)
            _audit_failure(work, err)
            raise

    def _recorded(self, work: Work) -> R | None:
        with work.read() as txn:
            found = find_step(txn, work.key, arguments_digest=work.arguments_digest)
        return None if found is None else self.adapter.validate_json(found.result_json)  # type: ignore[return-value]  # the adapter is R's own

    def _work(self, tools: Toolbox, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Work:
        bound = self.signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        given = {k: v for k, v in list(bound.arguments.items())[1:] if k not in self.secret}
        identity = {k: given[k] for k in self.identity or given}
        return Work(
            tools=tools,
            name=self.name,
            key=_digest(f"step/{self.name}", identity),
            subject=self.subject.format(**given),
            arguments_digest=_digest("arguments", given),
            adapter=self.adapter,
        )


def step(
    *, identity: tuple[str, ...] = (), subject: str, secret: tuple[str, ...] = ()
) -> Callable[[Callable[Concatenate[Work, P], R]], Step[P, R]]:
    """Makes a function a step.

    Args:
        identity: names of the arguments that make its key (default: all). The same key with other arguments raises KeyReused.
        subject: format string over the arguments: what the journal entry and the task run are about, e.g. "{recall_id}".
        secret: arguments that go into no digest, journal or run name.

    The function takes a `Work` first, plain values after it, returns a value pydantic can turn to JSON (never None), and ends in
    `work.done(...)` within its transaction once its work is done.
    """

    def decorate(body: Callable[Concatenate[Work, P], R]) -> Step[P, R]:
        return Step(body, identity, subject, secret)

    return decorate


def inside_flow() -> bool:
    """Whether a Prefect flow run is going on here; imports nothing that is not already there."""
    if "prefect" not in sys.modules:
        return False
    from prefect.context import FlowRunContext

    return FlowRunContext.get() is not None


def _worth_another_try(err: Exception) -> bool | float:
    if isinstance(err, Throttled) and isinstance(wait := err.facts.get("retry_after_seconds"), (int, float)):
        return min(float(wait), LONGEST_WAIT_SECONDS)
    return isinstance(err, Transient)


def _transient_state(_task: object, _run: object, state: object) -> bool:
    from prefect.client.schemas.objects import State
    from prefect.states import get_state_exception

    return isinstance(state, State) and isinstance(get_state_exception(state), Transient)


def _digest(domain: str, values: Mapping[str, object]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain, ensure_ascii=False)
    return hashlib.sha256(f"app-recall/{domain}/v1\n{text}".encode()).hexdigest()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _audit_failure(work: Work, err: Exception) -> None:
    """Writes down that a step failed; a ledger that cannot be written to is only logged, for nothing else is left."""
    logging.getLogger("recall").warning("%s · %s: %s", work.name, work.subject, err)
    message = str(err) if isinstance(err, RecallError) else type(err).__name__
    try:
        with work.tools.book.write() as txn:
            work.note(txn, "step.failed", {"error": type(err).__name__, "message": message[:500]})
    except (LedgerError, Transient) as also:
        logging.getLogger("recall").error("the ledger could not take down that %s failed: %s", work.name, also)
