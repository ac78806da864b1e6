"""What sources' options share beyond those of every adapter.

Add here when every source takes an option; rather in `integrations/options.py` when every adapter does.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from configs.errors import SettingsInvalid
from configs.settings import App
from integrations.contracts import Surroundings

Hours = Annotated[float, Field(gt=0, le=24 * 3660, allow_inf_nan=False)]


def app_of(name: str, around: Surroundings) -> App:
    """The app this source belongs to. Raises SettingsInvalid when it was built outside one."""
    if around.app is None:
        raise SettingsInvalid(f"source {name!r} belongs to no app; list it under an app's `sources`")
    return around.app
