"""The three charts: the health that led to the alarm, the reach night after night, the notices by language.

Add here when people need another picture; rather in `integrations/pages/ink.py` when all pictures should change.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isnan, log

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from configs.effects import DeliveryState
from configs.terms import Evidence, Health, Metric, Review
from integrations.pages import ink
from integrations.pages.facts import DeliveryCount

_EVENTS = {
    Metric.CRASH: ("crashes", "crashing users per 1 000 sessions"),
    Metric.ANR: ("hangs", "hanging users per 1 000 sessions"),
    Metric.LOW_STARS: ("low ratings", "1- and 2-star reviews per 1 000 reviews"),
    Metric.COMPLAINT: ("complaints", "complaints per 1 000 reviews"),
    Metric.TICKET: ("support tickets", "tickets per 1 000 users"),
}

_LEFT = 0.095
"""Where every panel and heading begins, as a share of the width."""

_OFF_SCALE = 1.8
"""Evidence grows without bound; the panel ends at this multiple of the recall threshold, so that both thresholds stay visible."""

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


# --- health ---------------------------------------------------------------------------------------------------------------


def health_chart(evidence: Sequence[Evidence], alpha_halt: float, alpha_recall: float) -> bytes:
    """Evidence with its two thresholds, the rate against the control's, and how much use stands behind it (PNG).

    Of several metrics the one with the strongest evidence is drawn.
    """
    looks = _strongest(evidence)
    if not looks:
        return _nothing("No evidence yet: nothing was counted for this release.")
    sheet = ink.figure(720)
    top, middle, bottom = sheet.subplots(3, 1, sharex=True, height_ratios=[3, 2.6, 1.2])
    sheet.subplots_adjust(left=_LEFT, right=0.80, top=0.855, bottom=0.06, hspace=0.36)
    name, unit = _EVENTS[looks[-1].metric]
    ink.heading(sheet, f"{looks[-1].app} {looks[-1].version}: {name} against the versions before it", _size_in_words(looks[-1]), _LEFT)
    _draw_evidence(top, looks, log(1 / alpha_halt), log(1 / alpha_recall))
    _draw_rates(middle, looks, unit)
    _draw_exposure(bottom, looks)
    return ink.png(sheet)


def _strongest(evidence: Sequence[Evidence]) -> list[Evidence]:
    if not evidence:
        return []
    metric = max(evidence, key=lambda e: e.log_evidence).metric
    return sorted((e for e in evidence if e.metric is metric), key=lambda e: e.at)


def _size_in_words(last: Evidence) -> str:
    if last.ratio is None:
        return "How many times the earlier versions' rate: cannot be said yet"
    low = "?" if last.ratio_low is None else f"{last.ratio_low:.1f}"
    high = "?" if last.ratio_high is None else f"{last.ratio_high:.1f}"
    return f"{last.ratio:.1f} times the earlier versions' rate (plausible: {low} to {high}) · {ink.moment(last.at)}"


def _draw_evidence(axes: Axes, looks: Sequence[Evidence], halt: float, recall: float) -> None:
    ink.plain_axes(axes, "How strong the evidence is that it got worse (×1 = none)")
    ceiling = recall * _OFF_SCALE
    shown = [min(e.log_evidence, ceiling) for e in looks]
    axes.plot([ink.day(e.at) for e in looks], shown, color=ink.ORANGE, linewidth=2.2)
    for at, words in ((halt, "halt the roll-out"), (recall, "propose a recall")):
        axes.axhline(at, color=ink.TEXT, linewidth=1, linestyle=(0, (5, 3)))
        passed = _mark_crossing(axes, looks, at)
        said = f"×{exp(at):,.0f}: {words}\n{passed}"
        axes.annotate(said, (1.01, at), xycoords=("axes fraction", "data"), fontsize=9, va="center", color=ink.TEXT)
    axes.set_ylim(min(0.0, *shown) - 0.3, max(recall * 1.25, max(shown) * 1.08))
    axes.set_yticks([0, halt, recall, *([ceiling] if max(shown) >= ceiling else [])])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"×{exp(value):,.0f}" if value < ceiling else "more"))
    _shade_unknown(axes, looks)


def _mark_crossing(axes: Axes, looks: Sequence[Evidence], threshold: float) -> str:
    first = next((e for e in looks if e.log_evidence >= threshold), None)
    if first is None:
        return "not passed"
    axes.plot([ink.day(first.at)], [threshold], "o", color=ink.ORANGE, markersize=7, markeredgecolor="white")
    return f"passed {ink.moment(first.at)}"


def _shade_unknown(axes: Axes, looks: Sequence[Evidence]) -> None:
    unknown = [e.health is Health.UNKNOWN for e in looks]
    if any(unknown) and len(looks) > 1:
        low, high = axes.get_ylim()
        times = [ink.day(e.at) for e in looks]
        axes.fill_between(times, low, high, where=unknown, color=ink.PALE, alpha=0.5, linewidth=0, step="mid")
        axes.set_ylim(low, high)
        axes.annotate("grey: data unknown", (0.995, 0.04), xycoords="axes fraction", fontsize=8.5, color=ink.FAINT, ha="right")


def _draw_rates(axes: Axes, looks: Sequence[Evidence], unit: str) -> None:
    ink.plain_axes(axes, f"{unit[0].upper()}{unit[1:]}, since the roll-out began")
    new = [_per_thousand(e.events, e.exposure) for e in looks]
    old = [_per_thousand(e.control_events, e.control_exposure) for e in looks]
    settled = [rate for rates in (new, old) for rate in rates[len(looks) // 6 :] if rate > 0]
    axes.set_ylim(0, 1.3 * max(settled, default=1.0))
    named = []
    for name, colour, rates in ((looks[-1].version, ink.ORANGE, new), ("versions before", ink.BLUE, old)):
        axes.plot([ink.day(e.at) for e in looks], rates, color=colour, linewidth=2)
        if not isnan(rates[-1]):
            named.append((rates[-1] / axes.get_ylim()[1], f"{name}: {rates[-1]:.1f}", colour))
    _label_apart(axes, sorted(named), gap=0.12, mark="")
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _per_thousand(events: int, exposure: int) -> float:
    return 1000 * events / exposure if exposure > 0 else float("nan")


def _draw_exposure(axes: Axes, looks: Sequence[Evidence]) -> None:
    ink.plain_axes(axes, f"Use of {looks[-1].version} so far (what the rate is counted over)")
    sizes = [e.exposure for e in looks]
    axes.fill_between([ink.day(e.at) for e in looks], sizes, color=ink.ORANGE, alpha=0.35, linewidth=0)
    axes.annotate(f"{sizes[-1]:,}", (1.01, sizes[-1]), xycoords=("axes fraction", "data"), color=ink.TEXT, fontsize=10, va="center")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ink.time_axis(axes)


# --- reach ----------------------------------------------------------------------------------------------------------------


def reach_chart(reviews: Sequence[Review], target_reach: float | None = None) -> bytes:
    """Where the exposed installs are, night by night, as shares that add up to all of them (PNG)."""
    nights = [r for r in sorted(reviews, key=lambda r: r.night) if r.reconciliation.exposed > 0]
    if not nights:
        return _nothing("No review yet: the reach is not known.")
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
        return _nothing("No notice yet.")
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


def _nothing(words: str) -> bytes:
    sheet: Figure = ink.figure(120)
    sheet.text(0.03, 0.5, words, fontsize=13, color=ink.FAINT, va="center")
    return ink.png(sheet)
