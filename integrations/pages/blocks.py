"""A page as a list of blocks: what it says, once, for markdown, HTML, mail and plain text alike.

Blocks hold plain text: whoever writes them out makes it harmless there. Strangers' text goes in through `plain`, which keeps it short.

Add here when a page needs another kind of block, and in every writer (`blocks_as_*.py`); rather in one page when its words change.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_JOINERS = frozenset("\u200c\u200d")
"""Kept, though invisible: Persian, Indic scripts and composed emoji need them."""

_GONE = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "\ufffd", "Cn": "\ufffd"}

LONGEST_NAME, LONGEST_WORDS = 80, 400
"""Characters of a stranger's name (an app, a device) and of what somebody wrote."""


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """Strangers' text on one line, without control, direction or invisible characters, shortened."""
    start = text[: 8 * longest]  # a megabyte is not looked through for the first line of it
    line = " ".join("".join(c if c in _JOINERS else _GONE.get(unicodedata.category(c), c) for c in start).split())
    return line if len(line) <= longest and len(start) == len(text) else line[: longest - 1] + "…"


class Tone(StrEnum):
    """How loudly something is said."""

    USUAL = "usual"
    LEAD = "lead"
    FAINT = "faint"
    BAD = "bad"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Title:
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Para:
    text: str
    tone: Tone = Tone.USUAL


@dataclass(frozen=True, slots=True)
class Badge:
    """A word or two at the top that says how bad it is."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Tiles:
    """A few large numbers, each as (number, what it counts)."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of (name, value)."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first column names the row, those from `numbers` on hold numbers, and one row may be marked."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 1
    marked: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its part of the longest one (None: unknown), and its number in words."""

    name: str
    said: str
    part: float | None
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Bars:
    caption: str
    items: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Points:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote, in the language it is in, and what is known of it."""

    words: str
    about: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG; left out where pictures cannot be shown without asking the network, with its caption."""

    png: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class Door:
    """A link to one of our own forms, or, where there is no address, what to type."""

    words: str
    way: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Lines of a message as they were written; `link` is made clickable where a line holds it."""

    text: str
    link: str = ""


Block = Title | Heading | Para | Badge | Tiles | Facts | Grid | Bars | Points | Quote | Picture | Door | Letter
Page = tuple[Block, ...]
