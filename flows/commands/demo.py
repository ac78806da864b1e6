"""`recall demo`: a whole recall in one command, in virtual time, through the real flows on a local Prefect server.

Add here when the demo is started or ended otherwise; rather in `demo_story.py` when the story is told otherwise.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from configs.errors import BadInput
from configs.terms import Recall, RecallState
from flows.commands.printing import as_table, console

if TYPE_CHECKING:  # importing them takes as long as the server's start, and goes on beside it
    from integrations.server.process import Child, Server
    from integrations.toolbox import Toolbox

PARTS = ("fixed", "blocked", "uninstalled", "dormant", "unreached")


def run(args: argparse.Namespace) -> int:
    """0 when the recall closed, the journal verifies and the reconciliation adds up; 1 otherwise."""
    if args.seed < 0:
        raise BadInput("--seed must not be negative")
    from flows.commands.demo_home import open_home

    started, screen = time.monotonic(), console()
    home = open_home(Path(args.home), args.seed)
    screen.print(f"app-recall demo · seed {args.seed} · offline, in {args.home}", markup=False)
    os.environ["RECALL_CONFIG"] = str(home / "recall.yaml")
    with _server(home, screen, with_worker=args.interactive) as (server, settle):
        from flows.commands.demo_story import Story, play
        from integrations.toolbox import open_toolbox

        tools = open_toolbox()
        recall = play(Story.open(tools, screen, settle, interactive=args.interactive))
        ended_well = _tell_ending(tools, recall, screen, time.monotonic() - started)
        if args.keep:
            _keep_open(server, screen, with_worker=not args.interactive)
        else:
            screen.print("UI: it stopped with the demo; `recall demo --keep` leaves server and UI running", markup=False)
    return 0 if ended_well else 1


@contextmanager
def _server(home: Path, screen: Console, *, with_worker: bool) -> Iterator[tuple[Server, Callable[[], None]]]:
    """A local Prefect server; what the flows import is imported while it starts, its deployments are made while the story begins.

    Yields the server, and a function that returns once its forms are there.
    """
    from integrations.server.process import Server

    os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
    with screen.status("starting a local Prefect server"), ThreadPoolExecutor(1) as beside:
        starting = beside.submit(Server.start, home)
        server = starting.result()
    try:
        os.environ |= server.environment
        with ThreadPoolExecutor(1) as beside:
            registering = beside.submit(_register, home, server)
            worker = _worker(server, registering) if with_worker else None
            yield server, registering.result
            registering.result()
        if worker is not None:
            worker.stop()
    finally:
        server.stop()


def _register(home: Path, server: Server) -> None:
    from integrations.links import keep_addresses
    from integrations.server.deployments import addresses, pause_schedules, register

    register(server.setup)
    pause_schedules(server.setup)
    keep_addresses(home, server.ui_url, addresses(server.setup))


def _worker(server: Server, registering: Future[None]) -> Child:
    from integrations.server.worker import start_worker

    registering.result()
    return start_worker(server.setup)


def _keep_open(server: Server, screen: Console, *, with_worker: bool) -> None:
    """Until Ctrl-C; the worker runs what a person or a schedule starts in the UI."""
    from integrations.server.worker import start_worker

    worker = start_worker(server.setup) if with_worker else None
    screen.print(f"UI: {server.ui_url} · Ctrl-C ends it", markup=False)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    if worker is not None:
        worker.stop()


def _tell_ending(tools: Toolbox, recall: Recall | None, screen: Console, seconds: float) -> bool:
    from integrations.ledger.keys import public_keys
    from integrations.ledger.reviews import reviews_of
    from integrations.ledger.verify import verify
    from integrations.links import dossier_path

    proof = verify(tools.settings.ledger_url, tools.keeper.files(tools.book.read), public_keys(tools.keeper.home))
    if recall is None:
        screen.print("✘ no recall was proposed; the release went through", markup=False)
        return False
    with tools.book.read() as txn:
        done = reviews_of(txn, recall.id)[-1].reconciliation
    counts = [int(getattr(done, part)) for part in PARTS]
    rows = [(part, f"{n:,}", f"{n / max(done.exposed, 1):.1%}") for part, n in zip(PARTS, counts, strict=True)]
    screen.print()
    screen.print(as_table("Reconciliation", ("part", "installs", "share"), [("exposed", f"{done.exposed:,}", "100.0%"), *rows]))
    adds_up = sum(counts) == done.exposed
    closed = recall.state is RecallState.CLOSED
    screen.print(f"\n{'✔' if adds_up else '✘'} exposed = {' + '.join(PARTS)}", markup=False)
    screen.print(f"{'✔' if closed else '✘'} recall {recall.id} is {recall.state.value}", markup=False)
    screen.print(f"{'✔' if proof.is_sound else '✘'} journal: {proof.fault or f'{proof.entries} entries verify'}", markup=False)
    screen.print(f"\nDossier: {dossier_path(tools.settings.home_folder, recall.id)}", markup=False)
    screen.print(f"Took {seconds:.0f} s", markup=False)
    return adds_up and closed and proof.is_sound
