"""The sequential test: its guarantee by exact summation, its sums by hand, and what it says of simulated roll-outs."""

import math
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from configs.terms import Count, Dimension, Evidence, Health, Metric, Scope
from tasks.rules.e_process import (
    GRID,
    LOG_GRID,
    LOG_PRIOR,
    Floats,
    Parameters,
    Poll,
    Process,
    folded,
    log_by_stream,
    log_e,
    log_ratios,
    noise_of,
    share,
    widened,
)
from tasks.rules.e_process_scope import explained, ratio_of, ratio_of_all
from tasks.rules.e_process_state import EProcessState
from tasks.rules.e_processes import EProcess
from tests.tasks.rules.counts import APP, NEW, POLICY, RELEASE, START, a_roll_out, an_hour

DETECTOR = EProcess()
EVERYONE = Scope(APP, RELEASE.platform, NEW)
ONE_STREAM = Parameters(segments=0, days=1)
STRICT = POLICY.model_copy(update={"metric_weights": {Metric.CRASH: 1.0}})
NONE: Floats = np.zeros((0, 4))


def counted(*rows: tuple[float, float, float, float]) -> Floats:
    return np.array(rows, dtype=np.float64)


def run(parameters: Parameters, *polls: Poll) -> Process:
    process = Process()
    for poll in polls:
        process = folded(widened(process, len(poll.streams)), poll, parameters)
    return process


def state_of(counts: list[Count], policy: object = POLICY) -> EProcessState:
    return DETECTOR.fold(DETECTOR.start(RELEASE, Metric.CRASH, policy), counts)  # type: ignore[arg-type]  # always a Detection


def evidence_of(counts: list[Count], policy: object = POLICY) -> Evidence:
    state = state_of(counts, policy)
    return DETECTOR.assess(state, state.folded_until or START, policy)  # type: ignore[arg-type]  # always a Detection


# --- why it is valid ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("true_ratio", [0.2, 1.0, 1.05])
@pytest.mark.parametrize(("n1", "n0"), [(10, 990), (300, 700), (900, 100)])
@pytest.mark.parametrize("trials", [1, 7, 60])
def test_given_all_events_the_likelihood_ratio_averages_at_most_one(true_ratio: float, n1: int, n0: int, trials: int) -> None:
    new = np.arange(trials + 1)
    law = binom.pmf(new, trials, true_ratio * n1 / (true_ratio * n1 + n0))
    ratios = np.exp(log_ratios(np.stack([new, np.full(trials + 1, n1), trials - new, np.full(trials + 1, n0)], axis=1), 1.05, GRID))
    averages = law @ ratios
    assert (averages <= 1 + 1e-9).all()
    if true_ratio == 1.05:
        assert averages == pytest.approx(np.ones(len(GRID)))


@pytest.mark.parametrize("eta", [1.0, 0.5, 0.05])
@pytest.mark.parametrize(("n1", "p1", "n0", "p0"), [(5, 0.3, 40, 0.3), (40, 0.6, 20, 0.6), (30, 0.105, 60, 0.1), (8, 0.01, 90, 0.02)])
def test_over_pairs_of_binomials_it_averages_at_most_one_even_when_events_are_not_rare(
    n1: int, p1: float, n0: int, p0: float, eta: float
) -> None:
    x1, x0 = (values.ravel() for values in np.meshgrid(np.arange(n1 + 1), np.arange(n0 + 1)))
    law = binom.pmf(x1, n1, p1) * binom.pmf(x0, n0, p0)
    rows = np.stack([x1, np.full_like(x1, n1), x0, np.full_like(x0, n0)], axis=1).astype(float)
    assert (law @ np.exp(eta * log_ratios(rows, 1.05, GRID)) <= 1 + 1e-9).all()


@pytest.mark.parametrize(("noise", "least"), [(0.0, 1 - 1e-9), (0.1, 0.8)], ids=["exactly one", "tempered"])
def test_the_whole_mixture_averages_at_most_one_over_every_pair_of_polls(noise: float, least: float) -> None:
    """Two days of two strata, with segments and starts, by enumeration, for a release just within the margin."""
    parameters, n1, n0, trials = Parameters(segments=3, noise=noise), 20.0, 60.0, 4
    share_of_new = 1.05 * n1 / (1.05 * n1 + n0)
    law, total = binom.pmf(np.arange(trials + 1), trials, share_of_new), 0.0
    for first in np.ndindex(trials + 1, trials + 1):
        for second in np.ndindex(trials + 1, trials + 1):
            polls = [_two_strata(cells, trials, n1, n0, day) for day, cells in enumerate((first, second))]
            total += math.prod(law[x] for x in (*first, *second)) * math.exp(log_e(run(parameters, *polls), parameters))
    assert least <= total <= 1 + 1e-9


def _two_strata(cells: tuple[int, ...], trials: int, n1: float, n0: float, day: int) -> Poll:
    strata = counted(*((x, n1, trials - x, n0) for x in cells))
    return Poll(np.vstack([strata.sum(axis=0), strata]), strata, day=day)


# --- sums by hand -------------------------------------------------------------------------------------------------------


def test_one_stream_and_one_start_without_noise_is_the_mixture_written_down() -> None:
    polls = [(3.0, 100.0, 5.0, 900.0), (9.0, 200.0, 11.0, 800.0)]
    process = run(replace(ONE_STREAM, noise=0.0), *(Poll(counted(p), NONE) for p in polls))
    hand = 0.0
    for g, log_weight in zip(GRID, LOG_PRIOR, strict=True):
        ratio = 1.0
        for x1, n1, x0, n0 in polls:
            q = 1.05 * n1 / (1.05 * n1 + n0)
            ratio *= g**x1 / (1 + (g - 1) * q) ** (x1 + x0)
        hand += math.exp(log_weight) * ratio
    assert log_e(process, ONE_STREAM) == pytest.approx(math.log(hand))


def test_tempering_divides_by_the_noise_of_the_last_hours() -> None:
    poll = Poll(counted((30.0, 100.0, 50.0, 900.0)), NONE)
    calm, noisy = run(replace(ONE_STREAM, noise=0.0), poll), run(replace(ONE_STREAM, noise=0.1), poll)
    q = 1.05 * 100 / (1.05 * 100 + 900)
    assert noisy.growth == pytest.approx(calm.growth / (1 + 0.1 * 80 * q * (1 - q)))


def test_noise_is_learnt_at_the_end_of_a_block_and_not_before() -> None:
    swinging = [Poll(counted((200.0 if i // 36 % 2 else 20.0, 100.0, 900.0, 900.0)), NONE) for i in range(360)]
    assert noise_of(run(Parameters(), *swinging[:35]), Parameters()) == 0.10
    assert noise_of(run(Parameters(), *swinging), Parameters()) > 0.3
    steady = [Poll(counted((100.0, 100.0, 900.0, 900.0)), NONE)] * 360
    assert noise_of(run(Parameters(), *steady), Parameters()) == pytest.approx(0.05, abs=0.03)


def test_a_longer_bucket_remembers_as_much_as_the_polls_it_stands_for() -> None:
    hour = run(Parameters(), Poll(counted((12.0, 100.0, 50.0, 900.0)), NONE), Poll(counted((0.0, 100.0, 0.0, 900.0)), NONE, span=12))
    polls = run(Parameters(), Poll(counted((12.0, 100.0, 50.0, 900.0)), NONE), *[Poll(counted((0.0, 8.0, 0.0, 75.0)), NONE)] * 12)
    assert hour.spread == pytest.approx(polls.spread)


def test_strata_undo_a_mix_that_only_looks_like_a_regression() -> None:
    frail, sound = (90.0, 900.0, 10.0, 100.0), (1.0, 100.0, 9.0, 900.0)
    strata = counted(frail, sound)
    total = strata.sum(axis=0, keepdims=True)
    assert log_e(run(ONE_STREAM, Poll(total, NONE)), ONE_STREAM) > 3
    assert log_e(run(ONE_STREAM, Poll(total, strata)), ONE_STREAM) < 0


def test_a_regression_that_starts_late_is_found_by_a_later_start() -> None:
    good = [Poll(counted((20.0, 1000.0, 100.0, 5000.0)), NONE, day=0)] * 100
    bad = [Poll(counted((40.0, 1000.0, 100.0, 5000.0)), NONE, day=1)] * 10
    early = replace(ONE_STREAM, noise=0.0)
    every_day = replace(early, days=7)
    assert log_e(run(every_day, *good, *bad), every_day) > log_e(run(early, *good, *bad), early) + 5


def test_polls_without_events_leave_every_stream_at_one() -> None:
    quiet = Poll(counted((0, 50, 0, 90), (0, 20, 0, 40), (0, 0, 0, 0)), NONE)
    process = run(Parameters(), *[replace(quiet, day=d) for d in range(9)])
    assert log_by_stream(process, Parameters()) == pytest.approx(np.zeros(3), abs=1e-12)
    assert log_e(process, Parameters()) == pytest.approx(0.0, abs=1e-12)


def test_a_side_that_was_not_used_says_nothing() -> None:
    q, new, both = share(counted((5, 0, 9, 100), (5, 100, 0, 0)), 1.05)
    assert not np.concatenate([q, new, both]).any()
    assert not log_ratios(counted((5, 0, 9, 100)), 1.05, GRID).any()


# --- properties ---------------------------------------------------------------------------------------------------------

HOURS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4000), st.integers(0, 60), st.integers(1, 9000)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(hours=HOURS, more=st.integers(1, 200))
def test_more_crashes_in_the_newest_bucket_never_lower_e(hours: list[tuple[int, int, int, int]], more: int) -> None:
    before = [Poll(counted(hour), NONE) for hour in hours]
    x1, n1, x0, n0 = hours[-1]
    after = [*before[:-1], Poll(counted((x1 + more, n1, x0, n0)), NONE)]
    assert log_e(run(ONE_STREAM, *after), ONE_STREAM) >= log_e(run(ONE_STREAM, *before), ONE_STREAM) - 1e-9


def test_renaming_the_segments_changes_nothing() -> None:
    counts = list(chain.from_iterable(a_roll_out(seed=5, ratio=2)))
    names = {"Pixel 8": "zz", "Galaxy S21": "aa", "Redmi 9": "mm", "": ""}
    renamed = [replace(c, value=names[c.value]) for c in counts]
    assert evidence_of(renamed).log_evidence == pytest.approx(evidence_of(counts).log_evidence, rel=1e-12)


def test_more_segments_than_places_are_left_to_all_users() -> None:
    crowd = [c for i in range(40) for c in an_hour(0, (1, 100 + i), (1, 900), f"model {i:02}")]
    state = state_of([*an_hour(0, (40, 4780), (40, 36000)), *crowd])
    assert len(state.segments) == state.parameters.segments
    assert (Dimension.DEVICE, "model 39") in state.segments
    assert (Dimension.DEVICE, "model 00") not in state.segments


def test_a_segment_that_comes_later_starts_at_one() -> None:
    hours = [c for hour in range(30) for c in an_hour(hour, (9, 900), (9, 900))]
    state = state_of([*hours, *an_hour(30, (0, 900), (0, 900)), *an_hour(30, (0, 9), (0, 9), "Fold")])
    assert log_by_stream(state.process, state.parameters)[1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("hours", [0, 1, 30, 48])
def test_the_text_reads_back_to_the_same_bytes_and_the_same_future(hours: int) -> None:
    roll_out = list(a_roll_out(seed=9, ratio=2))
    state = state_of(list(chain.from_iterable(roll_out[:hours])))
    again = DETECTOR.load(state.to_json())
    assert again == state
    assert hash(again) == hash(state)
    rest = list(chain.from_iterable(roll_out[hours:]))
    assert DETECTOR.fold(again, rest).to_json() == DETECTOR.fold(state, rest).to_json()


# --- simulated roll-outs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_a_release_three_times_as_bad_is_found_for_everyone(seed: int) -> None:
    evidence = evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=3))))
    assert evidence.health is Health.DEGRADED
    assert evidence.log_evidence >= math.log(1 / POLICY.alpha_recall)
    assert evidence.scope == EVERYONE
    assert evidence.ratio_low is not None
    assert evidence.ratio_high is not None
    assert evidence.ratio_low < 3 < evidence.ratio_high


@pytest.mark.parametrize("seed", range(8))
def test_a_release_bad_on_one_model_is_found_there(seed: int) -> None:
    evidence = evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=8, only="Redmi 9"))))
    assert evidence.scope == replace(EVERYONE, devices=("Redmi 9",))
    assert "only device Redmi 9" in evidence.reason
    assert evidence.ratio_low is not None
    assert evidence.ratio_low > 3


def test_suspects_of_a_release_bad_everywhere_begin_with_everyone() -> None:
    evidence = evidence_of(list(chain.from_iterable(a_roll_out(seed=2, ratio=3))))
    first = evidence.suspects[0]
    assert first.scope == EVERYONE
    assert (first.ratio, first.ratio_low, first.ratio_high) == (evidence.ratio, evidence.ratio_low, evidence.ratio_high)
    assert first.explains == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_suspects_of_a_release_bad_on_one_model_begin_with_it(seed: int) -> None:
    first, *others = evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=8, only="Redmi 9")))).suspects
    assert first.scope.devices == ("Redmi 9",)
    assert first.posterior > 0.9
    assert first.ratio_low is not None
    assert first.ratio_high is not None
    assert first.ratio_low < 8 < first.ratio_high
    assert first.explains is not None
    assert first.explains > 0.8
    assert first.log_evidence > 20
    assert sum(s.posterior for s in (first, *others)) <= 1 + 1e-12


def test_suspects_are_few_and_likely_ones_in_order() -> None:
    suspects = evidence_of(list(chain.from_iterable(a_roll_out(seed=3, hours=12)))).suspects
    assert 1 <= len(suspects) <= 5
    assert [s.posterior for s in suspects] == sorted((s.posterior for s in suspects), reverse=True)
    assert all(s.posterior >= 0.02 for s in suspects)


def test_without_an_event_there_is_no_suspect() -> None:
    assert evidence_of([c for hour in range(9) for c in an_hour(hour, (0, 900), (9, 900))]).suspects == ()


def test_expected_events_are_those_at_the_rate_of_the_control() -> None:
    first = counted((30, 100, 50, 500), (20, 50, 5, 100), (0, 0, 5, 100))
    process = run(Parameters(), Poll(first, NONE), Poll(counted((1, 40, 3, 0), (0, 0, 0, 0), (0, 0, 0, 0)), NONE))
    assert process.expected == pytest.approx([10.0, 2.5, 0.0])
    assert explained(process, 1) == pytest.approx(17.5 / 21)
    assert explained(run(Parameters(), Poll(counted((1, 100, 50, 500)), NONE)), 0) is None


def test_bounds_of_a_segment_reach_below_one() -> None:
    process = run(Parameters(noise=0.0), *[Poll(counted((45, 1000, 90, 1000), (5, 100, 50, 100)), NONE)] * 40)
    found = ratio_of(process, 1, 0.05)
    assert found.low < 0.1 < found.high < 0.3


def test_releases_just_within_the_margin_hardly_ever_alarm() -> None:
    alarms = sum(
        evidence_of(list(chain.from_iterable(a_roll_out(seed, ratio=1.05))), STRICT).health is Health.DEGRADED for seed in range(60)
    )
    assert alarms <= 6


def test_an_incident_that_hits_both_versions_is_no_evidence() -> None:
    outage = [c for hour in range(48) for c in an_hour(hour, (500, 1000), (4500, 9000))]
    assert evidence_of(outage).log_evidence == 0.0


def test_bounds_of_the_ratio_hold_at_every_look_and_close_in() -> None:
    missed, widths = 0, []
    for seed in range(20):
        process, wrong = Process(), False
        for new, old, *_ in a_roll_out(seed, ratio=2):
            poll = Poll(counted((new.events, new.exposure, old.events, old.exposure)), NONE, span=12)
            process = folded(process, poll, ONE_STREAM)
            found = ratio_of_all(process, 0.05)
            wrong |= not found.low <= 2 <= found.high
        missed, widths = missed + wrong, [*widths, found.high / found.low]
    assert missed <= 3
    assert max(widths) < 3


def test_the_grid_runs_from_the_margin_to_sixty() -> None:
    assert (GRID[0], GRID[-1]) == pytest.approx((1.05, 60))
    assert np.exp(LOG_PRIOR).sum() == pytest.approx(1)
    assert np.exp(LOG_GRID) == pytest.approx(GRID)


# --- pairs of segments --------------------------------------------------------------------------------------------------


def a_roll_out_of_pairs(seed: int, ratio: float) -> list[Count]:
    """Two models on two versions of the system; the release is bad for one model on one of them."""
    chance, counts = np.random.default_rng(seed), []
    for hour in range(48):
        cells = {}
        for model, system in ((m, s) for m in ("Pixel 8", "Fold") for s in ("14", "15")):
            worse = ratio if (model, system) == ("Fold", "15") else 1.0
            cells[model, system] = (int(chance.binomial(500, 0.01 * worse)), 500), (int(chance.binomial(2000, 0.01)), 2000)
        cuts = {(Dimension.DEVICE_OS, f"{m} + {s}"): [cells[m, s]] for m, s in cells}
        cuts |= {(Dimension.DEVICE, m): [c for (model, _), c in cells.items() if model == m] for m, _ in cells}
        cuts |= {(Dimension.OS, s): [c for (_, system), c in cells.items() if system == s] for _, s in cells}
        cuts[Dimension.ALL, ""] = list(cells.values())
        for (dimension, value), parts in cuts.items():
            sums = [tuple(int(n) for n in np.sum([part[side] for part in parts], axis=0)) for side in (0, 1)]
            counts += [
                replace(c, dimension=dimension, value=value) for c in an_hour(hour, (sums[0][0], sums[0][1]), (sums[1][0], sums[1][1]))
            ]
    return counts


@pytest.mark.parametrize("seed", range(4))
def test_a_release_bad_for_one_model_on_one_system_is_found_there(seed: int) -> None:
    evidence = evidence_of(a_roll_out_of_pairs(seed, 8))
    assert evidence.scope == replace(EVERYONE, devices=("Fold",), os_versions=("15",))
    assert "only device and os Fold + 15" in evidence.reason


def test_single_segments_have_places_before_pairs() -> None:
    state = state_of([c for c in a_roll_out_of_pairs(1, 1) if c.start == START])
    assert [len(dimension.parts) for dimension, _ in state.segments] == [1, 1, 1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize("value", ["Fold", "", "Fold + ", " + 15"])
def test_a_pair_that_is_not_two_values_is_ignored(value: str) -> None:
    cut = [replace(c, dimension=Dimension.DEVICE_OS, value=value) for c in an_hour(0, (9, 90), (9, 90))]
    assert state_of([*an_hour(0, (9, 900), (9, 900)), *cut]).segments == ()


def test_a_name_may_hold_a_plus() -> None:
    cut = [replace(c, dimension=Dimension.DEVICE_OS, value="Galaxy S21+ + 15") for c in an_hour(0, (90, 100), (9, 900))]
    evidence = evidence_of([*an_hour(0, (90, 100), (9, 900)), *cut])
    assert any(s.scope.devices == ("Galaxy S21+",) and s.scope.os_versions == ("15",) for s in evidence.suspects)
