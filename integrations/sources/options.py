"""The options of a source, checked before anything is opened: a wrong one is named, with what would be right.

Add here when every source takes an option or fails alike on one; rather in a source's own file when only it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import SettingsInvalid
from configs.settings import App
from integrations.contracts import Surroundings

Hours = Annotated[float, Field(gt=0, le=24 * 3660, allow_inf_nan=False)]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Options(BaseModel):
    """Base of every source's options: an unknown key is an error, and no value changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


O = TypeVar("O", bound=Options)  # noqa: E741


def checked(model: type[O], name: str, options: Mapping[str, Any]) -> O:
    """The options as that model. Raises SettingsInvalid naming source and option, never the value (it may be a misplaced secret)."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as err:
        found = "; ".join(f"option {'.'.join(map(str, e['loc'])) or '(all)'}: {e['msg']}" for e in err.errors(include_input=False))
        known = ", ".join(sorted(model.model_fields))
        raise SettingsInvalid(f"source {name!r}: {found}; it takes: {known}") from None


def app_of(name: str, around: Surroundings) -> App:
    """The app this source belongs to. Raises SettingsInvalid when it was built outside one."""
    if around.app is None:
        raise SettingsInvalid(f"source {name!r} belongs to no app; list it under an app's `sources`")
    return around.app


def secret(name: str, option: str, variable: str, around: Surroundings) -> str:
    """What the environment variable holds. Raises SettingsInvalid naming source, option and variable when it is empty or unset."""
    found = around.env.get(variable, "").strip()
    if not found:
        raise SettingsInvalid(f"source {name!r}: option {option}: the environment variable {variable} is not set; set it, or name another")
    return found
