"""Histories of issues: kept in order, read back as they were told, and named by who delivered the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from configs.terms import (
    Count,
    Evidence,
    Health,
    IssueChange,
    IssueEntry,
    IssueKind,
    Metric,
    Platform,
    Reading,
    Scope,
    Signal,
    SignalKind,
)
from integrations.ledger.book import Book
from integrations.ledger.readings import store_reading
from integrations.ledger.stories import sources_of, story_of, tell
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.event_builders import APP as EVENT_APP
from tests.integrations.ledger.event_builders import PLATFORM, SOURCE, an_event, kept

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
SCOPE = Scope("app", Platform.ANDROID, "2.1", devices=("Pixel 9",))
OPENED = IssueEntry("ISS-1", IssueChange.OPENED, NOON, "none yet", Metric.CRASH, IssueKind.CRASH, SCOPE, source="vitals")
MERGED = IssueEntry("ISS-2", IssueChange.MERGED, NOON, "the same bug", other="ISS-1", person="tech-lead")


def told(book: Book, issue: str) -> list[IssueEntry]:
    with book.read() as txn:
        return list(story_of(txn, issue))


def test_a_history_is_read_back_as_it_was_told(book: Book) -> None:
    with book.write() as txn:
        tell(txn, [OPENED, MERGED])
    (opened,) = told(book, "ISS-1")
    assert (opened.seq, opened.scope, opened.source) == (1, SCOPE, "vitals")
    (merged,) = told(book, "ISS-2")
    assert (merged.seq, merged.metric, merged.scope, merged.other, merged.person) == (2, None, None, "ISS-1", "tech-lead")
    assert told(book, "ISS-3") == []


def test_lines_of_all_issues_have_one_order(book: Book) -> None:
    for entry in (OPENED, MERGED, OPENED):
        with book.write() as txn:
            tell(txn, [entry])
    assert [e.seq for e in (*told(book, "ISS-1"), *told(book, "ISS-2"))] == [1, 3, 2]


def test_telling_nothing_changes_nothing(book: Book) -> None:
    with book.write() as txn:
        tell(txn, [])
    assert told(book, "ISS-1") == []


def a_count(source: str, version: str = "2.1") -> Count:
    return Count(source, "app", Platform.ANDROID, version, Metric.CRASH, NOON - HOUR, NOON, 3, 100)


def a_signal(source: str, days: float) -> Signal:
    return Signal(source, f"{source}{days}", SignalKind.REVIEW, "app", Platform.ANDROID, NOON - timedelta(days=days), "", "it crashes")


def evidence(metric: Metric) -> Evidence:
    return Evidence("app", Platform.ANDROID, "2.1", metric, NOON, Health.DEGRADED, 9.0, 3, 100, 0, 100)


def test_the_sources_behind_evidence_are_named(book: Book) -> None:
    counts = (a_count("sentry"), a_count("vitals"), a_count("old", "2.0"))
    signals = (a_signal("reviews", 1), a_signal("archive", 30))
    with book.write() as txn:
        store_reading(txn, "app", Reading("any", NOON - WEEK, NOON, NOON, Health.HEALTHY, counts=counts, signals=signals))
    with book.read() as txn:
        assert sources_of(txn, evidence(Metric.CRASH), WEEK) == "sentry, vitals"
        assert sources_of(txn, evidence(Metric.COMPLAINT), WEEK) == "reviews"
        assert sources_of(txn, evidence(Metric.ANR), WEEK) == ""


def test_who_tells_single_events_is_named_too(book: Book) -> None:
    kept(book, an_event(version="2.1"))
    about = Evidence(EVENT_APP, PLATFORM, "2.1", Metric.CRASH, NOON, Health.DEGRADED, 9.0, 1, 9, 1, 9)
    with book.read() as txn:
        assert sources_of(txn, about, WEEK) == SOURCE
        assert sources_of(txn, replace(about, metric=Metric.ANR), WEEK) == ""
        assert sources_of(txn, replace(about, app="another"), WEEK) == ""
