"""Reports that come late: exposures set where their events arrive, shares from delays seen before, folded buckets never revised."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import Count, Dimension, Metric
from tasks.rules.detection import Before
from tasks.rules.e_process_state import EProcessState
from tasks.rules.e_processes import EProcess
from tasks.rules.late import AT_ONCE, LONGEST, Recent, arriving, by_bucket, delay_shares, joined, lag_shares
from tests.tasks.rules.counts import A_COUNT, HOUR, POLICY, RELEASE, START, a_count, an_hour

DETECTOR = EProcess()
EVERYONE = (Dimension.ALL, "")
HALF_AN_HOUR_LATE = (0.0,) * 6 + (1.0,)


def minutes(*given: float) -> list[timedelta]:
    return [timedelta(minutes=m) for m in given]


def begun(delay: tuple[float, ...]) -> EProcessState:
    return DETECTOR.start(RELEASE, Metric.CRASH, POLICY, (), Before(delays=((A_COUNT.source, delay),)))


def a_growing_roll_out(delay: int, ratio: float = 1.0, polls: int = 72) -> list[Count]:
    """Five-minute buckets; the new version's use doubles every hour and everyone's crashes arrive `delay` polls later."""
    use = [(20 * 2 ** (p / 12), 9000.0) for p in range(polls)]
    counts = []
    for poll in range(polls):
        happened = use[poll - delay] if poll >= delay else (0.0, 0.0)
        bucket = {"start": START + poll * HOUR / 12, "end": START + (poll + 1) * HOUR / 12}
        for version, n, x in zip((RELEASE.version, "4.1.0"), use[poll], happened, strict=True):
            rate = 0.02 * (ratio if version == RELEASE.version else 1.0)
            counts.append(a_count(version=version, events=round(x * rate), exposure=round(n), **bucket))
    return counts


# --- shares -------------------------------------------------------------------------------------------------------------


def test_shares_are_those_of_the_delays_in_polls_of_five_minutes() -> None:
    assert delay_shares(minutes(0, 4, 5, 12)) == pytest.approx((0.5, 0.25, 0.25))
    assert delay_shares([]) == AT_ONCE == delay_shares(minutes(0, 1, -30))


def test_the_rare_last_ones_are_not_waited_for() -> None:
    found = delay_shares(minutes(*[1] * 996, *[90 * 60] * 4))
    assert found == AT_ONCE
    assert len(delay_shares(minutes(*[1] * 50, *[90 * 60] * 50))) == LONGEST + 1


@given(delays=st.lists(st.timedeltas(min_value=timedelta(hours=-1), max_value=timedelta(days=2)), min_size=1, max_size=50))
def test_shares_add_up_to_one(delays: list[timedelta]) -> None:
    assert sum(delay_shares(delays)) == pytest.approx(1)


@pytest.mark.parametrize("polls", [1, 2, 12, 72])
def test_wider_buckets_keep_the_whole_and_the_mean_delay(polls: int) -> None:
    delay = (0.2, 0.3, 0.1, 0.0, 0.4)
    shares = by_bucket(delay, polls)
    assert sum(shares) == pytest.approx(1)
    assert polls * float(np.arange(len(shares)) @ shares) == pytest.approx(float(np.arange(5) @ delay))


A_FIFTH = [20, 20, 20, 20, 20, *[0] * 284]
HALF_HOUR = [0] * 6 + [100] + [0] * 282


def test_reports_behind_exposures_counted_at_once_come_as_late_as_they_do() -> None:
    assert lag_shares(A_FIFTH, [0] * 289, 100) == pytest.approx((0.2,) * 5)
    assert lag_shares(HALF_HOUR, [500, *[0] * 288], 100) == pytest.approx(HALF_AN_HOUR_LATE, abs=1e-3)


def test_too_few_reports_tell_no_delay() -> None:
    assert lag_shares(HALF_HOUR, [0] * 289, 101) == AT_ONCE == lag_shares([0] * 289, [0] * 289, 0)


@pytest.mark.parametrize("both", [A_FIFTH, HALF_HOUR, [0] * 288 + [900], [5] * 289], ids=["minutes", "half an hour", "days", "any"])
def test_reports_as_late_as_their_sessions_are_not_late(both: list[int]) -> None:
    assert lag_shares(both, both, 100)[0] > 0.9


def test_reports_before_their_sessions_are_not_late() -> None:
    assert lag_shares(A_FIFTH, HALF_HOUR, 100)[0] > 0.9


@given(seed=st.integers(0, 10_000), mean=st.integers(1, 30))
def test_what_a_report_is_later_than_its_session_is_found_again(seed: int, mean: int) -> None:
    chance, reports = np.random.default_rng(seed), 5000
    session, beyond = chance.exponential(8, 2 * reports), chance.exponential(mean, reports)
    late = chance.exponential(8, reports) + beyond
    told, alone = (np.bincount(np.clip(d.astype(int), 0, 288), minlength=289).tolist() for d in (late, session))
    found = lag_shares(told, alone, 100)
    assert sum(found) == pytest.approx(1)
    assert float(np.arange(len(found)) @ found) == pytest.approx(min(mean, 24), rel=0.25, abs=0.8)


def test_an_hour_late_by_half_an_hour_arrives_half_in_the_next() -> None:
    assert by_bucket(HALF_AN_HOUR_LATE, 12) == pytest.approx((0.5, 0.5))


# --- exposures ----------------------------------------------------------------------------------------------------------


def test_exposures_are_set_where_their_events_arrive() -> None:
    recent = Recent()
    for hour in range(4):
        recent = joined(recent, START + hour * HOUR, {EVERYONE: (100.0 * (hour + 1), 1000.0)}, 3)
    found = arriving(recent, HOUR, (0.5, 0.3, 0.2))
    assert len(recent.starts) == 3
    assert found[EVERYONE] == pytest.approx((0.5 * 400 + 0.3 * 300 + 0.2 * 200, 1000.0))


def test_a_missing_bucket_adds_nothing_on_either_side() -> None:
    recent = joined(joined(Recent(), START, {EVERYONE: (100.0, 1000.0)}, 3), START + 2 * HOUR, {EVERYONE: (100.0, 1000.0)}, 3)
    assert arriving(recent, HOUR, (0.5, 0.3, 0.2))[EVERYONE] == pytest.approx((70.0, 700.0))


def test_a_segment_is_remembered_while_it_has_something_to_come() -> None:
    frail, sound = (Dimension.DEVICE, "frail"), (Dimension.DEVICE, "sound")
    recent = joined(Recent(), START, {EVERYONE: (9.0, 9.0), frail: (9.0, 9.0)}, 2)
    recent = joined(recent, START + HOUR, {EVERYONE: (9.0, 9.0), sound: (4.0, 8.0)}, 2)
    assert arriving(recent, HOUR, (0.5, 0.5)) == {EVERYONE: (9.0, 9.0), frail: (4.5, 4.5), sound: (2.0, 4.0)}
    assert joined(recent, START + 2 * HOUR, {EVERYONE: (1.0, 1.0)}, 2).segments == (EVERYONE, sound)


# --- in the detector ----------------------------------------------------------------------------------------------------


def test_a_growing_release_like_the_old_one_is_seen_as_such_in_spite_of_the_delay() -> None:
    late, known = DETECTOR.fold(begun(AT_ONCE), a_growing_roll_out(6)), DETECTOR.fold(begun(HALF_AN_HOUR_LATE), a_growing_roll_out(6))
    (x1, n1, x0, n0), (y1, m1, y0, m0) = late.process.totals[0], known.process.totals[0]
    assert (x1 / n1) / (x0 / n0) < 0.85
    assert (y1 / m1) / (y0 / m0) == pytest.approx(1, abs=0.05)


def test_a_regression_is_stronger_evidence_once_the_delay_is_known() -> None:
    counts = a_growing_roll_out(6, ratio=2.5)
    assert DETECTOR.fold(begun(HALF_AN_HOUR_LATE), counts).best > DETECTOR.fold(begun(AT_ONCE), counts).best + 0.3


def test_replay_equals_live_and_a_bucket_again_changes_nothing() -> None:
    counts, live = a_growing_roll_out(6, ratio=2), begun((0.4, 0.3, 0.2, 0.1))
    times = sorted({c.start for c in counts})
    for start, end in pairwise([*times[::5], times[-1] + HOUR]):
        part = [c for c in counts if start <= c.start < end]
        live = DETECTOR.load(DETECTOR.fold(live, part).to_json())
        assert DETECTOR.fold(live, part) == live
    assert live == DETECTOR.fold(begun((0.4, 0.3, 0.2, 0.1)), counts)
    assert len(live.recent.starts) == 4


def test_devices_stay_strata_when_reports_are_late() -> None:
    counts = [c for hour in range(6) for c in [*an_hour(hour, (9, 300), (9, 700)), *_cuts(hour)]]
    late = DETECTOR.fold(begun(HALF_AN_HOUR_LATE), counts)
    whole = DETECTOR.fold(begun(HALF_AN_HOUR_LATE), [c for c in counts if c.dimension is Dimension.ALL])
    assert late.process.growth[0] != pytest.approx(whole.process.growth[0])


def _cuts(hour: int) -> list[Count]:
    return [*an_hour(hour, (8, 100), (1, 100), "frail"), *an_hour(hour, (1, 200), (8, 600), "sound")]


def test_without_a_delay_nothing_is_remembered() -> None:
    assert DETECTOR.fold(begun(AT_ONCE), a_growing_roll_out(0)).recent.starts == ()


def test_a_sources_delay_is_not_anothers() -> None:
    known, other = a_growing_roll_out(6), [replace(c, source="other") for c in a_growing_roll_out(6)]
    late = DETECTOR.fold(begun(HALF_AN_HOUR_LATE), other)
    assert late.process.totals.tolist() == DETECTOR.fold(begun(AT_ONCE), other).process.totals.tolist()
    assert late.process.totals.tolist() != DETECTOR.fold(begun(HALF_AN_HOUR_LATE), known).process.totals.tolist()


def test_a_state_with_much_to_come_stays_small() -> None:
    cuts = [(Dimension.DEVICE, f"model {n}") for n in range(61)]
    cuts += [(dimension, str(n)) for dimension in (Dimension.OS, Dimension.COUNTRY) for n in range(61)]
    state = begun((1 / LONGEST,) * LONGEST)
    for poll in range(LONGEST + 5):
        bucket = {"start": START + poll * HOUR / 12, "end": START + (poll + 1) * HOUR / 12, "events": 1, "exposure": 900}
        counts = [a_count(version=v, **bucket) for v in (RELEASE.version, "4.1.0")]
        state = DETECTOR.fold(state, [*counts, *(replace(c, dimension=d, value=value) for c in counts for d, value in cuts)])
    assert len(state.recent.starts) == LONGEST
    assert len(state.to_json()) < 200_000
    assert DETECTOR.load(state.to_json()) == state
