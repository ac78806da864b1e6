"""A long journal proved by two processes, each with a half of it and a transaction of its own.

The second half starts from the stored hash in the middle, which the first half proves: only when that is so does the second one's finding
count. Entries up to the last that the first process sees are never changed by an honest writer, so both see the same ones.

The other process is a plain `python -m`, told what to do on its standard input: it runs nothing of the caller's own script again.

Add here when the work is shared out otherwise; rather in `walk.py` when an entry is checked otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict

from integrations.ledger.checkpoint_line import Checkpoint
from integrations.ledger.connections import Connections
from integrations.ledger.engine import Connection, Engine, engine_of
from integrations.ledger.walk import COLUMNS, Fault, Place, Walk

FIRST_HALF = f"SELECT {COLUMNS} FROM journal ORDER BY seq LIMIT :middle"
SECOND_HALF = f"SELECT {COLUMNS} FROM journal WHERE seq > :middle AND seq <= :last ORDER BY seq"
MIDDLE = "SELECT seq, hash FROM journal WHERE seq >= :middle - 1 AND seq <= :middle ORDER BY seq"


def walk_in_halves(url: str, connection: Connection, walk: Walk, last: int) -> None:
    """Goes over the whole journal, as `Walk.over` does, on two cores. `last`: number of the last entry that `connection` sees.

    Raises:
        Fault: the first thing that is wrong.
    """
    engine, middle = engine_of(url), last // 2
    start = _start(engine, connection, walk, middle)
    other = _started(url, start, last, walk) if start else None
    try:
        walk.over(engine.stream(connection, FIRST_HALF, {"middle": middle}))
        told = other.communicate()[0] if other and walk.place == start else b""
    finally:
        if other and other.poll() is None:
            other.kill()
            other.communicate()
    if other and told and other.returncode == 0:
        _believe(told, walk)
    else:  # no other process could do it, for want of memory perhaps
        walk.over(engine.stream(connection, SECOND_HALF, {"middle": middle, "last": last}))


def _start(engine: Engine, connection: Connection, walk: Walk, middle: int) -> Place | None:
    """Where the second half begins, as stored; None when what is stored there is no entry at all."""
    rows = list(engine.stream(connection, MIDDLE, {"middle": middle}))
    if [row[0] for row in rows] != [middle - 1, middle] or not all(isinstance(row[1], bytes) for row in rows):
        return None
    signed = [seq for seq in walk.signed if seq <= middle]
    return Place(middle, rows[1][1].hex(), rows[0][1].hex(), signed[-1] if signed else 0)


def _started(url: str, start: Place, last: int, walk: Walk) -> subprocess.Popen[bytes] | None:
    """The other process, at work; None when it cannot be had."""
    points = [asdict(walk.points[seq]) for seq in walk.signed if seq > start.seq]
    task = json.dumps({"url": url, "start": asdict(start), "last": last, "points": points}).encode()  # no argument: others could read it
    paths = os.pathsep.join(path for path in sys.path if path)
    command, pipe = [sys.executable, "-P", "-m", "integrations.ledger.halves"], subprocess.PIPE
    try:
        other = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": paths}
        )
        assert other.stdin is not None
        other.stdin.write(task + b"\n")
        other.stdin.flush()
    except OSError:
        return None
    return other


def _believe(told: bytes, walk: Walk) -> None:
    found = json.loads(told)
    walk.place = Place(**found["place"])
    if found["words"]:
        raise Fault(found["words"], found["seq"])


def main() -> None:
    """In the other process: goes over the second half, and says how far it is good and what is wrong after that."""
    task = json.loads(sys.stdin.readline())
    engine, start = engine_of(task["url"]), Place(**task["start"])
    walk = Walk({point["seq"]: Checkpoint(**point) for point in task["points"]})
    walk.place = start
    words, seq = "", None
    connections = Connections(engine)
    with connections.transaction(engine.begin_read) as connection:
        try:
            walk.over(engine.stream(connection, SECOND_HALF, {"middle": start.seq, "last": task["last"]}))
        except Fault as fault:
            words, seq = fault.words, fault.seq
    json.dump({"place": asdict(walk.place), "words": words, "seq": seq}, sys.stdout)


if __name__ == "__main__":
    main()
