"""Before and after beside users whom the remedy does not concern: the ratio by hand, its width, and what it must not be fooled by."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtri

from configs.errors import BadInput
from tasks.rules.ratio_of_ratios import RatioOfRatios, ratio_of_ratios

Floats = npt.NDArray[np.float64]


def hours(*rows: tuple[float, float, float, float]) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def simulated(seed: int, ratio: float, noise: float = 0.15, fall: float = 1.0) -> tuple[Floats, Floats]:
    """72 hours on each side; `fall`: by how much everybody's rate changes with the remedy, whoever they are."""
    chance, periods = np.random.default_rng(seed), []
    for after in (False, True):
        swing = 1 + 0.5 * np.sin(np.arange(72) / 24 * 2 * np.pi)
        use = np.column_stack([4000 * swing * (0.7 if after else 1.0), 20000 * swing])
        rate = np.array([0.02 * (ratio if after else 1.0), 0.005]) * (fall if after else 1.0)
        events = chance.poisson(use * rate * np.exp(chance.normal(0, noise, (72, 2))))
        periods.append(np.column_stack([events[:, 0], use[:, 0], events[:, 1], use[:, 1]]).astype(float))
    return periods[0], periods[1]


def found(before: Floats, after: Floats, alpha: float = 0.05) -> RatioOfRatios:
    answer = ratio_of_ratios(before, after, alpha)
    assert answer is not None
    return answer


def test_alike_hours_give_the_ratio_and_the_width_by_hand() -> None:
    answer = found(hours(*[(40, 1000, 20, 2000)] * 4), hours(*[(15, 500, 25, 2500)] * 4))
    by_hand = (15 / 500 / (25 / 2500)) / (40 / 1000 / (20 / 2000))
    width = float(ndtri(0.975)) * math.sqrt(sum(1 / (4 * x) for x in (40, 20, 15, 25)))
    assert answer.ratio == pytest.approx(by_hand)
    assert (answer.low, answer.high) == pytest.approx((by_hand * math.exp(-width), by_hand * math.exp(width)))
    assert answer.phi == 1.0


def test_a_fall_that_everybody_sees_is_not_the_remedy() -> None:
    answer = found(*simulated(3, ratio=1.0, fall=0.3))
    assert answer.low < 1 < answer.high


def test_swinging_hours_widen_the_bounds() -> None:
    calm, wild = found(*simulated(5, 0.3, noise=0.0)), found(*simulated(5, 0.3, noise=0.6))
    assert calm.phi < 1.3
    assert wild.phi > 2
    assert wild.high / wild.low > calm.high / calm.low * 1.4


@pytest.mark.parametrize(("noise", "least"), [(0.0, 54), (0.15, 54), (0.3, 53)])
def test_the_bounds_cover_the_truth_about_as_often_as_they_say(noise: float, least: int) -> None:
    answers = [found(*simulated(seed, 0.3, noise)) for seed in range(60)]
    assert sum(a.low <= 0.3 <= a.high for a in answers) >= least
    assert all(a.high < 1 for a in answers)


def test_hours_that_say_nothing_change_nothing() -> None:
    before, after = simulated(1, 0.5)
    silent = hours((0, 900, 0, 900), (3, 0, 9, 100), (3, 100, 9, 0))
    assert found(np.vstack([before, silent]), np.vstack([silent, after])) == found(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (hours(*[(0, 10, 5, 10)] * 3), hours(*[(5, 10, 5, 10)] * 3)),
        (hours(*[(5, 10, 5, 10)] * 3), hours(*[(5, 10, 0, 10)] * 3)),
        (hours((5, 10, 5, 10)), hours((5, 10, 5, 10))),
        (hours(), hours(*[(5, 10, 5, 10)] * 3)),
    ],
    ids=["no event before", "none unaffected after", "two hours", "nothing before"],
)
def test_too_little_says_nothing(before: Floats, after: Floats) -> None:
    assert ratio_of_ratios(before, after, 0.05) is None


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(BadInput, match="negative"):
        ratio_of_ratios(hours((-1, 10, 5, 10)), hours((5, 10, 5, 10)), 0.05)
