"""How fast an app's people take a new version: learnt from its own past where the ledger knows it, else the policy's figure.

A curve is what was seen of one recall or release: (hours since the fix or release was out, share that had it). The half-life is that of
the exponential through its origin by least squares on -ln(1 - share), so late points count most:

    rate = sum(hours * -ln(1 - share)) / sum(hours ^ 2),    half-life = ln 2 / rate

| who      | a curve is                                                            | of several curves |
|----------|-----------------------------------------------------------------------|-------------------|
| told     | the nightly reviews of a closed recall: share off the bad build       | the median        |
| alone    | the share of sessions that used a release or a newer one, day by day  | the median        |

How long a fix takes is the median of what it took in earlier recalls. Releases that went out in steps look slower than a fix for
everyone at once, so the result errs towards too slow.

Add here when take-up is learnt from something else; rather in `predictions.py` when it is used otherwise.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from configs.terms import Basis, Count, Dimension, Release, Review, TakeUp
from tasks.rules.detection import is_older

Curve = Sequence[tuple[float, float]]

ALMOST_ALL = 0.995
"""A share above it is taken as this: the logarithm of nearly nothing would outweigh every other point."""

SHORTEST_HOURS = 0.5
"""No store and no phone is faster; a curve that says so has its start wrong."""


def take_up(curves: Iterable[Curve], basis: Basis, at_least: int, default_hours: float) -> TakeUp:
    """The median half-life of the curves that tell one, or the default where fewer than `at_least` do."""
    found = [hours for curve in curves if (hours := half_life_hours(curve)) is not None]
    return TakeUp(max(SHORTEST_HOURS, median(found)), basis, len(found)) if found and len(found) >= at_least else TakeUp(default_hours)


def fix_after(waits: Sequence[float], at_least: int, default_hours: float) -> tuple[float, int]:
    """Hours from a decision until its fix is out, and from how many earlier recalls: their median, or the default of too few."""
    return (median(waits), len(waits)) if waits and len(waits) >= at_least else (default_hours, 0)


def half_life_hours(curve: Curve) -> float | None:
    """The half-life of one curve; None where nobody was seen to move, or nothing was seen at all."""
    seen = [(hours, -math.log1p(-min(share, ALMOST_ALL))) for hours, share in curve if hours > 0 and share > 0]
    weight = sum(hours * gone for hours, gone in seen)
    return math.log(2) * sum(hours**2 for hours, _ in seen) / weight if weight > 0 else None


def curve_of_reviews(reviews: Iterable[Review], fix_out: datetime) -> Curve:
    """Of one recall, the share off the bad build night by night since the fix was out."""
    return [((r.at - fix_out).total_seconds() / 3600, r.reach) for r in reviews if r.reach is not None and r.at > fix_out]


def curve_of_sessions(counts: Iterable[Count], release: Release, days: int) -> Curve:
    """The share of sessions in the release or a newer one, for each of its first days that is over."""
    used: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for count in counts:
        day = (count.start - release.released_at) // timedelta(days=1)
        if count.dimension is Dimension.ALL and 0 <= day < days and count.exposure > 0:
            used[day][0] += 0 if is_older(count.version, release.version) else count.exposure
            used[day][1] += count.exposure
    return [(24.0 * day + 12, new / every) for day, (new, every) in sorted(used.items())]
