"""Effective only when reach, rate and time all say so; unknown is never effective."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from configs.errors import BadInput
from configs.policies import load_policy
from configs.terms import Dimension, InstalledBase, Metric, Platform, Review, ReviewVerdict
from tasks.rules.effectiveness import Comparison, Night, Tally, compared, may_close, rate_ratio, review
from tasks.rules.ratio_of_ratios import RatioOfRatios
from tests.tasks.rules.counts import APP, HOUR, NEW, OLD, START, a_count

POLICY = load_policy("default").reviewing
FIXED = "4.2.1"
AT = START + timedelta(days=8)
CELL = InstalledBase("simulator", APP, Platform.ANDROID, NEW, "DE", "14", AT, 1000, fixed=900, blocked=30, uninstalled=30, dormant=20)
SAME = Comparison(Tally(1000, 100_000), Tally(1000, 100_000), concurrent=True, until=AT)
WORSE = replace(SAME, fixed=Tally(2000, 100_000))
NIGHT = Night("r1", "2026-03-10", AT, (CELL,), SAME, hours_since_fix=30)


def verdict(**varied: object) -> ReviewVerdict:
    return review(a_night(**varied), POLICY).verdict


def a_night(**varied: object) -> Night:
    return replace(NIGHT, **varied)  # type: ignore[arg-type]  # a test builder


def test_reach_rate_and_time_together_are_effective() -> None:
    found = review(NIGHT, POLICY)
    assert found.verdict is ReviewVerdict.EFFECTIVE
    assert (found.reach, found.ratio) == (0.96, 1.0)
    assert found.reasons[0] == "96.0% of 1000 exposed installs are off the bad build (target 95.0%)"
    assert "fixed version 1000 of 100000, last good one 1000 of 100000: ratio 1.00" in found.reasons[1]
    assert found.reasons[2] == "30 hours since the fix (at least 24)"


@pytest.mark.parametrize(
    ("varied", "expected"),
    [
        ({"cells": (replace(CELL, fixed=889),)}, ReviewVerdict.NOT_YET),
        ({"cells": (replace(CELL, fixed=890),)}, ReviewVerdict.EFFECTIVE),
        ({"cells": (replace(CELL, fixed=None),)}, ReviewVerdict.NOT_YET),
        ({"hours_since_fix": 23.9}, ReviewVerdict.NOT_YET),
        ({"hours_since_fix": 24.0}, ReviewVerdict.EFFECTIVE),
        ({"hours_since_fix": None}, ReviewVerdict.NOT_YET),
        ({"rates": replace(SAME, fixed=Tally(10, 1000))}, ReviewVerdict.NOT_YET),
        ({"rates": replace(SAME, fixed=Tally(0, 1000), good=Tally(0, 1000))}, ReviewVerdict.NOT_YET),
        ({"rates": replace(SAME, fixed=Tally(30, 1000), good=Tally(20, 1000))}, ReviewVerdict.NOT_YET),
        ({"rates": replace(SAME, fixed=Tally())}, ReviewVerdict.UNKNOWN),
        ({"rates": replace(SAME, good=Tally())}, ReviewVerdict.UNKNOWN),
        ({"cells": ()}, ReviewVerdict.UNKNOWN),
        ({"cells": (replace(CELL, at=AT - timedelta(hours=37)),)}, ReviewVerdict.UNKNOWN),
        ({"hours_since_fix": 80, "rates": replace(SAME, until=AT - timedelta(hours=36))}, ReviewVerdict.EFFECTIVE),
        ({"hours_since_fix": 80, "rates": replace(SAME, until=AT - timedelta(hours=37))}, ReviewVerdict.UNKNOWN),
        ({"hours_since_fix": 30, "rates": replace(SAME, until=AT - timedelta(hours=7))}, ReviewVerdict.NOT_YET),
        ({"rates": replace(SAME, until=None)}, ReviewVerdict.NOT_YET),
        ({"rates": WORSE}, ReviewVerdict.INEFFECTIVE),
        ({"rates": WORSE, "cells": (), "hours_since_fix": None}, ReviewVerdict.INEFFECTIVE),
    ],
    ids=[
        "below target",
        "at target",
        "fixed unknown",
        "too early",
        "a day",
        "no fix",
        "few events",
        "no events",
        "perhaps worse",
        "fix not seen",
        "good not seen",
        "no base",
        "base stale",
        "counts of yesterday",
        "counts stale",
        "counted too short",
        "never counted together",
        "fix worse",
        "fix worse, rest unknown",
    ],
)
def test_every_other_case(varied: dict[str, object], expected: ReviewVerdict) -> None:
    assert verdict(**varied) is expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.2, 0.6, ReviewVerdict.EFFECTIVE),
        (0.7, 1.4, ReviewVerdict.EFFECTIVE),
        (1.1, 2.0, ReviewVerdict.NOT_YET),
    ],
    ids=["better", "not known", "surely worse"],
)
def test_those_in_scope_must_not_be_worse_off_beside_the_others(low: float, high: float, expected: ReviewVerdict) -> None:
    found = review(a_night(beside=RatioOfRatios((low * high) ** 0.5, low, high, 1.0)), POLICY)
    assert found.verdict is expected
    assert any(f"from {low:.2f} to {high:.2f}" in reason and reason.endswith(": not better") is (low > 1) for reason in found.reasons)


def test_an_unbounded_ratio_is_stored_as_unknown() -> None:
    found = review(a_night(rates=replace(SAME, good=Tally(0, 1000))), POLICY)
    assert (found.ratio, found.ratio_high) == (None, None)


def test_each_further_tested_night_needs_more_evidence() -> None:
    first = review(NIGHT, POLICY)
    third = review(a_night(night="2026-03-12", earlier=(first, replace(first, night="2026-03-11"))), POLICY)
    assert first.ratio_high == pytest.approx(rate_ratio(1000, 100_000, 1000, 100_000, POLICY.alpha / 2).high)
    assert third.ratio_high == pytest.approx(rate_ratio(1000, 100_000, 1000, 100_000, POLICY.alpha / 12).high)
    assert "96.0% on 2026-03-11" in third.reasons[0]


def test_reviewing_the_same_night_again_gives_the_same_review() -> None:
    first = review(NIGHT, POLICY)
    assert review(a_night(earlier=(first,)), POLICY) == first


def test_a_fix_just_worse_than_allowed_is_seldom_called_effective_over_many_nights() -> None:
    chance, runs, closed = np.random.default_rng(11), 120, 0
    for _ in range(runs):
        reviews: list[Review] = []
        events = np.zeros(2, dtype=int)
        for night in range(1, 15):
            events += chance.poisson([100 * POLICY.effective_ratio, 100])
            rates = Comparison(Tally(int(events[0]), 10_000 * night), Tally(int(events[1]), 10_000 * night), concurrent=True)
            reviews.append(review(a_night(night=f"2026-03-{night:02}", rates=rates, earlier=tuple(reviews)), POLICY))
        closed += any(r.verdict is ReviewVerdict.EFFECTIVE for r in reviews)
    assert binomtest(closed, runs, POLICY.alpha, alternative="greater").pvalue > 0.01


def test_contradictions_of_the_base_are_said() -> None:
    assert any("fixed 2000 is more than" in said for said in review(a_night(cells=(replace(CELL, fixed=2000),)), POLICY).reasons)


@given(x1=st.integers(0, 200), x0=st.integers(0, 200), n1=st.integers(1, 10**6), n0=st.integers(1, 10**6))
def test_bounds_are_the_exact_conditional_ones(x1: int, x0: int, n1: int, n0: int) -> None:
    found = rate_ratio(x1, n1, x0, n0, 0.05)
    if x1 + x0:
        share = binomtest(x1, x1 + x0).proportion_ci(0.90, "exact")
        assert found.low == pytest.approx(share.low / (1 - share.low) * n0 / n1)
        assert found.high == pytest.approx(share.high / (1 - share.high) * n0 / n1 if share.high < 1 else math.inf)
    else:
        assert (found.low, found.high) == (0, math.inf)
    if found.ratio is not None:
        assert found.low <= found.ratio <= found.high


@given(x1=st.integers(0, 200), x0=st.integers(0, 200), more=st.integers(1, 50))
def test_more_events_on_the_fix_never_look_better(x1: int, x0: int, more: int) -> None:
    before, after = rate_ratio(x1, 1000, x0, 1000, 0.05), rate_ratio(x1 + more, 1000, x0, 1000, 0.05)
    assert after.low >= before.low
    assert after.high >= before.high


@pytest.mark.parametrize("numbers", [(1, 0, 1, 10), (1, 10, 1, 0), (-1, 10, 1, 10)])
def test_rates_without_exposure_are_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(BadInput, match="cannot be compared"):
        rate_ratio(*numbers, 0.05)


def test_only_buckets_in_which_both_versions_were_used_are_compared() -> None:
    counts = [
        a_count(0, version=OLD, events=90, exposure=900),
        a_count(1, version=OLD, events=5, exposure=100),
        a_count(1, version=FIXED, events=2, exposure=40),
        a_count(1, version=FIXED, events=2, exposure=40),
        a_count(1, version=NEW, events=70, exposure=90),
        a_count(1, version=FIXED, events=2, exposure=40, dimension=Dimension.OS, value="14"),
        a_count(1, version=FIXED, events=2, exposure=40, metric=Metric.ANR),
        a_count(1, version=FIXED, events=2, exposure=40, source="zz-other"),
        a_count(2, version=OLD, events=1, exposure=0),
    ]
    assert compared(counts, FIXED, OLD, Metric.CRASH) == Comparison(Tally(2, 40), Tally(5, 100), concurrent=True, until=START + 2 * HOUR)


def test_without_a_common_bucket_all_are_compared_and_it_is_said() -> None:
    counts = [a_count(0, version=OLD, events=90, exposure=900), a_count(5, version=FIXED, events=2, exposure=40)]
    found = compared(counts, FIXED, OLD, Metric.CRASH)
    assert found == Comparison(Tally(2, 40), Tally(90, 900), concurrent=False, until=START + HOUR)
    assert "at other times" in review(a_night(rates=found), POLICY).reasons[1]


def test_versions_nobody_counted_have_no_exposure() -> None:
    assert compared([], FIXED, OLD, Metric.CRASH) == Comparison(Tally(), Tally(), concurrent=False)


GOOD = review(NIGHT, POLICY)


def test_the_newest_review_decides_whether_the_recall_may_close() -> None:
    relapse = replace(GOOD, at=GOOD.at + 24 * HOUR, verdict=ReviewVerdict.UNKNOWN)
    assert may_close([GOOD], POLICY)
    assert not may_close([], POLICY)
    assert not may_close([relapse, GOOD], POLICY)
    assert may_close([replace(relapse, at=GOOD.at - 24 * HOUR), GOOD], POLICY)


@pytest.mark.parametrize("stricter", [{"target_reach": 0.99}, {"effective_ratio": 1.01}])
def test_a_stricter_policy_keeps_the_recall_open(stricter: dict[str, float]) -> None:
    assert not may_close([GOOD], POLICY.model_copy(update=stricter))


SILENT = replace(CELL, exposed=320, fixed=300, blocked=5, uninstalled=4, dormant=0)


@pytest.mark.parametrize(
    ("level", "expected", "said"),
    [
        ("A", ReviewVerdict.NOT_YET, "11 effectiveness checks of level A are open"),
        ("B", ReviewVerdict.EFFECTIVE, ""),
        ("E", ReviewVerdict.EFFECTIVE, ""),
    ],
)
def test_eleven_silent_of_320_keep_a_recall_open_that_must_verify_everyone(level: str, expected: ReviewVerdict, said: str) -> None:
    strict = POLICY.model_copy(update={"check_level": level})
    found = review(a_night(cells=(SILENT,)), strict)
    assert found.verdict is expected
    assert any(reason.startswith(said) for reason in found.reasons if said) is bool(said)
    assert may_close([review(a_night(cells=(SILENT,)), POLICY)], strict) is (level != "A")


def test_when_everyone_is_verified_nothing_is_open() -> None:
    strict = POLICY.model_copy(update={"check_level": "A"})
    everyone = review(a_night(cells=(replace(SILENT, fixed=311),)), strict)
    assert everyone.verdict is ReviewVerdict.EFFECTIVE
    assert may_close([everyone], strict)
