"""What every detector promises: folded once, replay equals live, text form exact, silence is not health."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import BadInput
from configs.terms import Count, Health, IssueKind, Metric
from tasks.rules.detectors import DETECTOR, Detectors, DetectorState
from tests.tasks.rules.counts import APP, HOUR, NEW, OLD, POLICY, RELEASE, START, a_roll_out, an_hour

pytestmark = pytest.mark.parametrize("detector", [Detectors("two_proportions"), Detectors("e_process")], ids=lambda d: d.name)

BAD = list(a_roll_out(seed=7, ratio=3))
BAD_COUNTS = tuple(chain.from_iterable(BAD))


def started(detector: Detectors, metric: Metric = Metric.CRASH) -> DetectorState:
    return detector.start(RELEASE, metric, POLICY)


def log_evidence(detector: Detectors, counts: Sequence[Count], hours: int = 48) -> float:
    return detector.assess(detector.fold(started(detector), counts), START + hours * HOUR, POLICY).log_evidence


def test_folding_the_same_buckets_again_changes_nothing(detector: Detectors) -> None:
    once = detector.fold(started(detector), BAD_COUNTS)
    assert detector.fold(once, BAD_COUNTS) == once
    assert detector.fold(once, BAD[10]) == once


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, len(BAD)), max_size=6))
def test_replay_equals_live_however_the_polls_were_cut(detector: Detectors, cuts: list[int]) -> None:
    state, places = started(detector), sorted({0, *cuts, len(BAD)})
    for begin, end in pairwise(places):
        state = detector.load(detector.fold(state, list(chain.from_iterable(BAD[begin:end]))).to_json())
    assert state.to_json() == detector.fold(started(detector), BAD_COUNTS).to_json()


def test_the_order_in_which_counts_are_given_does_not_matter(detector: Detectors) -> None:
    assert detector.fold(started(detector), BAD_COUNTS[::-1]) == detector.fold(started(detector), BAD_COUNTS)


def test_a_missing_poll_is_skipped_and_a_late_bucket_is_not_folded_after_a_newer_one(detector: Detectors) -> None:
    with_hole = detector.fold(started(detector), list(chain.from_iterable(BAD[:3] + BAD[5:8])))
    assert with_hole.folded_until == START + 8 * HOUR
    assert detector.fold(with_hole, BAD[3]) == with_hole


def test_the_text_reads_back_to_the_same_state(detector: Detectors) -> None:
    state = detector.fold(detector.start(RELEASE, Metric.CRASH, POLICY, ("3.9", "3.8")), BAD_COUNTS)
    assert detector.load(state.to_json()) == state
    assert detector.load(state.to_json()).to_json() == state.to_json()
    assert detector.load(started(detector).to_json()) == started(detector)


@pytest.mark.parametrize("spoil", ["", "[]", "{}", '{"format":"other/9"}', "source", "parameters", "subject"])
def test_a_foreign_or_damaged_state_is_refused(detector: Detectors, spoil: str) -> None:
    text = started(detector).to_json().replace(spoil, "x") if spoil.isalpha() else spoil
    for one in (detector, DETECTOR):
        with pytest.raises(BadInput, match="start again"):
            one.load(text)


def test_a_stored_state_goes_on_with_the_detector_that_made_it(detector: Detectors) -> None:
    state = detector.fold(started(detector), BAD[0])
    again = DETECTOR.load(state.to_json())
    assert again == state
    assert DETECTOR.fold(again, BAD[1]) == detector.fold(state, BAD[1])


def test_a_detector_begins_states_of_its_own(detector: Detectors) -> None:
    assert type(detector.start(RELEASE, Metric.CRASH, POLICY)) is type(detector.load(started(detector).to_json()))


def test_nothing_folded_is_unknown(detector: Detectors) -> None:
    evidence = detector.assess(started(detector), START, POLICY)
    assert (evidence.health, evidence.log_evidence, evidence.ratio) == (Health.UNKNOWN, 0.0, None)
    assert (evidence.app, evidence.version, evidence.metric) == (APP, NEW, Metric.CRASH)


def test_polls_without_any_use_leave_the_evidence_at_zero(detector: Detectors) -> None:
    zeros = [c for hour in range(48) for c in an_hour(hour, (0, 0), (0, 0))]
    assert detector.fold(started(detector), zeros) == started(detector)


def test_polls_without_any_event_leave_the_evidence_at_zero_and_are_not_called_healthy(detector: Detectors) -> None:
    quiet = [c for hour in range(48) for c in an_hour(hour, (0, 500), (0, 500))]
    evidence = detector.assess(detector.fold(started(detector), quiet), START + 48 * HOUR, POLICY)
    assert (evidence.health, evidence.log_evidence) == (Health.UNKNOWN, 0.0)


HEALTHY = tuple(chain.from_iterable(a_roll_out(seed=3)))


@pytest.mark.parametrize(
    ("late", "health"),
    [
        (timedelta(0), Health.HEALTHY),
        (timedelta(minutes=90), Health.HEALTHY),
        (timedelta(minutes=91), Health.UNKNOWN),
        (timedelta(minutes=-91), Health.UNKNOWN),
    ],
    ids=["fresh", "just fresh", "stale", "from the future"],
)
def test_old_counts_say_nothing_about_now(detector: Detectors, late: timedelta, health: Health) -> None:
    evidence = detector.assess(detector.fold(started(detector), HEALTHY), START + 48 * HOUR + late, POLICY)
    assert evidence.health is health


def test_too_little_exposure_is_unknown(detector: Detectors) -> None:
    assert detector.assess(detector.fold(started(detector), an_hour(0, (4, 49), (9, 900))), START + HOUR, POLICY).health is Health.UNKNOWN
    assert detector.assess(detector.fold(started(detector), an_hour(0, (4, 900), (9, 49))), START + HOUR, POLICY).health is Health.UNKNOWN


@pytest.mark.parametrize(("sessions", "health"), [(0, Health.UNKNOWN), (49, Health.UNKNOWN), (50, Health.HEALTHY)])
def test_no_or_few_sessions_without_a_crash_are_unknown_never_crash_free(detector: Detectors, sessions: int, health: Health) -> None:
    """Sentry's alerts need at least 50 sessions; a share of nothing is no share."""
    state = detector.fold(started(detector), an_hour(0, (0, sessions), (9, 900)))
    assert detector.assess(state, START + HOUR, POLICY).health is health


def test_an_alarm_outlives_the_silence_after_it(detector: Detectors) -> None:
    state = detector.fold(started(detector), BAD_COUNTS)
    evidence = detector.assess(state, START + 90 * HOUR, POLICY)
    assert evidence.health is Health.DEGRADED
    assert "too far" in evidence.reason


def test_a_policy_changed_half_way_does_not_change_what_was_frozen(detector: Detectors) -> None:
    loose = POLICY.model_copy(update={"margin": 5.0, "planned_looks": 3})
    state = detector.fold(started(detector), BAD_COUNTS)
    assert detector.assess(state, START + 48 * HOUR, loose).log_evidence == detector.assess(state, START + 48 * HOUR, POLICY).log_evidence


def test_a_metric_without_weight_never_alarms_and_says_so(detector: Detectors) -> None:
    counts = [replace(c, metric=Metric.COMPLAINT) for c in BAD_COUNTS]
    evidence = detector.assess(detector.fold(started(detector, Metric.COMPLAINT), counts), START + 48 * HOUR, POLICY)
    assert evidence.log_evidence == 0.0
    assert "no weight" in evidence.reason


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        (Metric.CRASH, IssueKind.CRASH),
        (Metric.ANR, IssueKind.HANG),
        (Metric.LOW_STARS, IssueKind.BREAKAGE),
        (Metric.COMPLAINT, IssueKind.BREAKAGE),
        (Metric.TICKET, IssueKind.BREAKAGE),
    ],
)
def test_the_metric_names_the_kind(detector: Detectors, metric: Metric, kind: IssueKind) -> None:
    assert detector.assess(started(detector, metric), START, POLICY).kind is kind


def test_a_second_source_of_the_same_metric_is_not_added_to_the_first(detector: Detectors) -> None:
    both = [*BAD_COUNTS, *(replace(c, source="zz-other") for c in BAD_COUNTS)]
    later = [replace(c, source="zz-other") for c in an_hour(60, (900, 1000), (90, 9000))]
    assert detector.fold(started(detector), [*both, *later]) == detector.fold(started(detector), BAD_COUNTS)


def test_evidence_once_found_is_kept(detector: Detectors) -> None:
    calm = [c for hour in range(48, 80) for c in an_hour(hour, (1, 9000), (900, 9000))]
    assert log_evidence(detector, [*BAD_COUNTS, *calm], hours=80) == log_evidence(detector, BAD_COUNTS) > 0


def test_versions_known_to_be_bad_are_no_control(detector: Detectors) -> None:
    state = detector.start(RELEASE, Metric.CRASH, POLICY, (OLD,))
    assert detector.fold(state, BAD_COUNTS) == state
