"""Claims about signed links: nothing but the very link opens."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import SettingsInvalid, SignatureRefused
from tasks.rules.tickets import LONGEST, Ticket, form_key, form_key_fits, is_token, ticket_of, token_for

SECRET = b"0123456789abcdef0123456789abcdef"
TICKET = Ticket("P-0123456789ab", "a1" * 32, "tech", "tech-lead", 1_772_500_000, 1)
TOKEN = token_for(SECRET, TICKET)

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(names, names, names, st.integers(0, 2**33), st.integers(0, 99))
def test_a_link_stands_for_what_it_was_made_for(question: str, role: str, person: str, expires: int, number: int) -> None:
    ticket = Ticket(question, "0f" * 32, role, person, expires, number)
    token = token_for(SECRET, ticket)
    assert ticket_of(token, SECRET) == ticket
    assert set(token) <= set(string.ascii_lowercase + string.digits + ".")
    assert len(token) <= LONGEST
    assert is_token(token)


def refused(token: str, secret: bytes = SECRET) -> bool:
    try:
        ticket_of(token, secret)
    except SignatureRefused:
        return True
    return False


def test_every_altered_character_makes_a_link_that_opens_nothing() -> None:
    alphabet = string.printable.strip() + "é签\x00\ud800"
    tried = 0
    for place, right in enumerate(TOKEN):
        for other in alphabet:
            if other != right:
                tried += 1
                assert refused(TOKEN[:place] + other + TOKEN[place + 1 :]), (place, other)
    assert tried > len(TOKEN) * 90


def test_every_flipped_bit_makes_a_link_that_opens_nothing() -> None:
    raw = TOKEN.encode("ascii")
    for place in range(len(raw)):
        for bit in range(8):
            altered = bytes([*raw[:place], raw[place] ^ (1 << bit), *raw[place + 1 :]])
            assert refused(altered.decode("latin-1")), (place, bit)


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_a_link_cut_or_lengthened_anywhere_opens_nothing(place: int) -> None:
    assert refused(TOKEN[:place])
    assert refused(TOKEN[:place] + TOKEN[place + 1 :])
    assert refused(TOKEN[:place] + "a" + TOKEN[place:])
    assert refused(TOKEN[:place] + "=" + TOKEN[place:])


@pytest.mark.parametrize(
    "token", ["", ".", "...", "s1", "s1...", "x" * 10**6, f"{TOKEN}.", f"{TOKEN}\n", TOKEN.upper(), f" {TOKEN}", "s1.ge.ge.ge"]
)
def test_nonsense_opens_nothing(token: str) -> None:
    assert refused(token)


@pytest.mark.parametrize(
    "other",
    [
        replace(TICKET, question="P-0123456789ac"),
        replace(TICKET, digest="b1" * 32),
        replace(TICKET, role="legal"),
        replace(TICKET, person="counsel"),
        replace(TICKET, expires=TICKET.expires + 1),
        replace(TICKET, turn=2),
    ],
    ids=["question", "digest", "role", "person", "expiry", "turn"],
)
def test_the_seal_of_one_link_does_not_fit_another(other: Ticket) -> None:
    theirs = token_for(SECRET, other)
    assert refused(".".join([*theirs.split(".")[:3], TOKEN.split(".")[3]]))
    assert theirs.split(".")[3] != TOKEN.split(".")[3]


def test_another_secret_opens_nothing() -> None:
    assert refused(TOKEN, SECRET[::-1])


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="16"):
        token_for(b"short", TICKET)


def test_a_link_ends_at_its_second() -> None:
    end = datetime.fromtimestamp(TICKET.expires, UTC)
    assert not TICKET.is_over(end - timedelta(microseconds=1))
    assert TICKET.is_over(end)
    assert not replace(TICKET, expires=0).is_over(end + timedelta(days=10_000))


def test_the_forms_key_belongs_to_one_link_and_is_no_part_of_it() -> None:
    key = form_key(SECRET, TOKEN)
    other = token_for(SECRET, replace(TICKET, role="legal"))
    assert form_key_fits(key, SECRET, TOKEN)
    assert not form_key_fits(key, SECRET, other)
    assert not form_key_fits("", SECRET, TOKEN)
    assert key not in TOKEN
