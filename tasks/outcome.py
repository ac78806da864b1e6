"""What one try of an effect came to.

Add here when a try can end in another way; rather in `tasks/act.py` when that must be written down differently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from configs.effects import EffectState
from integrations.ledger.book import Txn


def _nothing(_txn: Txn) -> None:
    """For effects that change no rows but their own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`receipt`: what the neighbour said, for the journal (no floats, no contacts). `record`: further rows, in the same transaction.

    `at_last`: what a try that ended QUEUED or UNKNOWN comes to once the policy's tries are used up; None: it is tried on.
    `for_person`: what a person must see to although the effect is settled.
    """

    state: EffectState
    receipt: dict[str, object]
    record: Callable[[Txn], None] = _nothing
    at_last: EffectState | None = None
    for_person: str = ""
