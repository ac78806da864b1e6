"""The policy: every threshold, deadline, cadence and role someone may want to change, typed, validated, fingerprinted.

The values stand in `configs/policies/*.yaml`, each with its unit and source beside it; this file says which keys there are and which
combinations make no sense. A policy is frozen once loaded; its fingerprint goes into every proposal.

Add here when a person outside the code should be able to change it; rather a named constant when it belongs to a format or protocol.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from configs.guessing import Guessing
from configs.plans import Plans
from configs.predicting import Predictions
from configs.scenarios import Scenario
from configs.section import Alpha, Count, Positive, Section, Share
from configs.signers import Person as Person
from configs.signers import Role as Role
from configs.signers import Signoff as Signoff
from configs.terms import Harm, IssueKind, Level, Metric


class Detection(Section):
    """When counts of two concurrent versions raise an alarm."""

    alpha_halt: Alpha
    alpha_recall: Alpha
    margin: Positive
    noise: Positive
    planned_looks: Annotated[int, Field(ge=1)]
    min_events: Count
    min_exposure: Count
    stale_after_minutes: Positive
    watched_releases: Annotated[int, Field(ge=1)]
    reference_days: Positive
    reference_min_events: Count
    alone_margin: Positive
    alone_noise: Positive
    phi_sessions: Annotated[float, Field(ge=1)]
    learn_from_releases: Annotated[int, Field(ge=2)]
    learn_days: Positive
    metric_weights: dict[Metric, Share]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.alpha_recall > self.alpha_halt:
            raise ValueError(f"alpha_recall {self.alpha_recall} must not exceed alpha_halt {self.alpha_halt}: a recall needs more evidence")
        if sum(self.metric_weights.values()) > 1 + 1e-9:
            raise ValueError("metric_weights must add up to at most 1")
        return self


class Quarantine(Section):
    """Which rows of a source are not believed, or not yet."""

    max_ahead_minutes: Positive
    spoiling_share: Share
    unlisted_grace_hours: Positive
    old_after_hours: Positive
    max_old_events: Count


class Unknown(Section):
    """When somebody is told that something has been unknown for too long."""

    alarm_after_hours: Positive
    again_after_hours: Positive
    young_release_hours: Positive


class Words(Section):
    """When what people write raises an alarm, without a concurrent control."""

    windows_days: Annotated[tuple[Annotated[int, Field(ge=1, le=28)], ...], Field(min_length=1)]
    baseline_days: Annotated[int, Field(ge=7, le=180)]
    min_baseline_days: Annotated[int, Field(ge=3)]
    max_lag_days: Positive
    settle_days: Annotated[int, Field(ge=0)]
    min_baseline_reviews: Count
    min_complaints: Count
    alpha: Alpha
    margin: Positive
    share_margin: Positive
    min_share_of_rise: Share
    prior_dispersion: Annotated[float, Field(ge=1)]
    low_stars_max: Annotated[int, Field(ge=1, le=4)]
    quiet_days_after_alarm: Annotated[int, Field(ge=1, le=90)]
    wave_copies: Annotated[int, Field(ge=2)]
    topic_min_texts: Annotated[int, Field(ge=1)]
    topic_g2: Positive
    topics_shown: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if list(self.windows_days) != sorted(set(self.windows_days)):
            raise ValueError("windows_days must grow from the shortest to the longest")
        if self.min_baseline_days > self.baseline_days:
            raise ValueError("min_baseline_days must not exceed baseline_days")
        return self

    @property
    def history_days(self) -> int:
        """How far back a judgement may look: the longest window, the baseline, and the unusual days the baseline leaves out."""
        return self.windows_days[-1] + self.baseline_days + self.quiet_days_after_alarm


class Correlation(Section):
    """When evidence is about a problem that is known already, and when about another one."""

    onset_days: Positive
    same_window_days: Positive
    suspect_posterior: Share

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.same_window_days > self.onset_days:
            raise ValueError("same_window_days must not exceed onset_days: less alike needs to be closer in time")
        return self


class Risk(Section):
    """From evidence to a level, and from a level to what is proposed."""

    horizon_days: Positive
    harm_of_kind: dict[IssueKind, Harm]
    scenarios: tuple[Scenario, ...]
    confidence: Alpha
    dispersion: Annotated[float, Field(ge=1)]
    sessions_per_user_day: Annotated[float, Field(ge=1)]
    propose_from: Level
    partial_below: Level

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = sorted(set(IssueKind) - set(self.harm_of_kind))
        if missing:
            raise ValueError(f"harm_of_kind lacks {', '.join(missing)}")
        names = [scenario.name for scenario in self.scenarios]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"scenarios have the same name: {', '.join(twice)}")
        return self


class Notices(Section):
    """How exposed users are told."""

    channels: Annotated[dict[Level, Annotated[tuple[str, ...], Field(min_length=1)]], Field(min_length=1)]
    operator_channels: dict[str, str] = Field(repr=False)
    locales: Annotated[tuple[str, ...], Field(min_length=1)]
    default_locale: str
    locale_floor_share: Share
    chunk_size: Annotated[int, Field(ge=1, le=5000)]
    follow_up_after_days: tuple[Positive, ...]
    contact_url: str
    help_address: str

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.default_locale not in self.locales:
            raise ValueError(f"default_locale {self.default_locale!r} is not among locales")
        missing = sorted(set(Level) - set(self.channels))
        if missing:
            raise ValueError(f"channels lacks {', '.join(missing)}")
        return self


class Taken(StrEnum):
    """Which newer version in the store is taken as the fix without anybody naming it."""

    NONE = "none"
    PATCH = "patch"
    NEWEST = "newest"


class Fix(Section):
    """What is published as the remedy, and how urgently."""

    taken_by_itself: Taken
    update_priority: Annotated[int, Field(ge=0, le=5)]


class Reviewing(Section):
    """When a recall may be called effective, and closed."""

    target_reach: Share
    check_level: Literal["A", "B", "C", "D", "E"]
    effective_ratio: Annotated[float, Field(gt=1)]
    alpha: Alpha
    min_hours: Positive
    stale_after_hours: Positive


class Effects(Section):
    """How hard the outside world is asked. `attempts`: after so many a person is told; a neighbour that is away is asked on."""

    lease_seconds: Positive
    attempts: Annotated[int, Field(ge=1)]
    first_wait_seconds: Positive
    longest_wait_seconds: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_wait_seconds > self.longest_wait_seconds:
            raise ValueError("first_wait_seconds must not exceed longest_wait_seconds")
        return self


class Journal(Section):
    checkpoint_every_entries: Annotated[int, Field(ge=1)]
    checkpoint_every_seconds: Positive
    max_clock_skew_seconds: Positive


class Events(Section):
    """How single events are kept and cut."""

    keep_days: Annotated[int, Field(ge=1)]
    segment_values: Annotated[int, Field(ge=1, le=1000)]
    count_within_hours: Positive


class Policy(Section):
    """Everything agreed beforehand. Load it with `configs.policies.load_policy`."""

    name: str
    detection: Detection
    quarantine: Quarantine
    unknown: Unknown
    words: Words
    correlation: Correlation
    risk: Risk
    predictions: Predictions
    signoff: Signoff
    guessing: Guessing
    notices: Notices
    fix: Fix
    reviewing: Reviewing
    effects: Effects
    journal: Journal
    events: Events
    plan: Plans

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of SHA-256 over the canonical JSON of every value."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(b"app-recall/policy/v1\n" + canonical.encode()).hexdigest()[:16]

    def deadline(self, level: Level) -> timedelta:
        """How long the signers have at this level."""
        return timedelta(hours=self.signoff.deadline_hours[level])
