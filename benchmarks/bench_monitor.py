"""One monitor tick over 200 releases, end to end: a Prefect flow run on a real server, a poll and a judgement an app, every commit on disk.

A hundred apps with their two newest releases watched, each app with some thousand events behind it and `--signals` new ones a tick. The
first tick reads the past and warms the server up; the figure is the median of the ticks after it. Heartbeats are off, as in the demo: each
would hold its run for a second at its end. Beside it, the same tick without Prefect (`recall tick`).

    python benchmarks/bench_monitor.py [--releases 200] [--rounds 3] [--signals 300] [--seed 12]

Exit status 1 when a tick takes 10 s or more.

Add here when the tick promises another speed; rather in `bench_signals.py` when it is about many signals of one app.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.event_home import make_home
from benchmarks.event_text import DAY, write_events
from integrations.ledger.detectors import detector_state
from integrations.server.process import Server
from integrations.toolbox import Toolbox

BAR_SECONDS = 10.0
WATCHED = 2
"""Releases of an app that the default policy watches."""
PAST_HOURS, PAST_SIGNALS = 6.0, 2000
TICK = timedelta(minutes=5)


class SetClock:
    """A clock that stands until the next tick."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time


@contextmanager
def reporting_to(server: Server) -> Iterator[None]:
    """Flow runs of this process go to that server."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    entered = {PREFECT_API_URL: server.api_url, PREFECT_API_AUTH_STRING: server.setup.password, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(entered):
        yield
        for worker in (APILogWorker, EventsWorker):
            worker.drain_all(timeout=10)


def deliver(folder: Path, tick: int, apps: int, count: int, seed: int, begin: datetime, hours: float) -> None:
    """New events of every app, in a file of their own."""
    for app in range(apps):
        write_events(folder / f"events-{app}-{tick}.jsonl", count, seed + 1000 * tick + app, begin=begin, hours=hours)


def seconds(tick: Callable[[], object]) -> float:
    start = time.perf_counter()
    tick()
    return time.perf_counter() - start


def judged(tools: Toolbox) -> int:
    """Releases of which a crash detector has a state: every one that is watched."""
    with tools.book.read() as txn:
        return sum(
            detector_state(txn, app.id, app.platform, version, "crash") is not None
            for app in tools.settings.apps
            for version in ("4.2.0", "4.1.3")
        )


def ticks(folder: Path, chosen: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Seconds of the ticks inside Prefect, and of those without."""
    from flows.monitor import monitor  # importing Prefect before its home is set would make one in the user's folder

    apps, clock = chosen.releases // WATCHED, SetClock(DAY + timedelta(hours=PAST_HOURS))
    tools = make_home(folder, apps=apps)
    object.__setattr__(tools, "clock", clock)  # frozen for the product, not for who plays fate
    os.environ["RECALL_CONFIG"] = str(folder / "recall.yaml")
    deliver(folder, 0, apps, PAST_SIGNALS, chosen.seed, DAY, PAST_HOURS)
    print(f"# first tick, {apps} apps: {seconds(monitor):.2f} s", file=sys.stderr, flush=True)
    inside, plain = [], []
    for number in range(1, 2 * chosen.rounds + 1):
        deliver(folder, number, apps, chosen.signals, chosen.seed, clock.time, TICK / timedelta(hours=1))
        clock.time += TICK
        (inside if number % 2 else plain).append(seconds(monitor if number % 2 else monitor.fn))
    if judged(tools) != chosen.releases:
        raise SystemExit(f"only {judged(tools)} of {chosen.releases} releases were judged")
    tools.book.close()
    return inside, plain


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--releases", type=int, default=200)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--signals", type=int, default=300)
    ask.add_argument("--seed", type=int, default=12)
    chosen = ask.parse_args()
    with tempfile.TemporaryDirectory() as made:
        home = Path(made) / "home"
        home.mkdir()
        os.environ |= {
            "PREFECT_HOME": str(Path(made) / "prefect"),
            "DO_NOT_TRACK": "1",
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
        }
        with Server.start(Path(made) / "server", auth=True) as server, reporting_to(server):
            inside, plain = ticks(home, chosen)
    value, ratio = median(inside), median(a / b for a, b in zip(inside, plain, strict=True))
    name = f"monitor tick, {chosen.releases} releases, {chosen.signals} new signals an app"
    line = {"name": name, "value": round(value, 2), "unit": "s", "against": "the same without Prefect", "ratio": round(ratio, 2)}
    print(json.dumps(line | {"bar": f"< {BAR_SECONDS:g} s", "met": value < BAR_SECONDS}), flush=True)
    if value >= BAR_SECONDS:
        print(f"{name}: {value:.1f} s, bar {BAR_SECONDS:g} s", file=sys.stderr)
    return int(value >= BAR_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
