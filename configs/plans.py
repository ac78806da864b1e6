"""The policy's section `plan`: the evaluation meeting, the milestones with owner and time, reminders, and when a recall is to be widened.

Add here when a plan or a meeting has another value someone may want to change; rather in `configs/policy.py` when it is about signing.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from configs.terms import Level
from configs.terms.planned import CHECK, FIX, HALT, MILESTONES, NOTICES, REPORT, Milestone, follow_up

WholeMinutes = Annotated[int, Field(ge=1)]

DAY_MINUTES = 24 * 60


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeetingTimes(_Part):
    """`starts_after_minutes`: after the proposal."""

    starts_after_minutes: WholeMinutes
    lasts_minutes: Annotated[int, Field(ge=5, le=480)]


class Ends(StrEnum):
    """How a question ends, for a meeting that has not begun."""

    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Due(_Part):
    """`after_minutes`: after the verdict. `owner`: a role or a person of `signoff`."""

    after_minutes: WholeMinutes
    owner: Annotated[str, Field(min_length=1)]


class PlanRules(_Part):
    """What every proposal's plan and meeting are made from. `widen_from_...`: when a partial recall is to become a full one; 0 is never."""

    meeting: dict[Level, MeetingTimes]
    meeting_place: Annotated[str, Field(min_length=1, max_length=200)]
    meeting_cancelled_by: tuple[Ends, ...]
    organizer: Annotated[str, Field(pattern=r"^[^\s@<>,;:\"]+@[A-Za-z0-9.-]+$", max_length=320)]
    alert_before_minutes: WholeMinutes
    milestones: dict[Level, dict[str, Due]]
    follow_up_within_minutes: WholeMinutes
    follow_up_owner: Annotated[str, Field(min_length=1)]
    remind_before_minutes: dict[Level, WholeMinutes]
    widen_from_e_outside: Annotated[float, Field(ge=0)]
    widen_from_share_outside: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key in ("meeting", "milestones", "remind_before_minutes"):
            missing = sorted(set(Level) - set(getattr(self, key)))
            if missing:
                raise ValueError(f"{key} lacks {', '.join(missing)}")
        for level, given in self.milestones.items():
            if set(given) != set(MILESTONES):
                raise ValueError(f"milestones.{level.value} must name {', '.join(MILESTONES)} and nothing else")
        return self

    def milestones_at(self, level: Level, follow_up_days: tuple[float, ...]) -> tuple[Milestone, ...]:
        """Every milestone of a plan at that level, in the order people read them; a further wave is never due before the first."""
        given = self.milestones[level]
        own = [Milestone(name, given[name].after_minutes, given[name].owner) for name in (HALT, NOTICES, FIX, CHECK)]
        first, within = given[NOTICES].after_minutes, self.follow_up_within_minutes
        due = (max(first, round(days * DAY_MINUTES) + within) for days in sorted(follow_up_days))
        waves = [Milestone(follow_up(wave), minutes, self.follow_up_owner) for wave, minutes in enumerate(due, 1)]
        return (*own[:3], *waves, own[3], Milestone(REPORT, given[REPORT].after_minutes, given[REPORT].owner))


def predecessors(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Milestones of a plan that must be due no later than this one.

    | milestone   | comes after                    |
    |-------------|--------------------------------|
    | halt        | nothing                        |
    | notices     | halt                           |
    | fix         | halt                           |
    | follow_up_1 | notices                        |
    | follow_up_n | the follow-up before           |
    | check       | fix                            |
    | report      | check, and every follow-up     |
    """
    waves = tuple(one for one in names if one.startswith(follow_up(0)[:-1]))
    if name in waves:
        place = waves.index(name)
        return (waves[place - 1] if place else NOTICES,)
    return {NOTICES: (HALT,), FIX: (HALT,), CHECK: (FIX,), REPORT: (CHECK, *waves)}.get(name, ())


def out_of_order(milestones: tuple[Milestone, ...]) -> Iterator[str]:
    """A clause for every milestone that is due before one it comes after."""
    due = {one.name: one.after_minutes for one in milestones}
    for name, minutes in due.items():
        for before in predecessors(name, tuple(due)):
            if minutes < due[before]:
                yield f"{name} ({minutes} minutes after the verdict) comes after {before} ({due[before]} minutes)"


def _agreeing(plan: PlanRules, info: ValidationInfo) -> PlanRules:
    """Owners are known, and no milestone is due before one it comes after. Checked where the rest of the policy is known."""
    known: dict[str, Any] = info.data
    if not {"signoff", "notices"} <= known.keys():
        return plan  # they have errors of their own
    holders = {*known["signoff"].roles, *known["signoff"].people}
    for level in Level:
        made = plan.milestones_at(level, known["notices"].follow_up_after_days)
        unknown = sorted({one.owner for one in made} - holders)
        if unknown:
            raise ValueError(f"milestones.{level.value}: {', '.join(unknown)} is neither a role nor a person of signoff")
        wrong = next(out_of_order(made), "")
        if wrong:
            raise ValueError(f"milestones.{level.value}: {wrong}")
    return plan


Plans = Annotated[PlanRules, AfterValidator(_agreeing)]
"""The section as a field of the policy, after `signoff` and `notices`."""
