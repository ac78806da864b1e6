"""Addresses are kept and cannot be read. Add here when something else is sealed."""

import json

import pytest

from configs.errors import LedgerCorrupt
from integrations.ledger.sealed import opened, sealed

SECRET = b"0123456789abcdef0123456789abcdef"
SECTION = json.dumps(
    {"people": {"ann": {"addresses": {"email": "ann@recall.example"}, "roles": ["tech"]}, "tom": {"addresses": {}}}, "roles": {}},
    sort_keys=True,
    separators=(",", ":"),
)


def test_a_sealed_section_opens_as_it_was() -> None:
    assert opened(sealed(SECTION, SECRET), SECRET) == SECTION


def test_a_sealed_section_shows_names_and_no_address() -> None:
    assert "ann@" not in sealed(SECTION, SECRET)
    assert json.loads(sealed(SECTION, SECRET))["people"]["ann"]["roles"] == ["tech"]


def test_the_same_section_is_sealed_the_same() -> None:
    assert sealed(SECTION, SECRET) == sealed(SECTION, SECRET)


def test_another_key_opens_nothing_and_says_the_way_out() -> None:
    with pytest.raises(LedgerCorrupt, match=r"pseudonym\.key"):
        opened(sealed(SECTION, SECRET), SECRET[::-1])


def test_a_changed_seal_opens_nothing() -> None:
    section = json.loads(sealed(SECTION, SECRET))
    seal = section["people"]["ann"]["addresses"]["email"]
    section["people"]["ann"]["addresses"]["email"] = ("A" if seal[20] != "A" else "B").join((seal[:20], seal[21:]))
    with pytest.raises(LedgerCorrupt):
        opened(json.dumps(section), SECRET)
