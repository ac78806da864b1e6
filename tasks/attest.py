"""The step that proves the journal: recomputes the chain against its signed checkpoints, and writes down that it did.

Add here when the daily proof must cover more; rather in `integrations/ledger/verify.py` when the proof itself changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.ledger.keys import known_keys
from integrations.ledger.verify import verify
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Attested:
    """A sound journal: how many entries and checkpoints, and the head's hash."""

    entries: int
    checkpoints: int
    head: str


@step(subject="journal")
def attest_journal(work: Work, at: datetime) -> Attested:
    """Signs the head, then verifies everything before it.

    Raises:
        ChainBroken: naming the first bad entry; effects should be braked until a person has looked.
    """
    book = work.tools.book
    book.checkpoint(force=True)
    book.check_not_rolled_back()
    tools = work.tools
    proof = verify(tools.settings.ledger_url, tools.keeper.files(book.read), known_keys(tools.keeper.home)).required()
    attested = Attested(proof.entries, proof.checkpoints, proof.head)
    with work.write() as txn:
        facts = {"entries": proof.entries, "checkpoints": proof.checkpoints, "head": proof.head, "covered": proof.covered}
        return work.done(txn, "journal.attested", facts, attested)
