"""Pairing: what is compared with what."""

import pytest

from configs.terms import Dimension, Metric, Platform
from tasks.rules.detection import Subject, is_older, paired
from tests.tasks.rules.counts import APP, HOUR, NEW, OLD, START, a_count, an_hour

SUBJECT = Subject(APP, Platform.ANDROID, NEW, Metric.CRASH)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("4.1.0", "4.2.0"),
        ("4.9", "4.10"),
        ("v4.9", "4.10"),
        ("4.2-beta", "4.2"),
        ("4.2-beta.2", "4.2-rc.1"),
        ("4.2", "4.2.1"),
        ("4.2.1+883", "4.2.1+1024"),
        ("9", "10.0"),
    ],
)
def test_versions_are_ordered_by_their_numbers(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)


@pytest.mark.parametrize("version", ["", "nightly", NEW])
def test_a_version_that_cannot_be_placed_is_not_older(version: str) -> None:
    assert not is_older(version, NEW)
    assert not is_older(NEW, version)


def test_the_control_is_the_sum_of_all_older_versions() -> None:
    counts = [*an_hour(0, (3, 100), (2, 900)), a_count(version="3.9", events=5, exposure=50)]
    (pair,) = paired(counts, SUBJECT)
    assert (pair.events, pair.exposure, pair.control_events, pair.control_exposure) == (3, 100, 7, 950)


@pytest.mark.parametrize(
    "stranger",
    [
        {"version": "4.3.0"},
        {"version": ""},
        {"version": "4.0.9"},
        {"app": "com.example.other", "version": OLD},
        {"platform": Platform.IOS, "version": OLD},
        {"metric": Metric.ANR, "version": OLD},
        {"version": "3.0", "events": -1},
    ],
    ids=["newer", "unknown version", "excluded", "other app", "other platform", "other metric", "negative"],
)
def test_strangers_are_no_control(stranger: dict[str, object]) -> None:
    subject = Subject(APP, Platform.ANDROID, NEW, Metric.CRASH, excluded=("4.0.9",))
    counts = [*an_hour(0, (3, 100), (2, 900)), a_count(0, **({"events": 50, "exposure": 60} | stranger))]
    assert paired(counts, subject) == paired(an_hour(0, (3, 100), (2, 900)), subject)


@pytest.mark.parametrize(("new", "old"), [((0, 0), (2, 900)), ((3, 100), (0, 0))], ids=["new unused", "old unused"])
def test_a_bucket_in_which_one_side_is_not_used_is_no_pair(new: tuple[int, int], old: tuple[int, int]) -> None:
    assert paired(an_hour(0, new, old), SUBJECT) == ()


def test_a_count_given_twice_counts_once_and_pairs_come_in_order_of_time() -> None:
    hours = [an_hour(hour, (1, 10), (1, 90)) for hour in range(3)]
    given = [*hours[2], *hours[0], *hours[1], *hours[0]]
    assert [p.start for p in paired(given, SUBJECT)] == [START, START + HOUR, START + 2 * HOUR]
    assert paired(given, SUBJECT)[0].events == 1


def test_segments_are_paired_with_the_same_segment() -> None:
    counts = an_hour(0, (1, 10), (2, 90), "Pixel 8") + an_hour(0, (3, 20), (4, 80), "Redmi 9")[:1]
    (pair,) = paired(counts, SUBJECT)
    assert (pair.dimension, pair.value, pair.control_events) == (Dimension.DEVICE, "Pixel 8", 2)
