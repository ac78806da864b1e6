"""The risk of a release: what the release adds, by the bound that holds at every look; the worst decides, and worse is never lower."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policy import Risk
from configs.terms import Assessment, Evidence, Harm, Health, IssueKind, Level, Metric
from integrations.ledger.records import dumped, loaded
from tasks.rules.severity import assess
from tasks.rules.severity_bounds import jeffreys, point, under_peeking
from tests.tasks.rules.risky import EVERYONE, EVIDENCE, RISK, UNKNOWN, a_suspect, an_evidence


def assessed(*evidence: Evidence, units: int | None = 50_000, risk: Risk = RISK) -> Assessment:
    return assess(evidence, units, risk, 7)


def test_only_the_part_that_the_release_adds_counts() -> None:
    found = assessed(EVIDENCE)
    assert found.probability == point(200, 20_000) / 2
    assert found.probability_upper == under_peeking(200, 20_000, RISK.confidence) * Fraction(3, 5)
    assert (found.level, found.level_point, found.uncertain) == (Level.HIGH, Level.HIGH, False)
    assert found.harm is Harm.REVERSIBLE_LOSS


def test_dashboards_show_the_bound_of_one_look() -> None:
    found = assessed(EVIDENCE)
    assert found.probability_shown == jeffreys(200, 20_000, RISK.confidence) * Fraction(3, 5)
    assert found.probability < found.probability_shown < found.probability_upper


def test_an_unknown_ratio_attributes_all_harm_to_the_release() -> None:
    found = assessed(an_evidence(ratio=None, ratio_low=None, ratio_high=None))
    assert found.probability == point(200, 20_000)
    assert found.probability_upper == under_peeking(200, 20_000, RISK.confidence)
    assert found.level is Level.SERIOUS


def test_harm_is_per_user_not_per_session() -> None:
    found = assessed(EVIDENCE, units=2_000)
    assert found.probability == point(200, 2_000) / 2
    assert "200 of 20000 harmed (sessions of 2000 users)" in found.reasons[0]


def test_users_nobody_counts_are_taken_as_few_and_that_is_uncertain() -> None:
    found = assessed(EVIDENCE, units=None)
    assert (found.level, found.uncertain) == (Level.SERIOUS, True)
    assert any("units in use is unknown" in reason for reason in found.reasons)
    assert any("20000 sessions are taken as 952 of them" in reason for reason in found.reasons)


def test_over_dispersed_counts_count_less() -> None:
    found = assessed(EVIDENCE, risk=RISK.model_copy(update={"dispersion": 5.0}))
    assert found.probability_upper == under_peeking(40, 4_000, RISK.confidence) * Fraction(3, 5)
    assert found.probability == point(40, 4_000) / 2
    assert found.probability_upper > assessed(EVIDENCE).probability_upper


def test_an_estimate_above_its_own_bound_is_cut_to_it() -> None:
    found = assessed(an_evidence(ratio=9.0, ratio_high=1.01))
    assert found.probability == found.probability_upper


def test_the_reasons_name_the_cells_used() -> None:
    reasons = " | ".join(assessed(EVIDENCE, units=600_000).reasons)
    assert "crash: 200 of 20000 harmed; attributable over 7 days: 0.005, at most 0.0076 (95% bound at every look; 0.0067 at one)" in reasons
    assert "decided by crash: severity 2, probability above 1 in 1000: high; 600000 units in use: serious" in reasons


def test_a_level_that_differs_between_estimate_and_bound_says_how_many_users_would_tell() -> None:
    found = assessed(an_evidence(events=3, exposure=300, ratio_high=50.0))
    assert (found.level_point, found.level, found.uncertain) == (Level.HIGH, Level.SERIOUS, True)
    assert found.reasons[-1].startswith("uncertain: high at the point estimate, serious at the bound; about ")
    assert found.reasons[-1].endswith(" more users are needed to tell")


def test_unknown_evidence_never_lowers_the_level_and_makes_it_uncertain() -> None:
    assert assessed(EVIDENCE, UNKNOWN).level is assessed(EVIDENCE).level
    assert assessed(EVIDENCE, UNKNOWN).uncertain
    assert "anr: unknown (stale)" in assessed(EVIDENCE, UNKNOWN).reasons


@pytest.mark.parametrize(("evidence", "uncertain"), [((), True), ((UNKNOWN,), True), ((an_evidence(health=Health.HEALTHY),), False)])
def test_without_degraded_evidence_the_level_is_low(evidence: tuple[Evidence, ...], uncertain: bool) -> None:
    found = assessed(*evidence, units=2_000_000)
    assert (found.level, found.level_point, found.uncertain) == (Level.LOW, Level.LOW, uncertain)
    assert (found.flips, found.segments, found.further_harm) == ((), (), None)


def test_the_worst_kind_of_harm_decides() -> None:
    found = assessed(EVIDENCE, an_evidence(kind=IssueKind.DATA_LOSS, events=40))
    assert (found.harm, found.level) == (Harm.IRREVERSIBLE_LOSS, Level.SERIOUS)


@pytest.mark.parametrize("units", [None, 0, 50_000])
def test_nobody_seen_is_never_nobody_harmed(units: int | None) -> None:
    found = assessed(an_evidence(events=0, exposure=0, ratio=None, ratio_low=None, ratio_high=None), units=units)
    assert (found.probability_upper, found.level) == (1, Level.SERIOUS)


def test_the_level_at_the_bound_decides_before_the_one_at_the_estimate() -> None:
    sure = an_evidence(metric=Metric.TICKET)
    unsure = an_evidence(metric=Metric.LOW_STARS, events=0, exposure=100, ratio=1.0001, ratio_high=50.0)
    found = assessed(sure, unsure)
    assert (assessed(sure).level, assessed(sure).level_point) == (Level.HIGH, Level.HIGH)
    assert (assessed(unsure).level, assessed(unsure).level_point) == (Level.SERIOUS, Level.LOW)
    assert (found.level, found.level_point) == (Level.SERIOUS, Level.LOW)


# --- scenarios ----------------------------------------------------------------------------------------------------------

ON_THE_ROAD = {"name": "lost on the road", "harm": 4, "kinds": ["crash"], "steps": ["observed", "1 in 50"]}
HARMLESS = ON_THE_ROAD | {"name": "harmless", "harm": 1}


def test_the_scenario_with_the_highest_level_decides_and_is_named() -> None:
    risk = Risk.model_validate(RISK.model_dump() | {"scenarios": [HARMLESS, ON_THE_ROAD]})
    found = assessed(EVIDENCE, risk=risk)
    assert (found.level, found.harm) == (Level.SERIOUS, Harm.DANGER)
    assert found.probability_upper == assessed(EVIDENCE).probability_upper / 50
    assert any(reason.startswith("crash, scenario 'lost on the road': 200 of 20000 harmed") for reason in found.reasons)
    assert any(reason.startswith("decided by crash, scenario 'lost on the road': severity 4") for reason in found.reasons)
    assert not any("harmless" in reason for reason in found.reasons)


def test_a_scenario_never_lowers_the_level() -> None:
    risk = Risk.model_validate(RISK.model_dump() | {"scenarios": [HARMLESS]})
    assert assessed(EVIDENCE, risk=risk) == assessed(EVIDENCE)


# --- segments -----------------------------------------------------------------------------------------------------------


def test_a_segment_that_is_surely_worse_raises_the_release() -> None:
    found = assessed(an_evidence(suspects=(a_suspect(),)))
    (segment,) = found.segments
    assert (found.level, segment.level, segment.scope.devices, segment.posterior) == (Level.SERIOUS, Level.SERIOUS, ("Pixel 8",), 0.8)
    assert segment.probability_upper == under_peeking(100, 20_000, RISK.confidence) * 29
    assert segment.probability == point(100, 20_000) * 19
    assert any(reason.startswith("decided by crash on devices Pixel 8") for reason in found.reasons)


@pytest.mark.parametrize(
    "suspect",
    [
        a_suspect(ratio_low=1.9),
        a_suspect(ratio_low=None),
        a_suspect(ratio_high=None),
        a_suspect(scope=EVERYONE),
    ],
    ids=["perhaps no worse than everyone", "no lower end", "no upper end", "everyone"],
)
def test_a_segment_of_which_less_is_known_says_nothing(suspect: object) -> None:
    assert assessed(an_evidence(suspects=(suspect,))) == assessed(EVIDENCE)


def test_the_segment_that_is_acted_on_is_judged_by_its_own_counts_only() -> None:
    narrow = an_evidence(scope=a_suspect().scope)
    assert assessed(replace(narrow, suspects=(a_suspect(),))) == assessed(narrow)


def test_everyone_is_no_segment_of_a_part() -> None:
    narrow = an_evidence(scope=a_suspect().scope)
    assert assessed(replace(narrow, suspects=(a_suspect(scope=EVERYONE),))) == assessed(narrow)


def test_a_segments_users_come_as_often_as_everyone_does() -> None:
    (segment,) = assessed(an_evidence(control_exposure=40_000, suspects=(a_suspect(),)), units=2_000).segments
    assert segment.probability == point(100, 4_000) * 19


def test_segments_are_listed_the_worst_first() -> None:
    mild, bad = a_suspect("Redmi 9", ratio=3.0, ratio_low=2.2, ratio_high=4.0), a_suspect("Galaxy S21")
    assert [s.scope.devices[0] for s in assessed(an_evidence(suspects=(mild, bad))).segments] == ["Galaxy S21", "Redmi 9"]


# --- what is to come ----------------------------------------------------------------------------------------------------

HOURS = dict.fromkeys(Level, 24.0)


def test_further_harm_is_the_bound_times_those_not_yet_harmed_and_those_to_come() -> None:
    found = assess([EVIDENCE], 70_000, RISK, 7, HOURS)
    assert found.further_harm == pytest.approx(float(found.probability_upper) * (70_000 - 200 + 10_000))


def test_of_narrow_evidence_only_its_own_users_are_still_to_be_harmed() -> None:
    narrow = an_evidence(exposure=2_000, scope=a_suspect().scope)
    found = assess([narrow, an_evidence(metric=Metric.ANR, health=Health.HEALTHY)], 7_000, RISK, 7, HOURS)
    assert found.further_harm == pytest.approx(float(found.probability_upper) * (700 - 200 + 100))


def test_where_a_segment_decides_nobody_is_known_to_be_harmed_yet() -> None:
    worst = a_suspect(ratio=40.0, ratio_low=20.0, ratio_high=60.0)
    for scope in (EVERYONE, replace(EVERYONE, os_versions=("14",))):
        found = assess([an_evidence(scope=scope, exposure=20_000, suspects=(worst,))], 14_000, RISK, 7, HOURS)
        assert any(reason.startswith("decided by crash on devices Pixel 8") for reason in found.reasons)
        assert found.further_harm == pytest.approx(float(found.probability_upper) * (14_000 + 2_000))


def test_where_nobody_counts_installs_further_harm_is_unknown() -> None:
    assert assess([EVIDENCE], None, RISK, 7, HOURS).further_harm is None


# --- kept ---------------------------------------------------------------------------------------------------------------


def test_an_assessment_is_kept_as_it_is() -> None:
    found = assess([an_evidence(suspects=(a_suspect(),))], 70_000, RISK, 7, HOURS)
    assert found.flips
    assert loaded(Assessment, dumped(found)) == found


def test_an_assessment_of_before_these_fields_is_still_read() -> None:
    text = (
        '{"harm":2,"level":"high","level_point":"medium","probability":"1/200","probability_upper":"1/100","reasons":["r"],'
        '"uncertain":true,"units":5}'
    )
    old = loaded(Assessment, text)
    assert (old.level, old.probability_shown, old.flips, old.further_harm, old.segments) == (Level.HIGH, None, (), None, ())


# --- properties ---------------------------------------------------------------------------------------------------------


@given(
    events=st.integers(0, 2_000),
    more=st.integers(0, 500),
    kind=st.sampled_from(IssueKind),
    units=st.one_of(st.none(), st.integers(0, 2_000_000)),
    more_units=st.integers(0, 2_000_000),
)
def test_worse_is_never_lower(events: int, more: int, kind: IssueKind, units: int | None, more_units: int) -> None:
    mild = an_evidence(events=events, kind=kind, metric=Metric.TICKET)
    before = assessed(mild, units=units)
    assert assessed(replace(mild, events=events + more), units=units).level.rank >= before.level.rank
    assert assessed(mild, EVIDENCE, units=units).level.rank >= before.level.rank
    assert assessed(mild, units=(units or 0) + more_units).level.rank >= before.level.rank
    assert before.level.rank >= before.level_point.rank
    assert before.probability_upper >= before.probability


@given(
    events=st.integers(0, 2_000), more=st.integers(0, 500), units=st.one_of(st.none(), st.integers(0, 2_000_000)), days=st.floats(0.04, 60)
)
def test_more_crashes_never_lower_the_level(events: int, more: int, units: int | None, days: float) -> None:
    before, after = (assess([an_evidence(events=n)], units, RISK, days) for n in (events, events + more))
    assert after.level.rank >= before.level.rank
    assert after.probability_upper >= before.probability_upper >= before.probability


@given(events=st.integers(0, 2_000), one=st.sampled_from(Harm), other=st.sampled_from(Harm), units=st.integers(0, 2_000_000))
def test_a_worse_harm_class_never_lowers_the_level(events: int, one: Harm, other: Harm, units: int) -> None:
    milder, worse = (RISK.model_copy(update={"harm_of_kind": dict.fromkeys(IssueKind, harm)}) for harm in sorted((one, other)))
    evidence = an_evidence(events=events)
    assert assessed(evidence, units=units, risk=milder).level.rank <= assessed(evidence, units=units, risk=worse).level.rank


@given(ratio=st.floats(2.5, 40), posterior=st.floats(0, 1))
def test_a_further_suspect_never_lowers_the_level(ratio: float, posterior: float) -> None:
    suspect = a_suspect(ratio=ratio, ratio_low=2.1, ratio_high=ratio * 1.5, posterior=posterior)
    assert assessed(an_evidence(suspects=(suspect,))).level.rank >= assessed(EVIDENCE).level.rank
