"""Addresses of our own signers, sealed: the ledger must remember where codes go, and hold no address that can be read.

AES-256-GCM under a key made from the one in the home folder. The nonce is made from the text (as in RFC 8452's misuse-resistant modes:
equal texts give equal seals, and no nonce ever serves two texts), for a section is sealed again each time it is asked about.

Add here when something else must be kept and not read; rather in `sections.py` when it may be read.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
"""What AES-GCM takes."""

_MARK = b"app-recall/signoff-address/v1\n"


def sealed(section_json: str, secret: bytes) -> str:
    """The section's text with every address sealed."""
    return _each(section_json, lambda address: _sealed(address, secret))


def opened(section_json: str, secret: bytes) -> str:
    """The section's text with its addresses, those left out that were sealed under another key, or changed since.

    Who signs and who may brake must be known whatever became of the key; only codes then reach nobody.
    """
    return _each(section_json, lambda seal: _opened(seal, secret))


def _each(section_json: str, change: Callable[[str], str | None]) -> str:
    section: dict[str, Any] = json.loads(section_json)
    for person in section["people"].values():
        changed = {channel: change(address) for channel, address in person["addresses"].items()}
        person["addresses"] = {channel: address for channel, address in changed.items() if address is not None}
    return json.dumps(section, sort_keys=True, separators=(",", ":"))


def _sealed(address: str, secret: bytes) -> str:
    text = address.encode()
    nonce = hmac.digest(secret, _MARK + b"nonce\n" + text, "sha256")[:_NONCE_BYTES]
    return b64encode(nonce + AESGCM(_key(secret)).encrypt(nonce, text, _MARK)).decode()


def _opened(seal: str, secret: bytes) -> str | None:
    try:
        raw = b64decode(seal, validate=True)
        return AESGCM(_key(secret)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _MARK).decode()
    except (InvalidTag, ValueError):
        return None


def _key(secret: bytes) -> bytes:
    return hmac.digest(secret, _MARK + b"key", "sha256")
