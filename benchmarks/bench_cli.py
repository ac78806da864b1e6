"""How quickly the command answers, beside Prefect's own: `recall --help`, `status` and `verify` (empty ledger) against `prefect --help`.

All four alternate in one run, so that a busy machine slows all of them; the figure is the median of the rounds. Bars: at most 0.25 s, and
at least five times faster.

Add here when a command promises to answer quickly; rather another file when it is about what a command does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROUNDS = 9
WARM_UP = 2
BAR_SECONDS = 0.25
BAR_RATIO = 5.0
COMMANDS = {"recall --help": ("recall", "--help"), "recall status": ("recall", "status"), "recall verify": ("recall", "verify")}
AGAINST = "prefect --help"


def seconds(command: tuple[str, ...], folder: Path) -> float:
    """Wall time of one run; a run that fails is no figure."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "RECALL_"))}
    start = time.perf_counter()
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=folder,
        env=around | {"PREFECT_HOME": str(folder / "prefect"), "DO_NOT_TRACK": "1"},
        capture_output=True,
        check=False,
    )
    taken = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-400:]}")
    return taken


def main() -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        seconds(("recall", "init"), folder)
        everything = {**COMMANDS, AGAINST: ("prefect", "--help")}
        rounds = [{name: seconds(command, folder) for name, command in everything.items()} for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    slow = False
    for name in COMMANDS:
        value, ratio = median(r[name] for r in rounds), median(r[AGAINST] / r[name] for r in rounds)
        print(json.dumps({"name": name, "value": round(value, 3), "unit": "s", "against": AGAINST, "ratio": round(ratio, 1)}), flush=True)
        slow |= value > BAR_SECONDS or ratio < BAR_RATIO
    if slow:
        print(f"a command is slower than {BAR_SECONDS} s, or not {BAR_RATIO:g} times as fast as {AGAINST}", file=sys.stderr)
    return int(slow)


if __name__ == "__main__":
    raise SystemExit(main())
