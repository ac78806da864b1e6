"""Files of history go through the live steps, day by day, and nothing is known before its day."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from configs.errors import FileMalformed, PolicyInvalid
from configs.terms import IssueKind, Platform, Signal
from tasks.replay import History, replay
from tasks.rules.truth import Outcome
from tests.tasks.rules.written import BROKEN, CRASH, DAY, NOW, PRAISE, UGLY, many, quiet_past

RELEASES = "app,platform,version,released_on,release_notes\nshop,ios,2.0,2025-04-12,news\nother,ios,9.9,2025-04-12,\n"
TRUTH = "case_id,app,window_start,window_end,expected\ne1,shop,2025-04-12,2025-04-14,{}\n"


def written(folder: Path, signals: Sequence[Signal], name: str = "reviews.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["review_id", "app", "platform", "created_at", "rating", "title", "body", "version"])
        out.writerows([s.id, s.app, s.platform.value, s.at.isoformat(), s.stars, s.title, s.body, s.version] for s in signals)
    return path


def history(folder: Path, signals: Sequence[Signal], truth: str = "") -> History:
    (folder / "releases.csv").write_text(RELEASES, encoding="utf-8")
    (folder / "truth.csv").write_text(TRUTH.format(truth), encoding="utf-8")
    return History((written(folder, signals),), (folder / "releases.csv",), folder / "truth.csv" if truth else None)


def then(text: str, number: int = 25) -> list[Signal]:
    return [*quiet_past(), *many(PRAISE, 9, NOW, stars=5), *many(text, number, NOW), *many(PRAISE, 9, NOW + DAY, stars=5)]


def test_a_release_that_broke_something_is_found_the_morning_after(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    played = replay(history(tmp_path, then(CRASH), "recall"), lambda done, total: told.append((done, total)), processes=1)
    (issue,) = played.issues
    assert (issue.app, issue.platform, issue.version, issue.kind) == ("shop", Platform.IOS, "2.0", IssueKind.CRASH)
    assert issue.opened_at == NOW + DAY
    assert played.comparison is not None
    assert played.comparison.count(Outcome.HIT) == 1
    assert (played.apps, played.reviews, played.ticks) == (("shop",), len(then(CRASH)), 42)
    assert told[-1] == (42, 42)


def test_a_burst_of_opinion_opens_nothing(tmp_path: Path) -> None:
    played = replay(history(tmp_path, then(UGLY, 150), "no_recall"), processes=1)
    assert played.issues == ()
    assert played.comparison is not None
    assert played.comparison.count(Outcome.CLEAN) == 1


def test_episodes_of_apps_that_were_not_replayed_are_not_counted(tmp_path: Path) -> None:
    given = history(tmp_path, list(quiet_past(5)), "recall")
    assert given.truth is not None
    with given.truth.open("a", encoding="utf-8") as file:
        file.write("e2,other,2025-04-12,2025-04-14,recall\n")
    comparison = replay(given, processes=1).comparison
    assert comparison is not None
    assert [c.episode.case for c in comparison.episodes] == ["e1"]


def test_without_a_truth_file_nothing_is_compared(tmp_path: Path) -> None:
    assert replay(history(tmp_path, list(quiet_past(5))), processes=1).comparison is None


def test_two_apps_in_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    other = [Signal("f", f"o{s.id}", s.kind, "other", s.platform, s.at + timedelta(hours=1), "", s.body, s.stars) for s in then(BROKEN)]
    both = history(tmp_path, [*then(CRASH), *other])
    one, two = replay(both, processes=1), replay(both, processes=2)
    assert {(i.app, i.version) for i in one.issues} == {("shop", "2.0"), ("other", "9.9")}
    assert two == one


def test_unusable_rows_are_counted_and_cost_no_other(tmp_path: Path) -> None:
    given = history(tmp_path, then(CRASH))
    with given.reviews[0].open("a", encoding="utf-8") as file:
        file.write("x1,shop,ios,yesterday,1,,It crashes,\n")
    played = replay(given, processes=1)
    assert (played.rejected, len(played.issues)) == (1, 1)


@pytest.mark.parametrize("text", ["", "review_id,app,platform,created_at,rating,title,body,version\n", "colour,shape\nred,round\n"])
def test_a_file_without_reviews_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileMalformed, match=r"empty\.csv"):
        replay(History((path,)), processes=1)


def test_a_wrong_policy_is_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="no-such-policy"):
        replay(History((tmp_path / "reviews.csv",), policy="no-such-policy"), processes=1)
