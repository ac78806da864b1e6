"""Claims about the explanation of an issue, on a page and as a file."""

import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from configs.terms import Flip, Health, Input, Level, Metric, SegmentRisk, Topic
from integrations.pages.explanation import evidence_cells, evidence_rows, explanation, strength
from integrations.pages.passages import certainty, scope_in_words, suspect_cells, times
from integrations.pages.web_page import web_page
from tests.integrations.pages.builders import (
    COMPLAINTS,
    EVERYONE,
    SCOPE,
    SUSPECTS,
    a_complaint,
    an_assessment,
    an_issue,
    explain_facts,
    some_evidence,
)
from tests.integrations.pages.nasty import NASTY, Seen


def test_earlier_predictions_are_told_only_where_there_are_any() -> None:
    assert "off by 16 % of their exposure-hours" in explanation(explain_facts(usual_error=0.156))
    assert "Earlier predictions" not in explanation(explain_facts())


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


def test_the_explanation_says_level_evidence_scope_voices_and_policy() -> None:
    page = explanation(explain_facts())
    for fact in (
        "Why Example 4.2.0 is at level high",
        "**crash** · level **high** · proposed",
        "the line for a halt, and at level serious a recall (×20) passed 2026-03-02 00:15 UTC",
        "data:image/png;base64,",
        "up to **4.2 %** (estimate 3 %)",
        "| Pixel 8 | 96 % | ×17.8 \\(11.9 to 26.3\\) | 94 % |",
        "everyone who has it",
        "更新之后",
        "вылетает",
        "`0123456789abcdef`.",
    ):
        assert fact in page


def test_a_line_that_was_not_passed_is_said() -> None:
    calm = some_evidence(factor=1.0)
    page = explanation(explain_facts(looks=calm, evidence=calm[-1:]))
    assert "the line for a halt, and at level serious a recall (×20) not passed, the line for any other recall (×100) not passed" in page


def test_what_would_change_the_level_is_said() -> None:
    flips = (Flip(Input.HARM, "harm class 1 instead of 2", Level.LOW), Flip(Input.HARMED, "12 more harmed", Level.SERIOUS, 12))
    segments = (SegmentRisk(SCOPE, 0.96, Level.SERIOUS, Level.HIGH, Fraction(1, 9), Fraction(1, 5)),)
    page = explanation(explain_facts(assessment=an_assessment(flips=flips, segments=segments, further_harm=41.2)))
    for line in (
        "at most: 42 users",
        "Level serious for Pixel 8",
        "Would be low with harm class 1",
        "Would be serious with 12 more harmed",
    ):
        assert line in page


def test_new_topics_are_named_with_a_text_in_its_own_language() -> None:
    look = replace(some_evidence()[-1], topics=(Topic("闪退", "zh", 12, 0.4, ("gone", "r-zh")), Topic("login", "en", 5, 1.0)))
    page = explanation(explain_facts(evidence=(look,), examples=COMPLAINTS))
    assert "| 闪退 | zh | 12 | 0.4 | 闪退 · 更新之后一打开就闪退,照片全没了。 |" in page
    assert "| login | en | 5 | 1.0 |  |" in page
    assert "suddenly write" not in explanation(explain_facts())


def test_what_is_missing_leaves_its_heading_out() -> None:
    page = explanation(explain_facts(evidence=(), looks=(), complaints=(), is_current=False))
    assert "Whom it concerns" not in page
    assert "What users write" not in page
    assert "No evidence was kept." in page
    assert "today's policy is another one" in page


@pytest.mark.parametrize("nasty", NASTY)
def test_strangers_text_does_nothing_on_the_page_or_in_the_file(nasty: str) -> None:
    scope = replace(SCOPE, devices=(nasty,))
    look = replace(some_evidence()[-1], reason=nasty, suspects=(replace(SUSPECTS[0], scope=scope),))
    facts = explain_facts(
        title=nasty, issue=an_issue(version=nasty), assessment=an_assessment(reasons=(nasty,)), evidence=(look,), looks=(),
        complaints=(a_complaint(nasty, nasty, nasty),), fingerprint=nasty,
    )  # fmt: skip
    for text in (rendered(explanation(facts)), web_page(explanation(facts), nasty).partition("<body>")[2]):
        seen = Seen(text)
        assert not seen.addresses
        assert not {"script", "iframe", "svg", "img", "a", "style"} & set(seen.tags)


class _Head(HTMLParser):
    policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta" and dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"] or ""


def test_the_file_asks_nothing_of_the_network() -> None:
    page = web_page(explanation(explain_facts()), "Why <it> is so")
    head = _Head()
    head.feed(page)
    assert "default-src 'none'" in head.policy
    assert "<title>Why &lt;it&gt; is so</title>" in page
    assert set(re.findall(r'(?:src|href)="(\w+):', page)) == {"data"}
    assert "<table>" in page


@pytest.mark.parametrize(("log_evidence", "said"), [(0.0, "×1"), (3.0, "×20"), (13.0, "×442,413"), (14.0, "×10^6"), (230.0, "×10^100")])
def test_evidence_is_said_as_a_factor(log_evidence: float, said: str) -> None:
    assert strength(log_evidence) == said


def test_the_metrics_together_have_a_row_of_their_own_and_change_no_other() -> None:
    crash = replace(some_evidence()[-1], log_evidence=1.0, log_combined=3.0)
    rows = evidence_rows((crash, replace(crash, metric=Metric.ANR, log_evidence=0.0)))
    assert [(name, said) for name, _, said, *_ in rows] == [("crash", "×3"), ("anr", "×1"), ("all together", "×20")]
    assert len(evidence_rows((replace(crash, log_combined=0.0),))) == 1
    assert "Evidence ×20: " in explanation(explain_facts(evidence=(crash,)))


def test_unknown_is_never_a_number() -> None:
    look = replace(some_evidence()[-1], health=Health.UNKNOWN, log_evidence=0.0, ratio=None)
    assert evidence_cells(look)[1:4] == ("unknown", "none", "unknown")
    assert suspect_cells(SUSPECTS[-1])[2:] == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("posterior", "said"), [(0.0, "0 %"), (0.004, "< 1 %"), (0.31, "31 %"), (0.994, "99 %"), (0.9999, "> 99 %"), (1.0, "100 %")]
)
def test_what_is_nearly_certain_is_not_called_certain(posterior: float, said: str) -> None:
    assert certainty(posterior) == said


def test_scopes_and_ratios_are_said_as_people_say_them() -> None:
    assert scope_in_words(EVERYONE) == "everyone who has it"
    assert scope_in_words(replace(SCOPE, os_versions=("14", "15"), countries=("DE",))) == "Pixel 8 and OS 14, 15 and DE"
    assert times(2.04, 1.0, None) == "×2.0"
    assert an_assessment().probability == Fraction(3, 100)
