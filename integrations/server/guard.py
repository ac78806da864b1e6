"""The first line of every process we start: it ends when its parent ends, even when that was killed.

    python -m integrations.server.guard MODULE ARGUMENTS...

Standard input is a pipe whose other end only the parent holds. End of file there means the parent is gone: TERM to ourselves, and a
hard end if that does not suffice. The parent writes KEEP first when the process shall live on (`recall demo --keep`).

Add here when every child of ours must do it; rather in `process` when the parent can do it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

KEEP = b"keep"
"""Said by a parent that leaves on purpose."""

GRACE_SECONDS = 5.0
"""From TERM to the hard end; a browser's open connection would hold the server for ever."""


def _end_with_parent(line: int) -> None:
    said = b""
    while part := os.read(line, 64):
        said += part
    if said != KEEP:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        os.killpg(os.getpgid(0), signal.SIGKILL)


def _taken_over() -> int:
    line = os.dup(0)  # not inheritable, so what we start does not hold it
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return line


def main() -> None:
    """Runs the module named first with the arguments behind it, as `python -m` does."""
    os.umask(0o077)
    threading.Thread(target=_end_with_parent, args=(_taken_over(),), daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
