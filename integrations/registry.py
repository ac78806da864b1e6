"""How a name from the settings becomes an adapter class.

Add here when choosing an adapter must behave otherwise for every kind; rather in a registry dict when there is a new adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from configs.errors import SettingsInvalid

T = TypeVar("T")


def chosen(what: str, registry: Mapping[str, T], kind: str) -> T:
    """The registry's entry of that kind. Raises SettingsInvalid naming the kinds there are."""
    try:
        return registry[kind]
    except KeyError:
        raise SettingsInvalid(f"no {what} of kind {kind!r}; there are: {', '.join(sorted(registry))}") from None
