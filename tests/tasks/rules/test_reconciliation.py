"""It always sums, is never negative, and unknown is never fixed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import InstalledBase, Platform, Reconciliation
from tasks.rules.reconciliation import CheckLevel, accounted, checks_needed, open_checks, reach, reconcile, total
from tests.tasks.rules.counts import APP, NEW, START

CELL = InstalledBase("simulator", APP, Platform.ANDROID, NEW, "DE", "14", START, 100, fixed=40, blocked=10, uninstalled=5, dormant=15)


def a_cell(**varied: object) -> InstalledBase:
    return replace(CELL, **varied)  # type: ignore[arg-type]  # a test builder


ANY_PART = st.one_of(st.none(), st.integers(-10, 300))
ANY_CELL = st.builds(
    InstalledBase,
    source=st.just("s"),
    app=st.just(APP),
    platform=st.just(Platform.IOS),
    version=st.just(NEW),
    country=st.sampled_from(["DE", "CN", ""]),
    os_version=st.sampled_from(["14", "15"]),
    at=st.just(START),
    exposed=st.integers(-5, 400),
    fixed=ANY_PART,
    blocked=ANY_PART,
    uninstalled=ANY_PART,
    dormant=ANY_PART,
)


def parts(done: Reconciliation) -> tuple[int, ...]:
    return done.fixed, done.blocked, done.uninstalled, done.dormant, done.unreached


def test_what_is_left_over_is_unreached() -> None:
    assert reconcile(CELL) == Reconciliation(100, 40, 10, 5, 15, 30)


@given(cells=st.lists(ANY_CELL, max_size=6))
def test_it_always_sums_and_is_never_negative(cells: list[InstalledBase]) -> None:
    for done in [*map(reconcile, cells), total(cells)]:
        assert sum(parts(done)) == done.exposed
        assert min(parts(done)) >= 0
        assert 0 <= (reach(done) or 0) <= (accounted(done) or 0) <= 1


@given(cell=ANY_CELL)
def test_fixed_is_never_more_than_the_source_said(cell: InstalledBase) -> None:
    assert reconcile(cell).fixed <= max(0, cell.fixed or 0)


@pytest.mark.parametrize("part", ["fixed", "blocked", "uninstalled", "dormant"])
def test_an_unknown_part_is_unreached_and_named(part: str) -> None:
    done = reconcile(a_cell(**{part: None}))
    assert getattr(done, part) == 0
    assert done.unreached == 30 + getattr(CELL, part)
    assert done.warnings == (f"4.2.0 DE 14: {part} is unknown, counted as unreached",)


def test_contradictory_parts_are_cut_with_the_claims_of_safety_first() -> None:
    done = reconcile(a_cell(fixed=90))
    assert parts(done) == (70, 10, 5, 15, 0)
    assert done.warnings == ("4.2.0 DE 14: fixed 90 is more than the 70 installs left, counted as 70",)
    assert parts(reconcile(a_cell(dormant=98))) == (0, 0, 2, 98, 0)


@pytest.mark.parametrize("part", ["exposed", "fixed", "dormant"])
def test_negative_numbers_are_named(part: str) -> None:
    assert any(f"{part} -3 is negative" in said for said in reconcile(a_cell(**{part: -3})).warnings)


def test_the_total_adds_cells_and_counts_a_cell_once_at_its_newest() -> None:
    later = a_cell(at=START + timedelta(days=1), fixed=60)
    other = a_cell(country="CN", exposed=50, fixed=None, blocked=0, uninstalled=0, dormant=0)
    done = total([later, CELL, other, a_cell(source="another")])
    assert (done.exposed, done.fixed, done.unreached) == (150, 60, 60)
    assert done.warnings == ("4.2.0 CN 14: fixed is unknown, counted as unreached",)


def test_nobody_exposed_has_no_reach() -> None:
    assert total([]) == Reconciliation(0, 0, 0, 0, 0, 0)
    assert reach(total([])) is None
    assert accounted(total([])) is None


@pytest.mark.parametrize(
    ("exposed", "fixed", "blocked", "uninstalled", "dormant", "share"),
    [(9_200, 6_100, 1_500, 1_400, 0, 0.978), (11_800, 9_000, 1_200, 1_500, 0, 0.992)],
)
def test_the_published_reconciliations(exposed: int, fixed: int, blocked: int, uninstalled: int, dormant: int, share: float) -> None:
    done = reconcile(a_cell(exposed=exposed, fixed=fixed, blocked=blocked, uninstalled=uninstalled, dormant=dormant))
    assert accounted(done) == pytest.approx(share, abs=5e-4)
    assert done.unreached == exposed - fixed - blocked - uninstalled


def test_reach_leaves_the_dormant_out() -> None:
    assert reach(reconcile(CELL)) == 0.55
    assert accounted(reconcile(CELL)) == 0.70


@pytest.mark.parametrize(
    ("level", "told", "needed"),
    [("A", 320, 320), ("B", 320, 33), ("C", 320, 32), ("D", 320, 7), ("E", 320, 0), ("B", 1, 1), ("B", 0, 0), ("C", 11, 2), ("D", 1, 1)],
)
def test_check_levels(level: str, told: int, needed: int) -> None:
    assert checks_needed(CheckLevel(level), told) == needed


def test_eleven_silent_of_320_are_eleven_open_items_and_keep_the_recall_open() -> None:
    assert open_checks(CheckLevel.A, 320, 309) == 11
    assert [open_checks(CheckLevel.A, 320, verified) for verified in (309, 319, 320)] == [11, 1, 0]
    assert open_checks(CheckLevel.A, 320, 320) == 0
    assert open_checks(CheckLevel.C, 320, 309) == 0


@given(told=st.integers(2, 5000))
def test_level_b_lies_between_a_tenth_and_everyone(told: int) -> None:
    assert told / 10 < checks_needed(CheckLevel.B, told) < told


@given(told=st.integers(0, 5000))
def test_a_stricter_level_never_checks_fewer(told: int) -> None:
    needed = [checks_needed(level, told) for level in CheckLevel]
    assert needed == sorted(needed, reverse=True)
