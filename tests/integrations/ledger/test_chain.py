"""The journal's bytes are RFC 8785's, against an independent slow writing of that standard."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import BadInput
from integrations.ledger.chain import Entry, canonical, linked
from integrations.ledger.hashing import entry_hash

ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def by_the_book(value: object) -> str:
    """RFC 8785, section 3.2, word by word."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 0x20 else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(by_the_book, value)) + "]"
    assert isinstance(value, dict)
    keys = sorted(
        value,
        key=lambda key: [int.from_bytes(key.encode("utf-16-be")[i : i + 2], "big") for i in range(0, len(key.encode("utf-16-be")), 2)],
    )
    return "{" + ",".join(f"{by_the_book(key)}:{by_the_book(value[key])}" for key in keys) + "}"


texts = st.text(st.characters(codec="utf-8"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_bytes_are_rfc_8785s(value: object) -> None:
    assert canonical(value).decode() == by_the_book(value)


def test_keys_are_sorted_as_utf_16() -> None:
    # U+1F600 is D83D DE00 in UTF-16, before U+FB33; as UTF-8 or code points it would come after it (RFC 8785, 3.2.3)
    assert canonical({"\ufb33": 1, "\U0001f600": 2}).decode() == '{"\U0001f600":2,"\ufb33":1}'


class Word(StrEnum):
    ONE = "one"


def test_enums_and_tuples_are_their_plain_values() -> None:
    assert canonical({"a": Word.ONE, "b": (1, Word.ONE)}) == b'{"a":"one","b":[1,"one"]}'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, r"\$: float has no one text; give it as a string"),
        ({"a": [1, {"b": 0.1}]}, r"\$\.a\[1\]\.b: float"),
        ({1: "a"}, "its key 1 is no text"),
        (2**53, "53-bit"),
        (-(2**53), "53-bit"),
        ("\ud800", "surrogates"),
        ({"\ud800": 1}, "surrogates"),
        ({"a": b"x"}, r"\$\.a: bytes"),
        ({"a": {1, 2}}, r"\$\.a: set"),
    ],
)
def test_what_has_no_one_text_is_refused_with_its_place(value: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        canonical(value)
    with pytest.raises(BadInput):
        linked([Entry("k", "s", {"x": value})], 0, "", b"")


@given(st.dictionaries(texts, values, max_size=4), texts.filter(lambda t: "\0" not in t))
def test_an_entrys_bytes_are_the_canonical_bytes_of_its_members(facts: dict[str, object], subject: str) -> None:
    ((seq, at, kind, found, body, digest),) = linked([Entry("k", subject, facts, "me")], 6, "now", b"\1" * 32)
    members = {"seq": 7, "at": "now", "kind": "k", "subject": subject, "actor": "me", "facts": facts, "prev": "01" * 32}
    assert body.decode() == by_the_book(members)
    assert (seq, at, kind, found, digest) == (7, "now", "k", subject, entry_hash(body))
