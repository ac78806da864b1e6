"""Paper and ink of every chart: size, colours, PNG bytes, the markdown that shows them.

Prefect's artifacts show PNG data URLs in markdown; SVG is stripped there, and image artifacts print the URL across the page.

Add here when every chart should look different; rather in `integrations/pages/charts.py` when one should.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from PIL import Image

BLUE, ORANGE, GREEN, SKY, YELLOW, PURPLE = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#E69F00", "#CC79A7"
"""Okabe and Ito's palette: told apart by colour-blind readers (jfly.uni-koeln.de/color)."""

TEXT, FAINT, PALE = "#222222", "#767676", "#D9D9D9"

WIDTH_PIXELS = 900
_DPI = 100
_COLOURS = 96


def figure(height_pixels: int) -> Figure:
    """An empty white sheet, 900 pixels wide; white also on a dark page, so that the ink stays readable."""
    return Figure(figsize=(WIDTH_PIXELS / _DPI, height_pixels / _DPI), dpi=_DPI, facecolor="white")


def png(sheet: Figure) -> bytes:
    """The sheet as a PNG of 96 colours, some 20 KB: the same input gives the same bytes (no date, no version inside)."""
    raw = BytesIO()
    sheet.savefig(raw, format="raw", dpi=_DPI, facecolor="white")
    size = (WIDTH_PIXELS, round(sheet.get_size_inches()[1] * _DPI))
    picture = Image.frombytes("RGBA", size, raw.getvalue()).convert("RGB")
    held = BytesIO()
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(held, format="PNG", optimize=True, dpi=(_DPI, _DPI))
    return held.getvalue()


def as_markdown(picture: bytes, caption: str) -> str:
    """The picture inlined; the caption is what a screen reader says, and is plain text without brackets."""
    said = "".join(c for c in caption if c.isalnum() or c in " .,:;%+-/")
    return f"![{said}]({data_url(picture)})"


def data_url(picture: bytes) -> str:
    """The picture as a `data:` URL."""
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


def heading(sheet: Figure, claim: str, detail: str, left: float) -> None:
    """A bold claim at the top of the sheet and a fainter line below it; text is shown as it is, never as a formula."""
    height = sheet.get_size_inches()[1] * _DPI
    sheet.text(left, 1 - 20 / height, claim, fontsize=13.5, fontweight="bold", color=TEXT, va="top", parse_math=False)
    sheet.text(left, 1 - 46 / height, detail, fontsize=10.5, color=FAINT, va="top", parse_math=False)


def words_only(words: str) -> bytes:
    """A low sheet that says why there is no picture (PNG)."""
    sheet = figure(120)
    sheet.text(0.03, 0.5, words, fontsize=13, color=FAINT, va="center")
    return png(sheet)


def plain_axes(axes: Axes, title: str = "") -> None:
    """Only what helps reading: left and bottom lines, faint grid across, the panel's name at its top left."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PALE)
    axes.tick_params(colors=FAINT, labelsize=9, length=3)
    axes.grid(axis="y", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    if title:
        axes.set_title(title, loc="left", fontsize=10.5, color=TEXT, pad=6, parse_math=False)


def time_axis(axes: Axes) -> None:
    """Short dates in UTC along the bottom."""
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]  # matplotlib.dates is not annotated
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]  # as above


def day(at: datetime) -> float:
    """A moment as matplotlib counts time: days since 1970."""
    return at.timestamp() / 86_400


def moment(at: datetime) -> str:
    """A moment as people write it: 2 Mar 09:40 UTC."""
    there = at.astimezone(UTC)
    return f"{there.day} {there:%b %H:%M} UTC"
