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
from tasks.rules.late import AT_ONCE, LONGEST, Recent, arriving, by_bucket, delay_shares
from tests.tasks.rules.counts import HOUR, POLICY, RELEASE, START, a_count, an_hour

DETECTOR = EProcess()
EVERYONE = (Dimension.ALL, "")
HALF_AN_HOUR_LATE = (0.0,) * 6 + (1.0,)


def minutes(*given: float) -> list[timedelta]:
    return [timedelta(minutes=m) for m in given]


def begun(delay: tuple[float, ...]) -> EProcessState:
    return DETECTOR.start(RELEASE, Metric.CRASH, POLICY, (), Before(delay=delay))


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


def test_an_hour_late_by_half_an_hour_arrives_half_in_the_next() -> None:
    assert by_bucket(HALF_AN_HOUR_LATE, 12) == pytest.approx((0.5, 0.5))


# --- exposures ----------------------------------------------------------------------------------------------------------


def test_exposures_are_set_where_their_events_arrive() -> None:
    recent = [Recent(START + h * HOUR, ((*EVERYONE, 100.0 * (h + 1), 1000.0),)) for h in range(4)]
    found = arriving(recent[3], recent[:3], HOUR, (0.5, 0.3, 0.2))
    assert found[EVERYONE] == pytest.approx((0.5 * 400 + 0.3 * 300 + 0.2 * 200, 1000.0))


def test_a_missing_bucket_adds_nothing_on_either_side() -> None:
    recent = [Recent(START + h * HOUR, ((*EVERYONE, 100.0, 1000.0),)) for h in (0, 2)]
    assert arriving(recent[1], recent[:1], HOUR, (0.5, 0.3, 0.2))[EVERYONE] == pytest.approx((70.0, 700.0))


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
    assert len(live.recent) == 3


def test_devices_stay_strata_when_reports_are_late() -> None:
    counts = [c for hour in range(6) for c in [*an_hour(hour, (9, 300), (9, 700)), *_cuts(hour)]]
    late = DETECTOR.fold(begun(HALF_AN_HOUR_LATE), counts)
    whole = DETECTOR.fold(begun(HALF_AN_HOUR_LATE), [c for c in counts if c.dimension is Dimension.ALL])
    assert late.process.growth[0] != pytest.approx(whole.process.growth[0])


def _cuts(hour: int) -> list[Count]:
    return [*an_hour(hour, (8, 100), (1, 100), "frail"), *an_hour(hour, (1, 200), (8, 600), "sound")]


def test_without_a_delay_nothing_is_remembered() -> None:
    assert DETECTOR.fold(begun(AT_ONCE), a_growing_roll_out(0)).recent == ()
    assert replace(begun(AT_ONCE)).parameters.delay == AT_ONCE
