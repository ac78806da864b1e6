"""The simulator as a source: buckets, windows, outages. Add here with `sources/simulator.py`."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from configs.errors import SettingsInvalid, SourceUnavailable
from configs.terms import Dimension, Health, Metric, Reading
from integrations.contracts import Source
from integrations.rehearsal.shelf import MoveKind
from integrations.rehearsal.words import written
from integrations.sources.simulator import Simulator
from tests.integrations.rehearsal.builders import START, a_world, around, hours


def a_source(home: Path, until: float = 30, **options: object) -> Simulator:
    a_world(home).advance(hours(until))
    return Simulator.build("sim", options, around(home))


def keys(reading: Reading) -> list[tuple[object, ...]]:
    return [(c.version, c.metric, c.start, c.end, c.dimension, c.value) for c in reading.counts]


def test_source_keeps_the_protocol(tmp_path: Path) -> None:
    assert isinstance(a_source(tmp_path), Source)


def test_windows_add_up_to_the_whole(tmp_path: Path) -> None:
    source = a_source(tmp_path)
    whole = source.poll(START, hours(30))
    edges = [0, 0.1, 7, 7.5, 7.75, 8.2, 23.999, 24, 30]
    parts = [source.poll(hours(a), hours(b)) for a, b in pairwise(edges)]
    assert tuple(c for p in parts for c in p.counts) == whole.counts
    assert tuple(s for p in parts for s in p.signals) == whole.signals
    assert parts[-1].installed == whole.installed


def test_past_window_tells_the_same_whenever_it_is_asked(tmp_path: Path) -> None:
    source = a_source(tmp_path, until=20)
    early = source.poll(hours(3), hours(20))
    world = a_world(tmp_path)
    world.advance(hours(20.5))
    world.move(MoveKind.HALTED, "2.1.0")
    world.advance(hours(50))
    assert source.poll(hours(3), hours(20)) == early


def test_threads_are_told_the_same(tmp_path: Path) -> None:
    source = a_source(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        readings = list(pool.map(lambda _: source.poll(START, hours(30)), range(4)))
    assert readings == readings[:1] * 4
    assert readings[0].fresh_until == hours(30)


def test_bucket_is_told_when_it_is_over_and_keys_are_unique(tmp_path: Path) -> None:
    reading = a_source(tmp_path, until=5.9).poll(START, hours(5.9))
    assert reading.fresh_until == hours(5)
    assert max(c.end for c in reading.counts) == hours(5)
    assert all(c.end - c.start == timedelta(hours=1) for c in reading.counts)
    assert len(set(keys(reading))) == len(reading.counts)


def test_future_is_not_told(tmp_path: Path) -> None:
    assert a_source(tmp_path, until=5).poll(START, hours(90)).fresh_until == hours(5)


def test_wider_buckets_hold_the_same_counts(tmp_path: Path) -> None:
    narrow = a_source(tmp_path).poll(START, hours(24))
    wide = a_source(tmp_path, bucket_hours=6).poll(START, hours(24))
    for field in ("events", "exposure"):
        assert sum(getattr(c, field) for c in narrow.counts) == sum(getattr(c, field) for c in wide.counts)
    assert len(wide.counts) < len(narrow.counts)


def test_both_versions_and_every_cut_are_counted(tmp_path: Path) -> None:
    reading = a_source(tmp_path).poll(START, hours(30))
    assert {c.version for c in reading.counts} == {"2.0.0", "2.1.0"}
    assert {c.dimension for c in reading.counts} == {Dimension.ALL, Dimension.DEVICE, Dimension.OS, Dimension.COUNTRY}
    assert {c.metric for c in reading.counts} == {Metric.CRASH, Metric.ANR}
    assert all(0 <= c.events <= c.exposure for c in reading.counts)
    by_cut: Counter[tuple[str, Dimension]] = Counter()
    for count in reading.counts:
        by_cut[count.version, count.dimension] += count.exposure
    assert all(by_cut[version, dimension] == by_cut[version, Dimension.ALL] for version, dimension in by_cut)


def test_releases_are_those_handed_out_by_then(tmp_path: Path) -> None:
    source = a_source(tmp_path, until=30)
    world = a_world(tmp_path)
    world.move(MoveKind.HALTED, "2.1.0")
    world.advance(hours(42))
    world.move(MoveKind.PUBLISHED, "2.1.1", priority=5)
    world.advance(hours(44))
    assert [r.version for r in source.poll(hours(43), hours(44)).releases] == ["2.0.0", "2.1.0", "2.1.1"]
    assert [r.version for r in source.poll(hours(29), hours(30)).releases] == ["2.0.0", "2.1.0"]


def test_parts_of_the_installed_base_never_exceed_it(tmp_path: Path) -> None:
    source = a_source(tmp_path, until=30)
    world = a_world(tmp_path)
    world.move(MoveKind.PUBLISHED, "2.1.1", priority=5)
    world.advance(hours(60))
    cells = source.poll(hours(59), hours(60)).installed
    assert len({(c.country, c.os_version) for c in cells}) == len(cells)
    for cell in cells:
        parts = (cell.fixed, cell.blocked, cell.uninstalled, cell.dormant)
        assert all(p is not None and p >= 0 for p in parts)
        assert sum(p or 0 for p in parts) <= cell.exposed
        assert (cell.version, cell.at) == ("2.1.0", hours(60))
    assert sum(c.fixed or 0 for c in cells) > 0


def outage(start: float, end: float) -> list[dict[str, datetime]]:
    return [{"start": hours(start), "end": hours(end)}]


def test_outage_is_unknown_never_healthy(tmp_path: Path) -> None:
    source = a_source(tmp_path, outages=outage(10, 12.5))
    inside = source.poll(hours(11), hours(12))
    assert (inside.health, inside.fresh_until) == (Health.UNKNOWN, hours(10))
    assert "outage" in inside.warning
    assert inside.counts == inside.signals == ()


def test_poll_between_buckets_of_an_outage_is_unknown_too(tmp_path: Path) -> None:
    assert a_source(tmp_path, outages=outage(10, 13)).poll(hours(11.2), hours(11.4)).health is Health.UNKNOWN


def test_source_is_healthy_again_after_an_outage(tmp_path: Path) -> None:
    source = a_source(tmp_path, outages=outage(10, 12))
    assert source.poll(hours(12), hours(14)).health is Health.HEALTHY
    across = source.poll(hours(9), hours(14))
    assert across.health is Health.UNKNOWN
    assert {c.start for c in across.counts} == {hours(9), hours(12), hours(13)}


def test_nothing_yet_is_unknown(tmp_path: Path) -> None:
    reading = a_source(tmp_path, until=0.5).poll(START, hours(0.5))
    assert (reading.health, reading.fresh_until, reading.counts) == (Health.UNKNOWN, None, ())


def test_source_that_is_down_does_not_answer_until_it_is_up(tmp_path: Path) -> None:
    source = a_source(tmp_path, until=10, down=outage(9, 11))
    with pytest.raises(SourceUnavailable, match="down"):
        source.poll(hours(9), hours(10))
    a_world(tmp_path).advance(hours(11))
    assert source.poll(hours(9), hours(11)).health is Health.HEALTHY


def test_reviews_speak_three_languages_and_have_fitting_stars(tmp_path: Path) -> None:
    reading = a_source(tmp_path, until=150).poll(START, hours(150))
    assert {s.language for s in reading.signals} == {"en", "zh", "ru"}
    assert len({s.id for s in reading.signals}) == len(reading.signals) > 20
    assert all(s.stars in range(1, 6) and s.body and "{" not in s.body and "^" not in s.body + s.title for s in reading.signals)
    assert [s.at for s in reading.signals] == sorted(s.at for s in reading.signals)


@pytest.mark.parametrize("locale", ["en", "zh", "ru", "de"])
def test_after_a_crash_people_write_of_malfunctions(locale: str) -> None:
    rng = np.random.default_rng(1)
    hurt = [written(rng, locale, "Pixel 8", crashed=True, updated=True) for _ in range(300)]
    calm = [written(rng, locale, "Pixel 8", crashed=False, updated=False) for _ in range(300)]
    assert sum(r.stars <= 2 for r in hurt) > 200 > 60 > sum(r.stars <= 2 for r in calm)


def test_source_without_a_world_or_of_another_app_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="recall demo"):
        Simulator.build("sim", {}, around(tmp_path)).poll(START, hours(1))
    a_world(tmp_path)
    with pytest.raises(SourceUnavailable, match=r"com\.other"):
        Simulator.build("sim", {}, around(tmp_path, app="com.other")).poll(START, hours(1))


@pytest.mark.parametrize("options", [{"bucket_hours": 5}, {"outages": [{"start": "yesterday", "end": "today"}]}, {"bucket": 1}])
def test_wrong_option_is_named(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid, match=next(iter(options))):
        Simulator.build("sim", options, around(tmp_path))
