"""HTML as mail programs take it: styles inside the tags, nothing fetched, the reader's own link where a mail can be cut.

Add here when mail programs need something else of HTML; rather in `configs/templates/letter.style.j2` when it should look different.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from css_inline import CSSInliner, InlineError

from configs.errors import TemplateInvalid

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "ha-arab", "he", "iw", "ku-arab", "ps", "sd", "syr", "ug", "ur", "yi"})
"""Languages written from right to left, by CLDR."""


def direction(locale: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir` wants it. Case, region and `_` or `-` make no difference."""
    language, *rest = locale.replace("_", "-").lower().split("-")
    return "rtl" if language in RIGHT_TO_LEFT or f"{language}-{rest[0] if rest else ''}" in RIGHT_TO_LEFT else "ltr"


def inlined(page: str, own_link: str = "") -> str:
    """The page with its styles inlined; only media queries stay in a style tag. `own_link` gets a line of its own in its tag.

    Raises:
        TemplateInvalid: a style cannot be read, or asks for a file.
    """
    try:
        done = str(_inliner().inline(page))
    except (InlineError, ValueError) as err:
        raise TemplateInvalid(f"the styles of a page cannot be inlined: {err}; mend configs/templates/letter.style.j2") from err
    if not own_link:
        return done
    link = f'href="{html.escape(own_link)}"'
    return re.sub(rf"\s{re.escape(link)}", lambda _: f"\n{link}\n", done)


@lru_cache(maxsize=1)
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True, minify_css=False)
