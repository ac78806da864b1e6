"""The charts of a recall: the reach night after night, the notices by language.

Add here when people need another picture of a recall; rather in `health_chart.py` when it is of a release's health, and in
`integrations/pages/ink.py` when all pictures should change.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from configs.effects import DeliveryState
from configs.terms import Review
from integrations.pages import ink
from integrations.pages.facts import DeliveryCount

_LEFT = 0.095
"""Where every panel and heading begins, as a share of the width."""

_PARTS = (
    ("fixed", ink.BLUE),
    ("blocked", ink.SKY),
    ("uninstalled", ink.GREEN),
    ("dormant", ink.PALE),
    ("unreached", ink.ORANGE),
)

_STATES = {
    DeliveryState.ACCEPTED: ("accepted", ink.BLUE),
    DeliveryState.QUEUED: ("queued", ink.PALE),
    DeliveryState.INTENDED: ("being sent", ink.SKY),
    DeliveryState.DEFERRED: ("deferred", ink.YELLOW),
    DeliveryState.UNKNOWN: ("unknown", ink.PURPLE),
    DeliveryState.BOUNCED: ("bounced", ink.ORANGE),
}


# --- reach ----------------------------------------------------------------------------------------------------------------


def reach_chart(reviews: Sequence[Review], target_reach: float | None = None) -> bytes:
    """Where the exposed installs are, night by night, as shares that add up to all of them (PNG)."""
    nights = [r for r in sorted(reviews, key=lambda r: r.night) if r.reconciliation.exposed > 0]
    if not nights:
        return ink.words_only("No review yet: the reach is not known.")
    sheet = ink.figure(430)
    axes = sheet.subplots()
    sheet.subplots_adjust(left=_LEFT, right=0.77, top=0.81, bottom=0.09)
    last = nights[-1].reconciliation
    safe = last.fixed + last.blocked + last.uninstalled
    claim = f"{100 * safe / last.exposed:.1f} % of {last.exposed:,} exposed installs are off the bad version"
    detail = f"Night by night; {last.unreached:,} not reached and {last.dormant:,} dormant on {nights[-1].night}"
    ink.heading(sheet, claim, detail, _LEFT)
    _draw_parts(axes, nights)
    if target_reach is not None:
        axes.axhline(target_reach, color=ink.TEXT, linewidth=1.4, linestyle=(0, (5, 3)))
        axes.set_yticks([0, 0.25, 0.5, 0.75, target_reach], ["0 %", "25 %", "50 %", "75 %", f"target {target_reach * 100:g} %"])
    return ink.png(sheet)


def _draw_parts(axes: Axes, nights: Sequence[Review]) -> None:
    ink.plain_axes(axes)
    floor = [0.0] * len(nights)
    wanted: list[tuple[float, str, str]] = []
    for name, colour in _PARTS:
        counts = [int(getattr(r.reconciliation, name)) for r in nights]
        shares = [c / r.reconciliation.exposed for c, r in zip(counts, nights, strict=True)]
        axes.bar(range(len(nights)), shares, bottom=floor, color=colour, width=0.82, edgecolor="white", linewidth=0.6)
        wanted.append((floor[-1] + shares[-1] / 2, f"{name}: {counts[-1]:,}", colour))
        floor = [f + s for f, s in zip(floor, shares, strict=True)]
    _label_apart(axes, wanted)
    step = max(1, len(nights) // 10)
    axes.set_xticks(range(0, len(nights), step), [nights[i].night[5:] for i in range(0, len(nights), step)])
    axes.set_xlim(-0.6, len(nights) - 0.4)
    axes.set_ylim(0, 1.001)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def _label_apart(axes: Axes, wanted: Sequence[tuple[float, str, str]], gap: float = 0.075, mark: str = "■ ") -> None:
    """Names beside the right edge, lowest first, at a height from 0 to 1; moved apart where they would overlap."""
    spots: list[float] = []
    for at, _, _ in wanted:
        spots.append(max(at, spots[-1] + gap) if spots else at)
    highest = 1.0
    for place in reversed(range(len(spots))):
        spots[place] = min(spots[place], highest)
        highest = spots[place] - gap
    for spot, (_, words, colour) in zip(spots, wanted, strict=True):
        if mark:
            axes.annotate(mark, (1.015, spot), xycoords="axes fraction", fontsize=11, color=colour, va="center")
        beside = (1.045 if mark else 1.01, spot)
        shade = ink.TEXT if mark else colour
        axes.annotate(words, beside, xycoords="axes fraction", fontsize=10.5, color=shade, va="center", parse_math=False)


# --- deliveries -----------------------------------------------------------------------------------------------------------


def delivery_chart(counts: Sequence[DeliveryCount]) -> bytes:
    """Notices by language, by what became of them (PNG)."""
    locales = sorted({c.locale for c in counts if c.count > 0})
    if not locales:
        return ink.words_only("No notice yet.")
    height = 160 + 46 * len(locales)
    sheet = ink.figure(height)
    axes = sheet.subplots()
    sheet.subplots_adjust(left=_LEFT, right=0.88, top=1 - 106 / height, bottom=34 / height)
    ink.heading(sheet, f"{sum(c.count for c in counts):,} notices, by language", "What the providers answered", _LEFT)
    _draw_deliveries(axes, counts, locales)
    return ink.png(sheet)


def _draw_deliveries(axes: Axes, counts: Sequence[DeliveryCount], locales: Sequence[str]) -> None:
    totals = [sum(c.count for c in counts if c.locale == locale) for locale in locales]
    ink.plain_axes(axes)
    axes.grid(visible=False)
    left = [0] * len(locales)
    for state, (name, colour) in _STATES.items():
        sizes = [sum(c.count for c in counts if c.locale == locale and c.state is state) for locale in locales]
        if any(sizes):
            axes.barh(range(len(locales)), sizes, left=left, color=colour, height=0.66, edgecolor="white", label=f"{name} {sum(sizes):,}")
        left = [a + b for a, b in zip(left, sizes, strict=True)]
    for row, total in enumerate(totals):
        axes.annotate(f"{total:,}", (total, row), (5, 0), textcoords="offset points", va="center", fontsize=10, color=ink.TEXT)
    axes.set_yticks(range(len(locales)), list(locales), fontsize=11)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.legend(loc="lower left", bbox_to_anchor=(-0.005, 1.0), ncols=6, frameon=False, fontsize=9.5, handlelength=1, columnspacing=1.4)
