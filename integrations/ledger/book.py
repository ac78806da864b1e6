"""The ledger, opened: short transactions, a journal, and signed checkpoints of it.

    with book.write() as txn:
        txn.run("UPDATE issues SET state = :state WHERE id = :id", state="proposed", id=issue_id)
        txn.append(Entry("issue.proposed", issue_id, {"level": "high"}))

Add here when it is about the ledger as a whole; rather in `transaction.py` when it happens inside one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from configs.errors import LedgerError
from integrations.ledger.chain import Entry as Entry
from integrations.ledger.connections import Connections
from integrations.ledger.engine import Engine, engine_of
from integrations.ledger.transaction import Head as Head
from integrations.ledger.transaction import Row as Row
from integrations.ledger.transaction import Txn as Txn
from integrations.ledger.transaction import not_before_head
from integrations.ledger.version import require_current

if TYPE_CHECKING:  # their modules cost more than the rest of a quick command
    from integrations.contracts import Clock
    from integrations.ledger.checkpoints import CheckpointKeeper

MAX_SKEW = timedelta(seconds=30)
"""How far a clock may be behind the journal where no policy says otherwise; `policy.journal.max_clock_skew_seconds` does."""


class Book:
    """One ledger at one address. Threads share it; every thread has its own connection."""

    def __init__(self, engine: Engine, clock: Clock, keeper: CheckpointKeeper | None, max_skew: timedelta) -> None:
        self._engine = engine
        self._connections = Connections(engine)
        self._clock = clock
        self._keeper = keeper
        self._max_skew = max_skew
        self._owes_checkpoint = keeper is not None

    @classmethod
    def open(cls, url: str, *, clock: Clock, keeper: CheckpointKeeper | None = None, max_skew: timedelta = MAX_SKEW) -> Self:
        """The ledger at that address, which must exist and have this code's schema.

        Raises:
            LedgerMissing, LedgerVersion, LedgerBusy, LedgerCorrupt, SettingsInvalid: each names the address and the way out.
        """
        engine = engine_of(url)
        book = cls(engine, clock, keeper, max_skew)
        try:
            require_current(book._connections.schema(), engine.shown)
        except BaseException:
            book._connections.close()
            raise
        return book

    def __repr__(self) -> str:
        return f"Book({self._engine.shown!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def shown_url(self) -> str:
        """The address without its password."""
        return self._engine.shown

    def close(self) -> None:
        """Closes every thread's connection."""
        self._connections.close()

    # --- transactions --------------------------------------------------------------------------------------------------

    @contextmanager
    def write(self) -> Iterator[Txn]:
        """One transaction that may change rows: it waits for every other writer, then sees all they did.

        Raises:
            LedgerBusy, LedgerFull, LedgerCorrupt: nothing was changed.
            LedgerError: the clock is too far behind the journal, or a checkpoint that is due cannot be written.
        """
        if self._owes_checkpoint:
            self._publish()
        with self._connections.transaction(self._engine.begin_write) as connection:
            txn = Txn(self._engine, connection, self._clock.now())
            before = txn.lock_head()
            txn.now = not_before_head(self._clock.now(), before, self._max_skew)
            yield txn
            is_signed = txn.head.seq > before.seq and self._sign_if_due(txn, force=False)
        if is_signed:
            self._publish_later()

    @contextmanager
    def read(self) -> Iterator[Txn]:
        """One transaction that sees the ledger as of one moment and changes nothing."""
        with self._connections.transaction(self._engine.begin_read) as connection:
            yield Txn(self._engine, connection, self._clock.now())

    # --- checkpoints ---------------------------------------------------------------------------------------------------

    def checkpoint(self, *, force: bool = False) -> None:
        """Signs the journal's head when it is due (`force`: whenever it is newer than the last) and appends it to every checkpoint file.

        Raises:
            LedgerError: this book was opened without a keeper.
            LedgerFull: a checkpoint file cannot be written; no irreversible effect may start.
            ChainBroken: the ledger is older than its checkpoint files.
        """
        self._require_keeper()
        with self._connections.transaction(self._engine.begin_write) as connection:
            txn = Txn(self._engine, connection, self._clock.now())
            txn.now = not_before_head(self._clock.now(), txn.lock_head(), self._max_skew)
            self._sign_if_due(txn, force=force)
        self._publish()

    def check_not_rolled_back(self) -> None:
        """Returns when the ledger holds everything its checkpoint files have seen.

        Raises:
            ChainBroken: it is older than they are (a restored backup), or was rewritten.
        """
        self._require_keeper().compare(self.read)

    def _require_keeper(self) -> CheckpointKeeper:
        if self._keeper is None:
            raise LedgerError(
                "this ledger was opened without its checkpoint keeper, so nothing irreversible may start; open it by `recall`"
            )
        return self._keeper

    def _sign_if_due(self, txn: Txn, *, force: bool) -> bool:
        return self._keeper is not None and self._keeper.sign(txn, force=force)

    def _publish(self) -> None:
        """Also completes what a crash between commit and file left out."""
        if self._keeper is not None:
            self._keeper.publish(self.read)
        self._owes_checkpoint = False

    def _publish_later(self) -> None:
        # the rows are committed, so this failure must not look like theirs: the next write meets it before it changes anything
        try:
            self._publish()
        except LedgerError:
            self._owes_checkpoint = True
