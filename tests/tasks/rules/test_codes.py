"""Claims about one-time codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import SettingsInvalid
from tasks.rules.codes import ALPHABET, code_fits, code_for

SECRET = b"0123456789abcdef0123456789abcdef"
DIGEST = "a" * 64


def test_a_code_is_known_for_good_so_that_an_upgrade_voids_no_sent_code() -> None:
    assert code_for(SECRET, DIGEST, "legal", "counsel") == "HRT8J-ENE4K"


def test_every_turn_has_another_code_and_the_first_is_the_one_from_before_there_were_turns() -> None:
    codes = [code_for(SECRET, DIGEST, "legal", "counsel", turn) for turn in range(50)]
    assert len(set(codes)) == 50
    assert codes[0] == code_for(SECRET, DIGEST, "legal", "counsel")
    assert not code_fits(codes[0], SECRET, DIGEST, "legal", "counsel", 1)
    assert code_fits(codes[1], SECRET, DIGEST, "legal", "counsel", 1)


@given(st.binary(min_size=16, max_size=64), st.text(), st.text(), st.text())
def test_every_code_is_two_groups_of_five_unambiguous_characters_and_fits(secret: bytes, digest: str, role: str, person: str) -> None:
    code = code_for(secret, digest, role, person)
    left, dash, right = code[:5], code[5], code[6:]
    assert dash == "-"
    assert len(left) == len(right) == 5
    assert set(left + right) <= set(ALPHABET)
    assert code_fits(code, secret, digest, role, person)


@pytest.mark.parametrize(
    "mangle", [str.lower, lambda c: c.replace("-", ""), lambda c: f"  {c} ", lambda c: c.replace("-", " "), str.swapcase]
)
def test_case_dash_and_spaces_do_not_matter(mangle: object) -> None:
    assert callable(mangle)
    assert code_fits(mangle(code_for(SECRET, DIGEST, "legal", "counsel")), SECRET, DIGEST, "legal", "counsel")


def test_misread_letters_are_forgiven() -> None:
    code = next(c for c in (code_for(SECRET, str(n), "tech", "x") for n in range(1000)) if "1" in c and "0" in c)
    digest = next(str(n) for n in range(1000) if code_for(SECRET, str(n), "tech", "x") == code)
    assert code_fits(code.replace("1", "l").replace("0", "o"), SECRET, digest, "tech", "x")
    assert code_fits(code.replace("1", "I"), SECRET, digest, "tech", "x")


@pytest.mark.parametrize(
    ("secret", "digest", "role", "person"),
    [
        (SECRET[::-1], DIGEST, "legal", "counsel"),
        (SECRET, "b" * 64, "legal", "counsel"),
        (SECRET, DIGEST, "tech", "counsel"),
        (SECRET, DIGEST, "legal", "other"),
        (SECRET, DIGEST, "legalc", "ounsel"),
    ],
    ids=["another secret", "another digest", "another role", "another person", "the border between role and person moved"],
)
def test_a_code_opens_nothing_else(secret: bytes, digest: str, role: str, person: str) -> None:
    assert not code_fits(code_for(SECRET, DIGEST, "legal", "counsel"), secret, digest, role, person)


@pytest.mark.parametrize("typed", ["", "-", "AAAAA-AAAAA", "ÄÖ\ud800", "0" * 10_000, "\x00"])
def test_nonsense_does_not_fit_and_does_not_fail(typed: str) -> None:
    assert not code_fits(typed, SECRET, DIGEST, "legal", "counsel")


def test_a_guessable_secret_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="15 bytes"):
        code_for(SECRET[:15], DIGEST, "legal", "counsel")
