"""`recall merge` makes two issues one, for good: shown, journaled, and refused with the way out."""

import pytest

from configs.terms import IssueState
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import REASON, Play
from tests.tasks.test_regroup import CRASH, PAYMENT, issue, look

BY = ("--person", "tech-lead", "--reason", REASON)


@pytest.fixture
def two(fresh: Play) -> tuple[str, str]:
    """Ids of an issue of crashes and of one of payments."""
    (crash,), (payment,) = look(fresh, CRASH), look(fresh, PAYMENT)
    return crash, payment


def test_merged_issues_are_one_and_say_so(recall: Recall, fresh: Play, two: tuple[str, str]) -> None:
    crash, payment = two
    said = recall("merge", payment, crash, *BY)
    assert said.status == 0
    assert said.out.startswith(f"{payment} is merged into {crash} (level ")
    assert issue(fresh, payment).state is IssueState.MERGED


def test_json_names_both_and_the_level(recall: Recall, fresh: Play, two: tuple[str, str]) -> None:
    crash, payment = two
    told = recall("merge", payment, crash, *BY, "--json").json
    assert told == {"issue": payment, "into": crash, "level": issue(fresh, crash).level.value}


def test_explain_and_status_show_the_merge_with_person_and_reason(recall: Recall, two: tuple[str, str]) -> None:
    crash, payment = two
    recall("merge", payment, crash, *BY)
    for asked, word in ((crash, f"absorbed {payment}"), (payment, f"merged into {crash}")):
        shown = recall("explain", asked).out
        assert all(part in shown for part in (word, "tech-lead", REASON))
    history = recall("explain", crash, "--json").json["history"]
    assert [(line["change"], line["other"], line["person"]) for line in history[1:]] == [("absorbed", payment, "tech-lead")]
    assert "What became of them" in recall("status").out
    newest = recall("status", "--json").json["issue_events"][0]
    assert (newest["change"], newest["issue_id"], newest["other"], newest["reason"]) == ("absorbed", crash, payment, REASON)


@pytest.mark.parametrize(
    ("by", "status", "words"),
    [
        (("--person", "stranger", "--reason", REASON), 3, "a person the policy knows"),
        (("--person", "tech-lead", "--reason", "ok"), 3, "at least 10 characters"),
    ],
    ids=["stranger", "no reason"],
)
def test_without_person_or_reason_nothing_is_merged(
    recall: Recall, fresh: Play, two: tuple[str, str], by: tuple[str, ...], status: int, words: str
) -> None:
    said = recall("merge", two[1], two[0], *by)
    assert (said.status, said.out) == (status, "")
    assert words in said.err
    assert issue(fresh, two[1]).state is IssueState.OPEN


def test_what_cannot_be_merged_is_refused_with_the_reason(recall: Recall, two: tuple[str, str]) -> None:
    crash, payment = two
    assert recall("merge", "ISS-nope", crash, *BY).status == 3
    assert recall("merge", crash, crash, *BY).status == 3
    recall("merge", payment, crash, *BY)
    said = recall("merge", crash, payment, *BY)
    assert (said.status, said.out) == (4, "")
    assert f"{payment} is merged: it is settled" in said.err


def test_a_recalled_issue_is_not_merged_away(recall: Recall, proposed: Play) -> None:
    running = proposed.issue()
    (payment,) = look(proposed, PAYMENT, at=running.opened_at)
    said = recall("merge", running.id, payment, *BY)
    assert said.status == 4
    assert f"merge {payment} into it instead" in said.err
    assert "Its users are covered by REC-" in recall("explain", payment).out
    assert recall("explain", payment, "--json").json["covered_by"] == proposed.recall().id
