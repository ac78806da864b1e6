"""The world's file: created once, opened by any process, every change one durable transaction, the clock inside.

Add here when opening, creating or the clock changes; rather in `pen.py` when another thing must be remembered.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from configs.effects import Message
from configs.errors import BadInput, FileMalformed, NotFound, Transient
from configs.terms import Platform
from integrations.rehearsal.pen import SCHEMA, Fault, Pen, text_of
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import Move, MoveKind

FILE_NAME = "rehearsal.db"
"""Where the world lies inside the product's home folder unless an option says otherwise."""


class World:
    """One rehearsal. Safe to use from several threads and processes; a killed process leaves whole transactions only."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        with self.reading() as pen:
            told, self.id = pen.fact("scenario"), pen.fact("id") or ""
        try:
            self.scenario = Scenario.model_validate_json(told or "")
        except ValidationError as err:
            raise FileMalformed(f"{path}: not a rehearsal world of this version; delete it and begin anew") from err

    def __repr__(self) -> str:
        return f"World({str(self.path)!r})"

    @classmethod
    def open(cls, path: Path) -> World:
        """The world in that file. Raises NotFound when nobody began it, FileMalformed when it is something else."""
        with _told(path):
            if not path.is_file() or path.stat().st_size == 0:
                raise _absent(path)
            connection = _connect(path)
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
                connection.close()
                raise _absent(path)
        return cls(path, connection)

    @classmethod
    def create(cls, path: Path, scenario: Scenario) -> World:
        """A new world at the scenario's start; beginning the same one again finds it where it stands.

        Raises:
            BadInput: there is another one in the file.
        """
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = _connect(path)
            _begin(connection, scenario)
        _open_worlds.pop(path, None)
        world = cls(path, connection)
        if world.scenario != scenario:
            world.close()
            raise BadInput(f"{path} holds a rehearsal with other parameters; give another home folder, or delete it")
        return world

    def close(self) -> None:
        """Closes the file; what was written is already durable."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[Pen]:
        """One durable transaction, alone; an exception inside undoes all of it."""
        with self._transaction("BEGIN IMMEDIATE") as pen:
            yield pen

    @contextmanager
    def reading(self) -> Iterator[Pen]:
        """One consistent view; writers go on beside it."""
        with self._transaction("BEGIN") as pen:
            yield pen

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Pen]:
        with self._lock, _told(self.path):
            self._connection.execute(begin)
            try:
                yield Pen(self._connection)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def now(self) -> datetime:
        """Virtual time."""
        with self.reading() as pen:
            return pen.now

    def advance(self, to: datetime) -> None:
        """Lets virtual time pass up to that moment. Raises BadInput when it lies in the past."""
        with self.writing() as pen:
            pen.advance(to)

    def moves(self) -> tuple[Move, ...]:
        """Everything that happened in the stores so far."""
        with self.reading() as pen:
            return pen.moves()

    def move(self, kind: MoveKind, version: str, track: str = "", priority: int = 0) -> None:
        """Something happens in the store without the product's doing: a person removes or resumes a release."""
        with self.writing() as pen:
            pen.add_move(kind, version, track, priority)

    def plan(self, fault: Fault) -> None:
        """Makes a neighbour fail as described."""
        with self.writing() as pen:
            pen.plan(fault)

    def messages_to(self, address: str) -> tuple[Message, ...]:
        """What the person at that address has been sent, oldest first."""
        with self.reading() as pen:
            return pen.messages_to(address)


class RehearsalClock:
    """A clock that shows a world's virtual time, wherever it was moved from."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def at(cls, home: Path) -> RehearsalClock:
        """The clock of the world in that home folder."""
        return cls(home / FILE_NAME)

    def now(self) -> datetime:
        """The world's now, UTC and aware."""
        return world_at(self._path).now()


_open_worlds: dict[Path, tuple[int, World]] = {}
_opening = threading.Lock()

MOST_OPEN = 8
"""Worlds kept open; an older one is let go, and closes when nobody holds it: a long process would run out of file handles."""


def world_at(path: Path) -> World:
    """The world in that file, opened once per process (and again when the file was replaced)."""
    with _opening:
        inode = path.stat().st_ino if path.exists() else 0
        known = _open_worlds.get(path)
        if known is None or known[0] != inode:
            known = (inode, World.open(path))
        _open_worlds.pop(path, None)
        _open_worlds[path] = known
        while len(_open_worlds) > MOST_OPEN:
            _open_worlds.pop(next(iter(_open_worlds)))
        return known[1]


def start_rehearsal(
    home: Path,
    *,
    seed: int,
    app: str,
    start: datetime,
    platform: Platform = Platform.ANDROID,
    users: int = 40_000,
    crash_ratio: float = 3.0,
) -> World:
    """The world `<home>/rehearsal.db`, begun or found again after a crash; `World.create` takes every other parameter of a scenario.

    `crash_ratio` 1 is a release with nothing wrong. The timeline it produces is told in `scenario.py`.
    """
    worst = Scenario.model_fields["worst_device_ratio"].default if crash_ratio > 1 else crash_ratio
    anr = Scenario.model_fields["anr_ratio"].default if crash_ratio > 1 else crash_ratio
    scenario = Scenario(
        app=app, platform=platform, seed=seed, start=start, users=users, crash_ratio=crash_ratio, worst_device_ratio=worst, anr_ratio=anr
    )
    return World.create(home / FILE_NAME, scenario)


def _begin(connection: sqlite3.Connection, scenario: Scenario) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
        for statement in SCHEMA:
            connection.execute(statement)
        pen = Pen(connection)
        for name, value in (("scenario", scenario.model_dump_json()), ("id", uuid.uuid4().hex), ("now", text_of(scenario.start))):
            pen.set_fact(name, value)
        pen.add_move(MoveKind.PUBLISHED, scenario.good_version, at=scenario.start - timedelta(days=30))
        pen.add_move(MoveKind.DRAFTED, scenario.bad_version, at=scenario.start - timedelta(days=1))
        pen.add_move(MoveKind.STARTED, scenario.bad_version)
    connection.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _absent(path: Path) -> NotFound:
    return NotFound(f"no rehearsal world at {path}; `recall demo` begins one")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Says sqlite's failures in our words."""
    try:
        yield
    except sqlite3.OperationalError as err:
        raise Transient(f"rehearsal world {path}: {err}; will be retried") from err
    except (sqlite3.DatabaseError, OSError) as err:
        raise FileMalformed(f"rehearsal world {path} cannot be used ({err}); delete it and begin anew") from err
