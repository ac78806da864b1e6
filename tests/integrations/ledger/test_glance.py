"""Issues stand in the order in which they should be taken up."""

from datetime import timedelta
from fractions import Fraction

from configs.terms import Assessment, Harm, Issue, IssueKind, IssueState, Level, Platform, Scope
from integrations.ledger.book import Book
from integrations.ledger.cases import open_issue
from integrations.ledger.glance import glance
from tests.integrations.ledger.builders import NOON

APP = "com.example.app"


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
