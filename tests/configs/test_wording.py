"""Templates render completely or stop with file, line and way out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.errors import TemplateInvalid
from configs.notice import News, ProposalFacts, StatusFacts
from configs.phone_text import sms_parts
from configs.terms import Action, IssueKind, Level, Platform
from configs.wording import complete_locales, notice, render, template_names, wording_rules
from configs.wording_check import check_templates
from tests.configs.facts import some_facts

LOCALES = ("en", "zh", "ru")


def test_the_templates_that_come_with_the_product_are_sound() -> None:
    check_templates()


def test_three_languages_are_complete() -> None:
    assert complete_locales() == LOCALES
    shapes = [_shape(wording_rules(locale)) for locale in LOCALES]
    assert shapes[0] == shapes[1] == shapes[2]


def _shape(rules: object) -> object:
    return {m.name for m in rules.must}, {m.name for m in rules.must_not}, set(rules.hazard)  # type: ignore[attr-defined]  # WordingRules


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (
            "en",
            (
                "URGENT: Product safety recall",
                "4 November 2026 to 6 November 2026",
                "Germany, China, Russia",
                "Google Play",
                "Install version 4.2.2",
            ),
        ),
        ("zh", ("【紧急】产品安全召回", "2026年11月4日至2026年11月6日", "德国、中国、俄罗斯", "Google Play", "安装 4.2.2 版本")),
        (
            "ru",
            (
                "СРОЧНО. Отзыв продукта",
                "с 4 ноября 2026 г. по 6 ноября 2026 г.",
                "Германия, Китай, Россия",
                "Google Play",
                "Установите версию 4.2.2",
            ),
        ),
    ],
)
def test_a_notice_tells_the_facts_in_its_language(locale: str, words: tuple[str, ...]) -> None:
    made = notice(some_facts(), locale)
    assert [w for w in words if w not in made.text] == []
    assert [w for w in words if w not in made.html] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_without_a_fix_no_version_is_promised(locale: str) -> None:
    made = notice(some_facts(fixed_version="", distributed_until=None), locale)
    assert "4.2.2" not in made.text
    assert "None" not in made.text + made.html + made.short


@pytest.mark.parametrize(("level", "urgent"), [(Level.LOW, False), (Level.MEDIUM, False), (Level.HIGH, True), (Level.SERIOUS, True)])
def test_only_high_and_serious_are_marked_urgent(level: Level, urgent: bool) -> None:
    assert notice(some_facts(level=level), "en").subject.startswith("URGENT") is urgent


def test_no_country_means_everywhere() -> None:
    assert "all countries where the store offers the app" in notice(some_facts(countries=()), "en").text


def test_norway_is_a_country_and_not_a_boolean() -> None:
    assert "Norway" in notice(some_facts(countries=("NO",)), "en").text


def test_html_is_escaped_everywhere_and_text_nowhere() -> None:
    made = notice(some_facts(app_title="<script>alert('x')</script> & Co"), "en")
    assert "<script>" not in made.html
    assert made.html.count("&lt;script&gt;") >= 4
    assert "<script>alert('x')</script> & Co" in made.text
    assert "<script>" in made.subject


def test_only_an_https_contact_becomes_a_link() -> None:
    assert 'href="https://support' in notice(some_facts(), "en").html
    assert "href" not in notice(some_facts(contact_url="javascript:alert(1)"), "en").html


def test_the_same_facts_give_the_same_words() -> None:
    assert notice(some_facts(), "ru") == notice(some_facts(), "ru")


def test_an_unknown_language_stops_with_a_way_out() -> None:
    with pytest.raises(TemplateInvalid, match="no wording in 'fr'; complete are: en, zh, ru"):
        notice(some_facts(), "fr")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("action", list(Action))
def test_a_proposal_asks_for_the_signature_with_code_and_link(locale: str, action: Action) -> None:
    facts = ProposalFacts(
        "P-9", "R-1", "PocketNotes", "4.2.1", Platform.IOS, Level.HIGH, action, "Crashes, 3.1 times.", "counsel", "legal", "K7-QX",
        "https://prefect.example/run?x=1&y=2", datetime(2026, 11, 4, 18, 5, tzinfo=UTC),
    )  # fmt: skip
    words = render("proposal", facts, locale)
    for fact in (
        "K7-QX",
        "https://prefect.example/run?x=1&y=2",
        "legal",
        "18:05 UTC",
        "Crashes, 3.1 times.",
        "P-9",
        "R-1",
        "4.2.1",
        "recall sign P-9 --person counsel --role legal",
    ):
        assert fact in words


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("news", list(News))
def test_every_news_has_its_words(locale: str, news: News) -> None:
    facts = StatusFacts("R-1", "PocketNotes", "4.2.1", Platform.IOS, news, "12 % had it.", "https://x.example")
    words = render("status", facts, locale)
    assert "12 % had it." in words
    assert news.value not in words.splitlines()[0] or locale == "en"


# --- an organisation's own templates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("one\n{{ ''.__class__ }}", r"notice.txt.j2:2: .*unsafe|notice.txt.j2:2: .*__class__"),
        ("one\ntwo\n{{ app_titel }}", r"notice.txt.j2:3: 'app_titel'"),
        ("{% if fixed_version %}{{ nothing }}{% endif %}", r"notice.txt.j2:1: 'nothing'"),
        ("one\n{% if %}", r"notice.txt.j2:2: .*mend the template"),
        ("{{ app_title", r"notice.txt.j2:1: .*mend the template"),
        ("{{ app_title.nothing }}", r"notice.txt.j2:1: .*no attribute 'nothing'"),
        ("{{ 1 / 0 }}", r"notice.txt.j2:1: ZeroDivisionError"),
        ("{{ 'x' * 999999999 }}", r"notice.txt.j2:1: .*operator \*"),
        ("{{ 9 ** 999999999 }}", r"notice.txt.j2:1: .*operator \*\*"),
        ("{% for i in range(99999999) %}x{% endfor %}", r"notice.txt.j2:1: .*[Rr]ange"),
        ("{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}", r"notice.txt.j2: makes more than"),
        ("{% include '../../etc/passwd' %}", r"there is no template"),
        ("{{ cycler.__init__.__globals__ }}", r"notice.txt.j2:1: "),
        ("{{ countries.append('X') }}", r"notice.txt.j2:1: "),
    ],
)
def test_a_broken_template_stops_naming_file_and_line(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "notice.txt.j2").write_text(body, encoding="utf-8")
    with pytest.raises(TemplateInvalid, match=said):
        check_templates(tmp_path)


def test_an_own_template_wins_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "notice.subject.j2").write_text("Recall of {{ app_title }}", encoding="utf-8")
    check_templates(tmp_path)
    made = notice(some_facts(), "en", tmp_path)
    assert made.subject == "Recall of PocketNotes"
    assert made.text == notice(some_facts(), "en").text


def test_an_unknown_template_lists_the_known_ones() -> None:
    with pytest.raises(TemplateInvalid, match=r"no template nothing.txt.j2; there are: .*notice.txt.j2"):
        render("nothing.txt", some_facts(), "en")
    assert "notice.txt.j2" in template_names()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("title", ["PocketNotes", "An app whose title has 30 signs", "Карманные заметки и списки дел"])
def test_the_phone_forms_fit_a_phone(locale: str, title: str) -> None:
    for kind in IssueKind:
        for fixed in ("", "2026.11.6"):
            made = notice(some_facts(app_title=title, kind=kind, fixed_version=fixed), locale)
            assert sms_parts(made.short) <= 3, made.short
            assert len(made.push_title) <= 65
            assert len(made.push) <= 240


def test_a_phone_form_says_as_much_as_fits() -> None:
    assert "You can lose money" in notice(some_facts(kind=IssueKind.PAYMENT), "en").short
    assert "It can cost money" in notice(some_facts(kind=IssueKind.PAYMENT, app_title="Заметки"), "en").short
