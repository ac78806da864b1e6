"""Addresses are kept and cannot be read. Add here when something else is sealed."""

import json

import pytest

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


def test_another_key_opens_no_address_and_still_says_who_signs() -> None:
    found = json.loads(opened(sealed(SECTION, SECRET), SECRET[::-1]))
    assert found["people"]["ann"] == {"addresses": {}, "roles": ["tech"]}


@pytest.mark.parametrize("place", [0, 20, 40])
def test_a_changed_seal_opens_nothing(place: int) -> None:
    section = json.loads(sealed(SECTION, SECRET))
    seal = section["people"]["ann"]["addresses"]["email"]
    section["people"]["ann"]["addresses"]["email"] = seal[:place] + ("A" if seal[place] != "A" else "B") + seal[place + 1 :]
    assert json.loads(opened(json.dumps(section), SECRET))["people"]["ann"]["addresses"] == {}


def test_what_is_no_seal_is_no_address() -> None:
    assert json.loads(opened(SECTION, SECRET))["people"]["ann"]["addresses"] == {}
