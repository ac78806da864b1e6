"""What is believed of a reading, row by row and bucket by bucket; the table is in `tasks/rules/plausibility.py`."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.terms import (
    Count,
    Dimension,
    Health,
    InstalledBase,
    Metric,
    Platform,
    Probe,
    Reading,
    Release,
    Signal,
    SignalKind,
)
from tasks.rules.detectors import DETECTOR
from tasks.rules.plausibility import DISTRUSTED, HISTORY, Sifted, doubt_in, is_unlisted, sifted, unlisted
from tasks.rules.plausible_counts import (
    AHEAD,
    BACKWARDS,
    BESIDE,
    CONTRADICTORY,
    NO_TIME,
    NOT_A_COUNT,
    OVERLAP,
    PLANNED,
    TWICE,
    Grid,
    Known,
    Place,
    is_whole,
)
from tests.tasks.rules.counts import APP, HOUR, NEW, OLD, POLICY, RELEASE, START, a_count, a_roll_out, an_hour

RULES = load_policy("default").quarantine
NOW = START + timedelta(days=1)
ANDROID = Platform.ANDROID
NOTHING = Known(NOW)
LISTED = Known(NOW, releases=(Release(APP, ANDROID, OLD, START - timedelta(days=30)), RELEASE))
SIGNAL = Signal("s", "1", SignalKind.REVIEW, APP, ANDROID, START, "bad", "it fails", 1)


def a_reading(*counts: Count, **varied: object) -> Reading:
    return replace(Reading("s", START, NOW, NOW, Health.HEALTHY, counts=counts), **varied)  # type: ignore[arg-type]  # a test builder


def sift(*counts: Count, known: Known = NOTHING, **varied: object) -> Sifted:
    return sifted(a_reading(*counts, **varied), known, RULES)


def reasons(found: Sifted) -> list[str]:
    return sorted(row.reason for row in found.kept.rejected)


def stored_counts(*counts: Count) -> dict[Grid, dict[Place, tuple[int, int]]]:
    found: dict[Grid, dict[Place, tuple[int, int]]] = {}
    for c in counts:
        found.setdefault((c.platform, c.metric, c.dimension), {})[c.version, c.value, c.start] = c.events, c.exposure
    return found


GOOD = a_count(0, events=3, exposure=1000, version=OLD)


@pytest.mark.parametrize(
    ("varied", "reason"),
    [
        ({"events": math.nan}, NOT_A_COUNT),
        ({"exposure": math.inf}, NOT_A_COUNT),
        ({"events": -1}, NOT_A_COUNT),
        ({"events": 2.0}, NOT_A_COUNT),
        ({"events": True}, NOT_A_COUNT),
        ({"exposure": 2**53 + 1}, NOT_A_COUNT),
        ({"start": datetime(2026, 3, 2), "end": datetime(2026, 3, 3)}, NO_TIME),  # noqa: DTZ001  # that is the point
        ({"end": START}, NO_TIME),
        ({"start": NOW + HOUR, "end": NOW + 2 * HOUR}, AHEAD),
        ({"events": 11, "exposure": 10}, CONTRADICTORY),
        ({"events": 1, "exposure": 0}, CONTRADICTORY),
    ],
    ids=lambda v: "" if isinstance(v, str) else " ".join(map(str, v.values())),
)
def test_a_row_that_cannot_be_true_is_put_aside_with_its_reason(varied: dict[str, object], reason: str) -> None:
    found = sift(replace(a_count(5, events=1, exposure=10), **varied), GOOD)  # type: ignore[arg-type]  # what sources must never do
    assert found.kept.counts == (GOOD,)
    (aside,) = found.kept.rejected
    assert (aside.source, aside.reason) == ("s", reason)
    assert aside.place.startswith(f"crash of {NEW}, android, ")
    assert aside.excerpt.startswith("events=")
    assert not found.held


@pytest.mark.parametrize("ahead", [timedelta(seconds=30), timedelta(minutes=5)], ids=str)
def test_seconds_of_skew_are_no_lie(ahead: timedelta) -> None:
    count = a_count(0, events=1, exposure=10, start=NOW - HOUR, end=NOW + ahead)
    found = sift(count)
    assert (found.kept.counts, found.kept.health) == ((count,), Health.HEALTHY)


def test_a_clock_two_hours_ahead_makes_the_source_unknown() -> None:
    found = sift(a_count(0, events=9, exposure=10, start=NOW + HOUR, end=NOW + 2 * HOUR), fresh_until=NOW + 2 * HOUR).kept
    assert (found.counts, found.health, found.fresh_until) == ((), Health.UNKNOWN, None)
    assert doubt_in(found.warning) == f"{DISTRUSTED}2 rows are {AHEAD}"


@pytest.mark.parametrize(
    "row",
    [
        {"signals": (replace(SIGNAL, at=NOW + 2 * HOUR),)},
        {"installed": (InstalledBase("s", APP, ANDROID, NEW, "DE", "14", NOW + 2 * HOUR, 10),)},
        {"probes": (Probe("s", "api", NOW + 2 * HOUR, Health.HEALTHY, 1.0),)},
    ],
    ids=lambda row: next(iter(row)),
)
def test_no_kind_of_row_may_come_from_the_future(row: dict[str, object]) -> None:
    found = sift(**row)
    assert reasons(found) == [AHEAD]
    assert found.kept.health is Health.UNKNOWN
    assert not any(getattr(found.kept, kind) for kind in row)


def test_a_planned_release_is_none_yet_and_no_lie() -> None:
    planned, counted = Release(APP, ANDROID, "5.0", NOW + 2 * HOUR), a_count(0, exposure=9, version="5.0")
    found = sift(counted, releases=(planned,), known=LISTED)
    assert (found.kept.releases, reasons(found), found.kept.health) == ((), [PLANNED], Health.HEALTHY)
    assert [one.row for one in found.held] == [counted]


def test_an_installed_base_that_is_no_number_is_put_aside() -> None:
    cell = InstalledBase("s", APP, ANDROID, NEW, "DE", "14", START, 10)
    found = sift(installed=(cell, replace(cell, country="FR", fixed=-1), replace(cell, country="IT", exposed=math.nan)))  # type: ignore[arg-type]
    assert found.kept.installed == (cell,)
    assert reasons(found) == [NOT_A_COUNT, NOT_A_COUNT]


# --- a bucket and its neighbours ------------------------------------------------------------------------------------------


def test_a_noticeable_contradiction_takes_its_whole_bucket_and_leaves_the_others() -> None:
    device = an_hour(1, (2, 100), (3, 900), "Pixel 8")
    found = sift(*an_hour(0, (1, 100), (3, 900)), *an_hour(1, (500, 100), (3, 900)), *device)
    assert found.kept.counts == tuple(an_hour(0, (1, 100), (3, 900)))
    assert reasons(found) == sorted([CONTRADICTORY, BESIDE, BESIDE, BESIDE])
    assert found.kept.health is Health.UNKNOWN
    assert doubt_in(found.kept.warning) == f"{DISTRUSTED}3 rows: {BESIDE}"


def test_a_contradictory_segment_takes_only_that_segment() -> None:
    everyone, model = an_hour(1, (2, 100), (3, 900)), an_hour(1, (500, 100), (3, 900), "Pixel 8")
    found = sift(*everyone, *model)
    assert found.kept.counts == tuple(everyone)
    assert reasons(found) == sorted([CONTRADICTORY, BESIDE])


def test_a_hardly_used_old_version_blinds_nobody() -> None:
    ancient = a_count(1, events=1, exposure=0, version="1.0.0")
    found = sift(*an_hour(1, (10, 1000), (90, 9000)), ancient)
    assert found.kept.counts == tuple(an_hour(1, (10, 1000), (90, 9000)))
    assert (found.kept.health, found.kept.warning) == (Health.HEALTHY, "1 rows put aside")


def test_the_same_bucket_twice_counts_once_and_with_other_numbers_not_at_all() -> None:
    once, other = a_count(0, events=1, exposure=10), a_count(0, events=4, exposure=10)
    assert sift(once, once).kept.counts == (once,)
    found = sift(once, other)
    assert (found.kept.counts, reasons(found)) == ((), [TWICE, TWICE])


def test_counters_that_go_backwards_are_put_aside_and_say_so() -> None:
    count = a_count(0, events=5, exposure=100)
    stored = Known(NOW, counts=stored_counts(count))
    for smaller in (replace(count, events=4), replace(count, exposure=99)):
        found = sift(smaller, known=stored)
        assert (found.kept.counts, reasons(found), found.kept.health) == ((), [BACKWARDS], Health.UNKNOWN)
    for same_or_more in (count, replace(count, events=6)):
        assert sift(same_or_more, known=stored).kept.health is Health.HEALTHY


def test_a_running_total_is_told_by_its_overlap() -> None:
    totals = [a_count(0, events=n, exposure=100 * n, end=START + n * HOUR) for n in (1, 2, 3)]
    found = sift(*totals)
    assert found.kept.counts == (totals[0],)
    assert reasons(found) == [OVERLAP, OVERLAP]


@pytest.mark.parametrize("stored_first", [True, False], ids=["reaches in", "lies within"])
def test_what_is_stored_stays_where_lengths_differ(stored_first: bool) -> None:
    day = (START, START + timedelta(days=1)) if stored_first else (START + 6 * HOUR, START + 7 * HOUR)
    count = a_count(5) if stored_first else a_count(0, end=START + timedelta(days=1))
    known = Known(NOW, spans={(ANDROID, Metric.CRASH, Dimension.ALL): {day}})
    assert reasons(sift(replace(count, exposure=9), known=known)) == [OVERLAP]


def test_another_metric_may_have_another_length() -> None:
    daily = a_count(0, metric=Metric.LOW_STARS, exposure=9, end=START + timedelta(days=1))
    assert sift(a_count(3, exposure=9), daily).kept.health is Health.HEALTHY


def test_a_reading_without_counts_takes_no_doubt_back() -> None:
    doubt = f"{DISTRUSTED}3 rows: {BESIDE}"
    quiet = sift(known=Known(NOW, doubt=doubt), warning="nothing new").kept
    assert (quiet.health, doubt_in(quiet.warning)) == (Health.UNKNOWN, doubt)
    assert sift(GOOD, known=Known(NOW, doubt=doubt)).kept.health is Health.HEALTHY


# --- versions and history --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "listed", "expected"),
    [
        (NEW, [OLD, NEW], False),
        ("9.9.9", [OLD, NEW], True),
        ("4.1.5", [OLD, NEW], True),
        ("4.2.0-rc1", [OLD, NEW], True),
        ("debug", [OLD, NEW], True),
        ("4.0.9", [OLD, NEW], False),
        ("", [OLD, NEW], False),
        ("9.9.9", [], False),
    ],
    ids=["listed", "newer", "between", "candidate", "no number", "older than the list", "no version", "no list"],
)
def test_a_version_nobody_released(version: str, listed: list[str], expected: bool) -> None:
    assert is_unlisted(version, listed) is expected


def test_rows_of_an_unlisted_version_are_held_and_no_control() -> None:
    listed, nobodys = an_hour(0, (1, 100), (1, 900)), a_count(0, exposure=100_000, version="4.1.7")
    found = sift(*listed, nobodys, known=LISTED)
    assert found.kept.counts == tuple(listed)
    assert [(one.row, one.reason) for one in found.held] == [(nobodys, unlisted("4.1.7"))]
    assert (found.kept.health, found.kept.warning) == (Health.HEALTHY, "1 rows held")


def test_a_version_nobody_released_spoils_no_bucket() -> None:
    listed = an_hour(0, (10, 100), (90, 900))
    found = sift(*listed, a_count(0, events=5000, exposure=3, version="4.3.0-debug"), known=LISTED)
    assert found.kept.counts == tuple(listed)
    assert (reasons(found), found.held, found.kept.health) == ([CONTRADICTORY], (), Health.HEALTHY)


def test_a_release_in_the_same_reading_is_listed() -> None:
    new = a_count(0, exposure=10, version="4.3.0")
    found = sift(new, known=LISTED, releases=(Release(APP, ANDROID, "4.3.0", START),))
    assert found.kept.counts == (new,)


def old_crashes(number: int, each: int = 1) -> list[Count]:
    return [a_count(-24 * 30 + n, events=each, exposure=100 * each) for n in range(number)]


def test_much_history_at_once_is_held_and_a_little_is_kept() -> None:
    little, much = old_crashes(100, each=10), old_crashes(100, each=100)
    assert sift(*little).kept.counts == tuple(little)
    found = sift(*much, GOOD)
    assert found.kept.counts == (GOOD,)
    assert {one.reason for one in found.held} == {HISTORY}
    assert len(found.held) == 100


def test_history_that_was_asked_for_is_no_backfill() -> None:
    much = old_crashes(100, each=100)
    assert sift(*much, since=START - timedelta(days=40)).kept.counts == tuple(much)


def test_history_that_is_stored_already_is_no_backfill() -> None:
    much = old_crashes(100, each=100)
    known = Known(NOW, counts=stored_counts(*much))
    assert not sift(*much, known=known).held


def test_ten_thousand_old_words_are_held_too() -> None:
    old = tuple(replace(SIGNAL, id=str(n), at=START - timedelta(days=20)) for n in range(10_000))
    found = sift(signals=(*old, SIGNAL))
    assert (len(found.held), found.kept.signals) == (10_000, (SIGNAL,))
    known = Known(NOW, signals=frozenset(s.id for s in old))
    assert not sift(signals=old, known=known).held


# --- properties ----------------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.integers(-3, 400), st.sampled_from([math.nan, math.inf, -math.inf, 1.5, 2**60]))
POISON = st.builds(
    lambda hour, length, events, exposure, version, device: replace(
        a_count(hour, events=events, exposure=exposure, version=version, end=START + (hour + length) * HOUR),
        dimension=Dimension.DEVICE if device else Dimension.ALL,
        value=device,
    ),
    st.integers(-2000, 60),
    st.integers(1, 30),
    NUMBERS,
    NUMBERS,
    st.sampled_from([NEW, OLD, "9.9.9", "4.1.7", "debug"]),
    st.sampled_from(["", "Pixel 8"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(POISON, max_size=12), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(poison: list[Count], chance: object) -> None:
    counts = [*poison, *an_hour(3, (1, 100), (4, 900))]
    shuffled = [*counts, *poison]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random
    first, again = sift(*counts, known=LISTED), sift(*shuffled, known=LISTED)
    assert set(first.kept.counts) == set(again.kept.counts)
    assert {h.place for h in first.held} == {h.place for h in again.held}
    assert (first.kept.health, {r.place for r in first.kept.rejected}) == (again.kept.health, {r.place for r in again.kept.rejected})
    assert sift(*first.kept.counts, known=LISTED).kept.counts == first.kept.counts


@settings(max_examples=100, deadline=None)
@given(st.lists(POISON, max_size=12))
def test_every_row_is_kept_put_aside_or_held(poison: list[Count]) -> None:
    distinct = list({repr(p): p for p in poison}.values())
    found = sift(*distinct, known=LISTED)
    assert len(found.kept.counts) + len(found.kept.rejected) + len(found.held) == len(distinct)
    assert all(is_whole(held.row.events) and is_whole(held.row.exposure) for held in found.held if isinstance(held.row, Count))
    for count in found.kept.counts:
        assert 0 <= count.events <= count.exposure
        assert count.end <= NOW + timedelta(minutes=5)


def evidence(counts: list[Count]) -> float:
    state = DETECTOR.fold(DETECTOR.start(RELEASE, Metric.CRASH, POLICY), counts)
    return DETECTOR.assess(state, START + timedelta(days=2), POLICY).log_evidence


IMPOSSIBLE = st.builds(
    lambda hour, exposure, excess: a_count(hour, events=exposure + excess, exposure=exposure),
    st.integers(0, 47),
    st.integers(0, 400),
    st.integers(1, 10_000),
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 50), st.lists(IMPOSSIBLE, min_size=1, max_size=8))
def test_what_is_put_aside_is_no_evidence_against_the_release(seed: int, poison: list[Count]) -> None:
    """More crashes than users, in place of a release's own buckets: never more evidence than the buckets that are left give."""
    known = Known(START + timedelta(days=3), releases=LISTED.releases)
    honest = [count for hour in a_roll_out(seed) for count in hour]
    hours = {(c.start, c.version, c.dimension) for c in poison}
    offered = [c for c in honest if (c.start, c.version, c.dimension) not in hours] + poison
    kept = list(sift(*offered, known=known).kept.counts)
    assert not set(kept) & set(poison)
    assert evidence(kept) <= evidence([c for c in offered if c not in poison]) + 1e-9


def test_the_same_rows_believed_would_have_been_an_alarm() -> None:
    """What the property above guards against is real: unsifted, the impossible buckets are overwhelming evidence."""
    honest = [count for hour in a_roll_out(1) for count in hour]
    poison = [a_count(hour, events=500, exposure=100) for hour in range(8)]
    known = Known(START + timedelta(days=3), releases=LISTED.releases)
    offered = [c for c in honest if not (c.version == NEW and c.dimension is Dimension.ALL and c.start < START + 8 * HOUR)] + poison
    enough = np.log(1 / POLICY.alpha_halt)
    assert evidence(offered) > enough > evidence(list(sift(*offered, known=known).kept.counts))
