"""Addresses at rest: sealed with AES-256-GCM under a key that lies outside the database, and bound to the notice they are for.

Add here when something else of a person must be kept sealed; rather in `tasks/rules/pseudonyms.py` when a name is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from configs.errors import LedgerCorrupt

_NONCE_BYTES = 12
"""As AES-GCM wants them (NIST SP 800-38D, 8.2.2); random, so one key may seal 2^32 addresses."""


class Sealer:
    """Seals and opens with a key derived from the home's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"app-recall/addresses/v1", hashlib.sha256)

    def __repr__(self) -> str:
        return "Sealer()"

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._key)

    def seal(self, address: str, key: str) -> bytes:
        """The address as it may lie in the ledger; only opens again for the notice of that key."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, address.encode("utf-8", "surrogatepass"), key.encode())

    def open(self, sealed: bytes, key: str) -> str:
        """The address again.

        Raises:
            LedgerCorrupt: it was sealed under another key or for another notice, or was changed.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key.encode()).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            raise LedgerCorrupt(f"the address of notice {key} cannot be opened; the `keys` folder is not this ledger's") from None
