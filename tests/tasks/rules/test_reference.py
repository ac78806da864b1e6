"""The earlier rate: worked out from the days before, used only where nobody uses an older version, and weaker."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import poisson

from configs.terms import Count, Dimension, Evidence, Health, Metric
from tasks.rules.detection import Before, Subject
from tasks.rules.e_process import GRID, log_ratios
from tasks.rules.e_process_state import EProcessState
from tasks.rules.e_processes import EProcess
from tasks.rules.reference import Reference, hourly_rates, reference_of
from tests.tasks.rules.counts import APP, HOUR, NEW, OLD, POLICY, RELEASE, START, a_count, an_hour

DETECTOR = EProcess()
SUBJECT = Subject(APP, RELEASE.platform, NEW, Metric.CRASH)
EVERYONE = (Dimension.ALL, "")


def a_day_before(day: int = 1, rate: float = 0.01, swing: float = 0.5, device: str = "", users: int = 4000) -> list[Count]:
    """The older version's hours of one day before the release; the rate is higher at noon."""
    cut = {"dimension": Dimension.DEVICE, "value": device} if device else {}
    return [
        a_count(h - 24 * day, version=OLD, events=round(users * rate * (1 + swing * math.sin(h / 24 * 2 * math.pi))), exposure=users, **cut)
        for h in range(24)
    ]


def known(counts: Sequence[Count], segments: int = 24) -> Reference:
    found = reference_of(counts, SUBJECT, POLICY.reference_min_events, segments)
    assert found is not None
    return found


def alone(seed: int, ratio: float, hours: int = 48) -> list[Count]:
    chance = np.random.default_rng(seed)
    swings = [1 + 0.5 * math.sin(h / 24 * 2 * math.pi) for h in range(hours)]
    return [a_count(h, events=int(chance.binomial(2000, 0.01 * ratio * s)), exposure=2000) for h, s in enumerate(swings)]


def state_of(counts: Sequence[Count], before: Sequence[Count]) -> EProcessState:
    return DETECTOR.fold(DETECTOR.start(RELEASE, Metric.CRASH, POLICY, (), Before(tuple(before))), counts)


def told(counts: Sequence[Count], before: Sequence[Count]) -> Evidence:
    state = state_of(counts, before)
    return DETECTOR.assess(state, state.folded_until or START, POLICY)


WEEK = [c for day in range(1, 8) for c in a_day_before(day)]

# --- the rate -----------------------------------------------------------------------------------------------------------


def test_every_hour_of_the_day_has_its_own_rate() -> None:
    found = known(WEEK)
    six, eighteen = (found.expected(EVERYONE, 1000, START + h * HOUR, START + (h + 1) * HOUR) for h in (6, 18))
    assert six == pytest.approx(15, rel=0.02)
    assert eighteen == pytest.approx(5, rel=0.1)


def test_a_longer_bucket_takes_the_mean_of_its_hours() -> None:
    assert known(WEEK).expected(EVERYONE, 1000, START, START + 24 * HOUR) == pytest.approx(10 * 1.02, rel=0.01)


def test_an_hour_with_few_events_is_drawn_towards_the_day() -> None:
    events, exposure = np.full(24, 10.0), np.full(24, 1000.0)
    events[3] = 0
    rates = hourly_rates(events, exposure)
    assert 0.5 * rates[4] < rates[3] < rates[4]


def test_a_rate_from_few_events_is_taken_at_its_upper_bound() -> None:
    many, few = (hourly_rates(np.full(24, events), np.full(24, 100 * events)) for events in (1e6, 1.0))
    assert many == pytest.approx([0.01] * 24, rel=0.001)
    assert few == pytest.approx([0.01 * (1 + 1.64 / math.sqrt(24))] * 24)


def test_too_few_events_tell_no_rate() -> None:
    assert reference_of(a_day_before(rate=0.001, users=1000), SUBJECT, POLICY.reference_min_events, 24) is None
    assert reference_of([], SUBJECT, 0, 24) is None


@pytest.mark.parametrize(
    "changed",
    [{"version": NEW}, {"version": "5.0"}, {"metric": Metric.ANR}, {"app": "other"}, {"events": -1}, {"version": ""}],
    ids=lambda c: next(iter(c)),
)
def test_only_older_versions_counts_of_the_same_kind_tell_the_rate(changed: dict[str, object]) -> None:
    assert known([*WEEK, *(replace(c, **changed) for c in a_day_before(rate=0.9))]) == known(WEEK)  # type: ignore[arg-type]  # a test builder


def test_a_count_given_twice_counts_once() -> None:
    assert known([*WEEK, *WEEK]) == known(WEEK)


def test_a_version_known_to_be_bad_tells_no_rate() -> None:
    assert reference_of(WEEK, replace(SUBJECT, excluded=(OLD,)), 1, 24) is None


def test_segments_kept_are_the_most_used() -> None:
    cuts = [*a_day_before(device="Pixel 8", users=900), *a_day_before(device="Fold", users=9)]
    assert {value for _, value, _ in known([*WEEK, *cuts], segments=1).rates} == {"", "Pixel 8"}
    assert known(WEEK).expected((Dimension.DEVICE, "Fold"), 5, START, START + HOUR) is None


# --- the test against it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.25])
@pytest.mark.parametrize("expected", [0.3, 4.0, 60.0])
def test_against_a_known_rate_the_likelihood_ratio_averages_at_most_one(ratio: float, expected: float) -> None:
    events = np.arange(2500, dtype=float)
    law = poisson.logpmf(events, ratio * expected)
    rows = np.stack([events, np.full_like(events, 9), np.full_like(events, expected), np.full_like(events, 9)], axis=1)
    gains = log_ratios(rows, 1.25, GRID[:12], alone=True)
    assert (np.exp(law[:, None] + gains).sum(axis=0) <= 1 + 1e-6).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_release_three_times_as_bad_is_found_without_a_control(seed: int) -> None:
    evidence = told(alone(seed, 3), WEEK)
    assert evidence.health is Health.DEGRADED
    assert evidence.ratio_low is not None
    assert evidence.ratio_low > 1.5
    assert "weaker" in evidence.reason
    assert "1 to 5 %" in evidence.reason


@pytest.mark.parametrize("seed", range(5))
def test_a_release_like_the_one_before_is_healthy_without_a_control(seed: int) -> None:
    assert told(alone(seed, 1), WEEK).health is Health.HEALTHY


def test_without_an_earlier_rate_it_stays_unknown() -> None:
    assert told(alone(1, 3), []).health is Health.UNKNOWN
    assert told(alone(1, 3), a_day_before(users=10)).health is Health.UNKNOWN


def test_another_sources_rate_is_not_used() -> None:
    assert told(alone(1, 3), [replace(c, source="other") for c in WEEK]).looks == 0


def test_once_an_older_version_is_used_beside_it_the_earlier_rate_is_done_with() -> None:
    beside = [c for hour in range(48, 60) for c in an_hour(hour, (20, 2000), (20, 2000))]
    state = state_of([*alone(1, 1), *beside], WEEK)
    assert state.reference is None
    assert "weaker" not in DETECTOR.assess(state, state.folded_until or START, POLICY).reason
    later = [a_count(hour, events=900, exposure=2000) for hour in range(60, 90)]
    assert replace(DETECTOR.fold(state, later), seen_until=state.seen_until) == state


def test_a_control_from_the_start_is_preferred() -> None:
    beside = [c for hour in range(12) for c in an_hour(hour, (20, 2000), (20, 2000))]
    assert state_of(beside, WEEK).process.totals == pytest.approx(state_of(beside, []).process.totals)


def test_another_mix_of_devices_is_no_regression() -> None:
    before = [
        *WEEK,
        *[c for day in range(1, 8) for c in a_day_before(day, rate=0.002, device="sound", users=3600)],
        *[c for day in range(1, 8) for c in a_day_before(day, rate=0.082, device="frail", users=400)],
    ]
    hours = []
    for hour in range(48):
        swing = 1 + 0.5 * math.sin(hour / 24 * 2 * math.pi)
        frail, sound = round(1000 * 0.082 * swing), round(1000 * 0.002 * swing)
        cuts = {"frail": (frail, 1000), "sound": (sound, 1000)}
        hours += [a_count(hour, events=frail + sound, exposure=2000)]
        hours += [a_count(hour, events=x, exposure=n, dimension=Dimension.DEVICE, value=v) for v, (x, n) in cuts.items()]
    assert told(hours, before).log_evidence < 1
    assert told([c for c in hours if c.dimension is Dimension.ALL], WEEK).log_evidence > 3


def test_replay_equals_live_without_a_control_too() -> None:
    counts = [*alone(4, 2), *[c for hour in range(48, 60) for c in an_hour(hour, (20, 2000), (20, 2000))]]
    state = DETECTOR.start(RELEASE, Metric.CRASH, POLICY, (), Before(tuple(WEEK)))
    for hour in range(60):
        part = [c for c in counts if c.start == START + timedelta(hours=hour)]
        state = DETECTOR.load(DETECTOR.fold(state, part).to_json())
    assert state == state_of(counts, WEEK)
