"""HTML for mail programs: inlined, and cut where the reader's own link stands."""

import pytest

from configs.effects import TOKEN
from configs.letters import direction, inlined
from configs.wording import notice
from tests.configs.facts import some_facts

OWN = f"https://answers.recall.example/a/{TOKEN}"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("FA_IR", "rtl"), ("ku", "ltr"), ("ku-Arab-IQ", "rtl"), ("are", "ltr"), ("", "ltr")],
)
def test_direction(locale: str, expected: str) -> None:
    assert direction(locale) == expected


def test_styles_go_into_the_tags_and_media_queries_stay() -> None:
    page = "<html><head><style>p{color:red} @media print {p{color:black}}</style></head><body><p>a &lt; b</p></body></html>"
    done = inlined(page)
    assert '<p style="color: red;">a &lt; b</p>' in done
    assert "@media print" in done


def test_a_style_sheet_elsewhere_is_never_fetched() -> None:
    page = '<html><head><link rel="stylesheet" href="file:///etc/passwd"></head><body>x</body></html>'
    assert inlined(page) == "<html><head></head><body>x</body></html>"


@pytest.mark.parametrize("locale", ["en", "zh", "ru"])
def test_the_readers_own_link_stands_on_a_line_of_its_own(locale: str) -> None:
    made = notice(some_facts(answer_url=OWN), locale)
    assert made.text.splitlines().count(OWN) == 1
    assert made.html.splitlines().count(f'href="{OWN}"') == 1
    assert made.html.count(TOKEN) == made.text.count(TOKEN) == 1


@pytest.mark.parametrize("locale", ["en", "zh", "ru"])
def test_without_an_answers_page_nothing_is_asked(locale: str) -> None:
    made = notice(some_facts(), locale)
    assert TOKEN not in made.text + made.html
    assert 'class="button"' not in made.html


@pytest.mark.parametrize("locale", ["en", "zh", "ru"])
def test_a_page_fetches_nothing(locale: str) -> None:
    html = notice(some_facts(), locale).html
    assert [word for word in ("src=", "url(", "<link", "@import", "<script", "<img") if word in html] == []
