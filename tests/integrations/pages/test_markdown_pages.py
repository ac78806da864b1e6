"""Claims about the markdown pages: what they say, and that strangers' text does nothing in them."""

import html
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from configs.effects import DeliveryState, EffectKind, EffectState
from configs.errors import BadInput
from configs.terms import Reconciliation, ReviewVerdict
from integrations.pages.facts import CellLine, DeliveryCount, EffectLine
from integrations.pages.markdown import link, percent, shown
from integrations.pages.progress import progress_page
from integrations.pages.review_report import review_report
from tests.integrations.pages.builders import a_recall, a_review
from tests.integrations.pages.nasty import NASTY, Seen


def rendered(markdown: str) -> str:
    """As a permissive viewer would: raw HTML on, tables on, and every bare address made a link."""
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    return re.sub(r"(?<![\"=])(https?://|www\.)[-.\w]+", lambda m: f'<a href="{m[0]}">{m[0]}</a>', page)


@pytest.mark.parametrize("nasty", NASTY)
def test_strangers_text_is_shown_and_does_nothing(nasty: str) -> None:
    page = Seen(rendered(f"> “{shown(nasty)}”\n\n| a |\n|---|\n| {shown(nasty)} |\n\n- {shown(nasty)}"))
    assert not page.addresses
    assert page.tags == ["blockquote", "p", "table", "thead", "tr", "th", "tbody", "tr", "td", "ul", "li"]


@pytest.mark.parametrize("nasty", NASTY)
def test_no_page_is_moved_by_what_strangers_write(nasty: str) -> None:
    review = replace(a_review(1), reasons=(nasty,), reconciliation=Reconciliation(0, 0, 0, 0, 0, 0, (nasty,)))
    cells = [CellLine(nasty, nasty, Reconciliation(1, 0, 0, 0, 0, 1))]
    report = review_report(a_recall(version=nasty), [review], target_reach=0.95, cells=cells)
    progress = progress_page(
        a_recall(version=nasty, fixed_version=nasty), [EffectLine(EffectKind.HALT_ROLLOUT, nasty, EffectState.FAILED, 3, nasty)], []
    )
    for page in (report, progress):
        assert not Seen(rendered(page)).addresses
        assert not {"script", "iframe", "svg", "em", "a"} & set(Seen(rendered(page)).tags)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs", "Cn", "Zl", "Zp"]), max_size=200))
def test_what_was_written_can_be_read_back(text: str) -> None:
    page = MarkdownIt("commonmark").render("said: " + shown(text))
    read = html.unescape(page.removeprefix("<p>said:").removesuffix("</p>\n")).replace("\u2060", "")
    assert read.split() == text.split()


@given(st.text())
@example("000000000<<<++++++++++++[[[{{{")
def test_shown_text_is_one_line_that_can_be_encoded(text: str) -> None:
    said = shown(text, longest=50)
    assert "\n" not in said
    assert len(re.sub(r"\\(.)", r"\1", said).replace("\u2060", "")) <= 50, "but for the escapes, which nobody sees"
    said.encode("utf-8")


OTHER_URLS = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:x",
    "data:text/html,x",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("url", [*OTHER_URLS, "//evil.example", "", "run?x"])
def test_a_link_to_anything_but_the_web_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="cannot link"):
        link("Sign", url)


def test_a_link_cannot_be_broken_out_of() -> None:
    made = link("Sign ](x)", 'http://127.0.0.1:4200/run?parameters={"role":"a) [x](javascript:y"}')
    page = MarkdownIt("commonmark").render(made)
    assert page.count("<a ") == 1
    assert "%7B%22role%22:%22a%29%20%5Bx%5D%28javascript:y%22%7D" in page
    assert link("Sign", "/run?p=%7B%22a%22%7D") == "[Sign](/run?p=%7B%22a%22%7D)"


# --- what the pages say ---------------------------------------------------------------------------------------------------


def test_the_review_adds_up_before_the_readers_eyes() -> None:
    reviews = [a_review(night) for night in (1, 2, 3)]
    report = review_report(a_recall(), reviews[::-1], target_reach=0.95)
    sums = reviews[-1].reconciliation
    assert f"{sums.exposed:,} = {sums.fixed:,} + {sums.blocked:,} + {sums.uninstalled:,} + {sums.dormant:,} + {sums.unreached:,}" in report
    assert "Review of 2026-03-05" in report
    assert "Not yet" in report


@pytest.mark.parametrize("verdict", ReviewVerdict)
def test_every_verdict_has_its_words(verdict: ReviewVerdict) -> None:
    review = replace(a_review(1), verdict=verdict, ratio=None, ratio_high=None, reach=None)
    assert "unknown of the exposed" in review_report(a_recall(), [review], target_reach=0.95)


def test_the_cells_with_most_unreached_come_first() -> None:
    cells = [CellLine("DE", f"{n}", Reconciliation(100, 100 - n, 0, 0, 0, n)) for n in range(14)]
    report = review_report(a_recall(), [a_review(1)], target_reach=0.95, cells=cells)
    assert report.index("| DE | 13 | 13 | 100 |") < report.index("| DE | 12 | 12 | 100 |")
    assert "and 3 smaller cells" in report


def test_progress_names_what_a_person_should_look_at() -> None:
    effects = [
        EffectLine(EffectKind.HALT_ROLLOUT, "play com.example.app", EffectState.DONE, 1),
        EffectLine(EffectKind.SEND_NOTICES, "wave 1 chunk 1", EffectState.DONE, 1),
        EffectLine(EffectKind.SEND_NOTICES, "wave 1 chunk 2", EffectState.UNKNOWN, 2, "connection lost"),
    ]
    counts = [DeliveryCount("email", "en", DeliveryState.ACCEPTED, 150), DeliveryCount("email", "en", DeliveryState.UNKNOWN, 50)]
    page = progress_page(a_recall(), effects, counts, [a_review(1)], target_reach=0.95)
    for fact in (
        "| ✔ | Roll-out halted | 1 of 1 |",
        "| … | Chunks of notices sent | 1 of 2 | 1 |",
        "connection lost",
        "150 of 200",
        "75.0 %",
    ):
        assert fact in page


def test_progress_of_nothing_says_so() -> None:
    page = progress_page(a_recall(fixed_version=""), [], [])
    assert "Nothing is queued yet." in page
    assert "No notice is under way yet." in page
    assert "not named yet" in page


@pytest.mark.parametrize(
    ("probability", "said"),
    [("0", "0 %"), ("1/100000", "less than 0.01 %"), ("0.005", "0.5 %"), ("0.0651", "6.6 %"), ("0.103", "11 %"), ("1", "100 %")],
)
def test_a_share_is_rounded_up_never_down(probability: str, said: str) -> None:
    assert percent(Fraction(probability)) == said
