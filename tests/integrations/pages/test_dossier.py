"""Claims about the dossier."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import TemplateInvalid
from configs.terms import Health, Reconciliation
from integrations.pages.dossier import dossier
from integrations.pages.facts import CellLine, CheckpointLine, DossierFacts, EffectLine, JournalLine, NoticeText, SourceLine, TimelineLine
from tests.integrations.pages.builders import START, a_proposal, a_recall, a_review, a_score, an_assessment, an_issue
from tests.integrations.pages.dossier_builders import a_proof, dossier_facts, some_signatures
from tests.integrations.pages.nasty import NASTY, Seen

PAGE = dossier(dossier_facts())


def an_empty_one() -> DossierFacts:
    nothing = {name.name: () for name in fields(DossierFacts) if name.type.startswith("tuple")}  # type: ignore[union-attr]  # a string here
    return dossier_facts(
        **nothing, journal=a_proof(entries=(), checkpoints=(), is_good=False, verified="Entry 7 does not fit."), target_reach=None
    )


@pytest.mark.parametrize(
    "fact",
    [
        "Example</bdi> 4.2.0: partial recall, reviewing",
        "Approved as legal: quorum",
        "nothing new for 7 hours: treated as unknown",
        "4.2.0 crashes 2.7 times as often",
        "up to <b>4.2 %</b> (estimate 3 %)",
        "Crashes are reversible loss (class 2).",
        "P-1c2d3e4f5a6b, revision 1, by recall",
        "0123456789abcdef",
        "Crashes at start hurt everyone.",
        "产品安全召回",
        "Отзыв продукта",
        'lang="zh"',
        "connection lost after 120 of 200",
        "<b>10,162</b> fixed",
        "<td>CN</td><td>14</td>",
        "2026-03-09",
        "1.02 (at most 1.19)",
        "All 200 entries verify",
        "f0" * 32,
        "app-recall/checkpoint/v1 50",
    ],
)
def test_the_dossier_holds_the_whole_story(fact: str) -> None:
    assert fact in PAGE


def test_the_dossier_asks_nothing_of_the_network() -> None:
    seen = Seen(PAGE)
    assert {address for address in seen.addresses if not address.startswith("#")} == set()
    assert not {"script", "link", "iframe", "object", "embed", "form", "base", "svg", "video", "audio"} & set(seen.tags)
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in PAGE
    assert not re.search(r"url\(|@import", PAGE)
    assert PAGE.count("data:image/png;base64,") == 3


def test_every_link_inside_leads_somewhere() -> None:
    for target in re.findall(r'href="#(\w+)"', PAGE):
        assert f'id="{target}"' in PAGE


def test_the_page_reads_on_a_phone_in_the_dark_and_on_paper() -> None:
    for rule in ("prefers-color-scheme: dark", "@media print", "max-width: 600px", "width=device-width"):
        assert rule in PAGE


def test_the_timeline_is_told_in_order() -> None:
    later, earlier = TimelineLine(START + timedelta(hours=2), "second"), TimelineLine(START, "first")
    page = dossier(replace(an_empty_one(), timeline=(later, earlier)))
    assert page.index("first</bdi>") < page.index("second</bdi>")


def test_a_recall_that_has_hardly_begun_has_a_dossier_too() -> None:
    page = dossier(an_empty_one())
    for said in (
        "Nothing has happened yet.",
        "Nobody has signed.",
        "No notice was sent.",
        "Not reconciled yet.",
        "No review yet.",
        "Entry 7 does not fit.",
    ):
        assert said in page
    assert "journal NOT verified" in page
    assert "data:image" not in page


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    unknown = replace(a_review(1), reach=None, ratio=None, ratio_high=None)
    page = dossier(dossier_facts(reviews=(unknown,), assessment=an_assessment(units=None, uncertain=True), evidence=()))
    assert "<b>unknown</b><span>of the exposed" in page
    assert "uncertain: something above is not known" in page


def test_the_prediction_stands_beside_what_happened() -> None:
    page = dossier(dossier_facts(score=a_score()))
    for fact in (
        "What was predicted, and what happened",
        "Decided 1.5 hours after",
        "125,000",
        "100,000",
        "+25 %",
        "70.0 %",
        "80.0 %",
        "-12 %",
    ):
        assert fact in page
    assert "What was predicted" not in dossier(dossier_facts())
    assert "unknown</td>" in dossier(dossier_facts(score=a_score(error=None)))


def test_a_signature_for_another_text_is_told_apart() -> None:
    stale = replace(some_signatures()[0], digest="0" * 64)
    assert "no, for another" in dossier(replace(an_empty_one(), signatures=(stale,)))
    assert "no, for another" not in PAGE


def test_cells_beyond_the_largest_are_counted() -> None:
    cells = tuple(CellLine("DE", f"{n}", Reconciliation(10, 7, 0, 0, 0, 3)) for n in range(250))
    page = dossier(replace(an_empty_one(), cells=cells))
    assert "and 50 more cells with 150 unreached." in page


@pytest.mark.parametrize("nasty", NASTY)
def test_strangers_text_does_nothing_in_the_dossier(nasty: str) -> None:
    review = replace(a_review(1), reasons=(nasty,), reconciliation=Reconciliation(0, 0, 0, 0, 0, 0, (nasty,)))
    facts = replace(
        an_empty_one(),
        title=nasty,
        recall=a_recall(version=nasty, fixed_version=nasty),
        issue=an_issue(reason=nasty),
        assessment=an_assessment(reasons=(nasty,)),
        proposal=a_proposal(summary=nasty, proposed_by=nasty),
        signatures=(replace(some_signatures()[0], reason=nasty, person=nasty),),
        timeline=(TimelineLine(START, nasty, nasty),),
        sources=(SourceLine(nasty, Health.UNKNOWN, None, None, nasty),),
        notices=(NoticeText("email", nasty, nasty, nasty),),
        effects=(EffectLine(EffectKind.HALT_ROLLOUT, nasty, EffectState.FAILED, 1, nasty),),
        cells=(CellLine(nasty, nasty, Reconciliation(0, 0, 0, 0, 0, 0)),),
        reviews=(review,),
        journal=a_proof(verified=nasty, entries=(JournalLine(1, START, nasty, nasty),), checkpoints=(CheckpointLine(1, START, nasty),)),
    )
    seen, tame = Seen(dossier(facts)), Seen(PAGE)
    assert seen.addresses == tame.addresses
    assert set(seen.tags) <= set(tame.tags)
    assert seen.attributes <= tame.attributes
    dossier(facts).encode("utf-8")


def test_the_same_facts_give_the_same_page() -> None:
    assert dossier(dossier_facts()) == PAGE


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("line one\n{{ nowhere }}", r"dossier\.html\.j2:2: 'nowhere' is undefined"),
        ("{{ f.title.__class__ }}", r"dossier\.html\.j2:1: access to attribute '__class__'.*unsafe"),
        ("\n\n{% if %}", r"dossier\.html\.j2:3: "),
    ],
    ids=["a missing fact", "a way out of the sandbox", "not a template"],
)
def test_a_broken_template_is_named_with_its_line(template: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "dossier.html.j2").write_text(template, encoding="utf-8")
    with pytest.raises(TemplateInvalid, match=said):
        dossier(an_empty_one(), tmp_path)


def test_an_own_template_wins_and_a_folder_without_one_changes_nothing(tmp_path: Path) -> None:
    assert dossier(dossier_facts(), tmp_path) == PAGE
    (tmp_path / "dossier.html.j2").write_text("<p>{{ f.title }}</p>", encoding="utf-8")
    assert dossier(an_empty_one(), tmp_path) == "<p>Example</p>"
