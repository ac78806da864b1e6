"""`recall replay` prints what would have been opened: for people, or only JSON."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.__main__ import main
from tests.flows.commands.conftest import Recall
from tests.tasks.rules.written import CRASH
from tests.tasks.test_replay import history, then


def arguments(folder: Path) -> list[str]:
    given = history(folder, then(CRASH), "recall")
    return ["replay", "--reviews", str(given.reviews[0]), "--releases", str(given.releases[0]), "--truth", str(given.truth)]


def test_json_is_one_value_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(tmp_path), "--json"]) == 0
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert set(issue) == {"app", "opened_at", "release", "kind", "level", "reason"}
    assert (issue["app"], issue["opened_at"], issue["release"]) == ("shop", "2025-04-13T00:00:00+00:00", "2.0")


def test_people_see_issues_and_the_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(tmp_path)) == 0
    shown = capsys.readouterr().out
    assert "hit 1 of 1; false alarms 0 of 0; further alarms none" in shown
    assert "42 ticks" in shown


def test_a_missing_file_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--reviews", str(tmp_path / "nowhere.csv")]) == 3
    assert "nowhere.csv" in capsys.readouterr().err


def rows(folder: Path) -> list[dict[str, str]]:
    with history(folder, then(CRASH)).reviews[0].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_jsonl(folder: Path) -> Path:
    path = folder / "reviews.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(folder)), encoding="utf-8")
    return path


def as_packed_csv(folder: Path) -> Path:
    path = folder / "reviews.csv.gz"
    path.write_bytes(gzip.compress(history(folder, then(CRASH)).reviews[0].read_bytes()))
    return path


def as_parquet(folder: Path) -> Path:
    path = folder / "reviews.parquet"
    found = rows(folder)
    pq.write_table(pa.table({name: [row[name] for row in found] for name in found[0]}), path)
    return path


@pytest.mark.parametrize("written", [as_jsonl, as_packed_csv, as_parquet])
def test_every_format_finds_the_same(recall: Recall, tmp_path: Path, written: Callable[[Path], Path]) -> None:
    path, rest = written(tmp_path), ("--releases", tmp_path / "releases.csv", "--json")
    other, of_csv = (recall("replay", "--reviews", reviews, *rest) for reviews in (path, tmp_path / "reviews.csv"))
    assert (other.status, other.err) == (0, "")
    assert other.json == of_csv.json
    assert len(other.json["issues"]) == 1


def test_json_holds_only_what_was_promised_in_utc(recall: Recall, tmp_path: Path) -> None:
    told = recall(*arguments(tmp_path), "--json").json
    assert set(told) == {"issues"}
    for issue in told["issues"]:
        assert all(isinstance(value, str) for value in issue.values())
        assert datetime.fromisoformat(issue["opened_at"]).utcoffset() == timedelta()


def test_without_releases_and_truth_it_plays_all_the_same(recall: Recall, tmp_path: Path) -> None:
    said = recall("replay", "--reviews", history(tmp_path, then(CRASH)).reviews[0])
    assert said.status == 0
    assert "compared with what is known" not in said.out


def test_several_files_of_one_app_are_one_history(recall: Recall, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    reviews = then(CRASH)
    halves = history(tmp_path / "first", reviews[::2]).reviews[0], history(tmp_path / "second", reviews[1::2]).reviews[0]
    releases = tmp_path / "first" / "releases.csv"
    said = recall("replay", "--reviews", halves[0], "--reviews", halves[1], "--releases", releases, "--json")
    assert [issue["release"] for issue in said.json["issues"]] == ["2.0"]


@pytest.mark.parametrize(
    ("option", "column", "named"),
    [("--reviews", "rating", "'mood'"), ("--releases", "released_on", "'mood'"), ("--truth", "expected", "expected")],
    ids=["reviews", "releases", "truth"],
)
def test_an_unknown_column_names_file_and_column(recall: Recall, tmp_path: Path, option: str, column: str, named: str) -> None:
    given = arguments(tmp_path)
    path = Path(given[given.index(option) + 1])
    path.write_text(path.read_text(encoding="utf-8").replace(column, "mood", 1), encoding="utf-8")
    for more in ([], ["--json"]):
        said = recall(*given, *more)
        assert (said.status, said.out) == (3, "")
        assert f"{path}:1: " in said.err
        assert named in said.err


@pytest.mark.parametrize("option", ["--reviews", "--releases", "--truth"])
def test_a_file_that_is_not_there_is_named_whichever_it_is(recall: Recall, tmp_path: Path, option: str) -> None:
    given = arguments(tmp_path)
    given[given.index(option) + 1] = str(tmp_path / "nowhere.csv")
    said = recall(*given, "--json")
    assert (said.status, said.out) == (3, "")
    assert f"{tmp_path / 'nowhere.csv'}" in said.err


def test_rows_that_cannot_be_used_are_counted_and_cost_no_other(recall: Recall, tmp_path: Path) -> None:
    given = arguments(tmp_path)
    with Path(given[2]).open("a", encoding="utf-8") as file:
        file.write("x1,shop,ios,yesterday,1,,It crashes,\n")
    said = recall(*given)
    assert said.status == 0
    assert "1 rows could not be used" in said.out
    assert "hit 1 of 1" in said.out


def test_a_policy_that_is_not_there_is_named(recall: Recall, tmp_path: Path) -> None:
    said = recall(*arguments(tmp_path), "--policy", tmp_path / "nowhere.yaml")
    assert said.status == 3
    assert "nowhere.yaml: cannot be read" in said.err
