"""What the journal costs: appending against a plain `executemany` of the same bytes, proving against a bare select of the same rows.

Both sides alternate in one run on the same disk, every batch durable (WAL, synchronous=FULL); the figure is the median of the rounds'
ratios. The proof of a long journal uses two processes, the bare select one: what is compared is the time one waits.

`python benchmarks/bench_journal.py [ENTRIES]` (default 1 000 000 for the proof).

Add here when the journal promises another speed; rather another file when it is not about the journal.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from integrations.ledger.book import Book, Entry
from integrations.ledger.migrations import migrate
from integrations.ledger.verify import JOURNAL, LONG, verify

BATCH = 1000
ROUNDS = 5
BATCHES_A_ROUND = 20


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def entries(first: int, count: int) -> list[Entry]:
    """Entries as the product writes them: a dozen facts' bytes, a subject each."""
    return [
        Entry(
            "notices.sent",
            f"recall-{n % 50}",
            {"step": "send_chunk", "key": f"{n:064x}", "wave": 1, "chunk": n, "accepted": 200},
            "worker-1",
        )
        for n in range(first, first + count)
    ]


def seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def append_all(book: Book, batches: list[list[Entry]]) -> None:
    for batch in batches:
        with book.write() as txn:
            txn.append(*batch)


def plain_table(path: Path) -> sqlite3.Connection:
    """The same columns and key, in a database of its own; no index, no chain."""
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, at TEXT, kind TEXT, subject TEXT, body BLOB, hash BLOB)")
    return plain


def insert_all(plain: sqlite3.Connection, batches: list[list[tuple[object, ...]]]) -> None:
    for batch in batches:
        plain.execute("BEGIN IMMEDIATE")
        plain.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", batch)
        plain.execute("COMMIT")


def stored_after(path: Path, seq: int) -> list[tuple[object, ...]]:
    reader = sqlite3.connect(path)
    rows = reader.execute("SELECT seq, at, kind, subject, body, hash FROM journal WHERE seq > ? ORDER BY seq", (seq,)).fetchall()
    reader.close()
    return rows


def bench_append(folder: Path) -> None:
    """Round by round: our batches, then the very bytes they left, into the plain table."""
    path = folder / "append.db"
    migrate(f"sqlite:///{path}")
    book = Book.open(f"sqlite:///{path}", clock=WallClock())
    plain = plain_table(folder / "plain.db")
    size = BATCH * BATCHES_A_ROUND
    ours, theirs = [], []
    for number in range(ROUNDS + 1):
        batches = [entries(number * size + i * BATCH, BATCH) for i in range(BATCHES_A_ROUND)]
        ours.append(seconds(lambda: append_all(book, batches)))  # noqa: B023
        rows = stored_after(path, number * size)
        cut = [rows[i * BATCH : (i + 1) * BATCH] for i in range(BATCHES_A_ROUND)]
        theirs.append(seconds(lambda: insert_all(plain, cut)))  # noqa: B023
    book.close()
    plain.close()
    ratio = median(b / a for a, b in zip(ours[1:], theirs[1:], strict=True))
    report("journal append, batch 1000, durable", size / median(ours[1:]), "entries/s", "sqlite3 executemany of the same bytes", ratio)


def bench_verify(folder: Path, count: int) -> None:
    """Round by round: every row fetched by one process and thrown away, then the proof, as `recall verify` makes it."""
    path = folder / "verify.db"
    url = f"sqlite:///{path}"
    migrate(url)
    with Book.open(url, clock=WallClock()) as book:
        for first in range(0, count, BATCH * 10):
            append_all(book, [entries(first, min(BATCH * 10, count - first))])
    reader = sqlite3.connect(path)
    bare, proved = [], []
    for _ in range(ROUNDS):
        bare.append(seconds(lambda: sum(1 for _ in reader.execute(JOURNAL))))
        proved.append(seconds(lambda: verify(url, [], []).required()))
    ratio = median(b / a for a, b in zip(bare, proved, strict=True))
    processes = "two processes" if count >= LONG else "one process"
    report(f"verify {count} entries, {processes}", median(proved), "s", "a bare select of the same rows, one process", ratio)


def report(name: str, value: float, unit: str, against: str, ratio: float) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "against": against, "ratio": round(ratio, 3)}))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        bench_append(Path(folder))
        bench_verify(Path(folder), count)


if __name__ == "__main__":
    main()
