"""What a person ruled stays: where later evidence goes after merges and splits, in whatever order they were made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import Evidence, IssueChange, IssueKind, IssueState, Metric
from tasks.rules.correlation import Group, correlate
from tasks.rules.rulings import Case, cause_of, evidence_entries, scope_of
from tests.tasks.rules.alarmed import ALL, AT, DAY, PIXEL_8, PIXEL_9, POLICY, a_case, an_alarm, an_issue, told, with_entry

MERGED, ABSORBED, SPLIT, SPLIT_OFF = IssueChange.MERGED, IssueChange.ABSORBED, IssueChange.SPLIT, IssueChange.SPLIT_OFF
HANG, PAYMENT = an_alarm(Metric.ANR), an_alarm(Metric.COMPLAINT, kind=IssueKind.PAYMENT)


def looked(alarm: Evidence, *cases: Case) -> Group:
    (group,) = correlate([alarm], cases, AT + DAY, POLICY)
    return group


def merge(case: Case, into: Case, seq: int) -> tuple[Case, Case]:
    """Both cases after a person merged the first into the second."""
    ours = with_entry(case, MERGED, other=into.issue.id, seq=seq)
    theirs = with_entry(into, ABSORBED, other=case.issue.id, scope=scope_of(case), seq=seq + 1)
    return replace(ours, issue=replace(ours.issue, state=IssueState.MERGED)), theirs


def split(case: Case, key: str, seq: int, **part: object) -> tuple[Case, Case]:
    """The case without that part, and the part as a case of its own."""
    made = Case(an_issue(key, kind=part.get("kind", case.issue.kind)))
    return with_entry(case, SPLIT, other=key, seq=seq, **part), with_entry(made, SPLIT_OFF, other=case.issue.id, seq=seq + 1, **part)


@pytest.mark.parametrize("kind", IssueKind)
def test_crash_hang_and_breakage_are_one_cause_and_the_others_their_own(kind: IssueKind) -> None:
    one = kind in (IssueKind.CRASH, IssueKind.HANG, IssueKind.BREAKAGE)
    assert cause_of(kind) == ("malfunction" if one else kind.value)


def test_evidence_of_a_merged_issue_confirms_the_one_it_was_merged_into_and_names_the_person() -> None:
    payment, crash = merge(a_case(PAYMENT, "ISS-pay"), a_case(key="ISS-crash"), 10)
    group = looked(PAYMENT, payment, crash)
    assert group.issue_id == "ISS-crash"
    assert [e.change for e in group.entries] == [IssueChange.CONFIRMED]
    assert group.entries[0].reason == "tech-lead said so on 2026-03-02: one and the same bug"
    after = told((payment, crash), [group])
    assert looked(PAYMENT, *after).entries == ()


def test_an_issue_is_as_wide_as_what_was_merged_into_it() -> None:
    narrow, crash = merge(a_case(HANG, "ISS-8", scope=PIXEL_8), a_case(an_alarm(scope=PIXEL_9), "ISS-9"), 10)
    assert scope_of(crash) == scope_of(narrow) == ALL
    one, other = merge(a_case(an_alarm(Metric.ANR, scope=PIXEL_8), "ISS-8"), a_case(an_alarm(scope=PIXEL_9), "ISS-9"), 10)
    group = looked(an_alarm(scope=PIXEL_9), one, other)
    assert (group.issue_id, group.entries, group.scope.devices) == ("ISS-9", (), ("Pixel 8", "Pixel 9"))


def test_evidence_of_a_kind_that_was_split_off_goes_to_its_own_issue_and_the_rest_stays() -> None:
    crash, hang = split(a_case(key="ISS-crash"), "ISS-hang", 10, kind=IssueKind.HANG)
    assert looked(HANG, crash, hang).issue_id == "ISS-hang"
    assert looked(an_alarm(), crash, hang).issue_id == "ISS-crash"
    assert looked(an_alarm(Metric.TICKET), crash, hang).issue_id == "ISS-crash", "a new source of another kind joins the rest"
    assert looked(an_alarm(Metric.COMPLAINT, kind=IssueKind.HANG), crash, hang).issue_id == "ISS-hang"


def test_evidence_of_a_scope_that_was_split_off_goes_to_its_own_issue_and_the_rest_stays() -> None:
    crash, part = split(a_case(key="ISS-crash"), "ISS-9", 10, scope=PIXEL_9)
    assert looked(an_alarm(Metric.ANR, scope=PIXEL_9), crash, part).issue_id == "ISS-9"
    assert looked(HANG, crash, part).issue_id == "ISS-crash"
    assert looked(an_alarm(Metric.COMPLAINT), crash, part).issue_id == "ISS-crash", "words cannot tell the part"
    assert scope_of(part) == PIXEL_9


def test_a_part_is_found_even_where_what_is_left_concerns_others() -> None:
    wide = a_case(an_alarm(scope=PIXEL_9), "ISS-crash")
    wide = told([wide], [looked(an_alarm(Metric.ANR, scope=PIXEL_9), wide)])[0]
    left, part = split(wide, "ISS-9", 10, scope=PIXEL_9)
    left = with_entry(left, IssueChange.CONFIRMED, metric=Metric.TICKET, kind=IssueKind.BREAKAGE, scope=PIXEL_8, seq=12, person="")
    assert scope_of(left) == PIXEL_8
    assert looked(an_alarm(Metric.LOW_STARS, scope=PIXEL_9), left, part).issue_id == "ISS-9"


def test_what_was_split_off_is_no_evidence_of_the_rest_any_more() -> None:
    case = a_case(an_alarm(scope=PIXEL_9), "ISS-crash")
    (both,) = told([case], [looked(an_alarm(Metric.ANR, scope=ALL), case)])
    assert scope_of(both) == ALL
    left, _ = split(both, "ISS-hang", 10, kind=IssueKind.HANG)
    assert scope_of(left) == PIXEL_9
    assert {e.metric for e in evidence_entries(left)} == {Metric.CRASH}


def test_the_last_ruling_counts() -> None:
    """Split, merged back, split again: hangs go to the newest part, and in between to the whole."""
    crash, hang = split(a_case(key="ISS-crash"), "ISS-hang", 10, kind=IssueKind.HANG)
    hang, crash = merge(hang, crash, 20)
    assert looked(HANG, crash, hang).issue_id == "ISS-crash"
    crash, again = split(crash, "ISS-again", 30, kind=IssueKind.HANG)
    assert looked(HANG, crash, hang, again).issue_id == "ISS-again"
    assert looked(an_alarm(), crash, hang, again).issue_id == "ISS-crash"


def test_merges_are_followed_to_their_end() -> None:
    a, b = merge(a_case(PAYMENT, "ISS-a"), a_case(HANG, "ISS-b", at=AT), 10)
    b, c = merge(b, a_case(key="ISS-c"), 20)
    assert looked(PAYMENT, a, b, c).issue_id == looked(HANG, a, b, c).issue_id == "ISS-c"


def test_a_ruling_about_another_release_is_not_followed() -> None:
    stray = with_entry(a_case(key="ISS-a"), MERGED, other="ISS-elsewhere", seq=10)
    assert looked(an_alarm(), stray).issue_id == "ISS-a"


KINDS = st.sampled_from([IssueKind.CRASH, IssueKind.HANG, IssueKind.BREAKAGE])


@given(
    st.lists(st.tuples(st.booleans(), KINDS), max_size=5),
    st.lists(st.builds(lambda metric, kind: an_alarm(metric, kind=kind), st.sampled_from(Metric), KINDS), min_size=1, max_size=4),
)
def test_after_any_rulings_evidence_has_one_home_which_no_look_changes(
    rulings: list[tuple[bool, IssueKind]], alarms: list[Evidence]
) -> None:
    """Splits and merges of one case and its parts, then looks: what a person parted stays parted, and nobody's evidence is lost."""
    whole, parts = a_case(key="ISS-0"), list[Case]()
    for n, (is_split, kind) in enumerate(rulings, 1):
        apart = [p for p in parts if p.issue.state is IssueState.OPEN]
        if is_split and kind not in {p.issue.kind for p in apart}:  # a second time is refused: nothing of that kind is left
            whole, part = split(whole, f"ISS-{n}", 10 * n, kind=kind)
            parts.append(part)
        elif apart and not is_split:
            gone, whole = merge(apart[0], whole, 10 * n)
            parts = [gone if p.issue.id == gone.issue.id else p for p in parts]
    cases = (whole, *parts)
    for alarm in {(a.metric, a.kind): a for a in alarms}.values():
        group = looked(alarm, *cases)
        assert not group.is_new
        home = next(c for c in cases if c.issue.id == group.issue_id)
        assert home.issue.state is not IssueState.MERGED
        apart_now = {p.issue.kind: p.issue.id for p in parts if p.issue.state is IssueState.OPEN}
        assert group.issue_id == apart_now.get(alarm.kind, "ISS-0")
        assert looked(alarm, *told(cases, [group])).issue_id == group.issue_id
