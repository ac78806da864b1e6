"""What is left of the sequential test where nobody uses an older version beside the release: false alarms, and regressions noticed.

Simulated roll-outs of the reference harness (`$RECALL_REFERENCE/harness`, default ../shared), turned into that situation: the old version
is seen on the first day only, and its rate of that day is what the release is compared with from the second day on. The default is a
short run; `--null-runs 300 --bad-runs 100` decides.

Add here when another figure without a control is promised; rather in `bench_detection.py` when there is one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from bench_detection import ENOUGH_RUNS, imported  # noqa: E402  # beside this file
from harness_adapter import MODELS, POLICY, POLLS_A_DAY, Stream  # noqa: E402

from tasks.rules.e_process import Floats, Parameters, Poll, Process, folded, log_e, widened  # noqa: E402  # after the adapter
from tasks.rules.reference import DAY_HOURS, hourly_rates  # noqa: E402

OLD, NEW = 0, 1
POLLS_AN_HOUR = POLLS_A_DAY // DAY_HOURS
BARS = {"null4": 0.04, "2x": 0.75, "5x": 1.0}
"""Most false alarms; least share noticed."""


def expected(events: Floats, exposure: Floats) -> Floats:
    """The release's events at the old version's rate of the same hour of the first day; polls by segments."""
    first = slice(0, POLLS_A_DAY)
    by_hour = [
        hourly_rates(
            events[first, OLD, s].reshape(DAY_HOURS, POLLS_AN_HOUR).sum(axis=1),
            exposure[first, OLD, s].reshape(DAY_HOURS, POLLS_AN_HOUR).sum(axis=1),
        )
        for s in range(events.shape[2])
    ]
    rates = np.repeat(np.array(by_hour).T, POLLS_AN_HOUR, axis=0)
    found: Floats = exposure[:, NEW] * np.tile(rates, (len(events) // POLLS_A_DAY + 1, 1))[: len(events)]
    return found


def alarm(stream: Stream, parameters: Parameters) -> int | None:
    """The poll of the alarm; None: never."""
    by_segment = expected(stream.seg_crash_users, stream.seg_sessions)
    everyone = by_segment[:, :MODELS].sum(axis=1, keepdims=True)
    events = np.concatenate([stream.crash_users[:, NEW : NEW + 1], stream.seg_crash_users[:, NEW]], axis=1)
    exposure = np.concatenate([stream.sessions[:, NEW : NEW + 1], stream.seg_sessions[:, NEW]], axis=1)
    streams = np.stack([events, exposure, np.concatenate([everyone, by_segment], axis=1), exposure], axis=-1)
    process, none = widened(Process(), streams.shape[1]), np.zeros((0, 4))
    for at in range(POLLS_A_DAY, len(streams)):
        process = folded(process, Poll(streams[at], none, at // POLLS_A_DAY - 1, alone=True), parameters)
        if process.totals[0, 0] >= parameters.min_events and log_e(process, parameters) >= math.log(1 / POLICY.alpha_halt):
            return at
    return None


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--null-runs", type=int, default=20)
    ask.add_argument("--bad-runs", type=int, default=10)
    ask.add_argument("--seed", type=int, default=40_000)
    ask.add_argument("--margin", type=float, default=POLICY.alone_margin)
    ask.add_argument("--noise", type=float, default=POLICY.alone_noise)
    chosen = ask.parse_args()
    folder = Path(os.environ.get("RECALL_REFERENCE", HERE.parent.parent / "shared")) / "harness"
    if not (folder / "harness.py").is_file():
        print(f"simulated roll-outs skipped: no {folder / 'harness.py'} (set RECALL_REFERENCE)", file=sys.stderr)
        return 0
    harness, _ = imported(folder)
    parameters = replace(Parameters(min_events=POLICY.min_events), alone_margin=chosen.margin, alone_noise=chosen.noise)
    missed = []
    for scenario in (harness.NULLS[-1], *(s for s in harness.BAD if s.name in BARS)):
        healthy = scenario.name == "null"
        name, runs = ("null4", chosen.null_runs) if healthy else (scenario.name, chosen.bad_runs)
        share = sum(alarm(harness.simulate(chosen.seed + i, scenario), parameters) is not None for i in range(runs)) / runs
        what = f"{'false alarms' if healthy else 'noticed'} without a control, {name}"
        bar = f"{'at most' if healthy else 'at least'} {BARS[name]}"
        print(json.dumps({"name": what, "value": round(share, 4), "unit": "share of roll-outs", "against": bar, "ratio": None}), flush=True)
        if runs >= ENOUGH_RUNS and (share > BARS[name] if healthy else share < BARS[name]):
            missed.append(f"{what}: {share:.1%}, {bar}")
    for line in missed:
        print(line, file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
