"""What a source brings that cannot be used: said with file, line and way out, while the other sources go on.

Each tick reads an app with a good source beside the bad one; the level below (`tests/integrations/sources`) knows the finer cases.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.rules.plausibility import unlisted
from tasks.rules.plausible_counts import BESIDE, CONTRADICTORY
from tests.flows.commands.conftest import Recall
from tests.house import ROOT
from tests.tasks.homes import APP, SETTINGS, START, Play, make_home, reopened

HEADER = "review_id,app,platform,created_at,rating,title,body\n"
QUERY = "SELECT * FROM reviews WHERE at >= :since AND at < :until"
SECRET = "canary-7f3a"
CEILING_KB = 60_000
"""What reading a 50 MB line may add to the process's memory: the row's limit and the reader's own pieces are far below it."""


def row(n: int, body: str = "it fails") -> str:
    return f"r{n},{APP},android,{(START + timedelta(hours=n)).isoformat()},2,Title,{body}\n"


def write_huge(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + row(1) + f"r2,{APP},android,{START.isoformat()},2,Title,")
        for _ in range(50):
            file.write("x" * 1_000_000)
        file.write("\n" + row(3))


def a_play(folder: Path, **bad: object) -> Play:
    """A rehearsal of one app with a good file of reviews and the simulator, and a bad source between them."""
    home = folder / "home"
    good = {"kind": "files", "name": "good", "path": "good.csv"}
    simulator = {"kind": "simulator", "name": "vitals", "bucket_hours": 6}
    app = {**SETTINGS["apps"][0], "sources": [good, {"name": "bad", **bad}, simulator]}  # type: ignore[index]  # a list of one app
    make_home(home, apps=[app])
    (home / "good.csv").write_text(HEADER + row(0) + row(1), encoding="utf-8")
    play = Play(reopened(home))
    play.wait(hours=6, minutes=5)
    return play


def sources(recall: Recall) -> dict[str, Mapping[str, str]]:
    return {source["name"]: source for source in recall("status", "--json").json["sources"]}


def rows_of(play: Play, source: str) -> int:
    with play.tools.book.read() as txn:
        return len(txn.tuples("SELECT id FROM signals WHERE source = :source", source=source))


def the_others_went_on(recall: Recall, play: Play) -> bool:
    seen = sources(recall)
    return seen["good"]["health"] == seen["vitals"]["health"] == "healthy" and rows_of(play, "good") == 2 and bool(play.issue())


def test_a_malformed_row_is_put_aside_with_its_line(recall: Recall, tmp_path: Path) -> None:
    play = a_play(tmp_path, kind="files", path="bad.csv")
    (play.home / "bad.csv").write_text(HEADER + row(1) + f"r2,{APP},android,yesterday,1,T,b\n" + "one,two\n" + row(3), encoding="utf-8")
    assert recall("tick").status == 0
    assert rows_of(play, "bad") == 2
    aside = recall("status", "--json").json["latest_rejected"]
    assert {(a["place"], a["reason"]) for a in aside} == {
        ("bad.csv:3", "at is not an ISO 8601 date or time"),
        ("bad.csv:4", "2 fields instead of 7"),
    }
    assert "bad.csv:4" in recall("status").out
    assert the_others_went_on(recall, play)


def test_an_unknown_column_names_file_line_column_and_way_out(recall: Recall, tmp_path: Path) -> None:
    play = a_play(tmp_path, kind="files", path="bad.csv")
    (play.home / "bad.csv").write_text(HEADER.replace("rating", "mood") + row(1), encoding="utf-8")
    assert recall("tick").status == 0
    bad = sources(recall)["bad"]
    assert bad["health"] == "unknown"
    assert "bad.csv:1: unknown column 'mood'" in bad["warning"]
    assert "`columns: {theirs: ours}` renames one" in bad["warning"]
    assert the_others_went_on(recall, play)


def test_what_was_read_before_stays_when_the_file_breaks(recall: Recall, tmp_path: Path) -> None:
    play = a_play(tmp_path, kind="files", path="bad.csv")
    (play.home / "bad.csv").write_text(HEADER + row(1) + row(2), encoding="utf-8")
    recall("tick", "monitor")
    (play.home / "bad.csv").write_text("PK\x03\x04 this is no longer a table\n", encoding="utf-8")
    play.wait(hours=1)
    assert recall("tick", "monitor").status == 0
    assert rows_of(play, "bad") == 2
    assert sources(recall)["bad"]["health"] == "unknown"
    (play.home / "bad.csv").write_text(HEADER + row(1) + row(2) + row(7), encoding="utf-8")
    play.wait(hours=1)
    recall("tick", "monitor")
    assert rows_of(play, "bad") == 3
    assert sources(recall)["bad"]["health"] == "healthy"


def test_a_line_of_50_mb_costs_its_row_only(recall: Recall, tmp_path: Path) -> None:
    play = a_play(tmp_path, kind="files", path="bad.csv")
    write_huge(play.home / "bad.csv")
    assert recall("tick").status == 0
    assert rows_of(play, "bad") == 2
    (aside,) = recall("status", "--json").json["latest_rejected"]
    assert aside["place"] == "bad.csv:3"
    assert "longer than" in aside["reason"]
    assert the_others_went_on(recall, play)


def test_a_line_of_50_mb_is_read_in_bounded_memory(tmp_path: Path) -> None:
    write_huge(tmp_path / "huge.csv")
    measured = (
        "import resource, sys\nfrom pathlib import Path\nfrom integrations.sources.files import load_signals\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = load_signals(Path(sys.argv[1]))\n"
        "print(len(found.values), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", measured, str(tmp_path / "huge.csv")], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    rows, more_kb = map(int, ended.stdout.split())
    assert rows == 2
    assert more_kb < CEILING_KB


COUNTS = "version,metric,start,end,events,exposure\n"


def hour(n: int, version: str, events: object, exposure: object) -> str:
    return (
        f"{version},crash,{(START + timedelta(hours=n)).isoformat()},{(START + timedelta(hours=n + 1)).isoformat()},{events},{exposure}\n"
    )


def test_counts_that_cannot_be_true_are_no_evidence_and_said_by_reason(recall: Recall, tmp_path: Path) -> None:
    play = a_play(tmp_path, kind="files", what="counts", path="bad.csv")
    rows = [hour(n, version, 900, 300) for n in range(3) for version in ("2.1.0", "2.0.0")] + [hour(n, "9.9.9", 5, 100) for n in range(4)]
    unreadable = [hour(4, "2.1.0", n, 300) for n in ("nan", "inf", "-1", "1.5", "1e309")]
    (play.home / "bad.csv").write_text(COUNTS + "".join(rows) + "".join(unreadable) + hour(4, "2.0.0", 3, 300), encoding="utf-8")
    assert recall("tick").status == 0
    seen = recall("status", "--json").json
    reasons = {r["reason"]: r["n"] for r in seen["rejected_by_reason"]}
    assert reasons.pop(CONTRADICTORY) == 6
    assert reasons.pop(BESIDE) == 3  # of 9.9.9: the list of releases came after its rows
    assert sum(reasons.values()) == 5
    assert all("events is" in reason for reason in reasons), reasons
    assert [(h["source"], h["n"], h["reason"]) for h in seen["held"]] == [("bad", 1, unlisted("9.9.9"))]
    assert "not believed" in recall("status").out
    assert the_others_went_on(recall, play)


def no_database(folder: Path) -> str:
    path = folder / "notes.db"
    path.write_text("words " * 100, encoding="utf-8")
    return f"sqlite:///{path}"


def missing_database(folder: Path) -> str:
    return f"sqlite:///{folder / 'nowhere.db'}"


def missing_table(folder: Path) -> str:
    sqlite3.connect(folder / "empty.db").close()
    (folder / "empty.db").touch()
    return f"sqlite:///{folder / 'empty.db'}"


def stopped_server(_folder: Path) -> str:
    return f"postgresql://someone:{SECRET}@127.0.0.1:1/nowhere?connect_timeout=2"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (no_database, "is no sound database"),
        (missing_database, "cannot be opened (No such file or directory); will be retried"),
        (missing_table, "no such table: reviews); correct the option `query`"),
        (stopped_server, "$WAREHOUSE does not answer"),
    ],
)
def test_a_database_that_cannot_be_read_costs_its_source_only(
    recall: Recall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Callable[[Path], str], words: str
) -> None:
    monkeypatch.setenv("WAREHOUSE", address(tmp_path))
    play = a_play(tmp_path, kind="sql", what="reviews", url_env="WAREHOUSE", query=QUERY)
    said = recall("tick", "monitor")
    assert said.status == 0
    bad = sources(recall)["bad"]
    assert (bad["health"], words in bad["warning"]) == ("unknown", True), bad["warning"]
    assert SECRET not in said.out + said.err + str(list(play.tables()))
    assert the_others_went_on(recall, play)


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "http_probe", "url": "http://127.0.0.1:9/health", "allow_private": True},
        {"kind": "files", "path": "nowhere/*.csv"},
        {"kind": "files", "path": "bad.csv.gz"},
    ],
    ids=["server down", "no file", "no gzip"],
)
def test_a_source_that_does_not_answer_costs_itself_only(recall: Recall, tmp_path: Path, bad: dict[str, object]) -> None:
    play = a_play(tmp_path, **bad)
    (play.home / "bad.csv.gz").write_bytes(b"no gzip at all")
    assert recall("tick", "monitor").status == 0
    assert sources(recall)["bad"]["health"] == "unknown"
    assert sources(recall)["bad"]["warning"]
    assert the_others_went_on(recall, play)


def test_ticks_go_on_while_the_prefect_server_is_down(recall: Recall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    play = a_play(tmp_path, kind="files", path="good.csv")
    ended = subprocess.run([sys.executable, "-m", "flows", "tick"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert play.issue().id in ended.stdout
