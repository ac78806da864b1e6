"""The detector on real history: five years of four apps, with seventeen known episodes. Prints its table (`pytest -s`).

The bar: of the five releases that broke something at least four raise an issue, no burst of opinion does, and there is at most one
further alarm per app and year.
"""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from configs.policies import load_policy
from configs.terms import Evidence, Issue, IssueState, Level, Platform, Release, Scope, Signal, SignalKind
from integrations.truth_file import load_truth
from tasks.rules.complaints import ComplaintState, fold, look
from tasks.rules.truth import Comparison, Outcome, compare

FILES = {
    "gmail": "no-licence/reviews_ios_gmail.csv.gz",
    "chrome": "no-licence/reviews_ios_chrome.csv.gz",
    "drive": "no-licence/reviews_ios_drive.csv.gz",
    "youtube": "reviews_ios_youtube_versions.csv.gz",
}
POLICY = load_policy("default").words


def rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def signals_of(data: Path, app: str) -> list[Signal]:
    found = [
        Signal(
            "file",
            row["review_id"],
            SignalKind.REVIEW,
            app,
            Platform.IOS,
            datetime.fromisoformat(row.get("created_at") or row["created_on"]).replace(tzinfo=UTC),
            row["title"],
            row["body"],
            int(row["rating"]),
            row.get("version", ""),
        )
        for row in rows(data / FILES[app])
    ]
    return sorted(found, key=lambda s: s.at)


def releases_of(data: Path, app: str) -> tuple[Release, ...]:
    return tuple(
        Release(app, Platform.IOS, row["version"], datetime.fromisoformat(row["released_on"]).replace(tzinfo=UTC))
        for row in rows(data / "no-licence/releases_ios.csv.gz")
        if row["app"] == app
    )


def alarms_of(signals: list[Signal], releases: tuple[Release, ...]) -> Iterator[Evidence]:
    """One look a day, each seeing what was there by then."""
    state, position = ComplaintState(signals[0].app, Platform.IOS), 0
    day = signals[0].at.replace(hour=0, minute=0, second=0, microsecond=0)
    while position < len(signals):
        day, begin = day + timedelta(days=1), position
        while position < len(signals) and signals[position].at < day:
            position += 1
        looked = look(fold(state, signals[begin:position], day, POLICY), [r for r in releases if r.released_at <= day], day, POLICY)
        state = looked.state
        yield from looked.alarms


def an_issue(alarm: Evidence) -> Issue:
    scope = alarm.scope or Scope(alarm.app, alarm.platform, alarm.version)
    name = f"{alarm.app}-{alarm.version}-{alarm.kind}"
    return Issue(name, alarm.app, alarm.platform, alarm.version, alarm.kind, IssueState.OPEN, Level.HIGH, alarm.at, alarm.reason, scope)


@pytest.fixture(scope="module")
def comparison(reference: Path) -> Comparison:
    data = reference / "data"
    issues = [an_issue(alarm) for app in FILES for alarm in alarms_of(signals_of(data, app), releases_of(data, app))]
    found = compare(issues, load_truth(data / "ground_truth_episodes.csv"))
    for c in found.episodes:
        opened = f"{c.issue.opened_at:%Y-%m-%d} {c.issue.version} {c.issue.kind}: {c.issue.reason}" if c.issue else ""
        print(f"{c.episode.case} {c.episode.app:7} {c.episode.expected:11} {c.outcome:11} {opened}")
    for issue in found.further:
        print(f"further {issue.app} {issue.opened_at:%Y-%m-%d} {issue.version} {issue.kind}: {issue.reason}")
    return found


def test_at_least_four_of_the_five_broken_releases_raise_an_issue(comparison: Comparison) -> None:
    assert comparison.count(Outcome.HIT) >= 4


def test_no_burst_of_opinion_raises_an_issue(comparison: Comparison) -> None:
    assert [c.episode.case for c in comparison.episodes if c.outcome is Outcome.FALSE_ALARM] == []


def test_at_most_one_further_alarm_per_app_and_year(comparison: Comparison) -> None:
    assert max(comparison.further_by_year.values(), default=0) <= 1
