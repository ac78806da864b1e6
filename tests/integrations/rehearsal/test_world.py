"""The world's file: its clock, its creation, its transactions. Add here when `world.py` or `pen.py` learn something."""

from __future__ import annotations

import stat
import threading
import weakref
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from configs.effects import DeliveryState
from configs.errors import BadInput, FileMalformed, KeyReused, NotFound, Transient
from integrations.rehearsal.pen import Fault, Mode, moment_of, text_of
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import MoveKind
from integrations.rehearsal.world import FILE_NAME, MOST_OPEN, RehearsalClock, World, start_rehearsal, world_at
from tests.integrations.rehearsal.builders import APP, SMALL, START, a_message, a_world, hours


def test_new_world_stands_at_the_start_with_the_bad_release_going_out(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert world.now() == START
    assert [(m.kind, m.version) for m in world.moves()] == [
        (MoveKind.PUBLISHED, "2.0.0"),
        (MoveKind.DRAFTED, "2.1.0"),
        (MoveKind.STARTED, "2.1.0"),
    ]


def test_clock_shows_the_time_of_whoever_moved_it(tmp_path: Path) -> None:
    a_world(tmp_path).advance(hours(5.5))
    World.open(tmp_path / FILE_NAME).advance(hours(6.25))
    assert RehearsalClock.at(tmp_path).now() == hours(6.25)


def test_clock_does_not_go_back(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.advance(hours(5))
    with pytest.raises(BadInput, match="cannot go back"):
        world.advance(hours(4))
    assert world.now() == hours(5)


def test_beginning_again_finds_the_world_where_it_stands(tmp_path: Path) -> None:
    first = start_rehearsal(tmp_path, seed=3, app=APP, start=START, users=100)
    first.advance(hours(7))
    again = start_rehearsal(tmp_path, seed=3, app=APP, start=START, users=100)
    assert (again.id, again.now()) == (first.id, hours(7))


def test_another_rehearsal_does_not_overwrite_this_one(tmp_path: Path) -> None:
    a_world(tmp_path).advance(hours(7))
    with pytest.raises(BadInput, match="other parameters"):
        a_world(tmp_path, seed=12)
    assert World.open(tmp_path / FILE_NAME).now() == hours(7)


def test_release_with_nothing_wrong_has_every_ratio_at_one(tmp_path: Path) -> None:
    scenario = start_rehearsal(tmp_path, seed=3, app=APP, start=START, users=100, crash_ratio=1.0).scenario
    assert (scenario.crash_ratio, scenario.worst_device_ratio, scenario.anr_ratio) == (1.0, 1.0, 1.0)


def test_missing_and_empty_and_foreign_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with pytest.raises(NotFound, match="recall demo"):
        World.open(path)
    path.write_bytes(b"")
    with pytest.raises(NotFound, match="recall demo"):
        World.open(path)
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(FileMalformed, match="begin anew"):
        World.open(path)


def test_busy_world_is_transient_and_nothing_is_written(tmp_path: Path) -> None:
    world, other = a_world(tmp_path), World.open(tmp_path / FILE_NAME)
    other._connection.execute("PRAGMA busy_timeout = 1")
    with world.writing(), pytest.raises(Transient, match="locked"):
        other.advance(hours(1))
    assert world.now() == START


def test_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    before = world.moves()

    def halt_and_fail() -> None:
        with world.writing() as pen:
            pen.add_move(MoveKind.HALTED, "2.1.0")
            pen.advance(START - timedelta(hours=1))

    with pytest.raises(BadInput):
        halt_and_fail()
    assert world.moves() == before


def test_threads_may_share_a_world(tmp_path: Path) -> None:
    world = a_world(tmp_path)

    def send(part: int) -> None:
        for number in range(20):
            with world.writing() as pen:
                pen.accept(a_message(f"{part}-{number}"), DeliveryState.ACCEPTED)

    threads = [threading.Thread(target=send, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.messages_to("someone@mail.example")) == 80


def test_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    assert stat.S_IMODE(a_world(tmp_path).path.stat().st_mode) == 0o600


def test_replaced_file_is_opened_anew(tmp_path: Path) -> None:
    old = a_world(tmp_path)
    assert world_at(old.path).id == old.id
    old.close()
    for file in tmp_path.iterdir():
        file.unlink()
    assert world_at(a_world(tmp_path, seed=99).path).scenario.seed == 99


def test_only_so_many_worlds_are_kept_open(tmp_path: Path) -> None:
    first = a_world(tmp_path / "0").path
    kept = weakref.ref(world_at(first))
    assert world_at(first) is kept()
    for n in range(1, MOST_OPEN + 1):
        world_at(a_world(tmp_path / str(n)).path)
    assert kept() is None
    assert world_at(first).scenario.seed == world_at(a_world(tmp_path / "1").path).scenario.seed


def test_key_used_for_something_else_is_an_error(tmp_path: Path) -> None:
    with a_world(tmp_path).writing() as pen:
        pen.remember("k", "halt 2.1.0")
        assert pen.is_done("k", "halt 2.1.0")
        assert not pen.is_done("other", "halt 2.1.0")
        with pytest.raises(KeyReused, match="new decision"):
            pen.is_done("k", "halt 2.0.0")


def test_planned_failure_happens_as_often_as_planned(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.plan(Fault("store", Mode.FAIL_BEFORE, call="halt", times=2))
    with world.writing() as pen:
        taken = [pen.take_fault("store", "halt") for _ in range(3)]
        assert pen.take_fault("channel", "halt") is None
    assert [f is not None for f in taken] == [True, True, False]


def test_times_are_written_so_that_they_sort(tmp_path: Path) -> None:
    moments = [hours(n / 7) for n in range(50)]
    assert sorted(map(text_of, moments)) == [text_of(m) for m in moments]
    assert [moment_of(text_of(m)) for m in moments] == moments


@pytest.mark.parametrize(
    "change",
    [
        {"start": START + timedelta(minutes=1)},
        {"steps": ((1, 0.5),)},
        {"steps": ((0, 0.5), (24, 0.2))},
        {"fix_version": "2.1.0"},
        {"users": 0},
        {"crash_rate": 1.5},
        {"unknown": 1},
    ],
    ids=lambda c: "-".join(c),
)
def test_senseless_scenario_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate(SMALL.model_dump() | change)
