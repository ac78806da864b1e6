"""What every part of the policy is made of: a frozen section that refuses unknown keys, and the numbers it holds.

Add here when many sections need another kind of number; rather in `configs/policy.py` when there is another section.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Alpha = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]


class Section(BaseModel):
    """Frozen; a wrong key is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
