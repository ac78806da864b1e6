"""Those whom a recall is about, before and after, beside those whom it does not concern."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.terms import Count, Dimension, Metric, Platform, Scope
from tasks.rules.before_after import in_scope_beside, segment_of
from tasks.rules.ratio_of_ratios import RatioOfRatios
from tests.tasks.rules.counts import APP, HOUR, NEW, START, a_count

FIX = "4.2.1"
EVERYONE = Scope(APP, Platform.ANDROID, NEW)
PIXELS = replace(EVERYONE, devices=("Pixel 8",))


def a_course(
    affected: float, others: float = 1.0, seed: int = 1, cut: tuple[Dimension, str] = (Dimension.DEVICE, "Pixel 8")
) -> list[Count]:
    """Two days of the recalled and two of the fixed version; with the fix rates are so many times what they were."""
    chance, counts = np.random.default_rng(seed), []
    for version, hours, (mine, theirs) in ((NEW, range(48), (1.0, 1.0)), (FIX, range(60, 108), (affected, others))):
        for hour in hours:
            bucket = {"version": version, "start": START + hour * HOUR, "end": START + (hour + 1) * HOUR}
            x, y = int(chance.poisson(40 * mine)), int(chance.poisson(60 * theirs))
            counts += [
                a_count(events=x, exposure=1000, dimension=cut[0], value=cut[1], **bucket),
                a_count(events=x + y, exposure=10_000, **bucket),
            ]
    return counts


def found(counts: list[Count], scope: Scope = PIXELS) -> RatioOfRatios:
    answer = in_scope_beside(counts, scope, FIX, Metric.CRASH, 0.05)
    assert answer is not None
    return answer


@pytest.mark.parametrize(("affected", "others", "ratio"), [(0.2, 1.0, 0.2), (0.2, 0.5, 0.4), (1.0, 1.0, 1.0), (2.0, 1.0, 2.0)])
def test_what_the_others_went_through_as_well_cancels(affected: float, others: float, ratio: float) -> None:
    answer = found(a_course(affected, others))
    assert answer.low < ratio < answer.high
    assert answer.ratio == pytest.approx(ratio, rel=0.15)


def test_a_recall_of_everyone_has_no_others() -> None:
    assert in_scope_beside(a_course(0.2), EVERYONE, FIX, Metric.CRASH, 0.05) is None


def test_without_counts_of_the_scopes_segment_nothing_is_said() -> None:
    assert in_scope_beside(a_course(0.2, cut=(Dimension.OS, "14")), PIXELS, FIX, Metric.CRASH, 0.05) is None
    assert in_scope_beside([c for c in a_course(0.2) if c.version == NEW], PIXELS, FIX, Metric.CRASH, 0.05) is None
    assert in_scope_beside(a_course(0.2), PIXELS, FIX, Metric.ANR, 0.05) is None


def test_another_sources_and_a_doubled_count_change_nothing() -> None:
    counts = a_course(0.3)
    assert found([*counts, *counts, *(replace(c, source="zebra", events=c.exposure) for c in counts)]) == found(counts)


def test_a_pair_is_counted_as_a_pair() -> None:
    scope = replace(PIXELS, os_versions=("14",))
    assert segment_of(scope) == (Dimension.DEVICE_OS, frozenset({"Pixel 8 + 14"}))
    assert found(a_course(0.3, cut=(Dimension.DEVICE_OS, "Pixel 8 + 14")), scope).high < 0.5


def test_three_dimensions_at_once_are_counted_nowhere() -> None:
    assert segment_of(replace(PIXELS, os_versions=("14",), countries=("DE",)))[0] is Dimension.ALL
    assert segment_of(replace(EVERYONE, countries=("DE", "FR"))) == (Dimension.COUNTRY, frozenset({"DE", "FR"}))


def test_a_bucket_whose_parts_are_more_than_the_whole_says_nothing() -> None:
    counts = a_course(0.3)
    assert found([replace(counts[0], events=500), *counts[1:]]).ratio == pytest.approx(found(counts[2:]).ratio)
