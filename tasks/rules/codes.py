"""One-time codes: what a signer types to show that the request reached them.

A code is bound to the proposal's digest, the role, the person and their turn, so it opens nothing else. What is typed into a run's form
is stored in clear by Prefect: a code must therefore be worthless afterwards. It is, for a person signs a proposal once a turn, and the
turn goes up when a signature is taken back, or a code was typed with an answer that was refused.

Add here when a code is made or compared; rather in `tasks/rules/signoff.py` when it is asked who may sign.
"""

from __future__ import annotations

import hmac

from configs.errors import SettingsInvalid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Douglas Crockford's base 32: no I, L, O, U, which are misread or spell words."""

_CHARACTERS = 10
"""Ten times five bits: 2^50 guesses against a code that lives for hours."""

_SECRET_BYTES = 16
"""A shorter secret could be guessed offline from one code."""

_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def code_for(secret: bytes, digest: str, role: str, person: str, turn: int = 0) -> str:
    """The code `XXXXX-XXXXX` of that person in that role for that digest: HMAC-SHA256, domain-separated. `turn`: codes spent before.

    Raises:
        SettingsInvalid: the secret is shorter than 16 bytes.
    """
    if len(secret) < _SECRET_BYTES:
        raise SettingsInvalid(f"the secret for sign-off codes has {len(secret)} bytes; at least {_SECRET_BYTES} random ones are needed")
    number = int.from_bytes(hmac.digest(secret, _message(digest, role, person, turn), "sha256"), "big")
    letters = "".join(ALPHABET[number >> (5 * place) & 31] for place in range(_CHARACTERS))
    return f"{letters[:5]}-{letters[5:]}"


def code_fits(code: str, secret: bytes, digest: str, role: str, person: str, turn: int = 0) -> bool:
    """Whether the typed code is the one; case, dashes, spaces and misread letters (I, L for 1; O for 0) do not matter. Constant time."""
    return hmac.compare_digest(_letters(code), _letters(code_for(secret, digest, role, person, turn)))


def _message(digest: str, role: str, person: str, turn: int) -> bytes:
    """A first turn is not named: codes sent before there were turns stay good."""
    named = (digest, role, person, str(turn)) if turn else (digest, role, person)
    parts = [part.encode("utf-8", "surrogatepass") for part in named]
    return b"app-recall/sign-off-code/v1\n" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _letters(code: str) -> bytes:
    kept = "".join(code.replace("-", "").split())
    return kept.upper().translate(_MISREAD).encode("utf-8", "surrogatepass")
