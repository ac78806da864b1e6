"""Between the glossary's frozen values and the ledger's text columns.

JSON columns hold what pydantic makes of a frozen dataclass, with sorted keys. Times are `times.py`'s.

Add here when a value needs another text form; rather in the room's own file when it is one table's columns.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@lru_cache(maxsize=64)
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)


def dumped(value: object) -> str:
    """Canonical JSON text of a frozen dataclass."""
    return json.dumps(_adapter(type(value)).dump_python(value, mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def loaded(kind: type[T], text: str) -> T:
    """The value of that kind that `dumped` made the text from."""
    return _adapter(kind).validate_json(text)
