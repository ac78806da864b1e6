"""The users whom a recall is about, before and after the fix, beside users of the same versions whom it does not concern.

Before is the recalled version, after is the fixed one. The rate of those in the scope over that of the others cancels whatever hits both
alike; a recall of everyone has no others, and then nothing can be said this way.

Add here when other users are the ones beside; rather in `ratio_of_ratios.py` when the arithmetic changes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from configs.terms import Count, Dimension, Metric, Scope
from tasks.rules.detection import PAIRED_BY
from tasks.rules.ratio_of_ratios import Floats, RatioOfRatios, ratio_of_ratios

_OF_PARTS = {dimension.parts: dimension for dimension in Dimension}


def in_scope_beside(counts: Iterable[Count], scope: Scope, fixed: str, metric: Metric, alpha: float) -> RatioOfRatios | None:
    """How many times the relative rate of the scope's users is with the fix what it was with the recalled version.

    None where the scope is everyone, no source counts its segment, or events are too few. Of several sources the first by name that does.
    """
    dimension, values = segment_of(scope)
    of_both = [
        c for c in counts if c.metric is metric and c.version in (scope.version, fixed) and c.dimension in (dimension, Dimension.ALL)
    ]
    source = min((c.source for c in of_both if c.dimension is dimension and c.value in values), default="")
    if dimension is Dimension.ALL or not source:
        return None
    mine = [c for c in of_both if c.source == source]
    before, after = (_rows([c for c in mine if c.version == version], values) for version in (scope.version, fixed))
    return ratio_of_ratios(before, after, alpha)


def segment_of(scope: Scope) -> tuple[Dimension, frozenset[str]]:
    """How the scope's users are counted: one dimension, or a pair of them, with its values; ALL where that is everyone."""
    parts = {Dimension.DEVICE: scope.devices, Dimension.OS: scope.os_versions, Dimension.COUNTRY: scope.countries}
    named = tuple(dimension for dimension, values in parts.items() if values)
    if not named or named not in _OF_PARTS:
        return Dimension.ALL, frozenset()
    if len(named) == 1:
        return named[0], frozenset(parts[named[0]])
    return _OF_PARTS[named], frozenset(f"{a}{PAIRED_BY}{b}" for a in parts[named[0]] for b in parts[named[1]])


def _rows(counts: Iterable[Count], values: frozenset[str]) -> Floats:
    """Buckets by events and exposure in the scope, then outside it; a bucket whose parts are more than the whole says nothing."""
    whole = {(c.start, c.end): c for c in counts if c.dimension is Dimension.ALL}
    inside: dict[object, dict[str, Count]] = {}
    for c in counts:
        if c.dimension is not Dimension.ALL and c.value in values:
            inside.setdefault((c.start, c.end), {})[c.value] = c
    rows = []
    for bucket, everyone in sorted(whole.items()):
        part = inside.get(bucket, {}).values()
        x, n = sum(c.events for c in part), sum(c.exposure for c in part)
        rows.append((x, n, everyone.events - x, everyone.exposure - n))
    return np.array([row for row in rows if min(row) >= 0], dtype=np.float64).reshape(-1, 4)
