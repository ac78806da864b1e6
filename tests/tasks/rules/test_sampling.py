"""Published sample sizes, and the smallest means the smallest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, hypergeom

from configs.errors import BadInput
from tasks.rules.sampling import Plan, plan, sample_size, upper_share


@pytest.mark.parametrize(
    ("share", "allowed", "population", "size"),
    [
        (0.10, 0, None, 29),
        (0.05, 0, None, 59),
        (0.02, 0, None, 149),
        (0.01, 0, None, 299),
        (0.001, 0, None, 2995),
        (0.05, 1, None, 93),
        (0.05, 2, None, 124),
        (0.05, 3, None, 153),
        (0.05, 0, 200, 51),
        (0.05, 1, 200, 78),
        (0.05, 2, 200, 101),
    ],
)
def test_the_known_sample_sizes_at_95_percent(share: float, allowed: int, population: int | None, size: int) -> None:
    assert sample_size(share, 0.95, allowed, population) == size


@settings(max_examples=40, deadline=None)
@given(share=st.sampled_from([0.02, 0.05, 0.1, 0.3]), allowed=st.integers(0, 3), population=st.one_of(st.none(), st.integers(20, 3000)))
def test_one_check_fewer_would_not_do(share: float, allowed: int, population: int | None) -> None:
    size = sample_size(share, 0.95, allowed, population)
    if population is None:
        assert binom.cdf(allowed, size, share) <= 0.05 < binom.cdf(allowed, size - 1, share)
    else:
        bad = -int(-round(share * population, 9) // 1)
        assert size == population or hypergeom.cdf(allowed, population, bad, size) <= 0.05 + 1e-12
        assert hypergeom.cdf(allowed, population, bad, size - 1) > 0.05 - 1e-12


def test_a_few_installs_are_all_checked() -> None:
    assert sample_size(0.05, 0.95, 0, 10) == 10
    assert sample_size(0.05, 0.95, 0, 0) == 0


@pytest.mark.parametrize(("limit", "truth", "size"), [(0.10, 0.05, 239), (0.05, 0.02, 311)])
def test_a_plan_that_passes_nine_times_in_ten(limit: float, truth: float, size: int) -> None:
    found = plan(limit, truth, 0.95, 0.9)
    assert isinstance(found, Plan)
    assert found.size == size
    assert binom.cdf(found.allowed, size, truth) >= 0.9


@pytest.mark.parametrize(("checked", "bound"), [(1, 0.95), (10, 0.26), (100, 0.030), (10_000, 0.0003)])
def test_what_two_percent_checked_without_a_failure_bounds(checked: int, bound: float) -> None:
    assert upper_share(0, checked, 0.95) == pytest.approx(bound, rel=0.02)


@pytest.mark.parametrize(("checked", "bound"), [(5, 0.45), (50, 0.058), (500, 0.006)])
def test_what_ten_percent_checked_without_a_failure_bounds(checked: int, bound: float) -> None:
    assert upper_share(0, checked, 0.95) == pytest.approx(bound, rel=0.02)


@given(failures=st.integers(0, 30), more=st.integers(0, 300))
def test_the_bound_is_the_exact_one(failures: int, more: int) -> None:
    checked = failures + more
    expected = binomtest(failures, checked, alternative="less").proportion_ci(0.95, "exact").high if checked else 1.0
    assert upper_share(failures, checked, 0.95) == pytest.approx(expected)


def test_nonsense_is_refused() -> None:
    for share, confidence, allowed, population in [(0, 0.95, 0, None), (0.1, 1, 0, None), (0.1, 0.95, -1, None), (0.1, 0.95, 0, -1)]:
        with pytest.raises(BadInput):
            sample_size(share, confidence, allowed, population)
    with pytest.raises(BadInput, match="must lie between"):
        plan(0.05, 0.05, 0.95, 0.9)
    with pytest.raises(BadInput, match="impossible"):
        upper_share(3, 2, 0.95)
