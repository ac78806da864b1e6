"""The glance works on both databases: issues in the order to take them up, and what the watch and the quarantine keep."""

from datetime import timedelta
from fractions import Fraction

from configs.terms import Assessment, Harm, Issue, IssueKind, IssueState, Level, Platform, Rejected, Scope
from integrations.ledger.book import Book
from integrations.ledger.cases import open_issue
from integrations.ledger.detectors import keep_state
from integrations.ledger.glance import glance
from integrations.ledger.quarantine import hold
from integrations.ledger.readings import store_reading
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.test_quarantine import FLOOD, HELD, LISTED
from tests.integrations.ledger.test_readings import READING

APP = "com.example.app"
WATCHED = '[{"subject":"source s","since":"2026-03-01T12:00:00+00:00","told_at":null,"why":"down","way_out":"mend it"}]'


def opened(book: Book, number: int, further_harm: float | None, level: Level = Level.HIGH, state: IssueState = IssueState.OPEN) -> None:
    scope = Scope(APP, Platform.ANDROID, "4.2.0")
    at = NOON + timedelta(minutes=number)
    issue = Issue(f"I-{number}", APP, Platform.ANDROID, "4.2.0", IssueKind.CRASH, state, level, at, "more crashes", scope)
    share = Fraction(1, 100)
    risk = Assessment(level, level, Harm.REVERSIBLE_LOSS, share, share, 9, False, further_harm=further_harm)
    with book.write() as txn:
        open_issue(txn, issue, (), risk, "policy")


def shown(url: str) -> list[str]:
    return [issue["id"] for issue in glance(url)["issues"]]


def test_what_harms_most_comes_first_unknown_before_it_settled_after_it(url: str, book: Book) -> None:
    opened(book, 1, 12.5)
    opened(book, 2, 90_000.0, state=IssueState.DISMISSED)
    opened(book, 3, 4_000.0)
    opened(book, 4, None, Level.MEDIUM)
    opened(book, 5, None, Level.SERIOUS)
    opened(book, 6, 200.0, state=IssueState.PROPOSED)
    assert shown(url) == ["I-5", "I-4", "I-3", "I-6", "I-1", "I-2"]
    assert [issue["further_harm"] for issue in glance(url)["issues"]] == [None, None, 4_000.0, 200.0, 12.5, 90_000.0]


def test_an_old_issue_is_not_pushed_out_by_settled_ones(url: str, book: Book) -> None:
    opened(book, 0, 1.0)
    for number in range(1, 25):
        opened(book, number, 9.0, state=IssueState.CLOSED)
    assert shown(url)[0] == "I-0"
    assert len(shown(url)) == 20


def test_held_and_unusable_rows_are_told_apart_and_unknowns_are_rows(book: Book, url: str) -> None:
    bad = (Rejected("s", "1", "no date"), Rejected("s", "2", "no date"), Rejected("s", "3", "negative"))
    with book.write() as txn:
        store_reading(txn, "a", READING.__class__("s", NOON, NOON + timedelta(hours=1), NOON, READING.health, rejected=bad))
        hold(txn, "a", "s", HELD)
        keep_state(txn, "a", Platform.IOS, "", "unknown", NOON, WATCHED)
        keep_state(txn, "a", Platform.IOS, "2.0", "crash@s", NOON, "{}")
    seen = glance(url)
    assert [(row["reason"], row["n"]) for row in seen["held"]] == [(LISTED, 1), (FLOOD, 2)]
    assert seen["rejected"] == [{"source": "s", "n": 3}]
    assert [(row["reason"], row["n"]) for row in seen["rejected_by_reason"]] == [("no date", 2), ("negative", 1)]
    assert len(seen["latest_rejected"]) == 3
    assert [(row["app"], row["subject"], row["told_at"]) for row in seen["unknown"]] == [("a", "source s", None)]
