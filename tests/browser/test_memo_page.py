"""The memo as a file and as a mail, looked at in a browser: it fits any screen, in light and dark, and asks nothing of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from configs.catalogue import LOCALES
from integrations.pages.blocks_as_html import as_mail, as_page
from integrations.pages.memo import memo
from tests.integrations.pages.builders import SUSPECTS, memo_facts, some_evidence
from tests.integrations.pages.test_memo import by_a_stranger

pytestmark = pytest.mark.browser

FORMS = {"page": as_page, "mail": as_mail}
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
@pytest.mark.parametrize("form", FORMS)
def test_it_fits_the_screen_and_asks_for_nothing(
    browser: Browser, tmp_path: Path, shots: Path, form: str, screen: str, scheme: str
) -> None:
    facts = memo_facts(judged=(replace(some_evidence()[-1], suspects=SUSPECTS),))
    for locale in LOCALES:
        file = tmp_path / f"{form}.html"
        file.write_text(FORMS[form](memo(facts, locale), locale), encoding="utf-8")
        page = browser.new_page(viewport={"width": WIDTHS[screen], "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # one of two
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request, to=asked: to.append(request.url))
        page.on("console", lambda message, to=said: to.append(message.text))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen]
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert said == []
        page.screenshot(path=shots / f"memo-{form}-{screen}-{scheme}-{locale}.png", full_page=True)
        page.close()


@pytest.mark.parametrize("screen", WIDTHS)
def test_a_long_name_breaks_no_screen(browser: Browser, tmp_path: Path, screen: str) -> None:
    for form, written in FORMS.items():
        file = tmp_path / f"{form}.html"
        file.write_text(written(memo(by_a_stranger("W" * 5_000), "en"), "en"), encoding="utf-8")
        page = browser.new_page(viewport={"width": WIDTHS[screen], "height": 900})
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen], form
        page.close()


@pytest.mark.parametrize("form", FORMS)
def test_what_strangers_write_runs_nothing(browser: Browser, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"{form}.html"
    nasty = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>{{ 7*7 }}"
    file.write_text(FORMS[form](memo(by_a_stranger(nasty), "en"), "en"), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    assert "owned'" in page.title()
    assert page.title() != "owned"
    assert page.locator("script, img[src=x]").count() == 0
    page.close()
