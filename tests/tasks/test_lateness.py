"""Reports that come late, from a crash reporter's file to the verdict: learnt before the release, frozen, the same however one polls."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from configs.terms import Evidence, Health, Metric, Platform, Reading, Release
from integrations.ledger.detectors import detector_state, evidence_at
from integrations.ledger.journal import entries_after
from integrations.ledger.readings import store_reading
from integrations.toolbox import Toolbox
from tasks.poll import poll_app
from tasks.rules.detectors import DETECTOR
from tasks.rules.e_process_state import EProcessState
from tasks.score import score_app
from tests.integrations.sources.event_lines import a_line
from tests.tasks.homes import APP, SETTINGS, START, make_home, reopened

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OLD, NEW = "2.0.0", "2.1.0"
RELEASED = START + DAY
UNTIL = RELEASED + 6 * HOUR
EVENTS = {"kind": "events", "name": "crashes", "path": "events*.jsonl"}
LATE = 30 * MINUTE


def lines(sessions_late: timedelta = timedelta(0), late: timedelta = LATE, ratio: float = 1.0) -> list[str]:
    """A day of the old version and the first hours of the new one, whose use doubles every hour; in order of arrival."""
    chance, rows = np.random.default_rng(3), []

    def happened(kind: str, version: str, at: datetime, number: int) -> None:
        after = (late if kind == "crash" else sessions_late) + MINUTE
        for second in chance.uniform(0, 300, number):
            occurred = at + timedelta(seconds=float(second))
            rows.append((occurred + after, kind, version, occurred))

    for poll in range(-288, 72):
        at, used = RELEASED + poll * 5 * MINUTE, 6 * 2 ** (poll / 12)
        happened("session", OLD, at, 60)
        happened("crash", OLD, at, chance.poisson(4))
        if poll >= 0:
            happened("session", NEW, at, round(used))
            happened("crash", NEW, at, chance.poisson(used * ratio / 15))
    return [
        a_line(n, kind=kind, version=version, occurred=occurred.isoformat(), received=received.isoformat())
        for n, (received, kind, version, occurred) in enumerate(sorted(rows))
    ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECALL_CONFIG", "")
    (app,) = SETTINGS["apps"]  # type: ignore[misc]  # one app
    return make_home(tmp_path / "home", apps=[{**app, "sources": [EVENTS]}])


def opened(home: Path, rows: list[str]) -> Toolbox:
    (home / "events.jsonl").write_text("".join(rows))
    tools, begun = reopened(home), {OLD: START - 9 * DAY, NEW: RELEASED}
    released = tuple(Release(APP, Platform.ANDROID, version, at) for version, at in begun.items())
    with tools.book.write() as txn:
        store_reading(txn, APP, Reading("store", START, START, START, Health.HEALTHY, releases=released))
    return tools


def judged(tools: Toolbox, until: datetime = UNTIL) -> Evidence:
    poll_app(tools, APP, until)
    score_app(tools, app=APP, until=until)
    with tools.book.read() as txn:
        return next(e for e in evidence_at(txn, APP, Platform.ANDROID, NEW, until) if e.metric is Metric.CRASH)


def state(tools: Toolbox) -> EProcessState:
    with tools.book.read() as txn:
        text = detector_state(txn, APP, Platform.ANDROID, NEW, Metric.CRASH.value)
    assert text is not None
    found = DETECTOR.load(text)
    assert isinstance(found, EProcessState)
    return found


def rate_beside_the_old(found: EProcessState) -> float:
    new, exposure, old, control = found.process.totals[0]
    return float((new / exposure) / (old / control))


def test_a_growing_release_is_judged_with_the_delays_its_control_had_before(home: Path) -> None:
    tools = opened(home, lines())
    judged(tools)
    found = state(tools)
    shares = found.parameters.delay_of("crashes")
    assert sum(shares[5:8]) > 0.95
    assert rate_beside_the_old(found) == pytest.approx(1, abs=0.2)
    with tools.book.read() as txn:
        began = [e.facts["began"] for e in entries_after(txn, 0) if e.kind == "release.scored" and "began" in e.facts]
    assert len(began) == 1
    told = began[0][f"{NEW} crash"]["late crashes"]  # type: ignore[index,call-overload]  # JSON of the journal
    assert [float(share) for share in str(told).split()] == pytest.approx(shares, rel=0.01, abs=1e-3)


def unknown(rows: list[str]) -> list[str]:
    """Without the crashes before the release, so that nobody knows how late they come."""
    events = [json.loads(row) for row in rows]
    return [row for row, e in zip(rows, events, strict=True) if not (e["kind"] == "crash" and e["received"] < RELEASED.isoformat())]


def test_without_them_it_seems_better_than_it_is(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "blind")
    rows = lines(ratio=2)
    known, blind = opened(home, rows), opened(tmp_path / "blind", unknown(rows))
    judged(known)
    judged(blind)
    assert state(blind).parameters.delays == ()
    assert rate_beside_the_old(state(blind)) < 0.8 * rate_beside_the_old(state(known))
    assert state(known).best > state(blind).best + 0.5


def test_reports_as_late_as_their_sessions_are_judged_as_they_come(home: Path) -> None:
    tools = opened(home, lines(sessions_late=LATE))
    judged(tools)
    assert state(tools).parameters.delays == ()
    assert rate_beside_the_old(state(tools)) == pytest.approx(1, abs=0.2)


def test_polled_again_and_after_restarts_it_ends_where_one_poll_does(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "ticks")
    rows = lines(ratio=2)
    at_once = opened(home, rows)
    judged(at_once)
    opened(tmp_path / "ticks", rows).book.close()
    for minutes in range(0, 361, 40):
        until = RELEASED + minutes * MINUTE
        (tmp_path / "ticks" / "events.jsonl").write_text("".join(r for r in rows if json.loads(r)["received"] < until.isoformat()))
        tools = reopened(tmp_path / "ticks")
        for _ in range(2):
            poll_app(tools, APP, until)
            score_app(tools, app=APP, until=until)
        tools.book.close()
    assert state(reopened(tmp_path / "ticks")) == state(at_once)
    before = state(at_once)
    judged(at_once, UNTIL + MINUTE)
    assert state(at_once) == before
