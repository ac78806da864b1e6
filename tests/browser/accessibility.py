"""What can be checked of a page's accessibility without a rule engine: structure, names, labels, contrast, targets, reading at 390 px.

axe-core cannot be installed here without a network, so the rules that our pages could break stand in `accessibility.js`,
one by one, after WCAG 2.2 AA.

Add here when a page can break another rule; rather in one test when it is about that page's words.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

RULES = (Path(__file__).parent / "accessibility.js").read_text(encoding="utf-8")


def broken_rules(page: Page) -> list[str]:
    """Every rule the page breaks as it stands now, for people."""
    return [str(one) for one in page.evaluate(RULES)]
