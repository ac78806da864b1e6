"""An issue's id is the same whoever works it out, and another for another problem."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from configs.terms import IssueKind, Scope
from tasks.rules.keys import issue_id
from tests.tasks.rules.alarmed import ALL, PIXEL_8, PIXEL_9, PIXELS

values = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2).map(tuple)
scopes = st.builds(replace, st.just(ALL), countries=values, os_versions=values, devices=values)


def test_what_concerns_everyone_keeps_the_id_it_always_had() -> None:
    assert issue_id(ALL, IssueKind.CRASH) == "ISS-9fad39c526"


def test_kind_scope_and_occurrence_make_another_problem() -> None:
    found = {issue_id(scope, kind, n) for scope in (ALL, PIXEL_8, PIXEL_9, PIXELS) for kind in IssueKind for n in (1, 2, 3)}
    assert len(found) == 4 * len(IssueKind) * 3


@given(scopes, st.sampled_from(IssueKind))
def test_the_order_in_which_a_scope_is_named_does_not_matter(scope: Scope, kind: IssueKind) -> None:
    turned = replace(scope, countries=scope.countries[::-1], os_versions=scope.os_versions[::-1], devices=scope.devices[::-1])
    assert issue_id(turned, kind) == issue_id(scope, kind)


@given(scopes, scopes)
def test_two_scopes_have_two_ids(scope: Scope, other: Scope) -> None:
    same = all(set(getattr(scope, f)) == set(getattr(other, f)) for f in ("countries", "os_versions", "devices"))
    assert (issue_id(scope, IssueKind.CRASH) == issue_id(other, IssueKind.CRASH)) is same
