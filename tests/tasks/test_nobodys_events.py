"""Single events of versions that nobody released, and events that contradict another source."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from configs.terms import Count, Health, Metric, Platform, Reading, Release
from integrations.ledger.detectors import evidence_of
from integrations.ledger.doubts import counting_sources
from integrations.ledger.quarantine import held_rows
from integrations.ledger.readings import counts_after, store_reading
from integrations.toolbox import Toolbox
from tasks.counted import counted
from tasks.poll import Polled, poll_app
from tasks.rules.plausibility import unlisted
from tasks.score import score_app
from tasks.watch import watch_unknown
from tests.integrations.sources.event_lines import a_line
from tests.tasks.homes import APP, SETTINGS, START, make_home, reopened
from tests.tasks.test_poll_events import detectors

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = START + 6 * HOUR
OLD, NOBODYS, NEW = "2.0.0", "2.0.5", "2.1.0"
EVENTS = {"kind": "events", "name": "crashes", "path": "events*.jsonl"}
VITALS = {"kind": "simulator", "name": "vitals"}


def lines(*versions: str, per_version: int = 400, worse: float = 1.0) -> list[str]:
    """Five hours of events in order of arrival: 5 % are crashes, of the new version `worse` times as many."""
    rows = []
    for place, version in enumerate(versions):
        dice = random.Random(version)
        for n in range(per_version):
            at = (START + HOUR + 300 * MINUTE * n / per_version).isoformat()
            kind = "crash" if dice.random() < 0.05 * (worse if version == NEW else 1) else "session"
            rows.append((at, a_line(10_000 * place + n, kind=kind, version=version, occurred=at, received=at)))
    return [row for _, row in sorted(rows)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECALL_CONFIG", "")
    return with_sources(tmp_path / "home", EVENTS)


def with_sources(home: Path, *sources: dict[str, str]) -> Path:
    (app,) = SETTINGS["apps"]  # type: ignore[misc]  # one app
    return make_home(home, apps=[{**app, "sources": list(sources)}])


def listing(tools: Toolbox, *versions: str) -> None:
    released = tuple(Release(APP, Platform.ANDROID, version, START) for version in versions)
    with tools.book.write() as txn:
        store_reading(txn, APP, Reading("store", START, START, START, Health.HEALTHY, releases=released))


def opened(home: Path, rows: list[str], *listed: str) -> Toolbox:
    (home / "events.jsonl").write_text("".join(rows))
    tools = reopened(home)
    listing(tools, *listed)
    return tools


def polled(tools: Toolbox, minutes: float = 0) -> Polled:
    return next(p for p in poll_app(tools, APP, NOW + minutes * MINUTE) if p.source == "crashes")


def versions(tools: Toolbox) -> set[str]:
    with tools.book.read() as txn:
        return {c.version for c in counts_after(txn, APP, Platform.ANDROID, Metric.CRASH, START)}


def held(tools: Toolbox) -> list[tuple[str, str]]:
    with tools.book.read() as txn:
        return [(one.source, one.reason) for one in held_rows(txn, APP)]


def kinds(tools: Toolbox) -> Counter[str]:
    with tools.book.read() as txn:
        return Counter(str(row[0]) for row in txn.tuples("SELECT kind FROM journal"))


def test_events_of_a_version_nobody_released_are_held_once_with_the_reason(home: Path) -> None:
    tools = opened(home, lines(OLD, NOBODYS, NEW), OLD, NEW)
    assert [polled(tools).held, polled(tools, 5).held] == [1, 0]
    assert held(tools) == [("crashes", unlisted(NOBODYS))]
    assert versions(tools) == {OLD, NEW}


def test_they_are_no_evidence_and_no_control(home: Path, tmp_path: Path) -> None:
    with_them = opened(home, lines(OLD, NOBODYS, NEW, worse=6), OLD, NEW)
    without = opened(with_sources(tmp_path / "clean", EVENTS), lines(OLD, NEW, worse=6), OLD, NEW)
    for tools in (with_them, without):
        polled(tools)
        scored = score_app(tools, app=APP, until=NOW)
        assert NOBODYS not in scored.health
        with tools.book.read() as txn:
            assert evidence_of(txn, APP, Platform.ANDROID, NOBODYS) == ()
    assert detectors(with_them) == detectors(without)


def test_they_are_admitted_by_themselves_when_the_release_becomes_known(home: Path) -> None:
    tools = opened(home, lines(OLD, NOBODYS, NEW), OLD, NEW)
    polled(tools)
    listing(tools, NOBODYS)
    assert polled(tools, 5).held == 0
    assert held(tools) == []
    assert versions(tools) == {OLD, NOBODYS, NEW}
    assert kinds(tools)["quarantine.released"] == 1
    polled(tools, 10)
    assert kinds(tools)["quarantine.released"] == 1


def test_without_a_list_every_version_is_believed_and_the_first_list_decides(home: Path) -> None:
    tools = opened(home, lines(OLD, NOBODYS, NEW))
    assert polled(tools).held == 0
    assert versions(tools) == {OLD, NOBODYS, NEW}
    listing(tools, OLD, NEW)
    with tools.book.read() as txn:
        judged = counted(txn, Release(APP, Platform.ANDROID, NEW, START), Metric.CRASH, START, [OLD, NEW])
    assert {c.version for c in judged} == {OLD, NEW}
    assert polled(tools, 5).held == 1
    assert versions(tools) == {OLD, NEW}


def test_versions_older_than_the_list_are_a_control(home: Path) -> None:
    tools = opened(home, lines("1.9.0", NEW), OLD, NEW)
    assert polled(tools).held == 0
    assert versions(tools) == {"1.9.0", NEW}


def test_operators_hear_of_held_events_after_a_while(home: Path) -> None:
    tools = opened(home, lines(OLD, NOBODYS, NEW), OLD, NEW)
    polled(tools)
    grace = timedelta(hours=tools.policy.quarantine.unlisted_grace_hours)
    subject = f"rows of '{NOBODYS}' held of source crashes"
    assert subject in watch_unknown(tools, APP, NOW).unknown
    assert subject not in watch_unknown(tools, APP, NOW + grace / 2).told
    assert subject in watch_unknown(tools, APP, NOW + grace + HOUR).told


def test_events_that_contradict_another_source_are_told(home: Path, tmp_path: Path) -> None:
    tools = opened(with_sources(tmp_path / "two", EVENTS, VITALS), lines(OLD, NEW, per_version=4000, worse=8), OLD, NEW)
    polled(tools)
    calm = tuple(
        Count("vitals", APP, Platform.ANDROID, version, Metric.CRASH, start, start + HOUR, 8, 800)
        for start in (START + n * HOUR for n in range(1, 6))
        for version in (OLD, NEW)
    )
    with tools.book.write() as txn:
        store_reading(txn, APP, Reading("vitals", START, NOW, NOW, Health.HEALTHY, counts=calm))
        release = Release(APP, Platform.ANDROID, NEW, START)
        assert counting_sources(txn, release, Metric.CRASH, tools.sources[APP]) == ("crashes", "vitals")
        assert counting_sources(txn, release, Metric.ANR, tools.sources[APP]) == ()
    score_app(tools, app=APP, until=NOW)
    found = watch_unknown(tools, APP, NOW)
    assert f"crash of {NEW} between sources" in found.unknown
