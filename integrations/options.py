"""The options of an adapter, checked before anything is opened; secrets come from the environment by name.

Add here when every adapter takes an option or fails alike on one; rather in an adapter's own file when only it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import SettingsInvalid
from integrations.contracts import Surroundings

EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
OneLine = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=500)]

ApiUrl = Annotated[str, Field(pattern=r"^(https://[^\s/?#@]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^\s?#]*)?$", max_length=500)]
"""Where a provider answers. Unencrypted only on this machine: our credentials go there."""


class Options(BaseModel):
    """Base of the options here: an unknown key is an error, and no value changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


O = TypeVar("O", bound=Options)  # noqa: E741 - the usual letter would be T, which says less


def checked(model: type[O], what: str, options: Mapping[str, object]) -> O:
    """The options as that model. Raises SettingsInvalid naming the adapter and option, never the value (it may be a misplaced secret)."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as err:
        found = "; ".join(f"option {'.'.join(map(str, e['loc'])) or '(all)'}: {e['msg']}" for e in err.errors(include_input=False))
        raise SettingsInvalid(f"{what}: {found}; it takes: {', '.join(sorted(model.model_fields))}") from None


def secret(what: str, option: str, variable: str, around: Surroundings) -> str:
    """What the environment variable holds. Raises SettingsInvalid naming adapter, option and variable when it is empty or unset."""
    found = around.env.get(variable, "").strip()
    if not found:
        raise SettingsInvalid(f"{what}: option {option}: the environment variable {variable} is not set; set it, or name another")
    return found
