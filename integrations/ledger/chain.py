"""The hash chain: canonical bytes of an entry, and the hash that ties it to the one before.

Bytes are canonical JSON after RFC 8785, restricted to text, integers within +-(2^53 - 1), true, false, null, lists and objects. Floating
point numbers are refused: their text depends on the writer; callers give strings.

Add here when the form of an entry changes (then raise its domain's version in `hashing.py`); rather in `verify.py` when it is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from configs.errors import BadInput
from integrations.ledger.hashing import entry_hash

_STRICT = orjson.OPT_STRICT_INTEGER
_SORTED = orjson.OPT_SORT_KEYS | _STRICT
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, to whom or what (`subject`: an id or a pseudonym, never a contact), by whom. `facts` hold no float."""

    kind: str
    subject: str
    facts: Mapping[str, object] = field(default_factory=dict)
    actor: str = ""


def canonical(value: object) -> bytes:
    """The RFC 8785 bytes of a value.

    Raises:
        BadInput: a float, an integer out of range, a lone surrogate, or a type JSON does not have; names its place.
    """
    try:
        # orjson sorts keys as UTF-8, RFC 8785 as UTF-16: the same for ASCII keys
        return orjson.dumps(value, option=_SORTED) if _has_ascii_keys(value, "$") else orjson.dumps(_sorted(value), option=_STRICT)
    except (orjson.JSONEncodeError, UnicodeEncodeError) as err:
        raise BadInput(f"the journal cannot hold this value: {err}; write numbers beyond 2^53 as text and drop broken characters") from err


def link(seq: int, at: str, entry: Entry, previous: bytes) -> tuple[bytes, bytes]:
    """Body and hash of an entry that follows `previous`."""
    facts = entry.facts if type(entry.facts) is dict else dict(entry.facts)
    members = {
        "actor": entry.actor,
        "at": at,
        "facts": facts,
        "kind": entry.kind,
        "prev": previous.hex(),
        "seq": seq,
        "subject": entry.subject,
    }
    body = canonical(members)
    return body, entry_hash(body)


def _has_ascii_keys(value: object, place: str) -> bool:
    if isinstance(value, dict):
        return _members_have_ascii_keys(value, place)
    if isinstance(value, (list, tuple)):
        plain = True
        for index, item in enumerate(value):
            if type(item) not in _AS_THEY_ARE:
                plain = _has_ascii_keys(item, f"{place}[{index}]") and plain
        return plain
    if isinstance(value, (str, int)) or value is None:
        return True
    raise BadInput(f"the journal cannot hold {place}: {type(value).__name__} has no one text; give it as a string")


def _members_have_ascii_keys(value: dict[object, object], place: str) -> bool:
    plain = True
    for key, item in value.items():
        if type(key) is not str:
            raise BadInput(f"the journal cannot hold {place}: its key {key!r} is no text")
        if not key.isascii():
            plain = False
        if type(item) not in _AS_THEY_ARE:
            plain = _has_ascii_keys(item, f"{place}.{key}") and plain
    return plain


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return value
