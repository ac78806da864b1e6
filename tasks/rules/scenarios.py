"""Harm scenarios: a chain of steps, each with its probability; all must happen, so the scenario's probability is their product.

    crash while paying: observed x 1 in 50 x 0.2    at an observed probability of 1 in 100: 1 in 25 000

Add here when scenarios are computed otherwise; rather in the policy (`risk.scenarios`) when there is another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from configs.errors import BadInput
from configs.policy import Risk
from configs.scenarios import OBSERVED, step_probability
from configs.terms import Harm, IssueKind
from tasks.rules.severity_matrix import checked


@dataclass(frozen=True, slots=True)
class OneIn:
    """A step of a harm scenario that happens in one case in `n`."""

    n: int | Fraction


@dataclass(frozen=True, slots=True)
class Way:
    """One way from an issue to harm: probability `rest` x observed^`observed`. `name`: of the scenario, "" for the harm itself."""

    harm: Harm
    name: str = ""
    rest: Fraction = Fraction(1)
    observed: int = 1

    def probability(self, observed: Fraction) -> Fraction:
        """Of the whole way, exact."""
        return self.rest * observed**self.observed


def scenario_probability(steps: Iterable[Fraction | OneIn]) -> Fraction:
    """Probability that every step of a harm scenario happens: the product of its steps, exact.

    Raises:
        BadInput: a step is not a probability, or 1 in less than 1.
    """
    product = Fraction(1)
    for step in steps:
        if isinstance(step, OneIn) and step.n < 1:
            raise BadInput(f"a step cannot happen in 1 of {step.n} cases; give 1 in n with n of at least 1")
        product *= checked(1 / Fraction(step.n) if isinstance(step, OneIn) else step)
    return product


def ways(kind: IssueKind, risk: Risk) -> tuple[Way, ...]:
    """Every way an issue of that kind may harm: the harm of its kind as measured, then the policy's scenarios for the kind."""
    direct = Way(risk.harm_of_kind[kind])
    return direct, *(
        Way(
            scenario.harm,
            scenario.name,
            scenario_probability(step_probability(step) for step in scenario.steps if step != OBSERVED),
            scenario.steps.count(OBSERVED),
        )
        for scenario in risk.scenarios
        if kind in scenario.kinds
    )
