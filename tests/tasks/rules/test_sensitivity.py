"""Every flip is true (the change it names gives the level it names) and as small as can be; what it does not name changes nothing."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.terms import Evidence, Flip, Harm, Input, Level, Metric
from tasks.rules.exposed import known_use
from tasks.rules.sensitivity import sensitivity, users_to_tell
from tasks.rules.severity_cases import Case, Judged, cases, deciding_level, judge
from tests.tasks.rules.risky import EVIDENCE, RISK, a_suspect, an_evidence


def judged(evidence: Evidence = EVIDENCE, units: int | None = 50_000) -> Judged:
    return judge(cases(evidence, known_use((evidence,), units, 7.0), RISK)[0])


def flips(found: Judged, about: Input) -> list[Flip]:
    return [flip for flip in sensitivity(found) if flip.input is about]


def changed(case: Case, **varied: object) -> Level:
    return deciding_level(replace(case, **varied))  # type: ignore[arg-type]  # varied by name


FEW = an_evidence(events=20, exposure=5_000, ratio=4.0, ratio_low=2.0, ratio_high=6.0)


def test_how_many_more_harmed_would_make_it_serious() -> None:
    found = judged(FEW)
    up, down = flips(found, Input.HARMED)
    assert (found.level, up.level, down.level) == (Level.HIGH, Level.SERIOUS, Level.MEDIUM)
    assert up.change == f"{up.by} more harmed of 5,000"
    assert up.by is not None
    assert changed(found.case, harmed=20 + up.by) is Level.SERIOUS
    assert changed(found.case, harmed=20 + up.by - 1) is Level.HIGH
    assert down.by is not None
    assert changed(found.case, harmed=20 + down.by) is Level.MEDIUM
    assert changed(found.case, harmed=20 + down.by + 1) is Level.HIGH


def test_how_many_more_users_without_harm_would_make_it_milder() -> None:
    found = judged(FEW)
    (more,) = flips(found, Input.USERS)
    assert more.by is not None
    assert more.change == f"{more.by:,} more users without harm"
    assert changed(found.case, users=found.case.users + more.by) is more.level is Level.MEDIUM
    assert changed(found.case, users=found.case.users + more.by - 1) is Level.HIGH


def test_a_worse_or_milder_harm_class() -> None:
    assert [(f.change, f.level) for f in flips(judged(FEW), Input.HARM)] == [
        ("harm class 1 instead of 2", Level.LOW),
        ("harm class 3 instead of 2", Level.SERIOUS),
    ]
    most = judged(an_evidence(kind="safety"))
    assert most.case.way.harm is Harm.DANGER
    assert flips(most, Input.HARM) == []


def test_the_point_estimate_is_named_where_it_has_another_level() -> None:
    found = judged(an_evidence(events=3, exposure=300, ratio_high=50.0))
    assert flips(found, Input.ESTIMATE) == [Flip(Input.ESTIMATE, "the point estimate instead of the bound", Level.HIGH)]
    assert flips(judged(FEW), Input.ESTIMATE) == []


def test_the_ratio_at_its_ends() -> None:
    found = judged(an_evidence(ratio_low=1.01, ratio=1.05))
    assert [(f.change, f.level) for f in flips(found, Input.RATIO)] == [
        ("a ratio of 1.01 (its lower end) instead of 2.5", Level.MEDIUM),
        ("a ratio of 1.05 (its most likely value) instead of 2.5", Level.MEDIUM),
        ("all harm the release's own instead of a ratio of 2.5", Level.SERIOUS),
    ]
    unknown = judged(an_evidence(ratio_high=None))
    assert [f.change for f in flips(unknown, Input.RATIO)] == [
        "a ratio of 1.6 (its lower end) instead of unknown",
        "a ratio of 2 (its most likely value) instead of unknown",
    ]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (50_000, []),
        (400_000, [("100,001 more units in use (500,001)", Level.SERIOUS, 100_001)]),
        (
            600_000,
            [("100,000 fewer units in use (500,000)", Level.HIGH, -100_000), ("an unknown number of units in use", Level.HIGH, None)],
        ),
        (500_000, [("1 more units in use (500,001)", Level.SERIOUS, 1)]),
    ],
)
def test_one_band_of_units_more_or_fewer(units: int, expected: list[tuple[str, Level, int | None]]) -> None:
    assert [(f.change, f.level, f.by) for f in flips(judged(units=units), Input.UNITS)] == expected


def test_unknown_units_name_the_number_that_would_change_the_level() -> None:
    found = judged(an_evidence(metric=Metric.TICKET), units=None)
    assert [(f.change, f.level) for f in flips(found, Input.UNITS)] == [
        ("500,001 units in use instead of an unknown number", Level.SERIOUS)
    ]


def test_the_horizon_at_which_the_level_changes() -> None:
    found = judged()
    (longer,) = flips(found, Input.HORIZON)
    assert longer.level is Level.SERIOUS
    days = float(longer.change.split()[3])
    assert changed(found.case, horizon_days=days * 1.02) is Level.SERIOUS
    assert changed(found.case, horizon_days=days * 0.98) is Level.HIGH


def test_of_a_segment_no_counts_are_known_to_vary() -> None:
    evidence = an_evidence(suspects=(a_suspect(),))
    segment = judge(cases(evidence, known_use((evidence,), 50_000, 7.0), RISK)[1])
    assert segment.case.suspect is not None
    assert {f.input for f in sensitivity(segment)} <= {Input.HARM, Input.RATIO, Input.UNITS, Input.HORIZON, Input.ESTIMATE}
    assert users_to_tell(segment) is None


# --- how many users would tell ------------------------------------------------------------------------------------------


def test_as_many_users_as_are_said_to_tell_do_tell() -> None:
    found = judged(an_evidence(events=3, exposure=300, ratio=2.0, ratio_high=50.0))
    more = users_to_tell(found)
    assert more is not None

    def level_after(n: int) -> Level:
        times = 1 + Fraction(n, 300)
        high = 2.0 * 25 ** (float(times) ** -0.5)
        return changed(found.case, users=300 * times, harmed=3 * times, ratio_high=high)

    assert (found.level, found.level_point) == (Level.SERIOUS, Level.HIGH)
    assert level_after(more) is Level.HIGH
    assert level_after(more - 1) is Level.SERIOUS


def test_where_the_ratio_has_no_upper_end_no_number_of_users_tells() -> None:
    found = judged(an_evidence(events=300, exposure=20_000, ratio=1.02, ratio_high=None))
    assert found.level is not found.level_point
    assert users_to_tell(found) is None


@settings(max_examples=40, deadline=None)
@given(
    events=st.integers(0, 400),
    exposure=st.integers(400, 200_000),
    ratio=st.floats(0.5, 10),
    width=st.floats(1.05, 5),
    units=st.one_of(st.none(), st.integers(0, 2_000_000)),
)
def test_every_flip_names_another_level_and_every_count_is_the_least(
    events: int, exposure: int, ratio: float, width: float, units: int | None
) -> None:
    evidence = an_evidence(events=events, exposure=exposure, ratio=ratio, ratio_low=ratio / width, ratio_high=ratio * width)
    found = judged(evidence, units)
    for flip in sensitivity(found):
        assert flip.level is not found.level
    for flip in flips(found, Input.HARMED):
        assert flip.by is not None
        step = 1 if flip.by > 0 else -1
        assert changed(found.case, harmed=events + flip.by) is flip.level
        assert changed(found.case, harmed=events + flip.by - step) is found.level
