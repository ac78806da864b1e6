"""What can be read and written inside one transaction of the world's file: the clock, moves, keys, planned failures, the outbox.

Add here when the world must remember another thing; rather in `shelf.py` when it follows from what is remembered already.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import BadInput, KeyReused
from integrations.rehearsal.shelf import Move, MoveKind

SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE moves (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, track TEXT NOT NULL,"
    " priority INTEGER NOT NULL)",
    "CREATE TABLE keys (key TEXT PRIMARY KEY, body TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE faults (id INTEGER PRIMARY KEY, origin TEXT UNIQUE, room TEXT NOT NULL, call TEXT NOT NULL, body TEXT NOT NULL,"
    " times_left INTEGER NOT NULL)",
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, state TEXT NOT NULL, address TEXT NOT NULL,"
    " subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL, locale TEXT NOT NULL, urgent INTEGER NOT NULL)",
    "CREATE INDEX outbox_by_time ON outbox (at)",
    "CREATE INDEX outbox_by_address ON outbox (address)",
)


class Mode(StrEnum):
    """How a neighbour can fail. LOSE_REPLY acts and then breaks the connection; PARTIAL acts on the first track only."""

    FAIL_BEFORE = "fail_before"
    LOSE_REPLY = "lose_reply"
    THROTTLE = "throttle"
    DOWN = "down"
    PARTIAL = "partial"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Fault:
    """A planned failure of the next `times` calls; DOWN lasts until `until` instead. `call` "" means any of the room's calls."""

    room: str
    mode: Mode
    call: str = ""
    times: int = 1
    retry_after_seconds: float = 30.0
    until: datetime | None = None


def text_of(moment: datetime) -> str:
    """UTC ISO 8601 with microseconds and "Z": sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment written by `text_of`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


class Pen:
    """One open transaction: everything written by it appears at once or not at all, stamped with the world's now."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def fact(self, name: str) -> str | None:
        """A named fact of the world, or None."""
        row = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Writes or replaces a named fact."""
        self._sql.execute("INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    @property
    def now(self) -> datetime:
        """The world's virtual time."""
        return moment_of(self.fact("now") or "")

    def advance(self, to: datetime) -> None:
        """Moves the clock forward; a world does not go back, for what it told of the past would change."""
        if to < self.now:
            raise BadInput(
                f"the rehearsal's clock stands at {self.now.isoformat()} and cannot go back to {to.isoformat()}; begin a new world"
            )
        self.set_fact("now", text_of(to))

    # --- stores -------------------------------------------------------------------------------------------------------------

    def moves(self) -> tuple[Move, ...]:
        """Everything that happened in the stores, in order."""
        rows = self._sql.execute("SELECT at, kind, version, track, priority FROM moves ORDER BY at, id").fetchall()
        return tuple(Move(moment_of(at), MoveKind(kind), version, track, priority) for at, kind, version, track, priority in rows)

    def add_move(self, kind: MoveKind, version: str, track: str = "", priority: int = 0, at: datetime | None = None) -> None:
        """Notes that this happens now. Only a world's creation may name another time, before its start."""
        row = (text_of(at or self.now), kind.value, version, track, priority)
        self._sql.execute("INSERT INTO moves (at, kind, version, track, priority) VALUES (?, ?, ?, ?, ?)", row)

    def is_done(self, key: str, body: str) -> bool:
        """Whether a call with this key was carried out before. Raises KeyReused when it was for something else."""
        row = self._sql.execute("SELECT body FROM keys WHERE key = ?", (key,)).fetchone()
        if row is not None and row[0] != body:
            raise KeyReused(f"the rehearsal store has key {key} for {row[0]!r}, not for {body!r}; only a new decision makes a new key")
        return row is not None

    def remember(self, key: str, body: str) -> None:
        """Notes that the call with this key was carried out."""
        self._sql.execute("INSERT INTO keys VALUES (?, ?, ?)", (key, body, text_of(self.now)))

    # --- planned failures ---------------------------------------------------------------------------------------------------

    def plan(self, fault: Fault, origin: str | None = None) -> None:
        """Plans a failure; with an `origin` only once, so that the same settings can be read again and again."""
        body = {"mode": fault.mode.value, "retry": fault.retry_after_seconds, "until": text_of(fault.until) if fault.until else None}
        row = (origin, fault.room, fault.call, json.dumps(body), fault.times)
        self._sql.execute("INSERT OR IGNORE INTO faults (origin, room, call, body, times_left) VALUES (?, ?, ?, ?, ?)", row)

    def take_fault(self, room: str, call: str, modes: Collection[Mode] = tuple(Mode)) -> Fault | None:
        """The failure planned for this call, of those that can happen to it, used up once; DOWN stays until its time has passed."""
        query = "SELECT id, call, body, times_left FROM faults WHERE room = ? AND call IN ('', ?) AND times_left > 0 ORDER BY id"
        for row_id, on, text, times in self._sql.execute(query, (room, call)).fetchall():
            body = json.loads(text)
            fault = Fault(room, Mode(body["mode"]), on, times, body["retry"], moment_of(body["until"]) if body["until"] else None)
            if fault.mode not in modes:
                continue
            if fault.mode is not Mode.DOWN:
                self._sql.execute("UPDATE faults SET times_left = times_left - 1 WHERE id = ?", (row_id,))
                return fault
            if fault.until is not None and self.now < fault.until:
                return fault
        return None

    # --- outbox -------------------------------------------------------------------------------------------------------------

    def accept(self, message: Message, state: DeliveryState) -> None:
        """Takes one message; a key that was taken before keeps its first answer, unless that was "later"."""
        told = (message.subject, message.text, message.html, message.locale, int(message.urgent))
        self._sql.execute(
            "INSERT INTO outbox (key, at, state, address, subject, text, html, locale, urgent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET state = excluded.state, at = excluded.at WHERE outbox.state = 'deferred'",
            (message.key, text_of(self.now), state.value, message.to, *told),
        )

    def receipts(self, keys: Sequence[str]) -> dict[str, tuple[Receipt, datetime]]:
        """What the outbox has of these keys: its answer, and since when."""
        query = "SELECT id, key, state, at FROM outbox WHERE key IN (SELECT value FROM json_each(?))"
        rows = self._sql.execute(query, (json.dumps(list(keys)),)).fetchall()
        return {key: (Receipt(key, DeliveryState(state), f"memory-{number}", state), moment_of(at)) for number, key, state, at in rows}

    def messages_to(self, address: str) -> tuple[Message, ...]:
        """The accepted messages of one address, oldest first."""
        query = "SELECT key, address, subject, text, html, locale, urgent FROM outbox WHERE address = ? AND state = 'accepted' ORDER BY id"
        rows = self._sql.execute(query, (address,)).fetchall()
        return tuple(Message(key, to, subject, text, html, locale, bool(urgent)) for key, to, subject, text, html, locale, urgent in rows)

    def addresses_between(self, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
        """Who was sent something accepted in [since, until), oldest first."""
        query = "SELECT address, at FROM outbox WHERE at >= ? AND at < ? AND state = 'accepted' ORDER BY at, id"
        return [(address, moment_of(at)) for address, at in self._sql.execute(query, (text_of(since), text_of(until))).fetchall()]

    def outbox_counts(self) -> dict[DeliveryState, int]:
        """How many messages there are in each state."""
        rows = self._sql.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
        return {DeliveryState(state): int(number) for state, number in rows}
