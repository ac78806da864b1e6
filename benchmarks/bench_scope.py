"""How well the shipped rules say how wide and how large a regression is, and whether the remedy worked.

On the simulated roll-outs of the reference harness (`$RECALL_REFERENCE/harness`, default ../shared): the most probable scope at the alarm,
and how often the confidence sequence of the ratio ever left out the true one (reports come late in all levels but the first, and their
delays are known beforehand). On hours simulated here: how often the ratio of ratios'
bounds cover the true one. Each figure has its bar beside it. The default is a short run; `--runs 100 --covered-runs 400` decides.

Add here when another figure of size or scope is promised; rather in `bench_detection.py` when it is about alarms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from bench_detection import ENOUGH_RUNS, imported  # noqa: E402  # beside this file
from harness_adapter import AT_ONCE, DELAY, ratio_was_missed, top_scope  # noqa: E402

from tasks.rules.ratio_of_ratios import Floats, ratio_of_ratios  # noqa: E402  # after the adapter has found the project

ALL_USERS = 0
SCOPES = {"segment20x": 0.92, "2x": 0.94}
"""Least share of the alarms whose most probable scope is the true one."""
LEVELS = (0, 1, 2, 3)
MOST_MISSED = 0.10
COVERED = (0.92, 0.975)
HOURS, NOISE, TRUE_RATIO = 72, 0.15, 0.3


def told(name: str, value: float, unit: str, bar: str, is_met: bool) -> list[str]:
    """Prints the figure and returns it when it misses its bar."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "against": bar, "ratio": None, "met": is_met}), flush=True)
    return [] if is_met else [f"{name}: {value:.3f} instead of {bar}"]


def scopes(harness: ModuleType, runs: int, seed: int) -> list[str]:
    missed = []
    for scenario in (s for s in harness.BAD if s.name in SCOPES):
        right = 1 + harness.BAD_DEVICE if scenario.bad_device_ratio != 1 else ALL_USERS
        found = [top_scope(harness.simulate(seed + i, scenario)) for i in range(runs)]
        alarms = [scope for scope in found if scope is not None]
        share = sum(scope == right for scope in alarms) / max(1, len(alarms))
        least = SCOPES[scenario.name]
        missed += told(f"right scope at the alarm, {scenario.name}", share, "share of alarms", f"at least {least}", share >= least)
    return missed


def missed_ratios(harness: ModuleType, runs: int, seed: int) -> list[str]:
    missed, twice = [], next(s for s in harness.BAD if s.name == "2x")
    for level in LEVELS:
        for name, ratio, scenario in (("2x", 2.0, twice), ("null", 1.0, harness.NULLS[level])):
            exact = replace(scenario, realism=level)
            delay = DELAY if level else AT_ONCE
            share = sum(ratio_was_missed(harness.simulate(seed + i, exact), ratio, delay) for i in range(runs)) / runs
            what = f"true ratio ever left out, level {level}, {name}"
            missed += told(what, share, "share of roll-outs", f"at most {MOST_MISSED}", share <= MOST_MISSED)
    return missed


def hours(chance: np.random.Generator, ratio: float) -> Floats:
    """Affected users crash four times as often as the others, times `ratio`; each group's rate swings by itself from hour to hour."""
    swing = 1 + 0.5 * np.sin(np.arange(HOURS) / 24 * 2 * np.pi)
    use = np.column_stack([4_000 * swing, 20_000 * swing])
    events = chance.poisson(use * np.array([0.02 * ratio, 0.005]) * np.exp(chance.normal(0, NOISE, use.shape)))
    return np.column_stack([events[:, 0], use[:, 0], events[:, 1], use[:, 1]]).astype(np.float64)


def covered(runs: int, seed: int) -> list[str]:
    chance, inside = np.random.default_rng(seed), 0
    for _ in range(runs):
        found = ratio_of_ratios(hours(chance, 1.0), hours(chance, TRUE_RATIO), 0.05)
        inside += found is not None and found.low <= TRUE_RATIO <= found.high
    share, (low, high) = inside / runs, COVERED
    return told(f"ratio of ratios covered, hourly noise {NOISE}", share, "share of runs", f"{low} to {high}", low <= share <= high)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--runs", type=int, default=12)
    ask.add_argument("--covered-runs", type=int, default=400)
    ask.add_argument("--seed", type=int, default=30_000)
    ask.add_argument("--figures", default="scope,ratio,cover", help="comma-separated")
    chosen = ask.parse_args()
    figures = chosen.figures.split(",")
    missed = covered(chosen.covered_runs, chosen.seed) if "cover" in figures else []
    folder = Path(os.environ.get("RECALL_REFERENCE", HERE.parent.parent / "shared")) / "harness"
    if (folder / "harness.py").is_file():
        harness, _ = imported(folder)
        measures: dict[str, Callable[[ModuleType, int, int], list[str]]] = {"scope": scopes, "ratio": missed_ratios}
        short = [line for name, measure in measures.items() if name in figures for line in measure(harness, chosen.runs, chosen.seed)]
        missed += short if chosen.runs >= ENOUGH_RUNS else []
    else:
        print(f"simulated roll-outs skipped: no {folder / 'harness.py'} (set RECALL_REFERENCE)", file=sys.stderr)
    for line in missed:
        print(line, file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
