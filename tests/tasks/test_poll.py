"""Polling: what was read is kept once, and a failing source costs the others nothing. Add here when reading keeps something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from configs.errors import FileMalformed, RecallError, SourceUnavailable
from configs.terms import Health, Reading
from integrations.ledger.readings import read_until, source_states
from integrations.toolbox import Toolbox
from tasks.poll import first_look, mark_source_unknown, poll_app, poll_source
from tests.tasks.homes import APP, START, Play


class Failing:
    """A source that cannot be read, for another reason every time."""

    def __init__(self, name: str, *errors: RecallError) -> None:
        self.name = name
        self.errors = list(errors)

    def poll(self, since: datetime, until: datetime) -> Reading:
        raise self.errors.pop(0)


class Asked:
    """A source with nothing new, which remembers what it was asked for."""

    name = "quiet"

    def __init__(self) -> None:
        self.windows: list[tuple[datetime, datetime]] = []

    def poll(self, since: datetime, until: datetime) -> Reading:
        self.windows.append((since, until))
        return Reading(self.name, since, until, until, Health.HEALTHY)


def with_sources(tools: Toolbox, **sources: object) -> Toolbox:
    return replace(tools, sources={APP: {**tools.sources[APP], **sources}})  # type: ignore[dict-item]  # stand-ins


def health_of(play: Play) -> dict[str, Health]:
    with play.tools.book.read() as txn:
        return {s.source: s.health for s in source_states(txn)}


def rows(play: Play) -> int:
    with play.tools.book.read() as txn:
        return int(
            txn.tuples("SELECT (SELECT count(*) FROM counts) + (SELECT count(*) FROM signals) + (SELECT count(*) FROM installed)")[0][0]
        )


def test_what_is_read_is_kept_and_written_down(fresh: Play) -> None:
    (polled,) = poll_app(fresh.tools, APP, fresh.world.now())
    assert polled.health is Health.HEALTHY
    assert polled.new_rows == sum(fresh.entries("source.read")[0].facts["rows"].values()) > 0  # type: ignore[attr-defined]
    assert health_of(fresh) == {"vitals": Health.HEALTHY}


@pytest.mark.parametrize("error", [SourceUnavailable("down"), FileMalformed("not a CSV")], ids=["transient", "lasting"])
def test_failing_source_is_unknown_and_costs_the_others_nothing(fresh: Play, error: RecallError) -> None:
    tools = with_sources(fresh.tools, first=Failing("first", *[error] * 9), last=Asked())
    polled = {p.source: p for p in poll_app(tools, APP, fresh.world.now())}
    assert polled["first"].health is Health.UNKNOWN
    assert error.message in polled["first"].warning
    assert polled["vitals"].new_rows > 0
    assert health_of(fresh) == {"vitals": Health.HEALTHY, "first": Health.UNKNOWN, "quiet": Health.HEALTHY}
    assert [e.facts["reason"] for e in fresh.entries("source.failed")] == [error.message]


def test_window_of_a_failed_poll_is_read_by_the_next_one(fresh: Play) -> None:
    quiet, now = Asked(), fresh.world.now()
    failing = with_sources(fresh.tools, quiet=Failing("quiet", *[SourceUnavailable("down")] * 9))
    working = with_sources(fresh.tools, quiet=quiet)
    poll_app(working, APP, now)
    poll_app(failing, APP, now + timedelta(hours=1))
    poll_app(working, APP, now + timedelta(hours=2))
    assert quiet.windows == [(now - first_look(fresh.tools), now), (now, now + timedelta(hours=2))]


def test_source_that_fails_again_at_the_same_moment_for_another_reason_is_still_only_unknown(fresh: Play) -> None:
    errors = [FileMalformed("line 3 is torn"), FileMalformed("line 4 is torn")]
    tools = with_sources(fresh.tools, first=Failing("first", *errors))
    for _ in range(2):
        polled = {p.source: p.health for p in poll_app(tools, APP, fresh.world.now())}
        assert polled["first"] is Health.UNKNOWN


def test_same_window_twice_changes_nothing(fresh: Play) -> None:
    since, until = START, fresh.world.now()
    first = poll_source(fresh.tools, app=APP, source="vitals", since=since, until=until)
    before, entries = rows(fresh), len(fresh.entries())
    assert poll_source(fresh.tools, app=APP, source="vitals", since=since, until=until) == first
    assert (rows(fresh), len(fresh.entries())) == (before, entries)


def test_overlapping_window_adds_no_row_twice(fresh: Play) -> None:
    poll_source(fresh.tools, app=APP, source="vitals", since=START, until=fresh.world.now())
    before = rows(fresh)
    poll_source(fresh.tools, app=APP, source="vitals", since=START - timedelta(days=1), until=fresh.world.now())
    assert rows(fresh) == before


def test_poll_at_the_moment_of_the_last_one_reads_nothing(fresh: Play) -> None:
    quiet, now = Asked(), fresh.world.now()
    tools = with_sources(fresh.tools, quiet=quiet)
    poll_app(tools, APP, now)
    assert {p.health for p in poll_app(tools, APP, now)} == {Health.UNKNOWN}
    assert len(quiet.windows) == 1


def test_source_that_failed_first_is_marked_without_a_reading(fresh: Play) -> None:
    mark_source_unknown(fresh.tools, app=APP, source="first", until=fresh.world.now(), reason="down")
    with fresh.tools.book.read() as txn:
        assert read_until(txn, "first", APP) is None
