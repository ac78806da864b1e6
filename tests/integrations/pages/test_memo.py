"""The memo says all that signers need, in each language and each form, and nothing a stranger wrote does anything in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from configs.catalogue import LOCALES, catalogue
from configs.terms import Action, Input, IssueChange, IssueKind, Level
from integrations.pages.blocks import Letter, Page, Title, plain
from integrations.pages.blocks_as_html import address, as_mail, as_page
from integrations.pages.blocks_as_markdown import as_markdown
from integrations.pages.blocks_as_text import as_text
from integrations.pages.facts import MemoCell, MemoFacts, SignLink
from integrations.pages.memo import memo
from tests.integrations.pages.builders import (
    FLIPS,
    STORY,
    SUSPECTS,
    a_complaint,
    a_forecast,
    a_proposal,
    an_assessment,
    an_issue,
    memo_facts,
    some_evidence,
)
from tests.integrations.pages.nasty import NASTY, Seen

ALL = pytest.mark.parametrize("locale", LOCALES)
TAME = {"evidence": (), "complaints": (a_complaint(),)}


def text(locale: str = "en", **varied: object) -> str:
    return as_text(memo(memo_facts(evidence=(), **varied), locale), locale)


def rendered(markdown: str) -> str:
    """As a permissive viewer would: raw HTML on, tables on, and every bare address made a link."""
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    return re.sub(r"(?<![\"=])(https?://|www\.)[-.\w]+", lambda m: f'<a href="{m[0]}">{m[0]}</a>', page)


FORMS: dict[str, Callable[[Page, str], str]] = {
    "markdown": lambda page, _: rendered(as_markdown(page)),
    "page": as_page,
    "mail": as_mail,
}


# --- what it says -----------------------------------------------------------------------------------------------------------


def test_it_says_all_that_signers_need() -> None:
    said = text()
    for fact in (
        "Example 4.2.0: partial recall?",
        "Risk level: high",
        "for Pixel 8",
        "Decide by 2 March 2026, 08:00 UTC",
        "users who have this version now: 30,000",
        "more users every hour while the roll-out goes on: 6,000",
        "At level high the policy asks for: partial recall.",
        "A full recall would save",
        "* partial recall (recommended)",
        "harmed users (at most)",
        "safe after 24 hours: 0 %",
        "Half of those told have it 36 hours after it is out (learnt from 2 recalls of this app)",
        "闪退",
        "вылетает",
        "up to 4.2 % within 7 days (estimate 3.0 %)",
        "class 2 of 4",
        "at most 312 users more before the next decision is due",
        "low with: harm class 1 instead of 2",
        "medium with: 1.9 times the earlier rate instead of 2.8",
        "Germany · OS 15",
        "unknown · OS unknown",
        "took in I-9c0d",
        "1 earlier prediction for this app was off by 25 %".replace("1 earlier", "The earlier"),
        "+25 %",
        "Partial recall of com.example.app 4.2.0 (android)",
        "d" * 64,
        "0123456789abcdef",
        "4.2.0 crashes 2.7 times as often as the versions before it.",
    ):
        assert fact in said


def test_the_reason_is_made_of_the_numbers() -> None:
    def reason(**varied: object) -> str:
        return next(line for line in text(**varied).splitlines() if line.startswith("Decided now"))

    full = memo_facts().proposal
    few, many = (reason(forecast=a_forecast(users=float(n), in_scope=float(n) / 3)) for n in (1_000, 1_000_000))
    assert few != many
    assert "unknown" in reason(forecast=a_forecast(per_hour=None))
    assert "How many users have the version is unknown" in text(forecast=a_forecast(users=None, in_scope=None))
    assert "come to the same" in text(
        proposal=replace(full, action=Action.FULL), forecast=a_forecast(Action.FULL, users=500.0, in_scope=500.0)
    )
    assert "A partial recall would leave 21,000 users untold" in text(
        proposal=replace(full, action=Action.FULL), forecast=a_forecast(Action.FULL)
    )
    assert "no fewer than when the roll-out goes on" in text(
        forecast=a_forecast(Action.MONITOR), proposal=replace(full, action=Action.MONITOR)
    )


def test_the_share_that_is_saved_is_what_the_options_say() -> None:
    forecast = a_forecast(Action.FULL)
    mine, other = (next(p.exposure_hours for p in forecast.predictions if p.action is a) or 0.0 for a in (Action.FULL, Action.MONITOR))
    say = catalogue("en")
    reason = next(line for line in text(forecast=forecast, proposal=a_proposal(action=Action.FULL)).splitlines() if "instead of" in line)
    assert f"about {say.rough(mine)} exposure-hours in the next 14 days, instead of {say.rough(other)}" in reason
    assert f"({say.share(1 - mine / other)} less)" in reason


def test_what_is_unknown_is_said_and_never_a_number() -> None:
    nothing = a_forecast(users=None, in_scope=None, per_hour=None, ceiling=None)
    said = text(
        assessment=an_assessment(units=None, uncertain=True), complaints=(), links=(), options=(), forecast=nothing, cells=(), scores=(),
        usual_error=None, story=(),
    )  # fmt: skip
    assert "users who have this version now: unknown" in said
    assert "Risk level: high, uncertain" in said
    assert "exposure-hours: unknown" in said
    assert "unknown, for nobody counts installs" in said
    assert "No prediction for this app could be compared" in said
    for left_out in ("What users write", "Sign as", "How it came to be"):
        assert left_out not in said


def test_a_proposal_of_before_forecasts_has_its_memo() -> None:
    said = text(forecast=None)
    assert "users who have this version now: 30,100" in said
    assert "partial recall: The roll-out stops" in said


def test_the_worst_segments_come_with_the_level_for_them() -> None:
    last = replace(some_evidence()[-1], suspects=SUSPECTS)
    said = as_text(memo(memo_facts(judged=(last,)), "en"))
    assert "Pixel 8 and OS 15" in said
    assert "how probable it is they: 96 %" in said
    assert "times the earlier rate: ×17.8 (11.9 to 26.3)" in said


@ALL
def test_every_language_says_it_and_says_what_is_signed_in_english(locale: str) -> None:
    page, say = as_page(memo(memo_facts(), locale), locale), catalogue(locale)
    assert f'<html lang="{locale}">' in page
    assert "data:image/png;base64," in page
    assert say("signed.note") in page
    assert "Partial recall of com.example.app 4.2.0 (android) for devices Pixel 8." in page
    assert [a for a in Seen(page).addresses if a.startswith("http")]


@ALL
def test_every_change_kind_and_option_can_be_said(locale: str) -> None:
    for kind in IssueKind:
        story = tuple(replace(STORY[0], change=change, other="I-1") for change in IssueChange)
        text(locale, issue=an_issue(kind=kind), story=story)
    for action in Action:
        assert catalogue(locale)(f"action.{action.value}") in text(locale, forecast=a_forecast(action), proposal=a_proposal(action=action))


OURS = re.compile(r"[A-Za-z]{3,}")
NAMES = {"Example", "com", "example", "app", "Pixel", "Google", "Play", "App", "Store", "UTC", "SHA", "vitals", "tech", "lead", "tech-lead"}


@pytest.mark.parametrize("locale", ["zh", "ru"])
def test_nothing_but_names_and_what_is_marked_stays_english(locale: str) -> None:
    say = catalogue(locale)
    said = text(locale, complaints=(), links=(), story=(), scores=(), usual_error=None)
    ours = said[: said.index(say("signed.title"))]
    assert {word for word in OURS.findall(ours) if word not in NAMES} == set()


@pytest.mark.parametrize("locale", ["zh", "ru"])
def test_a_change_that_an_older_ledger_kept_in_words_only_is_quoted(locale: str) -> None:
    bare = tuple(replace(flip, to=None, was=None, by=None) for flip in FLIPS if flip.input is not Input.ESTIMATE)
    said = text(locale, assessment=an_assessment(flips=bare))
    assert all(flip.change in said for flip in bare)


def test_a_change_is_told_by_its_values() -> None:
    said = text("ru", assessment=an_assessment(flips=FLIPS))
    for fact in (
        "класс вреда 1 вместо 2",
        "в 1,9 раза чаще прежнего вместо 2,8",
        "горизонт в днях: 2,1 вместо 7,0",
        "пострадавших меньше на 40",
    ):
        assert fact in said
    assert not [flip.change for flip in FLIPS if flip.change in said]


# --- its forms --------------------------------------------------------------------------------------------------------------


@ALL
def test_a_mail_asks_nothing_of_the_network_and_has_no_picture(locale: str) -> None:
    mail = as_mail(memo(memo_facts(), locale), locale)
    seen = Seen(mail)
    assert not {"img", "script", "link", "iframe", "svg", "form"} & set(seen.tags)
    assert "src=" not in mail
    assert "url(" not in mail
    links = {a for a in seen.addresses if "://" in a}
    assert links
    assert all(a.startswith("http://127.0.0.1:4200/deployments/") for a in links)


@ALL
def test_the_text_alone_says_everything_the_mail_says(locale: str) -> None:
    facts = memo_facts(evidence=())
    page = memo(facts, locale)
    plain_text, mail = as_text(page, locale), as_mail(page, locale)
    words = {
        w
        for w in re.findall(r"\w{4,}", re.sub(r"<style>.*?</style>|<[^>]+>", " ", mail, flags=re.DOTALL))
        if not w.isascii() or w.isalpha()
    }
    assert {w for w in words if w not in plain_text} == set()


def test_a_page_forbids_itself_the_network() -> None:
    page = as_page(memo(memo_facts(), "en"), "en")
    assert "default-src 'none'; img-src data:" in page
    assert "<script" not in page.lower()


def test_a_table_tells_its_columns_also_where_it_is_stacked() -> None:
    assert 'data-name="exposure-hours"' in as_page(memo(memo_facts(), "en"), "en")


# --- strangers --------------------------------------------------------------------------------------------------------------


def by_a_stranger(nasty: str) -> MemoFacts:
    proposal = a_proposal(summary=nasty, proposed_by=nasty, policy_fingerprint=nasty, digest=nasty)
    scope = replace(proposal.scope, app=nasty, version=nasty, devices=(nasty,), countries=(nasty,), os_versions=(nasty,))
    return memo_facts(
        title=nasty,
        issue=an_issue(reason=nasty, version=nasty),
        proposal=replace(proposal, scope=scope),
        assessment=an_assessment(reasons=(nasty,), flips=(replace(FLIPS[0], change=nasty, to=None, was=None),)),
        complaints=(a_complaint(nasty, nasty, nasty),),
        links=(SignLink(nasty, 1, nasty),),
        story=(replace(STORY[1], reason=nasty, other=nasty, person=nasty),),
        cells=(MemoCell(nasty, nasty, 1, 1.0, is_meant=True), MemoCell("DE", "15", 1, None, is_meant=False)),
        judged=(replace(some_evidence()[-1], suspects=(replace(SUSPECTS[0], scope=scope),)),),
        evidence=(),
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("nasty", [n for n in NASTY if not n.startswith("https://")])
def test_what_strangers_write_does_nothing(nasty: str, form: str) -> None:
    tame = by_a_stranger("tame")
    for locale in LOCALES:
        seen, expected = (Seen(FORMS[form](memo(facts, locale), locale)) for facts in (by_a_stranger(nasty), tame))
        assert seen.addresses == expected.addresses
        assert [t for t in seen.tags if t != "li"] == [t for t in expected.tags if t != "li"]
        assert seen.attributes <= expected.attributes | {"lang"}


@pytest.mark.parametrize("nasty", NASTY)
def test_no_form_lets_invisible_or_direction_characters_through(nasty: str) -> None:
    page = memo(by_a_stranger(nasty + "\u202e\u2066\u200f\u061c\u00ad\U000e0041"), "en")
    for written in (as_text(page), as_page(page, "en"), as_mail(page, "en"), as_markdown(page).replace("\u2060", "")):
        written.encode("utf-8")
        hidden = {c for c in written if unicodedata.category(c) in ("Cf", "Cs") or (unicodedata.category(c) == "Cc" and c != "\n")}
        assert hidden == set()


def test_a_name_of_a_megabyte_fills_no_page() -> None:
    facts = by_a_stranger("x" * 1_000_000)
    for locale in LOCALES:
        page = memo(facts, locale)
        assert max(len(as_text(page)), len(as_mail(page, locale))) < 60_000


@pytest.mark.parametrize(
    "way", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd", "recall sign P-1 --role tech"]
)
def test_what_is_no_address_of_the_web_is_never_a_link(way: str) -> None:
    assert address(way) == ""
    page = memo(memo_facts(links=(SignLink("tech", 1, way),), evidence=()), "en")
    for form in FORMS.values():
        seen = Seen(form(page, "en"))
        assert "a" not in seen.tags
        assert not [a for a in seen.addresses if "evil" in a or "alert" in a]
    assert plain(way, 200) in as_text(page)


def test_only_our_own_link_in_a_letter_can_be_clicked() -> None:
    ours, theirs = "http://127.0.0.1:4200/form?x=1", "https://evil.example/form"
    mail = as_mail((Title("t"), Letter(f"Form: {ours}\nthey say {theirs}", ours)), "en")
    assert {a for a in Seen(mail).addresses if "://" in a} == {ours}


def test_the_level_colours_the_badge() -> None:
    for level in Level:
        page = as_page(memo(memo_facts(assessment=an_assessment(level=level), evidence=()), "en"), "en")
        assert ('class="badge bad"' in page) == (level in (Level.HIGH, Level.SERIOUS))
