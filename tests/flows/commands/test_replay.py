"""`recall replay` prints what would have been opened: for people, or only JSON."""

import json
from pathlib import Path

import pytest

from flows.__main__ import main
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
