"""What follows wrong codes: how many are forgiven, how long a code is locked, when a new one is sent. And what is counted of them.

Add here when the policy must say more about guessing; rather in `tasks/rules/guessing.py` when it is about what the next wrong code does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.section import Count, Positive, Section


class Guessing(Section):
    """Limits on wrong codes, for one person on one question, and for a question as a whole."""

    wrong_codes: Annotated[int, Field(ge=1, le=100)]
    wrong_codes_of_question: Annotated[int, Field(ge=1, le=1000)]
    locked_minutes: Annotated[float, Field(ge=1)]
    new_codes: Count
    summary_minutes: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.wrong_codes_of_question < self.wrong_codes:
            raise ValueError("wrong_codes_of_question must not be below wrong_codes: one person's slips are no attack on the question")
        return self


NOBODY = ""
"""In place of a person: attempts that no person's code could answer (unknown name, role not held, question closed)."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is known of the wrong codes for one question and person.

    `wrong`: since the last lock-out; `total`: ever. `turn`: which code counts now; it goes up when a new one is sent. `refused`: attempts
    while locked, not looked at and not yet in a summary of the journal; the last summary, or the lock, was at `summed_at`.
    """

    question: str
    person: str
    wrong: int = 0
    total: int = 0
    lockouts: int = 0
    turn: int = 0
    locked_until: datetime | None = None
    refused: int = 0
    summed_at: datetime | None = None
