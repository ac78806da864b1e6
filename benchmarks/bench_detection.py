"""How much sooner and how much more quietly the shipped test notices a bad release than detectors in use today.

Simulated staged roll-outs of the reference harness (`$RECALL_REFERENCE/harness`, default ../shared): healthy ones for false alarms, bad
ones for the share of users who have the release when it is noticed; R is that share beside the one of Play's fixed line. Also the times of
a poll at 23 segments. Without the harness only these are measured. The default is a short run; `--null-runs 300 --bad-runs 100` decides.

Add here when another figure of detection is promised; rather in the harness when another roll-out is to be simulated.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness_adapter import DETECTORS, MODELS, POLICY, POLLS_A_DAY, detect_late  # noqa: E402  # beside this file

from configs.terms import Count, Dimension, Metric, Platform, Release  # noqa: E402  # after the adapter has found the project
from tasks.rules.e_process import Poll, folded, log_e, widened  # noqa: E402
from tasks.rules.e_process_state import EProcessState  # noqa: E402
from tasks.rules.e_processes import EProcess  # noqa: E402

OURS = "app-recall"
LATE = "app-recall, delays known"
FIXED_LINE = "play 1.09%"
TUNED = "z 11.85 (tuned to 4 % FAR)"
MOSTLY_MISSED = 0.4
BESIDE = (FIXED_LINE, "velocity 1%/25 users", "z 1.96 repeated", TUNED, "mSPRT", "naive e-process, users")
SEGMENTS = 23
POLL = timedelta(minutes=5)
EPOCH = datetime(2026, 3, 2, tzinfo=UTC)

BARS = {"null0": 0.03, "null4": 0.04, "2x": 0.045, "5x": 0.016, "segment20x": 0.030, "1.5x": 0.22, "late3x": 0.14}
"""Most false alarms of healthy roll-outs, largest R of bad ones."""
LEAST_FOUND = {"2x": 0.96, "5x": 1.0, "segment20x": 0.96, "1.5x": 0.70}
BAR_USERS = 0.20
"""Most users exposed at 2x, on average, beside a z-test tuned to as few false alarms."""
BAR_SECONDS = 0.001
ENOUGH_RUNS = 100
"""Fewer bad roll-outs than this show R, but do not judge it: the median of twenty differs by half from one seed to the next."""


def told(name: str, value: float, unit: str, against: str = "", ratio: float | None = None) -> None:
    print(json.dumps({"name": name, "value": round(value, 6), "unit": unit, "against": against, "ratio": ratio}), flush=True)


def counted(chance: np.random.Generator, at: int) -> list[Count]:
    """One poll's counts of all users, 12 models and 11 other segments, of two versions."""
    cuts = [(Dimension.ALL, ""), *((Dimension.DEVICE, f"model {n}") for n in range(MODELS))]
    cuts += [(Dimension.OS, f"os {n}") for n in range(SEGMENTS - MODELS)]
    start, sizes = EPOCH + at * POLL, {"2.0": (2, 900), "1.0": (9, 8000)}
    return [
        Count("made", "app", Platform.ANDROID, version, Metric.CRASH, start, start + POLL, *map(int, chance.poisson(means)), *cut)
        for version, means in sizes.items()
        for cut in cuts
    ]


def seconds_a_poll(polls: int = 600) -> dict[str, float]:
    """Median times of one poll of 23 segments with every start begun: the test alone, from counts to a state, and the state's text."""
    chance, release = np.random.default_rng(1), Release("app", Platform.ANDROID, "2.0", EPOCH)
    state, taken = EProcess().start(release, Metric.CRASH, POLICY), []
    for at in range(0, polls * 6, 6):
        counts = counted(chance, at)
        began = time.perf_counter()
        after = EProcess().fold(state, counts)
        folding = time.perf_counter()
        text = after.to_json()
        written = time.perf_counter()
        state = EProcess().load(text)
        taken.append((folding - began, written - folding, time.perf_counter() - written, *_of_the_test(chance, after, at)))
    half = np.median(np.array(taken[polls // 2 :]), axis=0)
    return dict(zip(("counts folded into a state", "state written", "state read", "one poll"), map(float, half), strict=True))


def _of_the_test(chance: np.random.Generator, state: EProcessState, at: int) -> tuple[float]:
    rows = np.column_stack([chance.poisson(m, SEGMENTS + 1) for m in (2, 900, 9, 8000)]).astype(float)
    process = widened(state.process, SEGMENTS + 1)
    began = time.perf_counter()
    log_e(folded(process, Poll(rows, rows[1 : 1 + MODELS], day=at // POLLS_A_DAY), state.parameters), state.parameters)
    return (time.perf_counter() - began,)


def imported(folder: Path) -> tuple[ModuleType, ModuleType]:
    """The harness and its baselines. One of them, not compared here, wants river, whose name alone is enough for the import."""
    sys.path.insert(0, str(folder))
    if importlib.util.find_spec("river") is None:
        nameless = ModuleType("river.drift")
        nameless.PageHinkley = None  # type: ignore[attr-defined]  # never called
        sys.modules |= {"river": ModuleType("river"), "river.drift": nameless}
    return importlib.import_module("harness"), importlib.import_module("baselines")


def compared(folder: Path, chosen: argparse.Namespace) -> list[str]:
    """Prints every figure and returns what misses its bar by more than so few runs can explain."""
    harness, baselines = imported(folder)
    detectors = DETECTORS | ({LATE: detect_late} if chosen.late else {}) | {name: baselines.DETECTORS[name] for name in BESIDE}
    missed = []
    for scenario in (*harness.NULLS, *harness.BAD):
        healthy = scenario.name == "null"
        name = f"null{scenario.realism}" if healthy else scenario.name
        if name not in chosen.scenarios.split(","):
            continue
        scores = harness.score(detectors, scenario, chosen.null_runs if healthy else chosen.bad_runs, chosen.seed)
        missed += false_alarms(name, scores) if healthy else sooner(name, scores, float(harness.ADOPTED[-1]))
    return missed


def false_alarms(name: str, scores: dict[str, dict[str, float]]) -> list[str]:
    for detector, score in scores.items():
        told(f"false alarms, {name}: {detector}", score["rate"], "share of healthy roll-outs")
    return [f"{name}: false alarms of {scores[OURS]['rate']:.1%}"] if scores[OURS]["lo"] > BARS[name] else []


def sooner(name: str, scores: dict[str, dict[str, float]], everyone: float) -> list[str]:
    """`everyone`: share of users who have the release in the end.

    Where the fixed line notices about half of the roll-outs, the median of what it exposes is a few users or everyone by chance; what is
    exposed is then judged beside everyone.
    """
    line = scores[FIXED_LINE]
    for detector, score in scores.items():
        told(f"noticed, {name}: {detector}", score["rate"], "share of bad roll-outs")
        ratio = round(score["exposed_median"] / line["exposed_median"], 4)
        told(f"exposed, {name}: {detector}", score["exposed_median"], "share of users", FIXED_LINE, ratio)
    ours, beside = scores[OURS], line["exposed_median"] if line["rate"] < MOSTLY_MISSED else everyone
    r = ours["exposed_median"] / beside
    told(f"R, {name}", r, "share of users over share of users", f"at most {BARS.get(name, 1.0)}")
    users = ours["users_mean"] / scores[TUNED]["users_mean"]
    told(f"users exposed on average, {name}", users, "users over users", TUNED, round(users, 4))
    late = [f"{name}: R {r:.3f} above {BARS[name]}"] if ours["runs"] >= ENOUGH_RUNS and r > BARS.get(name, 1.0) else []
    if name == "2x" and ours["runs"] >= ENOUGH_RUNS and users > BAR_USERS:
        late.append(f"{name}: {users:.2f} of the users that {TUNED} exposes, instead of {BAR_USERS}")
    return late + ([f"{name}: only {ours['rate']:.0%} noticed"] if ours["hi"] < LEAST_FOUND.get(name, 0.0) else [])


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--null-runs", type=int, default=40)
    ask.add_argument("--bad-runs", type=int, default=20)
    ask.add_argument("--seed", type=int, default=20_000)
    ask.add_argument("--scenarios", default="null0,null4,1.5x,2x,segment20x", help="comma-separated; also null1 to null3, 1.2x, 5x, late3x")
    ask.add_argument("--late", action="store_true", help="also with the delays of reports known beforehand")
    chosen = ask.parse_args()
    taken = seconds_a_poll()
    for name, seconds in taken.items():
        told(f"{name}, {SEGMENTS} segments", seconds, "s")
    missed = [f"a poll takes {taken['one poll'] * 1000:.2f} ms"] if taken["one poll"] > BAR_SECONDS else []
    folder = Path(os.environ.get("RECALL_REFERENCE", HERE.parent.parent / "shared")) / "harness"
    if (folder / "harness.py").is_file():
        missed += compared(folder, chosen)
    else:
        print(f"simulated roll-outs skipped: no {folder / 'harness.py'} (set RECALL_REFERENCE)", file=sys.stderr)
    for line in missed:
        print(line, file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
