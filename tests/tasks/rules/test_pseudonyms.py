"""Pseudonyms are stable, keyed, and tell nothing."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.notice import message_id
from tasks.rules.pseudonyms import delivery_key, pseudonym

SECRET = b"0123456789abcdef"


def test_a_pseudonym_is_hmac_sha256_of_the_tagged_subject() -> None:
    expected = hmac.new(SECRET, b"app-recall/pseudonym/v1\nuser-7", hashlib.sha256).hexdigest()[:32]
    assert pseudonym(SECRET, "user-7") == expected


def test_another_secret_gives_another_pseudonym() -> None:
    assert pseudonym(SECRET, "user-7") != pseudonym(SECRET[::-1], "user-7")


def test_a_guessable_secret_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="5 bytes") as caught:
        pseudonym(b"hush!", "user-7")
    assert "hush" not in str(caught.value)


keys = st.tuples(st.text(max_size=5), st.integers(0, 20), st.integers(0, 20), st.text(max_size=5))


@given(keys, keys)
def test_delivery_keys_differ_exactly_when_the_deliveries_do(one: tuple[str, int, int, str], other: tuple[str, int, int, str]) -> None:
    assert (delivery_key(*one) == delivery_key(*other)) is (one == other)


def test_a_message_id_is_made_of_key_and_domain() -> None:
    assert message_id("abc", "recall.example") == "<abc@recall.example>"
