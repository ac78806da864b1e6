"""The proof of a journal, offline: every entry against the one before, the head against the checkpoints kept outside the database.

Needs the standard library, the database's driver and one Ed25519 library; changes nothing; reads the journal once, as a stream,
or a long one as two.

Add here when something more is proved; rather in `chain.py` or `checkpoint_line.py` when the form of what is proved changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import ChainBroken
from integrations.ledger.checkpoint_line import Checkpoint
from integrations.ledger.checkpoint_proof import check_lines, read_lines
from integrations.ledger.connections import Connections
from integrations.ledger.engine import Connection, Engine, engine_of
from integrations.ledger.keys import PublicKey
from integrations.ledger.quick_proof import Stored
from integrations.ledger.version import require_current
from integrations.ledger.walk import COLUMNS, Fault, Walk

JOURNAL = f"SELECT {COLUMNS} FROM journal ORDER BY seq"

LONG = 200_000
"""Entries from which on two processes prove the journal: one alone takes half a second for so many, a second a quarter to start."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. `seq` is the first bad entry, None when nothing is wrong or the fault is in no entry of its own."""

    entries: int
    checkpoints: int
    covered: int
    head: str
    fault: str = ""
    seq: int | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed; of the entries after the last checkpoint (`covered`) only as far as the chain itself can tell."""
        return not self.fault

    def required(self) -> Proof:
        """This proof, when it is sound.

        Raises:
            ChainBroken: it is not; names the first bad entry.
        """
        if self.fault:
            raise ChainBroken(self.fault, seq=self.seq)
        return self


def verify(url: str, files: Sequence[Path], keys: Sequence[PublicKey]) -> Proof:
    """The proof of the ledger at that address against these checkpoint files and public keys.

    Raises:
        LedgerMissing, LedgerVersion, LedgerBusy, LedgerCorrupt: it cannot be read at all.
    """
    engine = engine_of(url)
    connections = Connections(engine)
    try:
        require_current(connections.schema(), engine.shown)
        with connections.transaction(engine.begin_read) as connection:
            return _proof(url, engine, connection, files, keys)
    except engine.errors as err:
        raise engine.failure(err) from err
    finally:
        connections.close()


def _proof(url: str, engine: Engine, connection: Connection, files: Sequence[Path], keys: Sequence[PublicKey]) -> Proof:
    def stored(sql: str) -> Iterable[tuple[object, ...]]:
        return engine.stream(connection, sql, {})

    def walk_over(walk: Walk) -> None:
        last = next(iter(list(stored("SELECT MAX(seq) FROM journal"))))[0]
        if isinstance(last, int) and last >= LONG:
            from integrations.ledger.halves import walk_in_halves  # a short one's proof starts quickly

            walk_in_halves(url, connection, walk, last)
        else:
            walk.over(stored(JOURNAL))  # type: ignore[arg-type]  # rows of a foreign file: the walk doubts every column

    head = next(iter(list(stored("SELECT seq, hash FROM journal_head WHERE id = 1"))), None)
    lines = [str(line) for _, line in stored("SELECT id, line FROM checkpoints ORDER BY id")]
    kept = {str(path): read_lines(path) for path in files}
    return _checked(walk_over, head, lines, kept, keys)


def check(
    rows: Iterable[Stored],
    head: tuple[object, ...] | None,
    lines: Sequence[str],
    kept: Mapping[str, Sequence[str]],
    keys: Sequence[PublicKey],
) -> Proof:
    """The proof of these journal rows, this head (seq, hash), the database's checkpoint lines, and each file's lines."""
    return _checked(lambda walk: walk.over(rows), head, lines, kept, keys)


def _checked(
    walk_over: Callable[[Walk], None],
    head: tuple[object, ...] | None,
    lines: Sequence[str],
    kept: Mapping[str, Sequence[str]],
    keys: Sequence[PublicKey],
) -> Proof:
    checkpoints, doubts = check_lines(lines, kept, keys)
    walk = Walk({point.seq: point for point in checkpoints})
    fault, seq = "", None
    try:
        walk_over(walk)
        _check_end(walk, head, checkpoints)
    except Fault as found:
        fault, seq = found.words, found.seq
    words = "; ".join(part for part in (fault, *doubts) if part)
    covered = max((point.seq for point in checkpoints), default=0)
    return Proof(walk.seq, len(checkpoints), min(covered, walk.seq), walk.hash.hex(), words, seq)


def _check_end(walk: Walk, head: tuple[object, ...] | None, checkpoints: Sequence[Checkpoint]) -> None:
    last = max(checkpoints, key=lambda point: point.seq, default=None)
    if last is not None and last.seq > walk.seq:
        raise Fault(
            f"entry {walk.seq + 1} is missing: the journal ends at {walk.seq}, but checkpoint {last.number} ({last.at}) signed {last.seq}; "
            "it was cut, or is an old backup",
            walk.seq + 1,
        )
    if head is None or head[0] != walk.seq:
        raise Fault(
            f"entry {walk.seq + 1} is missing: the journal ends at {walk.seq}, its head says {head[0] if head else None}", walk.seq + 1
        )
    if walk.seq and head[1] != walk.hash:
        raise Fault(f"entry {walk.seq} was replaced: the journal's head has another hash", walk.seq)
