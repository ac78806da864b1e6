"""A harm scenario as the policy names it: which kinds of issue may lead to it, how badly it hurts, and the steps on the way.

A step is a probability ("0.2"), "1 in 50", or "observed": the probability measured for the issue. Steps are kept as exact fractions, so
that "0.2" is a fifth and "1 in 3" a third.

Add here when a scenario is written otherwise; rather in `tasks/rules/scenarios.py` when it is computed otherwise.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from configs.terms import Harm, IssueKind

OBSERVED = "observed"
"""The step whose probability is the measured one."""

_ONE_IN = re.compile(r"1 in ([\d_]+(?:\.\d+)?)")


def step_probability(step: str) -> Fraction:
    """The exact probability of a step that is not `observed`.

    Raises:
        ValueError: neither a probability from 0 to 1 nor 1 in n with n of at least 1.
    """
    said = _ONE_IN.fullmatch(step)
    try:
        probability = 1 / Fraction(said[1].replace("_", "")) if said else Fraction(step)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"cannot read the step {step!r}; write a probability, '1 in n', or '{OBSERVED}'") from None
    if not 0 <= probability <= 1:
        raise ValueError(f"step {step!r} is not a probability; give one from 0 to 1, or '1 in n' with n of at least 1")
    return probability


def _readable(step: object) -> object:
    """The step as text; a number in YAML becomes the decimal it was written as."""
    if not isinstance(step, str | int | float):
        return step
    text = re.sub(r"\s+", " ", str(step)).strip()
    if text != OBSERVED:
        step_probability(text)
    return text


Step = Annotated[str, BeforeValidator(_readable)]


class Scenario(BaseModel):
    """One way an issue of these kinds may end in harm: the probability is the product of the steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    harm: Harm
    kinds: Annotated[tuple[IssueKind, ...], Field(min_length=1)]
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
