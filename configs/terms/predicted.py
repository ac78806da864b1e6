"""Words for what is predicted before a decision, and for how well that fitted afterwards.

Add here when a prediction has another part; rather in `decided.py` when people decide it, and in `outcomes.py` when it is only counted
afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from configs.terms.decided import Action


class Basis(StrEnum):
    """Where a half-life comes from: the policy's own figure, the app's earlier recalls, or its earlier releases."""

    POLICY = "policy"
    RECALLS = "recalls"
    RELEASES = "releases"


@dataclass(frozen=True, slots=True)
class TakeUp:
    """How fast people move to a fix: after `half_life_hours` half still lack it. `examples`: the recalls or releases behind it."""

    half_life_hours: float
    basis: Basis = Basis.POLICY
    examples: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """Everything a prediction is computed from, so that it can be computed again when the outcome is known. None: unknown.

    `users` have the bad build now, `in_scope` of them are meant by a partial recall; `per_hour` more get it while the roll-out goes on,
    up to `ceiling` in all. A fix can be installed `fix_after_hours` after the decision, learnt from `fix_examples` recalls, or agreed
    in the policy where that is 0. `harm` and `harm_most`: the probability that a user who keeps the build for `harm_hours` is harmed,
    estimated and at most.
    """

    users: float | None
    in_scope: float | None
    per_hour: float | None
    ceiling: float | None
    fix_after_hours: float
    told: TakeUp
    alone: TakeUp
    horizon_hours: float
    harm: float
    harm_most: float
    harm_hours: float
    fix_examples: int = 0


@dataclass(frozen=True, slots=True)
class Uptake:
    """The share of those who had the bad build at the decision who are safe so many hours later."""

    hours: float
    safe: float | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one option leads to within the horizon when it is decided now, and what each hour of waiting adds. None: unknown."""

    action: Action
    exposure_hours: float | None
    harmed: float | None
    harmed_most: float | None
    uptake: tuple[Uptake, ...]
    hour_exposure: float | None
    hour_harmed: float | None
    hour_harmed_most: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The predictions put before the signers with one proposal; `action` is the one proposed."""

    proposal_id: str
    recall_id: str
    at: datetime
    action: Action
    course: Course
    predictions: tuple[Prediction, ...]


class Measure(StrEnum):
    """What a prediction is compared by. UPTAKE: the share that is safe."""

    EXPOSURE_HOURS = "exposure_hours"
    UPTAKE = "uptake"


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Predicted against seen, so many hours after the decision. `error`: (predicted - actual) / actual; None where it cannot be said."""

    measure: Measure
    hours: float
    predicted: float | None
    actual: float | None
    error: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """How well the forecast of a recall's signed proposal fitted. `waited_hours`: from the proposal to the decision."""

    recall_id: str
    proposal_id: str
    at: datetime
    waited_hours: float
    lines: tuple[ScoreLine, ...]
