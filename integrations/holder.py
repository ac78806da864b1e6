"""Who holds a claim: a process, named so that another process of the same machine can tell that it has ended.

    <machine>:<process number>:<started>:<token>

The machine is its boot and its space of process numbers, so that neither a restart, nor a container, nor another host of the same name is
mistaken for it. A process number is given out again; with the time of its start it is not. Where the system does not tell these things,
nobody is known to be gone, and whoever waits does so until the lease ends.

Add here when it can be told in another way that a process has ended; rather in `ledger/outbox.py` when it is about what it had claimed.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
NUMBERS = Path("/proc/self/ns/pid")
UNKNOWN = "-"


def new_holder() -> str:
    """This process, as a holder that nobody was before."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}:{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Whether that holder is known to have ended: it ran on this machine, and runs no more. Never for holders of other machines."""
    machine, _, rest = holder.partition(":")
    number, _, rest = rest.partition(":")
    started = rest.partition(":")[0]
    if UNKNOWN in (machine, started) or machine != _machine() or not number.isdigit():
        return False
    return _started(int(number)) != started


def machine_of(holder: str) -> str:
    """The machine, in its present boot, that holder runs on; "-" where the system does not tell."""
    return holder.partition(":")[0]


def _machine() -> str:
    try:
        boot = BOOT.read_text(encoding="ascii").strip()
        return f"{boot}/{NUMBERS.readlink()}".replace(":", "")
    except OSError:
        return UNKNOWN


def _started(number: int) -> str:
    """When that process began, in ticks since boot; "" where there is none, or where it has ended and only waits to be collected."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    except OSError:
        return UNKNOWN
    return "" if fields[0] in ("Z", "X") else fields[19]
