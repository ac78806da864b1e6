"""What a kill leaves behind of a chunk on its way: an append-only file a chunk, beside the ledger and faster than it.

    m <machine>                       whose boot wrote it
    i <key>                           the words of this notice are about to go out
    a <key>                           the provider took it
    o <key> <json>                    any other answer

One `write` a round of all connections; the page cache outlives the process, so nothing is flushed. After a loss of power the file may lack
its last lines, and another machine does not have it at all: then the whole chunk is in doubt, and the ledger says which.

Add here when more must outlive a kill; rather in the ledger when it must outlive the machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import orjson

from configs.effects import DeliveryState, Receipt
from integrations.holder import UNKNOWN


@dataclass(frozen=True, slots=True)
class Traced:
    """What is known of an interrupted chunk: answers by key, and the keys that went out without one."""

    answered: dict[str, Receipt] = field(default_factory=dict)
    in_doubt: frozenset[str] = frozenset()


class FileTrace:
    """A trace being written. Several tries at one chunk append to the same file."""

    def __init__(self, path: Path, machine: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self._file, f"m {machine}\n".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def note(self, answered: Sequence[Receipt], intended: Sequence[str]) -> None:
        """One line each, in one write."""
        lines = [f"a {r.key}\n" if r.state is DeliveryState.ACCEPTED else _other(r) for r in answered]
        lines += [f"i {key}\n" for key in intended]
        if lines:
            os.write(self._file, "".join(lines).encode())


def _other(receipt: Receipt) -> str:
    told = [receipt.state.value, receipt.provider_id, receipt.detail]
    return f"o {receipt.key} {orjson.dumps(told).decode()}\n"


def read_trace(path: Path, machine: str) -> Traced | None:
    """What the file tells; None where it is not there, or is of another machine or boot."""
    if machine == UNKNOWN:
        return None
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # a last line without its end was not written whole
    except OSError:
        return None
    answered: dict[str, Receipt] = {}
    intended: set[str] = set()
    for mark, _, rest in (line.decode().partition(" ") for line in lines):
        if mark == "m" and rest != machine:
            return None
        if mark == "i":
            intended.add(rest)
            answered.pop(rest, None)
        elif mark in ("a", "o"):
            receipt = _read(mark, rest)
            answered[receipt.key] = receipt
            intended.discard(receipt.key)
    return Traced(answered, frozenset(intended))


def _read(mark: str, rest: str) -> Receipt:
    if mark == "a":
        return Receipt(rest, DeliveryState.ACCEPTED)
    key, _, told = rest.partition(" ")
    state, provider_id, detail = orjson.loads(told)
    return Receipt(key, DeliveryState(state), provider_id, detail)
