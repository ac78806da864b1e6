"""The mail of an outage message, looked at in a browser as a notice is."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from configs.outage import OutageStage, outage_message
from tests.browser.test_notice_page import LEAST_CONTRAST, WIDTHS, WORST_CONTRAST, opened
from tests.tasks.rules.test_outage_rules import facts

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
@pytest.mark.parametrize("stage", [OutageStage.FIRST, OutageStage.RESOLVED])
def test_an_outage_message_fits_and_asks_for_nothing(
    browser: Browser, tmp_path: Path, shots: Path, stage: OutageStage, screen: str, scheme: str
) -> None:
    for locale in ("en", "zh", "ru"):
        page, noise = opened(browser, tmp_path / "o.html", outage_message(facts(stage), locale).html, WIDTHS[screen], scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen]
        assert page.evaluate(WORST_CONTRAST) >= LEAST_CONTRAST
        assert noise == []
        page.screenshot(path=shots / f"outage-{locale}-{stage}-{screen}-{scheme}.png", full_page=True)
        page.close()
