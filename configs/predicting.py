"""The policy's part about predictions: how far ahead, how soon a fix comes, and how fast people take it while the app's past tells nothing.

Add here when a prediction rests on another agreed number; rather in `tasks/rules/predictions.py` when it is computed otherwise.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Hours = Annotated[float, Field(gt=0)]


class Predictions(BaseModel):
    """`uptake_hours`: when uptake is predicted, and scored afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    horizon_days: Annotated[float, Field(gt=0)]
    fix_after_hours: Annotated[float, Field(ge=0)]
    told_half_life_hours: Hours
    alone_half_life_hours: Hours
    learn_from_recalls: Annotated[int, Field(ge=1)]
    learn_from_releases: Annotated[int, Field(ge=1)]
    learn_days: Annotated[int, Field(ge=1)]
    uptake_hours: Annotated[tuple[Hours, ...], Field(min_length=1)]
