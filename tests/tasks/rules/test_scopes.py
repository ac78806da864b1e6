"""How scopes stand to each other, by a table and by what must hold of any."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import Scope
from tasks.rules.scopes import Relation, holds, hull, relation, width
from tests.tasks.rules.alarmed import ALL, OS_15, PIXEL_8, PIXEL_9, PIXELS

BOTH = replace(PIXEL_9, os_versions=("15",))
values = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2).map(tuple)
scopes = st.builds(replace, st.just(ALL), countries=values, os_versions=values, devices=values)


@pytest.mark.parametrize(
    ("scope", "other", "found"),
    [
        (ALL, ALL, Relation.EQUAL),
        (PIXELS, replace(PIXELS, devices=("Pixel 9", "Pixel 8")), Relation.EQUAL),
        (PIXEL_9, ALL, Relation.WITHIN),
        (PIXEL_9, PIXELS, Relation.WITHIN),
        (BOTH, PIXEL_9, Relation.WITHIN),
        (ALL, PIXEL_9, Relation.HOLDS),
        (OS_15, BOTH, Relation.HOLDS),
        (PIXEL_9, OS_15, Relation.OVERLAPS),
        (PIXELS, replace(ALL, devices=("Pixel 9", "Pixel 7")), Relation.OVERLAPS),
        (PIXEL_8, PIXEL_9, Relation.DISJOINT),
        (replace(PIXEL_8, os_versions=("15",)), BOTH, Relation.DISJOINT),
    ],
    ids=lambda value: value.value if isinstance(value, Relation) else "",
)
def test_relation_of_two_scopes(scope: Scope, other: Scope, found: Relation) -> None:
    assert relation(scope, other) is found


@given(scopes, scopes)
def test_relation_turned_round_says_the_reverse(scope: Scope, other: Scope) -> None:
    reverse = {Relation.WITHIN: Relation.HOLDS, Relation.HOLDS: Relation.WITHIN}
    found = relation(scope, other)
    assert relation(other, scope) is reverse.get(found, found)


@given(st.lists(scopes, min_size=1, max_size=4), st.randoms())
def test_hull_holds_every_scope_whatever_their_order(given_scopes: list[Scope], draw: object) -> None:
    found = hull(given_scopes)
    assert found is not None
    assert all(holds(found, scope) for scope in given_scopes)
    draw.shuffle(given_scopes)  # type: ignore[attr-defined]  # hypothesis' Random
    assert hull(given_scopes) == found


@given(scopes, scopes)
def test_what_holds_another_is_at_least_as_wide_in_open_dimensions(scope: Scope, other: Scope) -> None:
    if holds(scope, other):
        assert width(scope)[0] >= width(other)[0]


def test_hull_of_nothing_is_nothing() -> None:
    assert hull([]) is None


def test_hull_names_no_more_than_it_must() -> None:
    assert hull([PIXEL_8, PIXEL_9]) == PIXELS
    assert hull([PIXEL_9, OS_15]) == ALL
