"""Issues against what is known to have happened."""

from datetime import UTC, date, datetime, timedelta

import pytest

from configs.terms import Episode, Expected, Issue, IssueKind, IssueState, Level, Platform, Scope
from tasks.rules.truth import Outcome, compare

END = datetime(2025, 5, 11, tzinfo=UTC)
"""The moment after the last day of `an_episode`."""


def an_episode(expected: Expected = Expected.RECALL, app: str = "shop") -> Episode:
    return Episode("e1", app, "2.0", date(2025, 5, 5), date(2025, 5, 10), "crash", expected)


def an_issue(at: datetime, app: str = "shop", number: int = 1) -> Issue:
    scope = Scope(app, Platform.IOS, "2.0")
    return Issue(f"ISS-{number}", app, Platform.IOS, "2.0", IssueKind.CRASH, IssueState.OPEN, Level.HIGH, at, "", scope)


@pytest.mark.parametrize(
    ("expected", "raised", "outcome"),
    [
        (Expected.RECALL, True, Outcome.HIT),
        (Expected.RECALL, False, Outcome.MISSED),
        (Expected.NO_RECALL, True, Outcome.FALSE_ALARM),
        (Expected.NO_RECALL, False, Outcome.CLEAN),
        (Expected.INVESTIGATE, True, Outcome.RAISED),
        (Expected.INVESTIGATE, False, Outcome.QUIET),
    ],
)
def test_every_outcome(expected: Expected, raised: bool, outcome: Outcome) -> None:
    comparison = compare([an_issue(END)] if raised else [], [an_episode(expected)])
    assert comparison.count(outcome) == 1
    assert comparison.further == ()


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        (datetime(2025, 5, 5, tzinfo=UTC), True),
        (datetime(2025, 5, 4, 23, 59, tzinfo=UTC), False),
        (END + timedelta(hours=48), True),
        (END + timedelta(hours=49), False),
    ],
)
def test_an_issue_belongs_from_the_first_day_to_48_hours_after_the_last(at: datetime, inside: bool) -> None:
    comparison = compare([an_issue(at)], [an_episode()])
    assert (comparison.episodes[0].issue is not None) is inside
    assert len(comparison.further) == (0 if inside else 1)


def test_another_apps_issue_is_a_further_alarm_of_its_app_and_year() -> None:
    comparison = compare([an_issue(END, "bank", 1), an_issue(END - timedelta(days=200), "bank", 2)], [an_episode()])
    assert comparison.count(Outcome.MISSED) == 1
    assert comparison.further_by_year == {("bank", 2025): 1, ("bank", 2024): 1}


def test_the_first_of_two_issues_is_named() -> None:
    comparison = compare([an_issue(END, number=2), an_issue(END - timedelta(days=3), number=1)], [an_episode()])
    assert comparison.episodes[0].issue is not None
    assert comparison.episodes[0].issue.id == "ISS-1"
