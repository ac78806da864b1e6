"""Which single input would give another level: what the guidelines ask of a risk assessment, and what people ask of an alarm.

| input    | varied                                                                                     |
|----------|--------------------------------------------------------------------------------------------|
| harm     | one class milder, one class worse                                                          |
| estimate | the point estimate in the place of the bound                                               |
| ratio    | its lower end, its most likely value, and "all harm is the release's"                      |
| units    | one band fewer, one band more, unknown                                                     |
| horizon  | from a quarter to four times as many days, up to where the level changes                   |
| harmed   | as many more, or fewer, among the same users as change the level                           |
| users    | as many more without harm as lower the level                                               |

Add here when another input is varied; rather in `severity_cases.py` when a level depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from configs.terms import Flip, Harm, Input, Level
from tasks.rules.severity_cases import Case, Judged, deciding_level
from tasks.rules.severity_matrix import UNITS

MOST_USERS = 1_000_000_000
"""More users than this are not asked for: no app has them."""

HORIZON_FACTOR = 4
"""The horizon is varied up to this many times, and down to one part in as many."""


def sensitivity(found: Judged) -> tuple[Flip, ...]:
    """Every single change of one input that gives another level, in the order of the table."""
    case, level = found.case, found.level
    return (
        *_by_harm(case, level),
        *([Flip(Input.ESTIMATE, "the point estimate instead of the bound", found.level_point)] if found.level_point is not level else []),
        *_by_ratio(case, level),
        *_by_units(case, level),
        *_by_horizon(case, level),
        *_by_counts(case, level),
    )


def users_to_tell(found: Judged) -> int | None:
    """How many more users, harmed at the same rate, bring the bound's level down to the point estimate's; None when no number does.

    The ratio's upper end is taken to close in on its most likely value with the square root of the users.
    """
    case, target = found.case, found.level_point.rank
    if case.suspect is not None or not case.users:
        return None

    def tells(more: int) -> bool:
        times = 1 + Fraction(more) / Fraction(case.users)
        ratio_high = _closer(case.ratio, case.ratio_high, float(times))
        return deciding_level(replace(case, harmed=case.harmed * times, users=case.users * times, ratio_high=ratio_high)).rank <= target

    return _least(tells, MOST_USERS)


def _closer(ratio: float | None, high: float | None, times: float) -> float | None:
    if ratio is None or high is None or not 0 < ratio < high or not math.isfinite(high):
        return high
    return ratio * float((high / ratio) ** (times**-0.5))


# --- one input each -------------------------------------------------------------------------------------------------------


def _changed(
    input_: Input, change: str, case: Case, level: Level, by: int | None = None, *, to: float | None = None, was: float | None = None
) -> Iterator[Flip]:
    other = deciding_level(case)
    if other is not level:
        yield Flip(input_, change, other, by, to, was)


def _by_harm(case: Case, level: Level) -> Iterator[Flip]:
    for harm in Harm:
        if abs(harm - case.way.harm) == 1:
            changed = replace(case, way=replace(case.way, harm=harm))
            said = f"harm class {int(harm)} instead of {int(case.way.harm)}"
            yield from _changed(Input.HARM, said, changed, level, to=int(harm), was=int(case.way.harm))


def _by_ratio(case: Case, level: Level) -> Iterator[Flip]:
    known = "unknown" if case.ratio_high is None else f"{case.ratio_high:.3g}"
    for ratio, what in ((case.ratio_low, "its lower end"), (case.ratio, "its most likely value")):
        if ratio is not None and ratio != case.ratio_high:
            said, changed = f"a ratio of {ratio:.3g} ({what}) instead of {known}", replace(case, ratio_high=ratio)
            yield from _changed(Input.RATIO, said, changed, level, to=ratio, was=_finite(case.ratio_high))
    if case.ratio_high is not None and case.suspect is None:
        said, changed = f"all harm the release's own instead of a ratio of {known}", replace(case, ratio_high=None)
        yield from _changed(Input.RATIO, said, changed, level, was=_finite(case.ratio_high))


def _finite(ratio: float | None) -> float | None:
    return ratio if ratio is not None and math.isfinite(ratio) else None


def _by_units(case: Case, level: Level) -> Iterator[Flip]:
    edges = sorted(bound for bound, _ in UNITS)
    if case.units is None:
        known = (replace(case, units=edge + 1) for edge in edges)
        first = next((c for c in known if deciding_level(c) is not level), None)
        if first is not None:
            yield from _changed(Input.UNITS, f"{first.units:,} units in use instead of an unknown number", first, level, to=first.units)
        return
    more = next((edge + 1 for edge in edges if edge >= case.units), None)
    fewer = next((edge for edge in reversed(edges) if edge < case.units), None)
    for units in (fewer, more):
        if units is not None:
            by = units - case.units
            said = f"{abs(by):,} {'more' if by > 0 else 'fewer'} units in use ({units:,})"
            yield from _changed(Input.UNITS, said, replace(case, units=units), level, by, to=units, was=case.units)
    yield from _changed(Input.UNITS, "an unknown number of units in use", replace(case, units=None), level, was=case.units)


def _by_horizon(case: Case, level: Level) -> Iterator[Flip]:
    for end in (case.horizon_days / HORIZON_FACTOR, case.horizon_days * HORIZON_FACTOR):
        if deciding_level(replace(case, horizon_days=end)) is level:
            continue
        same, other = case.horizon_days, end
        while abs(other - same) > 0.005 * case.horizon_days:
            middle = (same + other) / 2
            same, other = (middle, other) if deciding_level(replace(case, horizon_days=middle)) is level else (same, middle)
        said, changed = f"a horizon of {other:.1f} days instead of {case.horizon_days:g}", replace(case, horizon_days=other)
        yield from _changed(Input.HORIZON, said, changed, level, to=other, was=case.horizon_days)


def _by_counts(case: Case, level: Level) -> Iterator[Flip]:
    """Not for a segment: its own counts are not known."""
    if case.suspect is not None:
        return
    x, n = math.floor(case.harmed), math.floor(case.users)

    def harmed(more: int) -> Case:
        return replace(case, harmed=x + more)

    def unharmed(more: int) -> Case:
        return replace(case, users=case.users + more)

    more = _least(lambda k: deciding_level(harmed(k)).rank > level.rank, max(0, n - x))
    fewer = _least(lambda k: deciding_level(harmed(-k)).rank < level.rank, x)
    users = _least(lambda k: deciding_level(unharmed(k)).rank < level.rank, MOST_USERS)
    if more is not None:
        yield from _changed(Input.HARMED, f"{more:,} more harmed of {n:,}", harmed(more), level, more)
    if fewer is not None:
        yield from _changed(Input.HARMED, f"{fewer:,} fewer harmed of {n:,}", harmed(-fewer), level, -fewer)
    if users is not None:
        yield from _changed(Input.USERS, f"{users:,} more users without harm", unharmed(users), level, users)


def _least(holds: Callable[[int], bool], most: int) -> int | None:
    """The least number from 1 to `most` for which it holds, given that it then holds for every greater one; None when for none."""
    high = 1
    while high < most and not holds(high):
        high *= 2
    high = min(high, most)
    if high < 1 or not holds(high):
        return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
