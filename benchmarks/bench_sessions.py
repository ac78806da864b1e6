"""What it costs that a source counts crashing sessions, not users: with the policy's variance over mean, with the learnt one, with none.

Simulated roll-outs of the reference harness (`$RECALL_REFERENCE/harness`, default ../shared), whose users' first crashes are made into
clusters here: some users crash again and again within hours. Variance over mean and noise are learnt from eight healthy releases, as the
nightly job does, by the shipped rule. The default is a short run; `--null-runs 300 --bad-runs 100` decides.

Add here when another figure of counted sessions is promised; rather in `bench_detection.py` when users are counted.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from bench_detection import ENOUGH_RUNS, imported  # noqa: E402  # beside this file
from harness_adapter import PARAMETERS, POLICY, Stream, rows  # noqa: E402

from tasks.rules.e_process import Floats, Parameters, Poll, Process, folded, log_e  # noqa: E402  # after the adapter
from tasks.rules.learnt import Learnt, Lesson  # noqa: E402

TAUGHT_BY, SOURCE, POLLS_A_DAY = 8, "sessions", 288
SPACING = 6.0
"""Polls between a user's crashes, on average: half an hour, as in the harness."""
MOST_FALSE = 0.05
"""As many as the bound promises, of clusters as in the harness or smaller; far larger ones are shown beside, for there it fails."""


@dataclass(frozen=True)
class Loops:
    """`share` of the crashing users crash again, `more` times on average."""

    share: float
    more: float

    @property
    def phi(self) -> float:
        """Mean square of a user's crashes over their mean."""
        square = 1 + 2 * self.more + self.more * (2 * self.more - 1)
        return (1 - self.share + self.share * square) / (1 + self.share * self.more)


FEW, AS_IN_THE_HARNESS, MANY = Loops(0.05, 4), Loops(0.3, 4), Loops(0.3, 10)


def clustered(stream: Stream, loops: Loops, seed: int) -> Floats:
    """Polls of all users by crashing sessions."""
    chance, first = np.random.default_rng(seed), stream.crash_users.astype(int)
    crashes = first.astype(float)
    for version in (0, 1):
        users = np.repeat(np.arange(len(first)), first[:, version])
        again = np.where(chance.random(len(users)) < loops.share, chance.geometric(1 / loops.more, len(users)), 0)
        at = np.repeat(users, again)
        at = at + 1 + chance.exponential(SPACING, len(at)).astype(int)
        crashes[:, version] += np.bincount(at[at < len(first)], minlength=len(first))
    return rows(crashes[:, :, None], stream.sessions[:, :, None])


def walked(polls: Floats, parameters: Parameters) -> tuple[int | None, Process]:
    """The poll of the alarm, if any, and what is known at the end."""
    process, alarm = Process(), None
    for at, poll in enumerate(polls):
        if min(poll[0, 1], poll[0, 3]) > 0:
            process = folded(process, Poll(poll, poll[:0], at // POLLS_A_DAY), parameters)
            if (
                alarm is None
                and process.totals[0, 0] >= parameters.min_events
                and log_e(process, parameters) >= math.log(1 / POLICY.alpha_halt)
            ):
                alarm = at
    return alarm, process


def learnt(harness: ModuleType, loops: Loops, seed: int) -> Parameters:
    """What eight healthy releases teach."""
    lessons = []
    for number in range(TAUGHT_BY):
        polls = clustered(harness.simulate(seed + number, harness.NULLS[-1]), loops, seed + number)
        x1, n1, x0, n0 = polls[:, 0].T
        above, below = (x1 * n0 / (n1 + n0)).sum(), (x0 * n1 / (n1 + n0)).sum()
        variance = ((x1 + x0) * n1 * n0 / (n1 + n0) ** 2).sum() / (above * below)
        spread = walked(polls, replace(PARAMETERS, segments=0))[1].learnt
        lessons.append(Lesson(str(number), SOURCE, float(np.log(above / below)), float(variance), spread))
    known = Learnt(tuple(lessons))
    phi = known.phi(POLICY, SOURCE)
    return replace(PARAMETERS, phi=phi, noise=known.noise(POLICY, phi), margin=known.margin(POLICY, phi))


def told(what: str, value: float, unit: str, bar: str = "") -> None:
    print(json.dumps({"name": what, "value": round(value, 4), "unit": unit, "against": bar, "ratio": None}), flush=True)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--null-runs", type=int, default=12)
    ask.add_argument("--bad-runs", type=int, default=8)
    ask.add_argument("--seed", type=int, default=60_000)
    chosen = ask.parse_args()
    folder = Path(os.environ.get("RECALL_REFERENCE", HERE.parent.parent / "shared")) / "harness"
    if not (folder / "harness.py").is_file():
        print(f"simulated roll-outs skipped: no {folder / 'harness.py'} (set RECALL_REFERENCE)", file=sys.stderr)
        return 0
    harness, _ = imported(folder)
    twice, missed = next(s for s in harness.BAD if s.name == "2x"), []
    for loops in (FEW, AS_IN_THE_HARNESS, MANY):
        known = learnt(harness, loops, chosen.seed + 500_000)
        told(f"variance over mean, learnt where it is {loops.phi:.1f}", known.phi, "variance over mean")
        as_users, policy = replace(PARAMETERS, segments=0), replace(PARAMETERS, segments=0, phi=POLICY.phi_sessions)
        for name, parameters in (("as if users", as_users), ("policy", policy), ("learnt", replace(known, segments=0))):
            for scenario, runs in ((harness.NULLS[-1], chosen.null_runs), (twice, chosen.bad_runs)):
                streams = (harness.simulate(chosen.seed + i, scenario) for i in range(runs))
                alarms = [walked(clustered(s, loops, chosen.seed + i), parameters)[0] for i, s in enumerate(streams)]
                share = sum(a is not None for a in alarms) / max(1, runs)
                healthy = scenario.name == "null"
                told(f"{'false alarms' if healthy else 'noticed, 2x'}, phi {loops.phi:.1f}: {name}", share, "share of roll-outs")
                if healthy and name == "learnt" and loops is not MANY and runs >= ENOUGH_RUNS and share > MOST_FALSE:
                    missed.append(f"false alarms with clusters of phi {loops.phi:.1f}: {share:.1%}, at most {MOST_FALSE:.0%}")
                if not healthy:
                    exposed = float(np.median([harness.ADOPTED[-1 if a is None else a] for a in alarms]))
                    told(f"exposed, 2x, phi {loops.phi:.1f}: {name}", exposed, "share of users, median")
    for line in missed:
        print(line, file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
