"""What a rehearsal is about: app, versions, schedule, how bad the bad release is, how people behave. Frozen when the world is created.

The default timeline (hours after `start`): 0 the bad release goes to 1 % of users, 24 to 2 %, 48 to 5 %, then 10, 20, 50, 100 % a day.
At a crash ratio of 3 (8 on the worst device) the default policy alarms about hour 40 to 57. `fix_after_hours` after the first halt
the fix lies in the store as a draft. Published with priority 5 to users who had a notice, it reaches 95 % of the exposed in about 40 hours:
the recall can close in night 4 or 5 (12 seeds tried). Some users uninstall, some are dormant, some never update.

Add here when a rehearsal needs another parameter; rather in the policy when the product decides by it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from configs.terms import Platform

STORE_STEPS = ((0.0, 0.01), (24.0, 0.02), (48.0, 0.05), (72.0, 0.10), (96.0, 0.20), (120.0, 0.50), (144.0, 1.0))
"""Hours since the roll-out's start, and the share of users from then on: the seven days of an App Store phased release."""

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Habits(_Frozen):
    """How people behave. Shares are of users, chances are per occasion."""

    sessions_a_day: Positive = 1.8
    sleeper_share: Share = 0.08
    sleeper_sessions_a_day: Positive = 0.01
    auto_update_share: Share = 0.85
    auto_update_mean_hours: Positive = 20.0
    sleeper_update_mean_hours: Positive = 160.0
    manual_update_chance: Share = 0.03
    prompt_chance_per_priority: Annotated[float, Field(ge=0, le=0.2)] = 0.07
    notice_mean_hours: Positive = 36.0
    stubborn_share: Share = 0.01
    leave_a_session: Share = 0.001
    leave_after_bad_crash: Share = 0.10
    abandon_after_bad_crash: Share = 0.03
    review_a_session: Share = 0.0007
    review_after_crash: Share = 0.05
    no_address_share: Share = 0.02
    dormant_after_days: Positive = 14.0


class Scenario(_Frozen):
    """Parameters of one rehearsal. `start` is a whole hour in UTC; rates are per session; ratios are bad over good."""

    app: Annotated[str, Field(min_length=1)]
    platform: Platform = Platform.ANDROID
    seed: Annotated[int, Field(ge=0)]
    start: AwareDatetime
    users: Annotated[int, Field(ge=1, le=5_000_000)] = 40_000
    good_version: str = "2.0.0"
    bad_version: str = "2.1.0"
    fix_version: str = "2.1.1"
    steps: tuple[tuple[NotNegative, Share], ...] = STORE_STEPS
    tracks: Annotated[tuple[str, ...], Field(min_length=1)] = ("production",)
    crash_rate: Share = 0.007
    crash_ratio: Positive = 3.0
    worst_device_ratio: Positive = 8.0
    anr_rate: Share = 0.003
    anr_ratio: Positive = 1.5
    fix_ratio: Positive = 0.95
    fix_after_hours: NotNegative = 12.0
    habits: Habits = Habits()

    @field_validator("start")
    @classmethod
    def _whole_hour(cls, start: datetime) -> datetime:
        utc = start.astimezone(UTC)
        if utc != utc.replace(minute=0, second=0, microsecond=0):
            raise ValueError(f"start {start.isoformat()} must be a whole hour: the world counts in hours")
        return utc

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if len({self.good_version, self.bad_version, self.fix_version}) < 3:
            raise ValueError("good_version, bad_version and fix_version must differ")
        hours = [h for h, _ in self.steps]
        shares = [s for _, s in self.steps]
        if not hours or hours[0] != 0 or hours != sorted(set(hours)) or shares != sorted(shares):
            raise ValueError("steps must begin at hour 0, with growing hours and shares")
        return self

    @property
    def versions(self) -> tuple[str, str, str]:
        """Oldest first; a version's place here is its number in the simulation."""
        return self.good_version, self.bad_version, self.fix_version

    def hours(self, moment: datetime) -> float:
        """Hours from the start to that moment."""
        return (moment - self.start).total_seconds() / 3600
