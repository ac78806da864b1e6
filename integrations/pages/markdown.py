"""Markdown that shows what others wrote as they wrote it, and does nothing else: no HTML, no image, no link of theirs.

Strangers' text (reviews, release notes, reasons) ends up beside links that people trust, in a page of the Prefect UI.

Add here when all markdown pages should change; rather in one page when only it should.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from urllib.parse import quote, urlsplit

from configs.errors import BadInput

_SPECIAL = frozenset("\\`*_{}[]()<>#|&\"'~!$^=+")
"""CommonMark and GitHub's extensions. Escaped by a backslash: Prefect's UI shows most entities (&#40;) as they are written."""

_JOINERS = frozenset("\u200c\u200d")
"""Kept, though invisible: Persian, Indic scripts and composed emoji need them."""

_URL_SAFE = "/:?&=#%+,;@~.-_"


def shown(text: str, longest: int = 400) -> str:
    """Strangers' text on one line: special characters escaped, addresses not clickable, no invisible characters, shortened."""
    line = " ".join("".join(_visible(c) for c in text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    escaped = "".join(f"\\{c}" if c in _SPECIAL else c for c in line)
    return escaped.replace("://", ":\u2060//").replace("www.", "www\u2060.").replace("WWW.", "WWW\u2060.").replace("@", "\u2060@")


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    return {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "\ufffd", "Cn": "\ufffd"}.get(category, character)


def link(words: str, url: str) -> str:
    """A link to our own server or a web page.

    Raises:
        BadInput: any other scheme (javascript:, data:, file:).
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") and not (parts.scheme == "" and parts.netloc == "" and parts.path.startswith("/")):
        raise BadInput(f"a page cannot link to {parts.scheme or 'a relative'} address {url[:80]!r}; only http, https and /paths")
    return f"[{shown(words)}]({quote(url.strip(), safe=_URL_SAFE)})"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are already safe (`shown`, numbers, our own words)."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def paragraphs(*blocks: str) -> str:
    """Blocks with an empty line between them; empty ones are left out."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def amount(number: int | None) -> str:
    """A count for people; unknown is said."""
    return "unknown" if number is None else f"{number:,}"


def share(part: float | None) -> str:
    """A share as a percentage; unknown is said."""
    return "unknown" if part is None else f"{100 * part:.1f} %"


def percent(probability: Fraction) -> str:
    """A probability as a percentage with two digits, rounded up as in the proposal's summary; tiny is said to be tiny, never zero."""
    if 0 < probability < Fraction(1, 10_000):
        return "less than 0.01 %"
    places = 0 if probability >= Fraction(1, 10) or not probability else 1 if probability >= Fraction(1, 100) else 2
    return f"{math.ceil(100 * probability * 10**places) / 10**places:g} %"


def moment(at: datetime | None) -> str:
    """A moment in UTC; unknown is said."""
    return "unknown" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
