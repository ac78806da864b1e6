"""A checkpoint as one line of text: the journal's head, signed, and tied to the checkpoint before.

Standard library only, like all that an auditor needs.

Add here when a checkpoint says something more (then raise its domain in `hashing.py`); rather in `checkpoints.py` when it is about
when and where one is written.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from integrations.ledger.hashing import CHECKPOINT_DOMAIN

LONGEST = 4096
"""No checkpoint's line is longer, in bytes."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`seq`, `hash` and `at` of a head; `number` counts from 1; `previous` is the hash of the line before ("" for the first)."""

    ledger: str
    number: int
    seq: int
    hash: str
    at: str
    key: str
    previous: str
    signature: str = ""

    @property
    def signed_bytes(self) -> bytes:
        """What the signature covers: everything but itself."""
        return CHECKPOINT_DOMAIN + replace(self, signature="").line.encode()

    @property
    def line(self) -> str:
        """The canonical JSON text, without a line's end."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parsed(line: str) -> Checkpoint | None:
    """The checkpoint of that line, or None when it is not exactly a line as `Checkpoint.line` writes it."""
    try:
        checkpoint = Checkpoint(**json.loads(line))
    except (ValueError, TypeError):
        return None
    whole = type(checkpoint.number) is int and type(checkpoint.seq) is int
    return checkpoint if whole and checkpoint.line == line else None
