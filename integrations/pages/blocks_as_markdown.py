"""Blocks as markdown, for artifacts in the Prefect UI.

Add here when a block should look different there; rather in `blocks_as_html.py` when it should in a browser or mail.
"""

from __future__ import annotations

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
    Tone,
)
from integrations.pages.ink import as_markdown as picture_in_markdown
from integrations.pages.markdown import link, paragraphs, shown, table

_LONGEST = 2000

_FULL, _EMPTY, _WIDTH = "█", "░", 20


def as_markdown(page: Page) -> str:
    """The page as markdown."""
    return paragraphs(*(_written(block) for block in page))


def _said(text: str) -> str:
    return shown(text, _LONGEST)


def _written(block: Block) -> str:
    match block:
        case Title(text):
            return f"# {_said(text)}"
        case Heading(text):
            return f"## {_said(text)}"
        case Badge(text, _):
            return f"**{_said(text)}**"
        case Para(text, tone):
            return f"**{_said(text)}**" if tone in (Tone.LEAD, Tone.BAD) else _said(text)
        case Tiles(items):
            return "\n".join(f"- {_said(what)}: **{_said(number)}**" for number, what in items)
        case Points(items):
            return "\n".join(f"- {_said(item)}" for item in items)
        case Picture(png, caption):
            return paragraphs(picture_in_markdown(png, caption), _said(caption)).rstrip("\n")
        case Quote(words, about, _):
            return f"> {_said(words)}" + (f"\n>\n> {_said(about)}" if about else "")
        case _:
            return "\n".join(_lines(block))


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Facts(rows):
            yield table(["", ""], [[_said(name), _said(value)] for name, value in rows])
        case Grid(header, rows, _, marked):
            cells = [[_marked(cell, n == marked) for cell in row] for n, row in enumerate(rows)]
            yield table([_said(name) for name in header], cells)
        case Bars(caption, items):
            yield f"{_said(caption)}\n"
            yield table(["", "", ""], [[_marked(b.name, b.is_marked), _bar(b.part), _marked(b.said, b.is_marked)] for b in items])
        case Door(words, way):
            is_address = way.startswith(("http://", "https://")) or (way.startswith("/") and not way.startswith("//"))
            yield f"- {link(words, way)}" if is_address else f"- {_said(words)}: {_said(way)}"
        case Letter(text, _):
            yield from (f"{_said(line)}  " for line in text.splitlines() if line.strip())


def _marked(text: str, is_marked: bool) -> str:
    return f"**{_said(text)}**" if is_marked and text else _said(text)


def _bar(part: float | None) -> str:
    filled = 0 if part is None else round(_WIDTH * part)
    return _FULL * filled + _EMPTY * (_WIDTH - filled)
