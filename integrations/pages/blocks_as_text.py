"""Blocks as plain text, for a terminal and for the text part of a mail: complete by itself, nothing in columns, so that it wraps anywhere.

Add here when a block should read otherwise there; rather in `blocks_as_html.py` when it should look different in a browser or mail.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from integrations.pages.blocks import (
    Badge,
    Bars,
    Block,
    Door,
    Facts,
    Grid,
    Heading,
    Letter,
    Page,
    Para,
    Picture,
    Points,
    Quote,
    Tiles,
    Title,
)

_BAR, _WIDTH = "█", 24

_COLONS = {"zh": "："}
"""How a language sets a name apart from its value, where it is not by a colon and a space."""


def as_text(page: Page, locale: str = "en") -> str:
    """The page as lines of plain text; pictures are left out."""
    colon = _COLONS.get(locale, ": ")
    written = ("\n".join(_lines(block, colon)) for block in page)
    return "\n\n".join(_harmless(block) for block in written if block) + "\n"


def _harmless(text: str) -> str:
    return "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in text)


def _lines(block: Block, colon: str) -> Iterator[str]:
    match block:
        case Title(text) | Heading(text):
            yield text
            yield ("=" if isinstance(block, Title) else "-") * min(_cells(text), 70)
        case Para(text, _) | Badge(text, _):
            yield text
        case Letter(text, _):
            yield text.strip("\n")
        case Points(items):
            yield from (f"- {item}" for item in items)
        case Tiles(items):
            yield from (f"- {what}{colon}{number}" for number, what in items)
        case Facts(rows):
            yield from (f"{name}{colon}{value}" for name, value in rows)
        case Quote(words, about, _):
            yield f"  {words}"
            yield from ([f"  {about}"] if about else [])
        case Door(words, way):
            yield f"- {words}{colon}{way}"
        case Grid() | Bars():
            yield from _rows(block, colon)
        case Picture():
            return


def _rows(block: Grid | Bars, colon: str) -> Iterator[str]:
    if isinstance(block, Bars):
        yield block.caption
        yield from (f"  {_drawn(bar.part)} {bar.said}  {'*' if bar.is_marked else ''}{bar.name}" for bar in block.items)
        return
    for number, row in enumerate(block.rows):
        yield f"{'* ' if number == block.marked else '- '}{row[0]}"
        yield from (f"    {name}{colon}{cell}" for name, cell in zip(block.header[1:], row[1:], strict=True) if cell)


def _drawn(part: float | None) -> str:
    return (_BAR * max(1, round(_WIDTH * part)) if part else "·").ljust(_WIDTH)


def _cells(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
