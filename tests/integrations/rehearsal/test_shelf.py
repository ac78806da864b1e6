"""The stores' rules, as values. Add here when `shelf.py` learns a rule."""

from __future__ import annotations

import pytest

from configs.effects import RolloutState
from configs.terms import Platform
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import Move, MoveKind, fix_ready_at, is_known, rollout, timeline
from tests.integrations.rehearsal.builders import APP, START, hours

PLAY = Scenario(app=APP, seed=1, start=START)
APPLE = Scenario(app=APP, seed=1, start=START, platform=Platform.IOS)
STARTED = Move(START, MoveKind.STARTED, "2.1.0")


def a_move(kind: MoveKind, at: float, version: str = "2.1.0", track: str = "", priority: int = 0) -> Move:
    return Move(hours(at), kind, version, track, priority)


@pytest.mark.parametrize(
    ("hour", "fraction"), [(0, 0.01), (23.9, 0.01), (24, 0.02), (48, 0.05), (72, 0.10), (96, 0.20), (120, 0.50), (144, 1.0), (500, 1.0)]
)
def test_rollout_widens_by_the_published_days(hour: float, fraction: float) -> None:
    assert rollout(PLAY, (STARTED,), "2.1.0", hours(hour)).fraction == fraction


def test_rollout_is_completed_when_everyone_is_offered_it() -> None:
    assert rollout(PLAY, (STARTED,), "2.1.0", hours(143)).state is RolloutState.IN_PROGRESS
    assert rollout(PLAY, (STARTED,), "2.1.0", hours(144)).state is RolloutState.COMPLETED


def test_halted_rollout_keeps_its_fraction_and_offers_nothing() -> None:
    moves = (STARTED, a_move(MoveKind.HALTED, 30))
    assert rollout(PLAY, moves, "2.1.0", hours(400)).state is RolloutState.HALTED
    assert rollout(PLAY, moves, "2.1.0", hours(400)).fraction == 0.02
    assert timeline(PLAY, moves, "2.1.0", "production", hours(400)).points[-1] == (hours(30), 0.0)


def test_resumed_rollout_goes_on_where_it_stood() -> None:
    moves = (STARTED, a_move(MoveKind.HALTED, 30), a_move(MoveKind.RESUMED, 100))
    assert rollout(PLAY, moves, "2.1.0", hours(117)).fraction == 0.02
    assert rollout(PLAY, moves, "2.1.0", hours(118)).fraction == 0.05


def test_app_store_pause_leaves_downloads_by_hand() -> None:
    line = timeline(APPLE, (STARTED, a_move(MoveKind.HALTED, 30)), "2.1.0", "production", hours(60))
    assert (line.points[-1][1], line.by_hand[-1][1]) == (0.0, 1.0)


def test_play_halt_leaves_none() -> None:
    line = timeline(PLAY, (STARTED, a_move(MoveKind.HALTED, 30)), "2.1.0", "production", hours(60))
    assert (line.points[-1][1], line.by_hand[-1][1]) == (0.0, 0.0)


def test_app_store_pause_ends_by_itself_after_thirty_days_in_total() -> None:
    moves = (STARTED, a_move(MoveKind.HALTED, 10), a_move(MoveKind.RESUMED, 10 + 20 * 24), a_move(MoveKind.HALTED, 12 + 20 * 24))
    last_hour = 12 + 30 * 24
    paused = rollout(APPLE, moves, "2.1.0", hours(last_hour - 1))
    assert (paused.state, paused.paused_days) == (RolloutState.HALTED, 30)
    assert rollout(APPLE, moves, "2.1.0", hours(last_hour)).state is RolloutState.IN_PROGRESS


def test_play_halt_never_ends_by_itself() -> None:
    assert rollout(PLAY, (STARTED, a_move(MoveKind.HALTED, 10)), "2.1.0", hours(24 * 365)).state is RolloutState.HALTED


def test_removal_ends_the_phase_for_good() -> None:
    moves = (STARTED, a_move(MoveKind.REMOVED, 30))
    line = timeline(APPLE, moves, "2.1.0", "production", hours(900))
    assert (line.state, line.points[-1][1], line.by_hand[-1][1]) == (RolloutState.REMOVED, 0.0, 0.0)


def test_newer_published_version_ends_the_older_one() -> None:
    moves = (STARTED, a_move(MoveKind.PUBLISHED, 30, "2.1.1", priority=5))
    assert timeline(PLAY, moves, "2.1.0", "production", hours(200)).points[-1] == (hours(30), 0.0)
    assert "superseded" in rollout(PLAY, moves, "2.1.0", hours(200)).detail


def test_older_version_does_not_end_the_newer_one() -> None:
    moves = (STARTED, a_move(MoveKind.PUBLISHED, 1, "2.0.0"))
    assert rollout(PLAY, moves, "2.1.0", hours(30)).fraction == 0.02


def test_priority_is_told_on_play_and_said_to_be_missing_on_the_app_store() -> None:
    published = (a_move(MoveKind.PUBLISHED, 30, "2.1.1", priority=5),)
    assert rollout(PLAY, published, "2.1.1", hours(31)).update_priority == 5
    apple = rollout(APPLE, published, "2.1.1", hours(31))
    assert apple.update_priority == 0
    assert "no update priority" in apple.detail


def test_halt_on_one_track_leaves_the_version_in_progress_and_says_where() -> None:
    two = PLAY.model_copy(update={"tracks": ("production", "beta")})
    partly = rollout(two, (STARTED, a_move(MoveKind.HALTED, 30, track="production")), "2.1.0", hours(31))
    assert partly.state is RolloutState.IN_PROGRESS
    assert "beta" in partly.detail


def test_fix_is_a_draft_some_hours_after_the_first_halt() -> None:
    moves = (STARTED, a_move(MoveKind.HALTED, 30), a_move(MoveKind.HALTED, 40))
    assert fix_ready_at(PLAY, moves) == hours(42)
    assert not is_known(PLAY, moves, "2.1.1", hours(41.9))
    assert is_known(PLAY, moves, "2.1.1", hours(42))
    assert rollout(PLAY, moves, "2.1.1", hours(42)).state is RolloutState.DRAFT


def test_without_a_halt_there_is_no_fix() -> None:
    assert fix_ready_at(PLAY, (STARTED,)) is None


def test_what_was_offered_before_does_not_change_by_later_moves() -> None:
    before = timeline(PLAY, (STARTED,), "2.1.0", "production", hours(50))
    after = timeline(PLAY, (STARTED, a_move(MoveKind.HALTED, 50)), "2.1.0", "production", hours(90))
    assert [p for p in before.points if p[0] < hours(50)] == [p for p in after.points if p[0] < hours(50)]
