"""Predictions follow their formula, never reward waiting, and never turn what is unknown into a number."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import Action, Course, TakeUp, Uptake
from tasks.rules.predictions import exposure_hours, having_it, meant, predicted, predictions, safe_share, split
from tests.tasks.rules.courses import a_course, courses, some_number

ACTIONS = st.sampled_from(list(Action))


def hours_of(course: Course, action: Action, waited: float = 0.0) -> float:
    found = exposure_hours(course, action, course.horizon_hours, waited)
    assert found is not None
    return found


def not_more(less: float, more: float) -> bool:
    return less <= more * (1 + 1e-9) + 1e-6


# --- the formula, by hand -----------------------------------------------------------------------------------------------------


def test_without_a_recall_the_rollout_goes_on_to_its_ceiling() -> None:
    course = a_course(users=1_000.0, per_hour=10.0, ceiling=1_100.0, horizon_hours=30.0)
    assert [having_it(course, Action.MONITOR, h) for h in (0, 5, 10, 30)] == [1_000, 1_050, 1_100, 1_100]
    assert hours_of(course, Action.NONE) == pytest.approx(1_050 * 10 + 1_100 * 20)


def test_a_full_recall_halves_the_number_every_half_life_once_the_fix_is_out() -> None:
    course = a_course(users=800.0, fix_after_hours=10.0, told=TakeUp(20.0))
    assert [having_it(course, Action.FULL, h) for h in (0, 10, 30, 50)] == pytest.approx([800, 800, 400, 200])
    assert exposure_hours(course, Action.FULL, 30.0) == pytest.approx(800 * 10 + 400 * 20 / math.log(2))


def test_a_partial_recall_leaves_the_others_to_update_by_themselves() -> None:
    course = a_course(users=1_000.0, in_scope=400.0, fix_after_hours=0.0, told=TakeUp(10.0), alone=TakeUp(30.0))
    assert having_it(course, Action.PARTIAL, 30.0) == pytest.approx(400 / 8 + 600 / 2)


def test_being_told_never_makes_anybody_slower() -> None:
    slow = a_course(told=TakeUp(500.0), alone=TakeUp(50.0))
    assert hours_of(slow, Action.FULL) == pytest.approx(hours_of(replace(slow, told=TakeUp(50.0)), Action.FULL))


def test_an_hour_of_waiting_costs_its_growth_and_the_later_fix() -> None:
    course = a_course(users=1_000.0, per_hour=0.0, fix_after_hours=0.0, told=TakeUp(1.0), horizon_hours=1_000.0)
    assert predicted(course, Action.FULL, ()).hour_exposure == pytest.approx(1_000)
    assert predicted(course, Action.MONITOR, ()).hour_exposure == 0


def test_harm_is_the_assessments_probability_spread_over_its_hours() -> None:
    course = a_course(users=100.0, per_hour=0.0, harm=0.2, harm_most=0.4, harm_hours=50.0, horizon_hours=50.0)
    found = predicted(course, Action.MONITOR, ())
    assert (found.harmed, found.harmed_most) == (pytest.approx(20), pytest.approx(40))


def test_uptake_is_told_at_every_milestone() -> None:
    course = a_course(fix_after_hours=0.0, told=TakeUp(24.0))
    assert predicted(course, Action.FULL, (24.0, 48.0)).uptake == (
        Uptake(24.0, pytest.approx(0.5)),
        Uptake(48.0, pytest.approx(0.75)),
    )
    assert predicted(course, Action.MONITOR, (24.0,)).uptake == (Uptake(24.0, 0.0),)


def test_a_partial_recall_is_measured_by_those_it_is_meant_for() -> None:
    course = a_course()
    part = meant(course, Action.PARTIAL)
    assert (part.users, part.in_scope, part.per_hour, part.ceiling) == (2_000, 2_000, 20, 4_000)
    assert meant(course, Action.FULL) is course


# --- what always holds --------------------------------------------------------------------------------------------------------


@given(courses(), ACTIONS, some_number(500), some_number(500))
def test_waiting_longer_never_costs_less(course: Course, action: Action, waited: float, more: float) -> None:
    assert not_more(hours_of(course, action, waited), hours_of(course, action, waited + more))


@given(courses(), some_number(500))
def test_full_never_has_more_exposure_than_partial_nor_partial_than_monitoring(course: Course, waited: float) -> None:
    none, monitor, partial, full = (hours_of(course, action, waited) for action in Action)
    assert not_more(full, partial)
    assert not_more(partial, monitor)
    assert monitor == none


@given(courses(), ACTIONS, st.lists(st.tuples(some_number(1), some_number(1)), min_size=1, max_size=8), some_number(100))
def test_the_parts_add_up_to_the_whole(course: Course, action: Action, weights: list[tuple[float, float]], waited: float) -> None:
    heavy = sum(weight for weight, _ in weights)
    if not heavy or not course.users:
        return
    parts = [(course.users * weight / heavy, course.users * weight / heavy * scoped) for weight, scoped in weights]
    whole = replace(
        course, in_scope=sum(scoped for _, scoped in parts), ceiling=max(course.ceiling, course.users) if course.ceiling else None
    )
    assert sum(hours_of(part, action, waited) for part in split(whole, parts)) == pytest.approx(hours_of(whole, action, waited), rel=1e-6)


@given(courses(), ACTIONS, some_number(1_000), some_number(1_000))
def test_the_area_is_the_sum_of_what_stands_under_it(course: Course, action: Action, until: float, waited: float) -> None:
    steps = 400
    heights = [having_it(course, action, until * (n + 0.5) / steps, waited) or 0.0 for n in range(steps)]
    area = exposure_hours(course, action, until, waited)
    assert area == pytest.approx(sum(heights) * until / steps, rel=0.05, abs=max(heights, default=0.0) * until * 0.02 + 1)


@given(courses(), some_number(2_000), some_number(2_000), some_number(100))
def test_uptake_is_a_share_that_never_falls(course: Course, early: float, later: float, waited: float) -> None:
    for action in Action:
        first, second = (safe_share(course, action, h, waited) for h in sorted((early, later)))
        if first is None or second is None:
            assert not having_it(course, action, waited, waited)
            continue
        assert 0 <= first <= second + 1e-9 <= 1 + 1e-9


def test_unknown_users_make_everything_unknown() -> None:
    for found in predictions(a_course(users=None, in_scope=None), (24.0,)):
        values = {f.name: getattr(found, f.name) for f in fields(found) if f.name not in ("action", "uptake")}
        assert set(values.values()) == {None}
        assert [m.safe for m in found.uptake] == [0.0 if found.action in (Action.NONE, Action.MONITOR) else None]


def test_an_unknown_speed_leaves_only_what_stops_the_rollout_now_known() -> None:
    known = {p.action: (p.exposure_hours is not None, p.hour_exposure is not None) for p in predictions(a_course(per_hour=None), ())}
    stops, goes_on = (True, False), (False, False)
    assert known == {Action.NONE: goes_on, Action.MONITOR: goes_on, Action.PARTIAL: stops, Action.FULL: stops}


def test_an_unknown_scope_makes_only_the_partial_recall_unknown() -> None:
    found = {p.action: p.exposure_hours for p in predictions(a_course(in_scope=None), ())}
    assert [action for action, hours in found.items() if hours is None] == [Action.PARTIAL]


def test_nobody_with_the_build_costs_nothing() -> None:
    found = predictions(a_course(users=0.0, in_scope=0.0, per_hour=0.0), ())
    assert {p.exposure_hours for p in found} == {0.0}
