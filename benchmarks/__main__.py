"""Every benchmark, one after the other: `make bench`, or `python -m benchmarks [NAME ...]` for some.

Each is a script `bench_*.py` that prints one JSON line a figure: name, value, unit, against, ratio. What else it says goes to standard
error. The exit status is 1 when one of them fails; the others still run.

Add here when all benchmarks must be run another way; rather a file `bench_*.py` when there is one more.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    scripts = sorted(HERE.glob("bench_*.py"))
    chosen = [script for script in scripts if not names or script.stem.removeprefix("bench_") in names]
    if not chosen:
        print(f"no such benchmark; there are {', '.join(script.stem.removeprefix('bench_') for script in scripts)}", file=sys.stderr)
        return 2
    failed = []
    for script in chosen:
        print(f"# {script.stem}", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, str(script)], cwd=HERE.parent, check=False).returncode:
            failed.append(script.stem)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
