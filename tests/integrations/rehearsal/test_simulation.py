"""What the simulated users do. Add here when they can do another thing."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

import numpy as np
import pytest

from configs.terms import Platform
from integrations.rehearsal.offers import Offers
from integrations.rehearsal.people import COUNTRIES, DEVICES, HOURS_FROM_UTC, LOCALES, OS_VERSIONS, people_of, subject_of, user_of
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.shelf import Move, MoveKind
from integrations.rehearsal.simulation import BAD, FIX, Simulation
from tests.integrations.rehearsal.builders import APP, SMALL, START, hours

STARTED = Move(START, MoveKind.STARTED, "2.1.0")
HALTED = Move(hours(30), MoveKind.HALTED, "2.1.0")
PUBLISHED = Move(hours(42), MoveKind.PUBLISHED, "2.1.1", priority=5)


@lru_cache(maxsize=16)
def played(scenario: Scenario, moves: tuple[Move, ...], until: int, told_at: float | None = None) -> Simulation:
    """The simulation after so many hours; with `told_at` everyone is sent a notice at that hour."""
    simulation = Simulation(scenario)
    offers = Offers(simulation.people, moves, hours(until))
    for number in range(until):
        notices = [(u, told_at) for u in range(scenario.users)] if told_at is not None and number == int(told_at) else []
        simulation.run_hour(offers, notices)
    return simulation


def reach(simulation: Simulation) -> float:
    fixed, uninstalled, _, _ = simulation.hours[-1].base.sum(axis=0)
    return float(fixed + uninstalled) / float(simulation.hours[-1].base.sum())


def crash_rate(simulation: Simulation, version: int) -> float:
    crashes = sum(int(h.crashes[version, 0]) for h in simulation.hours)
    return crashes / sum(int(h.sessions[version, 0]) for h in simulation.hours)


def test_the_same_seed_lives_the_same_life() -> None:
    first, second = Simulation(SMALL), Simulation(SMALL)
    offers = Offers(first.people, (STARTED,), hours(30))
    for _ in range(30):
        one, other = first.run_hour(offers, []), second.run_hour(offers, [])
        assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.name != "comments")
        assert one.comments == other.comments


def test_another_seed_lives_another() -> None:
    other = SMALL.model_copy(update={"seed": 12})
    assert played(SMALL, (STARTED,), 30).hours[-1].sessions.sum() != played(other, (STARTED,), 30).hours[-1].sessions.sum()


def test_a_later_halt_does_not_change_what_was_before_it() -> None:
    free, halted = played(SMALL, (STARTED,), 48), played(SMALL, (STARTED, HALTED), 48)
    assert all(np.array_equal(a.sessions, b.sessions) for a, b in zip(free.hours[:30], halted.hours[:30], strict=True))


def test_after_the_halt_nobody_gets_the_bad_version() -> None:
    simulation = played(SMALL, (STARTED, HALTED), 60)
    assert sum(len(h.newly_exposed) for h in simulation.hours[:30]) > 100
    assert sum(len(h.newly_exposed) for h in simulation.hours[30:]) == 0


def test_halt_within_an_hour_counts_from_its_minute() -> None:
    late, early = (Move(hours(at), MoveKind.HALTED, "2.1.0") for at in (29.9, 29.1))
    exposed = [len(played(SMALL, (STARTED, move), 31).hours[29].newly_exposed) for move in (late, early)]
    assert exposed[0] > exposed[1]


def test_whoever_has_the_bad_version_keeps_it_after_the_halt() -> None:
    simulation = played(SMALL, (STARTED, HALTED), 60)
    assert simulation.hours[-1].base.sum() == simulation.hours[30].base.sum()
    assert simulation.hours[-1].base[:, 0].sum() == 0
    assert sum(int(h.sessions[BAD, 0]) for h in simulation.hours[50:]) > 0


def test_nobody_is_offered_more_than_the_schedule_says() -> None:
    simulation = played(SMALL, (STARTED,), 24)
    exposed = np.concatenate([h.newly_exposed for h in simulation.hours])
    assert (simulation.people.luck[exposed] < 0.1).all()
    assert len(np.unique(exposed)) == len(exposed)


@pytest.mark.parametrize("until", [10, 40, 60, 120])
def test_parts_of_the_exposed_are_never_negative_and_add_up(until: int) -> None:
    simulation = played(SMALL, (STARTED, HALTED, PUBLISHED), until)
    assert (simulation.hours[-1].base >= 0).all()
    assert simulation.hours[-1].base.sum() == sum(len(h.newly_exposed) for h in simulation.hours)


def test_notices_make_the_fix_spread_faster() -> None:
    moves = (STARTED, HALTED, PUBLISHED)
    assert reach(played(SMALL, moves, 72, told_at=31)) > reach(played(SMALL, moves, 72)) + 0.02


def test_priority_makes_the_fix_spread_faster() -> None:
    calm = Move(PUBLISHED.at, MoveKind.PUBLISHED, "2.1.1", priority=0)
    assert reach(played(SMALL, (STARTED, HALTED, PUBLISHED), 72)) > reach(played(SMALL, (STARTED, HALTED, calm), 72)) + 0.02


def test_default_rehearsal_can_be_closed_in_night_four_to_six() -> None:
    scenario = Scenario(app=APP, seed=5, start=START)
    moves = (STARTED, Move(hours(52), MoveKind.HALTED, "2.1.0"), Move(hours(65), MoveKind.PUBLISHED, "2.1.1", priority=5))
    simulation = played(scenario, moves, 144, told_at=53)
    nights = [n for n in range(72, 144, 24) if simulation.hours[n].base[:, :2].sum() / simulation.hours[n].base.sum() >= 0.95]
    assert nights
    assert all(part > 0 for part in simulation.hours[-1].base.sum(axis=0))


def test_bad_release_crashes_as_much_more_as_the_scenario_says() -> None:
    bigger = SMALL.model_copy(update={"users": 20_000})
    simulation = played(bigger, (STARTED,), 72)
    assert 2.4 < crash_rate(simulation, BAD) / crash_rate(simulation, 0) < 4.2


def test_release_with_nothing_wrong_crashes_like_the_old_one() -> None:
    healthy = SMALL.model_copy(update={"users": 20_000, "crash_ratio": 1.0, "worst_device_ratio": 1.0, "anr_ratio": 1.0})
    simulation = played(healthy, (STARTED,), 72)
    assert 0.8 < crash_rate(simulation, BAD) / crash_rate(simulation, 0) < 1.25


def test_fix_crashes_like_the_last_good_one() -> None:
    bigger = SMALL.model_copy(update={"users": 20_000})
    simulation = played(bigger, (STARTED, HALTED, PUBLISHED), 96)
    assert 0.8 < crash_rate(simulation, FIX) / crash_rate(simulation, 0) < 1.25


def test_user_counts_once_a_day() -> None:
    fragile = SMALL.model_copy(update={"crash_rate": 1.0, "users": 500})
    simulation = played(fragile, (STARTED,), 24)
    assert sum(int(h.crashes[:, 0].sum()) for h in simulation.hours) <= 500
    assert sum(int(h.sessions[:, 0].sum()) for h in simulation.hours) > 500


def test_every_cut_of_the_counts_adds_up_to_all() -> None:
    simulation = played(SMALL, (STARTED,), 30)
    countries, systems = len(COUNTRIES), len(OS_VERSIONS[Platform.ANDROID])
    for hour in simulation.hours:
        for counted in (hour.sessions, hour.crashes, hour.anrs):
            cuts = np.split(counted[:, 1:], [countries, countries + systems], axis=1)
            assert all(np.array_equal(cut.sum(axis=1), counted[:, 0]) for cut in cuts)


def test_phones_by_hand_get_a_paused_app_store_release() -> None:
    apple = SMALL.model_copy(update={"platform": Platform.IOS})
    simulation = played(apple, (STARTED, HALTED), 60)
    assert 0 < sum(len(h.newly_exposed) for h in simulation.hours[30:]) < 0.3 * sum(len(h.newly_exposed) for h in simulation.hours)


def test_track_still_open_goes_on_handing_out() -> None:
    tracks = SMALL.model_copy(update={"tracks": ("production", "beta")})
    simulation = played(tracks, (STARTED, Move(hours(30), MoveKind.HALTED, "2.1.0", track="production")), 60)
    late = np.concatenate([h.newly_exposed for h in simulation.hours[30:]])
    assert len(late) > 0
    assert (simulation.people.track[late] == 1).all()


def test_addresses_lead_back_to_their_owners_and_nobody_else() -> None:
    people = people_of(SMALL)
    with_address = [u for u in range(SMALL.users) if people.has_address[u]]
    assert all(people.owner(people.address(u)) == u for u in with_address)
    assert people.owner("product-lead@recall.example") is None
    assert people.owner("mei.wang.999999@mail.example") is None
    assert 0 < SMALL.users - len(with_address) < 0.05 * SMALL.users


def test_subject_ids_lead_back_to_users() -> None:
    assert user_of(subject_of(42)) == 42
    assert [user_of(s) for s in ("user-x", "42", "user-٠٠٠٠٠٤٢", "")] == [None] * 4


def test_tables_of_people_speak_of_the_same_countries_and_add_up() -> None:
    assert set(COUNTRIES) == set(HOURS_FROM_UTC) == set(LOCALES)
    for shares in (COUNTRIES, *OS_VERSIONS.values(), *DEVICES.values()):
        assert sum(shares.values()) == pytest.approx(1.0)
