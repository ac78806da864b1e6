"""The health chart: how strong the evidence is, how many times worse the release is, over how much use, and whom it concerns.

Add here when the picture of one release's health must show more; rather in `integrations/pages/charts.py` when it is about a recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from configs.terms import Evidence, Health, Metric, Suspect
from integrations.pages import ink
from integrations.pages.passages import certainty, scope_in_words

_EVENTS = {
    Metric.CRASH: ("crashes", "crashing users per 1 000 sessions"),
    Metric.ANR: ("hangs", "hanging users per 1 000 sessions"),
    Metric.LOW_STARS: ("low ratings", "1- and 2-star reviews per 1 000 reviews"),
    Metric.COMPLAINT: ("complaints", "complaints per 1 000 reviews"),
    Metric.TICKET: ("support tickets", "tickets per 1 000 users"),
}

_LEFT = 0.095
"""Where every panel and heading begins, as a share of the width."""

_RIGHT = 0.79

_OFF_SCALE = 1.8
"""Evidence grows without bound; the panel ends at this multiple of the recall threshold, so that both thresholds stay visible."""

_LARGEST_RATIO, _SMALLEST_RATIO = 64.0, 0.25
"""Beyond them a ratio is drawn at the edge: early bounds are wide and would press everything else flat."""

_SUSPECTS = 5
"""Bars of the last panel."""

_TOPS, _TALL = (112, 354, 560), (196, 160, 96)
"""Upper edges and heights of the three panels over time, in pixels."""

_HEAD, _BAR, _FOOT = 60, 28, 14
"""Above, of each, and below the bars of the last panel, in pixels."""


def health_chart(evidence: Sequence[Evidence], alpha_halt: float, alpha_recall: float) -> bytes:
    """Four panels of the metric with the strongest evidence (PNG); the last one, whom it concerns, only where scopes were compared."""
    looks = _strongest(evidence)
    if not looks:
        return ink.words_only("No evidence yet: nothing was counted for this release.")
    suspects = looks[-1].suspects[:_SUSPECTS]
    over_time = _TOPS[-1] + _TALL[-1] + 44
    height = over_time + (_HEAD + _BAR * len(suspects) + _FOOT if suspects else 0)
    sheet = ink.figure(height)
    name, unit = _EVENTS[looks[-1].metric]
    ink.heading(sheet, f"{looks[-1].app} {looks[-1].version}: {name} against the versions before it", _size_in_words(looks[-1]), _LEFT)
    axes = [_panel(sheet, height, top, tall) for top, tall in zip(_TOPS, _TALL, strict=True)]
    _draw_evidence(axes[0], looks, log(1 / alpha_halt), log(1 / alpha_recall))
    _draw_ratio(axes[1], looks, unit)
    _draw_exposure(axes[2], looks)
    for panel in axes:
        _share_time(panel, looks, labelled=panel is axes[-1])
    if suspects:
        _draw_suspects(_panel(sheet, height, over_time + _HEAD - 18, _BAR * len(suspects)), suspects)
    return ink.png(sheet)


def _panel(sheet: Figure, height: int, top: int, tall: int) -> Axes:
    """Axes whose upper edge is `top` pixels below the sheet's."""
    panel: Axes = sheet.add_axes((_LEFT, 1 - (top + tall) / height, _RIGHT - _LEFT, tall / height))
    return panel


def _strongest(evidence: Sequence[Evidence]) -> list[Evidence]:
    if not evidence:
        return []
    metric = max(evidence, key=lambda e: e.log_evidence).metric
    return sorted((e for e in evidence if e.metric is metric), key=lambda e: e.at)


def _strength(look: Evidence) -> float:
    """Of the metric drawn, or of all metrics together where that is more: what the two lines are passed by."""
    return max(look.log_evidence, look.log_combined)


def _size_in_words(last: Evidence) -> str:
    if last.ratio is None:
        return "How many times the earlier versions' rate: cannot be said yet"
    return f"{last.ratio:.1f} times the earlier versions' rate{_band(last.ratio_low, last.ratio_high)} · {ink.moment(last.at)}"


def _band(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" (plausible: {low:.1f} to {high:.1f})"


def _share_time(axes: Axes, looks: Sequence[Evidence], *, labelled: bool) -> None:
    first, last = ink.day(looks[0].at), ink.day(looks[-1].at)
    room = max(last - first, 0.02) * 0.02
    axes.set_xlim(first - room, last + room)
    ink.time_axis(axes)
    if not labelled:
        axes.tick_params(axis="x", labelbottom=False)
        axes.xaxis.get_offset_text().set_visible(False)


# --- the evidence ---------------------------------------------------------------------------------------------------------


def _draw_evidence(axes: Axes, looks: Sequence[Evidence], halt: float, recall: float) -> None:
    ink.plain_axes(axes, "How strong the evidence is that it got worse (×1 = none)")
    ceiling = recall * _OFF_SCALE
    axes.set_ylim(-0.35, ceiling * 1.05)
    shown = [min(_strength(e), ceiling) for e in looks]
    axes.plot([ink.day(e.at) for e in looks], shown, color=ink.ORANGE, linewidth=2.2, marker="o" if len(looks) == 1 else "")
    for at, words, side in ((halt, "halt; recall if serious", "top"), (recall, "recall below serious", "bottom")):
        axes.axhline(at, color=ink.TEXT, linewidth=1, linestyle=(0, (5, 3)))
        said = f"×{exp(at):,.0f}: {words}\n{_mark_crossing(axes, looks, at)}"
        place = (1.01, at + (0.25 if side == "top" else -0.25))
        axes.annotate(said, place, xycoords=("axes fraction", "data"), fontsize=9, va=side, color=ink.TEXT)
    once = f"(by chance: at most once\nin {exp(halt):,.0f} healthy roll-outs)"
    axes.annotate(once, (1.01, 0.0), xycoords=("axes fraction", "data"), fontsize=8.5, va="center", color=ink.FAINT)
    axes.set_yticks([0, halt, recall, *([ceiling] if max(shown) >= ceiling else [])])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"×{exp(value):,.0f}" if value < ceiling else "more"))
    _shade_unknown(axes, looks)


def _mark_crossing(axes: Axes, looks: Sequence[Evidence], threshold: float) -> str:
    """A dot where the drawn line crosses, and in words the look that saw it."""
    at = next((i for i, e in enumerate(looks) if _strength(e) >= threshold), None)
    if at is None:
        return "not passed"
    before, after = looks[max(at - 1, 0)], looks[at]
    rise = _strength(after) - _strength(before)
    part = (threshold - _strength(before)) / rise if rise > 0 else 1.0
    axes.plot(
        [ink.day(before.at) + part * (ink.day(after.at) - ink.day(before.at))],
        [threshold],
        "o",
        color=ink.ORANGE,
        markersize=7,
        markeredgecolor="white",
    )
    return f"passed {ink.moment(after.at)}"


def _shade_unknown(axes: Axes, looks: Sequence[Evidence]) -> None:
    unknown = [e.health is Health.UNKNOWN for e in looks]
    if sum(unknown) > 1:
        low, high = axes.get_ylim()
        axes.fill_between([ink.day(e.at) for e in looks], low, high, where=unknown, color=ink.PALE, alpha=0.5, linewidth=0, step="mid")
        axes.set_ylim(low, high)
        free = 0.06 if _strength(looks[-1]) > high / 2 else 0.8
        axes.annotate("grey: data unknown", (0.99, free), xycoords="axes fraction", fontsize=8.5, color=ink.FAINT, ha="right")


# --- the size of the effect -----------------------------------------------------------------------------------------------


def _draw_ratio(axes: Axes, looks: Sequence[Evidence], unit: str) -> None:
    ink.plain_axes(axes, "How many times the earlier versions' rate (line: most likely; band: plausible at every look)")
    known = [e for e in looks if e.ratio is not None]
    axes.set_yscale("log", base=2)
    banded = [e for e in known if e.ratio_low is not None and e.ratio_high is not None]
    axes.fill_between(
        [ink.day(e.at) for e in banded],
        [_drawable(e.ratio_low) for e in banded],
        [_drawable(e.ratio_high) for e in banded],
        color=ink.ORANGE,
        alpha=0.22,
        linewidth=0,
    )
    axes.plot([ink.day(e.at) for e in known], [_drawable(e.ratio) for e in known], color=ink.ORANGE, linewidth=2)
    axes.axhline(1.0, color=ink.BLUE, linewidth=1.4)
    axes.annotate("×1: as before", (1.01, 1.0), xycoords=("axes fraction", "data"), fontsize=9, va="center", color=ink.BLUE)
    axes.set_ylim(*_ratio_limits(banded or known))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"×{value:g}"))
    axes.minorticks_off()
    _say_rates(axes, looks[-1], unit)


def _drawable(ratio: float | None) -> float:
    return min(max(ratio or _SMALLEST_RATIO, _SMALLEST_RATIO), _LARGEST_RATIO)


def _ratio_limits(looks: Sequence[Evidence]) -> tuple[float, float]:
    """From below 1 to above what the later two thirds of the looks show."""
    late = looks[len(looks) // 3 :]
    seen = [_drawable(r) for e in late for r in (e.ratio_low, e.ratio, e.ratio_high) if r is not None]
    return min([0.7, *seen]) * 0.9, max([2.2, *seen]) * 1.2


def _say_rates(axes: Axes, last: Evidence, unit: str) -> None:
    new, old = _per_thousand(last.events, last.exposure), _per_thousand(last.control_events, last.control_exposure)
    said = f"{last.version}: {new}\nbefore: {old}\n{unit.replace(' per ', chr(10) + 'per ')}"
    axes.annotate(said, (1.01, 0.97), xycoords="axes fraction", fontsize=9, va="top", color=ink.TEXT, parse_math=False)


def _per_thousand(events: int, exposure: int) -> str:
    return f"{1000 * events / exposure:,.1f}" if exposure > 0 else "unknown"


def _draw_exposure(axes: Axes, looks: Sequence[Evidence]) -> None:
    ink.plain_axes(axes, f"Use of {looks[-1].version} so far (what the rate is counted over)")
    sizes = [e.exposure for e in looks]
    axes.fill_between([ink.day(e.at) for e in looks], sizes, color=ink.ORANGE, alpha=0.35, linewidth=0)
    axes.annotate(f"{sizes[-1]:,}", (1.01, sizes[-1]), xycoords=("axes fraction", "data"), color=ink.TEXT, fontsize=10, va="center")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


# --- whom it concerns -----------------------------------------------------------------------------------------------------


def _draw_suspects(axes: Axes, suspects: Sequence[Suspect]) -> None:
    """One bar a scope, as long as it is probable; beside it what its users show."""
    ink.plain_axes(axes, "Whom it concerns (how probable; most probable first)")
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xticks([])
    axes.set_xlim(0, 1)
    axes.set_ylim(len(suspects) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(range(len(suspects)), [""] * len(suspects))
    for row, suspect in enumerate(suspects):
        axes.barh(row, suspect.posterior, color=ink.ORANGE if row == 0 else ink.FAINT, alpha=0.35, height=0.72)
        about = f"{scope_in_words(suspect.scope)}   {certainty(suspect.posterior)}"
        axes.annotate(about, (0.008, row), fontsize=9.5, va="center_baseline", color=ink.TEXT, parse_math=False)
        axes.annotate(_of_scope(suspect), (1.01, row), xycoords=("axes fraction", "data"), fontsize=9, va="center_baseline", color=ink.TEXT)


def _of_scope(suspect: Suspect) -> str:
    times = "ratio unknown" if suspect.ratio is None else f"×{suspect.ratio:.1f}"
    explains = "" if suspect.explains is None else f", {100 * suspect.explains:.0f} % of the rise"
    return times + explains
