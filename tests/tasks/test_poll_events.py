"""Polling single events: kept once whatever happens, and scored bucket by bucket as if all at once.

Add here when polling events keeps something else; rather in `tests/integrations/ledger/test_events.py` when it is about one block.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from configs.terms import Count, Dimension, Health, Metric, Platform, Reading, Release
from integrations.ledger.events import TOO_OLD
from integrations.ledger.journal import entries_after
from integrations.ledger.readings import counts_after, store_reading
from integrations.sources import event_files
from integrations.toolbox import Toolbox
from tasks.poll import poll_app
from tasks.score import score_app
from tests.flows.driver import Killed
from tests.flows.interruptions import Gate
from tests.integrations.sources.event_lines import a_line
from tests.tasks.homes import APP, SETTINGS, START, make_home, reopened

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = START + 6 * HOUR
OLD, NEW = "2.0.0", "2.1.0"
EVENTS = {"kind": "events", "name": "crashes", "path": "events*.jsonl"}


def lines(count: int = 300, seed: int = 1, first: int = 0) -> list[str]:
    """Rows in order of arrival, from `START` on; the new version crashes five times as often."""
    dice, made = random.Random(seed), []
    for n in range(first, first + count):
        at = (START + HOUR + 300 * MINUTE * (n - first) / count).isoformat()
        version = dice.choice((OLD, NEW))
        kind = "crash" if dice.random() < (0.25 if version == NEW else 0.05) else "session"
        made.append(a_line(n, kind=kind, version=version, occurred=at, received=at, device=dice.choice("AB")))
    return made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECALL_CONFIG", "")
    monkeypatch.setattr(event_files, "STRETCH", 70 * len(lines()[0]))
    (app,) = SETTINGS["apps"]  # type: ignore[misc]  # one app
    made = make_home(tmp_path / "home", apps=[{**app, "sources": [EVENTS]}])
    (made / "events.jsonl").write_text("".join(lines()))
    return made


def opened(home: Path) -> Toolbox:
    tools = reopened(home)
    released = tuple(Release(APP, Platform.ANDROID, version, START) for version in (OLD, NEW))
    with tools.book.write() as txn:
        store_reading(txn, APP, Reading("store", START, START, START, Health.HEALTHY, releases=released))
    return tools


def counts(tools: Toolbox) -> Sequence[Count]:
    with tools.book.read() as txn:
        return counts_after(txn, APP, Platform.ANDROID, Metric.CRASH, START)


def stored(tools: Toolbox) -> tuple[int, int]:
    """Events in chunks, and keys of events."""
    with tools.book.read() as txn:
        ((chunks, keys),) = txn.tuples(
            "SELECT (SELECT coalesce(sum(events), 0) FROM event_chunks), (SELECT coalesce(sum(number), 0) FROM event_keys WHERE space = 0)"
        )
    return int(chunks), int(keys)


def detectors(tools: Toolbox) -> list[tuple[object, ...]]:
    with tools.book.read() as txn:
        return txn.tuples("SELECT version, metric, folded_until, state_json FROM detectors ORDER BY version, metric")


def test_events_are_read_counted_and_written_down(home: Path) -> None:
    tools = opened(home)
    (polled,) = poll_app(tools, APP, NOW)
    assert (polled.health, polled.new_rows, polled.rejected) == (Health.HEALTHY, 300, 0)
    everyone = [c for c in counts(tools) if c.dimension is Dimension.ALL]
    assert sum(c.exposure for c in everyone) + sum(c.events for c in everyone) == stored(tools)[0] == 300
    assert {c.version for c in everyone} == {OLD, NEW}


def test_the_same_again_changes_nothing(home: Path) -> None:
    tools = opened(home)
    poll_app(tools, APP, NOW)
    before = counts(tools), stored(tools)
    (home / "events-again.jsonl").write_text("".join(lines()))
    (home / "events-shuffled.jsonl").write_text("".join(random.Random(2).sample(lines(), 300)))
    (polled,) = poll_app(tools, APP, NOW + 5 * MINUTE)
    assert polled.new_rows == 0
    assert (counts(tools), stored(tools)) == before


def test_a_bad_row_is_told_with_its_source(home: Path) -> None:
    with (home / "events.jsonl").open("a") as out:
        out.write("oops\n")
    tools = opened(home)
    (polled,) = poll_app(tools, APP, NOW)
    assert polled.rejected == 1
    with tools.book.read() as txn:
        assert txn.tuples("SELECT source, place, reason FROM rejected")[0][:2] == ("crashes", "events.jsonl:301")


def test_why_rows_were_put_aside_stands_in_the_journal(home: Path) -> None:
    with (home / "events.jsonl").open("a") as out:
        out.write(
            "oops\noops again\n" + a_line(7000, kind="party") + a_line(7001, occurred="2020-01-01T00:00:00Z", received=START.isoformat())
        )
    tools = opened(home)
    poll_app(tools, APP, NOW)
    with tools.book.read() as txn:
        (facts,) = (e.facts for e in entries_after(txn, 0) if e.kind == "source.read")
        aside = [row[0] for row in txn.tuples("SELECT reason FROM rejected")]
    reasons = facts["reasons"]
    assert isinstance(reasons, dict)
    assert sum(int(n) for n in reasons.values()) == facts["rejected"] == 4
    assert reasons.pop(TOO_OLD) == 1
    assert set(reasons) <= {reason[:100] for reason in aside}
    assert len(reasons) == 2


def test_a_file_that_cannot_be_read_leaves_the_source_unknown_and_loses_nothing(home: Path) -> None:
    (home / "events-b.jsonl").write_text('{"nothing": "known"}\n')
    tools = opened(home)
    (polled,) = poll_app(tools, APP, NOW)
    assert polled.health is Health.UNKNOWN
    assert counts(tools) == ()
    (home / "events-b.jsonl").unlink()
    (polled,) = poll_app(tools, APP, NOW)
    assert polled.health is Health.HEALTHY
    assert stored(tools) == (300, 300)
    assert counts(tools)


def boundaries(home: Path) -> int:
    """How many places there are at which a poll of that home can die."""
    gate = Gate()
    poll_app(gate.open(home), APP, NOW)
    return len(gate.passed)


def test_a_poll_killed_anywhere_is_taken_up_with_nothing_lost_or_doubled(home: Path, tmp_path: Path) -> None:
    opened(home).book.close()
    whole = tmp_path / "whole"
    _copied(home, whole)
    number = boundaries(whole)
    expected = counts(reopened(whole))
    assert number > 12
    for at in range(number):
        half = tmp_path / f"killed-{at}"
        _copied(home, half)
        with pytest.raises(Killed):
            poll_app(Gate(frozenset({at})).open(half), APP, NOW)
        tools = reopened(half)
        poll_app(tools, APP, NOW)
        assert stored(tools) == (300, 300), f"killed at boundary {at}"
        assert counts(tools) == expected, f"killed at boundary {at}"
        tools.book.close()


def _copied(home: Path, target: Path) -> None:
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("*-shm"))


def test_scoring_tick_by_tick_ends_where_scoring_at_once_does(home: Path, tmp_path: Path) -> None:
    opened(home).book.close()
    _copied(home, tmp_path / "ticks")
    at_once, ticks = reopened(home), reopened(tmp_path / "ticks")
    poll_app(at_once, APP, NOW)
    score_app(at_once, app=APP, until=NOW)
    written = ticks.settings.home_folder / "events.jsonl"
    for minutes in range(80, 361, 20):
        until = START + minutes * MINUTE
        written.write_text("".join(line for line in lines() if json.loads(line)["received"] < until.isoformat()))
        poll_app(ticks, APP, until)
        score_app(ticks, app=APP, until=until)
    assert stored(ticks) == stored(at_once) == (300, 300)
    assert [(version, metric) for version, metric, *_ in detectors(at_once)] == [
        (version, metric) for version in ("2.0.0", "2.1.0") for metric in ("crash", "together")
    ]
    assert detectors(ticks) == detectors(at_once)
