"""What is one problem: the table of `tasks/rules/correlation.py`, and what must hold of any alarms."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import Evidence, IssueChange, IssueEntry, IssueKind, IssueState, Metric, Scope, Suspect
from tasks.rules.correlation import Group, correlate, home_of
from tasks.rules.rulings import Case, scope_of
from tests.tasks.rules.alarmed import ALL, AT, DAY, OS_15, PIXEL_8, PIXEL_9, PIXELS, POLICY, a_case, an_alarm, an_issue, told

LATER = AT + 3 * DAY
COMPLAINT, ANR, TICKET, STARS = Metric.COMPLAINT, Metric.ANR, Metric.TICKET, Metric.LOW_STARS


def looked(alarm: Evidence, *cases: Case, at: datetime = LATER) -> Group:
    (group,) = correlate([replace(alarm, at=at)], cases, at, POLICY)
    return group


def changes(group: Group) -> list[IssueChange]:
    return [e.change for e in group.entries]


# --- the table ----------------------------------------------------------------------------------------------------------

CONFIRMS = {
    "hang counts confirm crashes": an_alarm(ANR),
    "low stars confirm crashes": an_alarm(STARS),
    "complaints of breakage confirm crashes": an_alarm(COMPLAINT),
    "complaints of hang confirm crashes": an_alarm(COMPLAINT, kind=IssueKind.HANG),
    "tickets confirm crashes": an_alarm(TICKET),
    "a part of the users": an_alarm(ANR, scope=PIXEL_9),
    "an alarm without a scope": an_alarm(ANR, scope=None),
}


@pytest.mark.parametrize("alarm", CONFIRMS.values(), ids=CONFIRMS.keys())
def test_another_source_of_the_same_cause_confirms_the_issue_and_says_why(alarm: Evidence) -> None:
    group = looked(alarm, a_case())
    assert (group.issue_id, group.is_new) == ("ISS-1", False)
    (entry, *_) = group.entries
    assert (entry.change, entry.metric, entry.kind, entry.at) == (IssueChange.CONFIRMED, alarm.metric, alarm.kind, LATER)
    assert "the same cause (malfunction)" in entry.reason
    assert "3 days after" in entry.reason


OPENS = {
    kind.value: an_alarm(COMPLAINT, kind=kind) for kind in IssueKind if kind not in (IssueKind.CRASH, IssueKind.HANG, IssueKind.BREAKAGE)
}


@pytest.mark.parametrize("alarm", OPENS.values(), ids=OPENS.keys())
def test_another_cause_opens_an_issue_and_says_why(alarm: Evidence) -> None:
    group = looked(alarm, a_case())
    assert group.is_new
    assert group.issue_id != "ISS-1"
    assert changes(group) == [IssueChange.OPENED]
    assert group.entries[0].reason == "ISS-1 is of another cause (malfunction)"


@pytest.mark.parametrize("kind", [IssueKind.PAYMENT, IssueKind.DISPLEASURE, IssueKind.SAFETY])
def test_a_cause_of_its_own_is_confirmed_by_its_own_kind(kind: IssueKind) -> None:
    case = a_case(an_alarm(COMPLAINT, kind=kind))
    assert looked(an_alarm(TICKET, kind=kind), case).issue_id == "ISS-1"
    assert looked(an_alarm(ANR), case).is_new


@pytest.mark.parametrize(
    ("first", "second", "is_new"),
    [(PIXEL_8, PIXEL_9, True), (PIXEL_9, OS_15, True), (PIXEL_9, PIXEL_9, False), (PIXELS, PIXEL_9, False), (PIXEL_9, ALL, False)],
    ids=["disjoint", "overlapping", "equal", "within", "holding"],
)
def test_other_users_are_another_cause(first: Scope, second: Scope, is_new: bool) -> None:
    group = looked(an_alarm(ANR, scope=second), a_case(an_alarm(scope=first)))
    assert group.is_new is is_new
    assert not is_new or "ISS-1 concerns others (" in group.entries[0].reason


@pytest.mark.parametrize(("posterior", "is_new"), [(0.3, False), (0.2, False), (0.19, True)])
def test_a_likely_suspect_that_fits_makes_it_the_same_cause(posterior: float, is_new: bool) -> None:
    unsure = an_alarm(ANR, scope=PIXEL_8, suspects=(Suspect(PIXEL_8, 0.6), Suspect(PIXEL_9, posterior)))
    group = looked(unsure, a_case(an_alarm(scope=PIXEL_9)))
    assert group.is_new is is_new
    if not is_new:
        assert changes(group) == [IssueChange.CONFIRMED, IssueChange.WIDENED]
        assert group.scope == PIXELS


@pytest.mark.parametrize(("days", "is_new"), [(0, False), (14, False), (14.1, True)])
def test_a_source_that_begins_too_late_speaks_of_another_problem(days: float, is_new: bool) -> None:
    group = looked(an_alarm(ANR), a_case(), at=AT + timedelta(days=days))
    assert group.is_new is is_new
    assert not is_new or "days ago" in group.entries[0].reason


def test_a_source_that_spoke_before_goes_on_in_its_issue_however_late() -> None:
    case = a_case()
    (both,) = told([case], [looked(an_alarm(ANR), case)])
    for alarm in (an_alarm(), an_alarm(ANR)):
        assert looked(alarm, both, at=AT + 100 * DAY).entries == ()


def test_a_source_that_speaks_of_a_further_kind_is_told_once_more() -> None:
    case = a_case(an_alarm(COMPLAINT))
    group = looked(an_alarm(COMPLAINT, kind=IssueKind.HANG), case, at=AT + 100 * DAY)
    assert [(e.change, e.kind) for e in group.entries] == [(IssueChange.CONFIRMED, IssueKind.HANG)]


def test_each_confirmation_gives_the_next_source_its_time() -> None:
    case = a_case()
    (confirmed,) = told([case], [looked(an_alarm(COMPLAINT), case, at=AT + 10 * DAY)])
    assert looked(an_alarm(TICKET), confirmed, at=AT + 20 * DAY).issue_id == "ISS-1"
    assert looked(an_alarm(TICKET), case, at=AT + 20 * DAY).is_new


def test_an_issue_of_a_ledger_without_history_goes_on_after_a_person_touched_it() -> None:
    known = Case(an_issue(scope=PIXEL_9), ())
    touched = Case(known.issue, (IssueEntry("ISS-1", IssueChange.ABSORBED, AT + 19 * DAY, "one problem", other="ISS-2", person="p"),))
    for case in (known, touched):
        (group,) = correlate([an_alarm(scope=PIXEL_9)], [case], AT + 20 * DAY, POLICY)
        assert (group.issue_id, group.is_new, group.scope) == ("ISS-1", False, PIXEL_9)


def test_a_second_problem_of_the_same_kind_and_scope_gets_an_id_of_its_own() -> None:
    first = looked(an_alarm(), at=AT)
    (case,) = told((), [first])
    second = looked(an_alarm(ANR, kind=IssueKind.CRASH), case, at=AT + 30 * DAY)
    assert second.is_new
    assert second.issue_id != first.issue_id


@pytest.mark.parametrize(
    ("scope", "hours", "is_new"),
    [(PIXEL_9, 12, False), (PIXEL_9, 24, False), (PIXEL_9, 36, True), (PIXELS, 12, True), (ALL, 12, True)],
    ids=["same part at once", "same part a day later", "same part later", "more users", "everyone"],
)
def test_causes_of_their_own_are_one_only_in_the_same_part_at_the_same_time(scope: Scope, hours: int, is_new: bool) -> None:
    crash = a_case(an_alarm(scope=PIXEL_9))
    group = looked(an_alarm(TICKET, kind=IssueKind.PAYMENT, scope=scope), crash, at=AT + timedelta(hours=hours))
    assert group.is_new is is_new
    assert is_new or "payment at the same time as crash" in group.entries[0].reason


def test_displeasure_joins_nothing_even_there() -> None:
    assert looked(an_alarm(TICKET, kind=IssueKind.DISPLEASURE, scope=PIXEL_9), a_case(an_alarm(scope=PIXEL_9)), at=AT).is_new


# --- scopes of issues ---------------------------------------------------------------------------------------------------


def test_a_wider_source_widens_the_issue() -> None:
    group = looked(an_alarm(ANR), a_case(an_alarm(scope=PIXEL_9)))
    assert changes(group) == [IssueChange.CONFIRMED, IssueChange.WIDENED]
    assert group.entries[1].reason == "from devices Pixel 9 to everyone who has it: anr says so"
    assert group.scope == ALL


def test_the_same_source_seeing_more_widens_it_and_seeing_less_narrows_it() -> None:
    case = a_case(an_alarm(scope=PIXEL_9))
    wide = looked(an_alarm(), case)
    assert (changes(wide), wide.scope) == ([IssueChange.WIDENED], ALL)
    (widened,) = told([case], [wide])
    narrow = looked(an_alarm(scope=PIXEL_9), widened)
    assert (changes(narrow), narrow.scope) == ([IssueChange.NARROWED], PIXEL_9)


def test_an_issue_stays_as_wide_as_its_widest_source_said_last() -> None:
    case = a_case(an_alarm(ANR))
    group = looked(an_alarm(scope=PIXEL_9), case)
    assert (changes(group), group.scope) == ([IssueChange.CONFIRMED], ALL)


def test_words_widen_nothing_and_counts_tell_words_whom_it_concerns() -> None:
    assert looked(an_alarm(COMPLAINT), a_case(an_alarm(scope=PIXEL_9))).scope == PIXEL_9
    by_words = a_case(an_alarm(COMPLAINT))
    group = looked(an_alarm(scope=PIXEL_9), by_words)
    assert (changes(group), group.scope) == ([IssueChange.CONFIRMED, IssueChange.NARROWED], PIXEL_9)
    (narrowed,) = told([by_words], [group])
    assert looked(an_alarm(ANR, scope=PIXEL_8), narrowed).is_new


# --- which issue --------------------------------------------------------------------------------------------------------


def test_an_alarm_goes_on_where_its_source_spoke_before_others() -> None:
    old, new = a_case(an_alarm(scope=PIXEL_8), "ISS-8"), a_case(an_alarm(ANR, scope=PIXEL_9), "ISS-9", at=AT + DAY)
    assert looked(an_alarm(ANR), old, new).issue_id == "ISS-9"
    assert looked(an_alarm(), old, new).issue_id == "ISS-8"


def test_a_new_source_confirms_the_issue_that_is_open() -> None:
    dismissed, going = a_case(key="ISS-a", state=IssueState.DISMISSED), a_case(key="ISS-b", at=AT + DAY)
    assert looked(an_alarm(ANR), dismissed, going).issue_id == "ISS-b"
    assert looked(an_alarm(ANR), dismissed).issue_id == "ISS-a"


def test_the_closest_scope_is_preferred() -> None:
    wide, narrow = a_case(key="ISS-a"), a_case(an_alarm(TICKET, scope=PIXEL_9), "ISS-b", at=AT + DAY)
    assert looked(an_alarm(ANR, scope=PIXEL_9), wide, narrow).issue_id == "ISS-b"


def test_the_same_kind_is_preferred_where_nothing_else_tells_them_apart() -> None:
    crash, hang = a_case(key="ISS-a"), a_case(an_alarm(TICKET, kind=IssueKind.HANG), "ISS-b", at=AT + DAY)
    assert looked(an_alarm(COMPLAINT, kind=IssueKind.HANG), crash, hang).issue_id == "ISS-b"
    assert looked(an_alarm(COMPLAINT), crash, hang).issue_id == "ISS-a", "the older one"


def test_an_issue_of_a_ledger_without_histories_is_found_again() -> None:
    old = Case(an_issue(opened_at=AT - 60 * DAY))
    assert looked(an_alarm(), old).issue_id == "ISS-1"
    assert looked(an_alarm(COMPLAINT, kind=IssueKind.PAYMENT), old).is_new


def test_evidence_without_an_alarm_stays_with_its_cause() -> None:
    crash, payment = a_case(an_alarm(scope=PIXEL_9), "ISS-a"), a_case(an_alarm(COMPLAINT, kind=IssueKind.PAYMENT), "ISS-b")
    assert home_of(an_alarm(ANR, log_evidence=0.0), (crash, payment), AT, POLICY) == "ISS-a"
    assert home_of(an_alarm(COMPLAINT, kind=IssueKind.PAYMENT, log_evidence=1.0), (crash, payment), AT, POLICY) == "ISS-b"
    assert home_of(an_alarm(TICKET, kind=IssueKind.ACCOUNT, log_evidence=0.0), (crash, payment), AT, POLICY) == ""


# --- one look -----------------------------------------------------------------------------------------------------------


def test_alarms_of_one_look_open_one_issue_with_the_strongest_as_its_kind() -> None:
    alarms = [an_alarm(COMPLAINT, log_evidence=50.0), an_alarm(scope=PIXEL_9), an_alarm(ANR, log_evidence=20.0, scope=PIXEL_9)]
    (group,) = correlate(alarms, (), AT, POLICY)
    assert [a.metric for a in group.alarms] == [ANR, Metric.CRASH, COMPLAINT], "counts before words, the strongest first"
    assert changes(group) == [IssueChange.OPENED, IssueChange.CONFIRMED, IssueChange.CONFIRMED]
    assert (group.entries[0].kind, group.scope) == (IssueKind.HANG, PIXEL_9)


def test_disjoint_alarms_of_one_look_open_two_issues_and_words_join_the_stronger() -> None:
    alarms = [an_alarm(scope=PIXEL_9), an_alarm(ANR, scope=PIXEL_8, log_evidence=20.0), an_alarm(COMPLAINT, log_evidence=90.0)]
    first, second = correlate(alarms, (), AT, POLICY)
    assert ([a.metric for a in first.alarms], first.scope) == ([ANR, COMPLAINT], PIXEL_8)
    assert ([a.metric for a in second.alarms], second.scope) == ([Metric.CRASH], PIXEL_9)
    assert second.entries[0].reason == f"{first.issue_id} concerns others (devices Pixel 8)"


def test_the_first_issue_of_a_release_says_that_there_was_none() -> None:
    assert looked(an_alarm()).entries[0].reason == "the release has no issue yet"


# --- what must hold of any alarms ---------------------------------------------------------------------------------------

SCOPES = (ALL, PIXEL_8, PIXEL_9, PIXELS, OS_15, None)
one_alarm = st.builds(
    lambda metric, kind, scope, strength, suspect: an_alarm(
        metric, kind=kind, scope=scope, log_evidence=strength, suspects=(Suspect(suspect, 0.3),) if suspect else ()
    ),
    st.sampled_from(Metric),
    st.sampled_from(IssueKind),
    st.sampled_from(SCOPES),
    st.sampled_from([3.0, 5.0, 9.0]),
    st.sampled_from(SCOPES),
)
alarms_of_a_look = st.lists(one_alarm, max_size=5, unique_by=lambda a: (a.metric, a.kind))
looks = st.lists(alarms_of_a_look, min_size=1, max_size=4)


def after(looks_so_far: list[list[Evidence]], days_between: float = 2.0) -> tuple[Case, ...]:
    cases: tuple[Case, ...] = ()
    for n, alarms in enumerate(looks_so_far):
        at = AT + timedelta(days=days_between * n)
        cases = told(cases, correlate(alarms, cases, at, POLICY), at)
    return cases


@given(looks, alarms_of_a_look, st.randoms(use_true_random=False))
def test_the_order_of_a_looks_alarms_and_of_the_issues_does_not_matter(
    past: list[list[Evidence]], alarms: list[Evidence], draw: random.Random
) -> None:
    cases = list(after(past))
    expected = correlate(alarms, cases, LATER, POLICY)
    draw.shuffle(alarms)
    draw.shuffle(cases)
    assert correlate(alarms, cases, LATER, POLICY) == expected


@given(looks, alarms_of_a_look)
def test_the_same_alarms_again_change_nothing(past: list[list[Evidence]], alarms: list[Evidence]) -> None:
    at = AT + 8 * DAY
    before = after(past)
    first = correlate(alarms, before, at, POLICY)
    again = correlate(alarms, told(before, first, at), at + timedelta(minutes=5), POLICY)
    assert not any(group.is_new for group in again)
    assert {g.issue_id: g.alarms for g in again} == {g.issue_id: g.alarms for g in first}
    assert [g.entries for g in again] == [()] * len(first)


@given(looks, alarms_of_a_look)
def test_every_alarm_is_in_one_issue_and_every_new_line_says_why(past: list[list[Evidence]], alarms: list[Evidence]) -> None:
    groups = correlate(alarms, after(past), LATER, POLICY)
    assert sorted(id(a) for g in groups for a in g.alarms) == sorted(map(id, alarms))
    assert len({g.issue_id for g in groups}) == len(groups)
    assert all(e.reason and e.issue == g.issue_id and "<" not in e.reason for g in groups for e in g.entries)


@given(looks)
def test_an_issues_scope_is_what_its_history_tells(past: list[list[Evidence]]) -> None:
    cases = after(past[:-1])
    groups = correlate(past[-1], cases, LATER, POLICY)
    for case in told(cases, groups, LATER):
        group = next((g for g in groups if g.issue_id == case.issue.id), None)
        assert group is None or (scope_of(case) or ALL) == group.scope
