"""The hash chain: canonical bytes of an entry, and the hash that ties it to the one before.

Bytes are canonical JSON after RFC 8785, restricted to text, integers within +-(2^53 - 1), true, false, null, lists and objects. Floating
point numbers are refused: their text depends on the writer; callers give strings.

Add here when the form of an entry changes (then raise its domain's version in `hashing.py`); rather in `walk.py` when it is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from configs.errors import BadInput
from integrations.ledger.hashing import JOURNAL_START

_STRICT = orjson.OPT_STRICT_INTEGER
_SORTED = orjson.OPT_SORT_KEYS | _STRICT
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})

Linked = tuple[int, str, str, str, bytes, bytes]
"""A row of the journal: seq, at, kind, subject, body, hash."""


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


def linked(entries: Iterable[Entry], seq: int, at: str, previous: bytes) -> list[Linked]:
    """All of `links`."""
    return list(links(entries, seq, at, previous))


def links(entries: Iterable[Entry], seq: int, at: str, previous: bytes) -> Iterator[Linked]:
    """The rows of entries that follow number `seq` with hash `previous`.

    Raises:
        BadInput: as `canonical`; and for NUL in a kind or subject, which no PostgreSQL column can hold.
    """
    for entry in entries:
        seq += 1
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
        body = _quick(members, facts) or canonical(members)
        if b"\\u0000" in body and "\0" in entry.kind + entry.subject:
            raise BadInput("kind and subject of a journal entry cannot hold the character NUL; drop it")
        hashed = JOURNAL_START.copy()
        hashed.update(body)
        previous = hashed.digest()
        yield seq, at, entry.kind, entry.subject, body, previous


def _quick(members: Mapping[str, object], facts: Mapping[str, object]) -> bytes | None:
    """The bytes of an entry with flat, plain facts; None for any other, or a wrong one: `canonical` knows."""
    try:
        if _AS_THEY_ARE.issuperset(map(type, facts.values())) and "".join(facts).isascii():
            return b"%b" % orjson.dumps(members, option=_SORTED)  # copied: orjson's own are 1 KB blocks, shrunk
    except (TypeError, UnicodeEncodeError):
        pass
    return None


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
