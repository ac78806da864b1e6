"""What the keys of a row of events may be called.

Add here when a reporter calls a column otherwise; rather in `event_rows.py` when its cells are written otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import orjson

from configs.errors import FileMalformed
from integrations.sources.columns import plain

ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("event_id",),
    "kind": ("type", "event_type"),
    "user": ("user_id", "install_id", "installation_id"),
    "occurred": ("occurred_at", "timestamp"),
    "received": ("received_at",),
    "version": ("app_version", "release"),
    "device": ("device_model",),
    "os_version": ("os",),
    "country": ("territory",),
    "app": ("product", "package_name"),
    "platform": (),
}
"""Our columns and what else they may be called. Other keys of a row are left out."""
NEEDED = ("id", "kind", "occurred", "received", "version")
LOOKED_AT = 20
"""Rows whose keys tell what a stretch calls its columns; the rows of one file agree."""


def their_names(text: bytes, renamed: Mapping[str, str], place: str, *, is_first: bool) -> dict[str, str]:
    """Our column -> the key it has in these rows; a column that no looked-at row has is looked for under our own name.

    Raises:
        FileMalformed: the file begins with rows, and none of the first has a needed column.
    """
    keys = dict.fromkeys(key for row in islice(_objects(text), LOOKED_AT) for key in row)
    names = {name: ours for ours, aliases in ALIASES.items() for name in (ours, *aliases)} | {plain(k): v for k, v in renamed.items()}
    found: dict[str, str] = {}
    for key in sorted(keys, key=lambda key: plain(key) not in ALIASES):
        if ours := names.get(plain(key)):
            found.setdefault(ours, key)
    missing = [column for column in NEEDED if column not in found]
    if is_first and keys and missing:
        raise FileMalformed(
            f"{place}:1: no key for {', '.join(missing)}; events have the keys {', '.join(ALIASES)}, and need {', '.join(NEEDED)}; "
            "the option `columns: {theirs: ours}` renames one",
            place=place,
        )
    return {ours: ours for ours in NEEDED} | {"user": "user"} | found


def _objects(text: bytes) -> Iterator[dict[str, object]]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start) + 1 or len(text)
        try:
            row = orjson.loads(text[start:end])
        except orjson.JSONDecodeError:
            row = None
        start = end
        if isinstance(row, dict):
            yield row
