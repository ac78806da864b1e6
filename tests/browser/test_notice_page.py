"""The notice's mail, looked at in a browser: it fits a phone, in light and dark and from right to left, and asks nothing of the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from configs.effects import TOKEN
from configs.wording import notice
from tests.configs.facts import RIGHT_TO_LEFT_FOLDER, a_notice_from_right_to_left, some_facts

pytestmark = pytest.mark.browser

WIDTHS = {"desktop": 1280, "phone": 390}
LOCALES = ("en", "zh", "ru")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""

WORST_CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  let worst = 99;
  for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const a = light(parse(getComputedStyle(e).color)), b = light(ground(e));
    worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return worst; }"""


def opened(browser: Browser, file: Path, html: str, width: int, scheme: str) -> tuple[Page, list[str]]:
    """The page, and what it asked for or said."""
    file.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # one of two
    noise: list[str] = []
    page.on("request", lambda request: None if request.url.startswith("file:") else noise.append(request.url))
    page.on("console", lambda message: noise.append(message.text))
    page.goto(file.as_uri())
    return page, noise


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_notice_fits_and_asks_for_nothing(browser: Browser, tmp_path: Path, shots: Path, locale: str, screen: str, scheme: str) -> None:
    made = notice(some_facts(answer_url=f"https://answers.recall.example/a/{TOKEN}"), locale)
    page, noise = opened(browser, tmp_path / "n.html", made.html, WIDTHS[screen], scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen]
    assert page.evaluate("document.documentElement.dir") == "ltr"
    assert page.locator("h1").inner_text().endswith({"en": "recall", "zh": "召回", "ru": "безопасности"}[locale])
    assert page.evaluate(WORST_CONTRAST) >= LEAST_CONTRAST
    assert noise == []
    page.screenshot(path=shots / f"notice-{locale}-{screen}-{scheme}.png", full_page=True)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
def test_a_notice_from_right_to_left_is_mirrored(browser: Browser, tmp_path: Path, shots: Path, screen: str, scheme: str) -> None:
    html = a_notice_from_right_to_left(tmp_path / RIGHT_TO_LEFT_FOLDER)
    page, noise = opened(browser, tmp_path / "n.html", html, WIDTHS[screen], scheme)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen]
    hazard = "getComputedStyle(document.querySelector('.hazard'))"
    assert page.evaluate(f"[{hazard}.borderRightWidth, {hazard}.borderLeftWidth, {hazard}.textAlign]") == ["4px", "0px", "right"]
    title = page.evaluate(
        "(e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect().right })"
        "(document.querySelector('h1'))"
    )
    card = page.evaluate("document.querySelector('.card').getBoundingClientRect().right")
    assert card - title < 40
    assert noise == []
    page.screenshot(path=shots / f"notice-rtl-{screen}-{scheme}.png", full_page=True)
    page.close()


def test_without_its_style_tag_a_notice_keeps_its_looks(browser: Browser, tmp_path: Path) -> None:
    html = notice(some_facts(), "en").html
    bare = html[: html.index("<style")] + html[html.index("</style>") + 8 :]
    page, _ = opened(browser, tmp_path / "n.html", bare, 390, "light")
    assert page.evaluate("getComputedStyle(document.querySelector('.head')).backgroundColor") == "rgb(179, 18, 29)"
    assert page.evaluate("getComputedStyle(document.querySelector('.hazard')).borderLeftWidth") == "4px"
    page.close()


def test_a_name_without_spaces_breaks_no_screen(browser: Browser, tmp_path: Path) -> None:
    page, _ = opened(browser, tmp_path / "n.html", notice(some_facts(app_title="W" * 3000), "en").html, 390, "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
