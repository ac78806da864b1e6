"""What sources may bring and must not cause: bad input is put aside with its reason, alarms as unknown, and never halts anything.

Every case runs real ticks over a day or more; the release itself is as good as the one before it, so whatever is opened is a false alarm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from configs.effects import EffectKind
from configs.terms import Count, Platform, Reading
from flows.monitor import monitor
from integrations.ledger.cases import issues_in, recalls_in
from integrations.ledger.detectors import evidence_of
from integrations.sources import SOURCES
from tasks.rules import plausible_counts as why
from tasks.rules.plausibility import HISTORY, unlisted
from tasks.run import ticked
from tests.flows.poison import HOUR, NEW, OLD, RELEASES, START, Poison, Scripted, a_play, an_hour, believed, changed, watched
from tests.tasks.homes import APP, Play

FROM = START + 6 * HOUR
"""Up to here every source is honest."""


def of_new(**numbers: object) -> Poison:
    """The new version's counts with these numbers, from then on."""

    def change(count: Count) -> Iterable[Count]:
        is_bad = count.version == NEW and count.start >= FROM
        return [replace(count, **numbers)] if is_bad else [count]  # type: ignore[arg-type]  # what a source must never do

    return lambda since, until, reading: changed(reading, change)


def shrinking(since: datetime, until: datetime, reading: Reading) -> Reading:
    """The control's old buckets again and again, with ever fewer crashes."""
    again = [replace(c, events=0) for n in range(6) for c in an_hour(reading.source, START + n * HOUR) if c.version == OLD]
    return reading if until <= FROM else replace(reading, counts=(*reading.counts, *again))


def running_totals(since: datetime, until: datetime, reading: Reading) -> Reading:
    """From then on, one bucket that begins where it began and only grows."""
    if until <= FROM + HOUR:
        return reading
    hours = int((until - FROM) / HOUR)
    totals = [replace(c, end=FROM + hours * HOUR, events=200 * hours, exposure=400 * hours) for c in an_hour(reading.source, FROM)[:1]]
    return replace(reading, counts=(*(c for c in reading.counts if c.start < FROM), *totals))


def two_numbers(since: datetime, until: datetime, reading: Reading) -> Reading:
    return changed(reading, lambda c: [c, replace(c, events=300)] if c.version == NEW and c.start >= FROM else [c])


def nobodys_control(since: datetime, until: datetime, reading: Reading) -> Reading:
    """A version that was never released, used by millions without one crash: beside it the real release would look terrible."""
    return changed(reading, lambda c: [c, replace(c, version="2.0.7", events=0, exposure=4_000_000)] if c.version == OLD else [c])


def nobodys_release(since: datetime, until: datetime, reading: Reading) -> Reading:
    return changed(reading, lambda c: [c, replace(c, version="9.9.9", events=300, exposure=400)] if c.version == NEW else [c])


def ahead(since: datetime, until: datetime, reading: Reading) -> Reading:
    """The buckets that are due, and terrible ones of two hours later."""
    later = [replace(c, start=c.start + 3 * HOUR, end=c.end + 3 * HOUR, events=300) for c in reading.counts[-2:] if c.version == NEW]
    return reading if until <= FROM else replace(reading, counts=(*reading.counts, *later), fresh_until=until + 2 * HOUR)


def backfilled(since: datetime, until: datetime, reading: Reading) -> Reading:
    """Ten thousand old crashes at once, on the second day: of days before the window, in buckets nobody had counted."""
    if not START + 24 * HOUR < until <= START + 26 * HOUR:
        return reading
    long_ago = START - timedelta(days=20)
    old = [
        replace(c, start=long_ago + n * HOUR, end=long_ago + (n + 1) * HOUR, events=c.exposure // 2)
        for n in range(50)
        for c in an_hour(reading.source, START)[:1]
    ]
    return replace(reading, counts=(*reading.counts, *old))


@dataclass(frozen=True)
class Case:
    """`reason`: of the rows put aside, or held; `subject`: what operators are told of, and `hours` after which they have been."""

    poison: Poison
    reason: str
    subject: str = "source vitals"
    hours: int = 16
    held: bool = False


CASES = {
    "nan": Case(of_new(events=math.nan), why.NOT_A_COUNT),
    "infinite": Case(of_new(exposure=math.inf), why.NOT_A_COUNT),
    "negative": Case(of_new(events=-5), why.NOT_A_COUNT),
    "fraction": Case(of_new(events=0.5), why.NOT_A_COUNT),
    "crashes above sessions": Case(of_new(events=900), why.CONTRADICTORY),
    "goes backwards": Case(shrinking, why.BACKWARDS),
    "running total": Case(running_totals, why.OVERLAP),
    "two numbers for one bucket": Case(two_numbers, why.TWICE),
    "clock ahead": Case(ahead, why.AHEAD),
    "control nobody released": Case(nobodys_control, unlisted("2.0.7"), "rows of '2.0.7' held of source vitals", 30, held=True),
    "version nobody released": Case(nobodys_release, unlisted("9.9.9"), "rows of '9.9.9' held of source vitals", 30, held=True),
    "ten thousand old crashes": Case(backfilled, HISTORY, "history held of source vitals", 30, held=True),
}


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "scripted", Scripted)  # type: ignore[arg-type]  # a source like any other
    monkeypatch.setattr(Scripted, "scripts", {})


@pytest.fixture
def played(tmp_path: Path) -> Iterable[Callable[..., Play]]:
    opened: list[Play] = []

    def play(*sources: str, **scripts: Poison) -> Play:
        Scripted.scripts.update(scripts)
        opened.append(a_play(tmp_path, *(sources or ("vitals",))))
        opened[-1].world.advance(START + timedelta(minutes=5))
        return opened[-1]

    yield play
    for one in opened:
        one.tools.book.close()


def told(play: Play, what: str = "unknown") -> list[str]:
    return [str(e.body["detail"]) for e in play.effects(EffectKind.TELL_OPERATORS) if e.body["what"] == what]


def aside(play: Play) -> dict[str, int]:
    with play.tools.book.read() as txn:
        return {r.text("reason"): r.number("n") for r in txn.rows("SELECT reason, count(*) AS n FROM rejected GROUP BY reason")}


def nothing_was_opened(play: Play) -> bool:
    with play.tools.book.read() as txn:
        opened = issues_in(txn) or recalls_in(txn)
    return not opened and not play.effects(EffectKind.HALT_ROLLOUT, EffectKind.ASK_SIGNATURE)


def stored_hours(play: Play, version: str = NEW) -> int:
    with play.tools.book.read() as txn:
        return len(txn.tuples("SELECT start FROM counts WHERE version = :version", version=version))


def test_an_honest_source_is_believed_and_nobody_is_told_anything(played: Callable[..., Play]) -> None:
    play = played()
    watched(play, 30)
    assert nothing_was_opened(play)
    assert (told(play), aside(play), stored_hours(play)) == ([], {}, 30)
    assert not play.entries("unknown.watched"), "nothing older than the first release is there to compare it with, and none is missed"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_input_is_put_aside_alarms_and_never_halts(played: Callable[..., Play], case: Case) -> None:
    play = played(vitals=case.poison)
    watched(play, case.hours)
    assert nothing_was_opened(play)
    assert aside(play)[f"held: {case.reason}" if case.held else case.reason] > 0
    assert any(line.startswith(f"{case.subject}: unknown since") for message in told(play) for line in message.splitlines())


@pytest.mark.parametrize("case", ["nan", "crashes above sessions", "clock ahead"])
def test_a_source_that_mends_is_known_again_and_says_so_once(played: Callable[..., Play], case: str) -> None:
    play = played(vitals=CASES[case].poison)
    watched(play, 16)
    Scripted.scripts["vitals"] = believed
    watched(play, 6)
    (over,) = told(play, "known_again")
    assert "source vitals: known again" in over
    first, last = (m for m in play.world.messages_to("operators") if m.subject.startswith("Example"))
    assert ("unknown for too long" in first.subject, "known again" in last.subject) == (True, True)
    assert "source vitals: unknown since 2026-03-02 " in first.text
    assert "UNK-" not in first.text + last.text
    messages = len(told(play))
    watched(play, 6)
    assert (len(told(play)), len(told(play, "known_again"))) == (messages, 1)


def test_what_lasts_is_told_again_and_not_every_tick(played: Callable[..., Play]) -> None:
    play = played(vitals=CASES["nan"].poison)
    watched(play, 46)
    assert len([m for m in told(play) if "source vitals" in m]) == 2


@pytest.mark.parametrize("case", ["crashes above sessions", "ten thousand old crashes"])
def test_ticks_repeated_at_one_moment_tell_nobody_twice(played: Callable[..., Play], case: str) -> None:
    play = played(vitals=CASES[case].poison)
    watched(play, 26)
    before = play.effects(), aside(play), len(play.entries("unknown.watched"))
    for _ in range(3):
        ticked(monitor, app=APP)
    assert told(play)
    assert (play.effects(), aside(play), len(play.entries("unknown.watched"))) == before


def test_rows_of_a_version_are_taken_in_when_it_is_released(played: Callable[..., Play]) -> None:
    """Nothing is lost while the release list lags behind the phones, and nothing of it is used before."""
    lagging = {"is": True}

    def late_list(since: datetime, until: datetime, reading: Reading) -> Reading:
        return replace(reading, releases=RELEASES[: 1 if lagging["is"] else 2])

    play = played(vitals=late_list)
    watched(play, 10)
    assert (stored_hours(play), aside(play)) == (0, {f"held: {unlisted(NEW)}": 10})
    lagging["is"] = False
    watched(play, 2)
    assert (stored_hours(play), aside(play), told(play)) == (12, {}, [])
    (entry,) = play.entries("quarantine.released")
    assert (entry.facts["rows"], entry.facts["new"]) == (10, 10)
    with play.tools.book.read() as txn:
        (judged,) = evidence_of(txn, APP, Platform.ANDROID, NEW)
    assert (judged.events, judged.exposure) == (4 * 12, 400 * 12)


def test_a_list_that_comes_after_the_counts_still_keeps_nobodys_version_out(played: Callable[..., Play]) -> None:
    def without_list(since: datetime, until: datetime, reading: Reading) -> Reading:
        return replace(nobodys_control(since, until, reading), releases=())

    def only_list(since: datetime, until: datetime, reading: Reading) -> Reading:
        return replace(reading, counts=())

    play = played("counts", "releases", counts=without_list, releases=only_list)
    watched(play, 10, every=10)
    assert (stored_hours(play), stored_hours(play, "2.0.7")) == (10, 0)
    assert aside(play) == {f"held: {unlisted('2.0.7')}": 10}
    assert [e.facts["rows"] for e in play.entries("quarantine.held")] == [10]
    watched(play, 10)
    assert (nothing_was_opened(play), aside(play)) == (True, {f"held: {unlisted('2.0.7')}": 20})


def test_a_young_release_with_few_users_is_no_alarm_and_not_healthy(played: Callable[..., Play]) -> None:
    play = played(vitals=of_all(exposure=1, events=0))
    watched(play, 24)
    assert (told(play), nothing_was_opened(play)) == ([], True)
    assert {e.facts["health"][NEW] for e in play.entries("release.scored")} == {"unknown"}  # type: ignore[index]
    watched(play, 48, every=8)
    assert any(f"crash of {NEW}: unknown since" in message for message in told(play))


def of_all(**numbers: object) -> Poison:
    return lambda since, until, reading: changed(reading, lambda c: [replace(c, **numbers)])  # type: ignore[arg-type]  # a test builder


def test_sources_that_contradict_each_other_are_said_as_such(played: Callable[..., Play]) -> None:
    worse = of_new(events=60)
    play = played("calm", "loud", loud=worse)
    watched(play, 24)
    assert any(f"crash of {NEW} between sources: unknown since" in m and "loud says degraded" in m for m in told(play))


def test_a_source_that_went_silent_alarms_and_its_release_is_not_healthy(played: Callable[..., Play]) -> None:
    def silent(since: datetime, until: datetime, reading: Reading) -> Reading:
        return replace(reading, counts=tuple(c for c in reading.counts if c.start < FROM))

    play = played(vitals=silent)
    watched(play, 20)
    assert any(f"crash of {NEW}: unknown since" in message for message in told(play))
    assert play.entries("release.scored")[-1].facts["health"][NEW] == "unknown"  # type: ignore[index]
