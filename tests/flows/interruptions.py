"""A toolbox that can be killed at every boundary: before and after each commit, each checkpoint file, each call to a neighbour.

Add here when the product gets another kind of neighbour; rather in `driver.py` when a tick calls the ones there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from integrations.ledger.book import Book, Txn
from integrations.ledger.checkpoints import CheckpointKeeper, Reader
from integrations.toolbox import Toolbox
from tests.flows.driver import Killed
from tests.tasks.homes import reopened


def raise_killed(_boundary: str) -> None:
    raise Killed


@dataclass
class Gate:
    """Counts boundaries as they are reached, and ends the process at the chosen ones (numbers from 0, over all processes)."""

    kill_at: frozenset[int] = frozenset()
    kill: Callable[[str], None] = raise_killed
    passed: list[str] = field(default_factory=list)

    def reach(self, boundary: str) -> None:
        self.passed.append(boundary)
        if len(self.passed) - 1 in self.kill_at:
            self.kill(boundary)

    def open(self, home: Path) -> Toolbox:
        """A new toolbox over that home, every boundary of it watched. The flows find it, as they would any other."""
        tools = reopened(home)
        keeper = WatchedKeeper(tools.keeper.home, tools.keeper.configured, tools.keeper.every_entries, tools.keeper.every)
        keeper.watch(self)
        skew = timedelta(seconds=tools.policy.journal.max_clock_skew_seconds)
        book = Book.open(tools.settings.ledger_url, clock=tools.clock, keeper=keeper, max_skew=skew)
        tools.book.close()
        object.__setattr__(tools, "book", WatchedBook(book, self))  # the toolbox is frozen for the product, not for who plays fate
        for room in (tools.contacts, tools.channels, tools.stores, *tools.sources.values()):
            for name, neighbour in list(room.items()):
                room[name] = Watched(neighbour, self, name)  # type: ignore[index]  # a dict, which the product only reads
        return tools


class WatchedKeeper(CheckpointKeeper):
    """Stops between the commit of a checkpoint and the files it is appended to."""

    def watch(self, gate: Gate) -> None:
        object.__setattr__(self, "gate", gate)

    def publish(self, reader: Reader) -> None:
        gate: Gate = self.gate  # type: ignore[attr-defined]
        gate.reach("before checkpoint file")
        super().publish(reader)
        gate.reach("after checkpoint file")


class WatchedBook:
    """A book that stops before and after each commit."""

    def __init__(self, book: Book, gate: Gate) -> None:
        self._book, self._gate = book, gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    @contextmanager
    def write(self) -> Iterator[Txn]:
        with self._book.write() as txn:
            before = txn.head.seq
            yield txn
            about = _entry_after(txn, before)
            self._gate.reach(f"before commit of {about}")
        self._gate.reach(f"after commit of {about}")


def _entry_after(txn: Txn, seq: int) -> str:
    """The kind of the transaction's own entry; a claim or an intent has none."""
    found = txn.one("SELECT kind FROM journal WHERE seq > :seq ORDER BY seq DESC LIMIT 1", seq=seq)
    return found.text("kind") if found else "a claim or intent"


class Watched:
    """A neighbour that stops before and after each call to it."""

    def __init__(self, neighbour: object, gate: Gate, name: str) -> None:
        self._neighbour, self._gate, self._name = neighbour, gate, name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._neighbour, name)
        if not callable(found):
            return found

        def called(*args: object, **kwargs: object) -> object:
            self._gate.reach(f"before {self._name}.{name}")
            answer = found(*args, **kwargs)
            self._gate.reach(f"after {self._name}.{name}")
            return answer

        return called
