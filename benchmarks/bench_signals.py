"""A million signals of a crash reporter, half a day of one app: parsed, deduplicated, stored durably, counted and scored.

Then the same file again, the same lines cut otherwise, and a thousand signals more.

Beside it, in the same run and in turn, each in a process of its own: DuckDB's deduplicated aggregation of the same file, which stores
nothing, and `pandas.read_json` alone. What is timed begins after the imports. Memory is the peak of the whole process.

    python benchmarks/bench_signals.py [--signals 1000000] [--rounds 3] [--seed 11]

Exit status 1 when a bar is missed. Figures without a bar are for orientation: DuckDB without deduplication, and with
every counter we have; the same lines cut otherwise, where no digest helps.

Add here when taking signals in promises another speed; rather in `bench_monitor.py` when it is about whole ticks.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.event_home import APP, SOURCE, make_home
from benchmarks.event_text import DAY, end_of, write_events

MORE = 1000
HOURS = 12.0
DEDUPLICATED = """
SELECT version, kind, time_bucket(INTERVAL 5 MINUTES, received) AS bucket, count(*), count(DISTINCT "user")
FROM (SELECT DISTINCT ON (id) * FROM read_json('{file}', format = 'newline_delimited')) GROUP BY ALL"""
PLAIN = """
SELECT version, kind, time_bucket(INTERVAL 5 MINUTES, received) AS bucket, count(*), count(DISTINCT "user")
FROM read_json('{file}', format = 'newline_delimited') GROUP BY ALL"""
EVERY_COUNTER = """
SELECT version, kind, bucket, device, os_version, country, count(*), count(DISTINCT "user")
FROM (SELECT DISTINCT ON (id) *, time_bucket(INTERVAL 5 MINUTES, received) AS bucket FROM read_json('{file}', format = 'newline_delimited'))
GROUP BY GROUPING SETS (
    (version, kind, bucket), (version, kind, bucket, device), (version, kind, bucket, os_version), (version, kind, bucket, country))"""
QUERIES = {"duckdb": DEDUPLICATED, "duckdb plain": PLAIN, "duckdb every counter": EVERY_COUNTER}

Figures = dict[str, float]


# --- one side, in a process of its own --------------------------------------------------------------------------------------


def timed(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def by_duckdb(file: Path, query: str) -> Figures:
    import duckdb

    return {"first": timed(lambda: duckdb.sql(query.format(file=file)).fetchall())}


def by_pandas(file: Path) -> Figures:
    import pandas as pd

    return {"first": timed(lambda: pd.read_json(file, lines=True))}


def by_us(file: Path, seed: int) -> Figures:
    """From scratch; the same file again; the same lines in another order of blocks; a thousand more appended."""
    import integrations.ledger.events
    import integrations.sources.event_parsing  # noqa: F401  # imports are not timed, on neither side
    from tasks.poll import poll_source
    from tasks.score import score_app

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        taken = folder / "events-1.jsonl"
        taken.hardlink_to(file) if file.stat().st_dev == folder.stat().st_dev else shutil.copy(file, taken)
        tools, clock = make_home(folder), [DAY, end_of(HOURS)]

        def delivered() -> int:
            polled = poll_source(tools, app=APP, source=SOURCE, since=clock[0], until=clock[1])
            score_app(tools, app=APP, until=clock[1])
            clock[:] = clock[1], clock[1] + timedelta(minutes=5)
            return polled.new_rows

        found, new = {}, []
        found["first"] = timed(lambda: new.append(delivered()))
        found["peak"] = peak_mb()
        shutil.copy(file, folder / "events-2.jsonl")
        found["again"] = timed(lambda: new.append(delivered()))
        turned(file, folder / "events-3.jsonl")
        found["again, cut otherwise"] = timed(lambda: new.append(delivered()))
        write_events(folder / "events-4.jsonl", MORE, seed + 1, begin=clock[0], hours=4 / 60)
        found["more"] = timed(lambda: new.append(delivered()))
        tools.book.close()
    if new[1:] != [0, 0, MORE]:
        raise SystemExit(f"new rows of the four deliveries: {new}; the second and third should have none, the last {MORE}")
    return found


def turned(file: Path, target: Path) -> None:
    """The same lines with the first one last, so that no block is cut where it was before."""
    with file.open("rb") as read, target.open("wb") as write:
        first = read.readline()
        shutil.copyfileobj(read, write)
        write.write(first)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def side(name: str, file: Path, seed: int) -> Figures:
    found = by_us(file, seed) if name == "ours" else by_pandas(file) if name == "pandas" else by_duckdb(file, QUERIES[name])
    return {"peak": peak_mb()} | found


# --- all sides ------------------------------------------------------------------------------------------------------------


def measured(name: str, file: Path, seed: int) -> Figures:
    command = [sys.executable, __file__, "--side", name, "--file", str(file), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr[-800:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print(f"# {name}: {figures}", file=sys.stderr, flush=True)
    return figures


def told(name: str, value: float, unit: str, against: str, ratio: float, bar: str = "", met: bool = True) -> str:
    """Prints the figure; the name when it misses its bar."""
    line = {"name": name, "value": round(value, 3), "unit": unit, "against": against, "ratio": round(ratio, 3)}
    print(json.dumps(line | ({"bar": bar, "met": met} if bar else {})), flush=True)
    return "" if met else f"{name}: {ratio:.2f}, bar {bar}"


def compared(rounds: list[dict[str, Figures]], signals: int) -> list[str]:
    def value(what: str, who: str = "ours") -> float:
        return median(r[who][what] for r in rounds)

    def ratio(what: str, whose: str, other: str = "first") -> float:
        return median(r["ours"][what] / r[whose][other] for r in rounds)

    first = f"{signals} signals from scratch"
    missed = []
    if "duckdb" in rounds[0]:
        slower = ratio("first", "duckdb")
        missed.append(told(first, value("first"), "s", "DuckDB, deduplicated, not durable", slower, "<= 4", slower <= 4))
        for name in ("duckdb plain", "duckdb every counter"):
            told(first, value("first"), "s", name.replace("duckdb", "DuckDB,"), ratio("first", name))
    faster, peak = 1 / ratio("first", "pandas"), ratio("peak", "pandas", "peak")
    again, cut, more = ratio("again", "ours"), ratio("again, cut otherwise", "ours"), 1 / ratio("more", "ours")
    return [
        *missed,
        told(first, value("first"), "s", "pandas.read_json alone, times faster", faster, ">= 2", faster >= 2),
        told("peak memory", value("peak"), "MB", "pandas.read_json alone", peak, "<= 0.2", peak <= 0.2),
        told("the same file again", value("again"), "s", "from scratch", again, "<= 0.6", again <= 0.6),
        told("the same lines, cut otherwise", value("again, cut otherwise"), "s", "from scratch", cut),
        told(f"{MORE} more signals", value("more"), "s", "from scratch, times faster", more, ">= 50", more >= 50),
    ]


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--signals", type=int, default=1_000_000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--seed", type=int, default=11)
    ask.add_argument("--side", help=argparse.SUPPRESS)
    ask.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    chosen = ask.parse_args()
    if chosen.side:
        print(json.dumps(side(chosen.side, chosen.file, chosen.seed)))
        return 0
    names = ["ours", *(QUERIES if find_spec("duckdb") else ()), "pandas"]
    if not find_spec("duckdb"):
        print("DuckDB is not installed: its ratios are skipped (make bench installs it)", file=sys.stderr)
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "events.jsonl"
        write_events(file, chosen.signals, chosen.seed, hours=HOURS)
        rounds = [{name: measured(name, file, chosen.seed) for name in names} for _ in range(chosen.rounds)]
    missed = [line for line in compared(rounds, chosen.signals) if line]
    for line in missed:
        print(line, file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
