"""Between the glossary's frozen values and the ledger's text columns.

JSON columns hold what pydantic makes of a frozen dataclass, with sorted keys. Times are `times.py`'s.

Add here when a value needs another text form; rather in the room's own file when it is one table's columns.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_ADAPTERS: dict[object, TypeAdapter[Any]] = {}
"""Built once a kind: building one costs more than a thousand uses."""


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def dumped(value: object) -> str:
    """Canonical JSON text of a frozen dataclass."""
    return json.dumps(_adapter(type(value)).dump_python(value, mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def loaded(kind: type[T], text: str) -> T:
    """The value of that kind that `dumped` made the text from."""
    return _adapter(kind).validate_json(text)
