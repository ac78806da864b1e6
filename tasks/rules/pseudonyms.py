"""How a person is named in the ledger without being known: keyed hashes, and the keys of deliveries made from them.

Whoever has the ledger but not the secret cannot test a guess; erasing the contact makes the pseudonym meaningless.

Add here when a new thing needs a name that tells nothing; rather in `configs/notice.py` when the name is for the outside.
"""

from __future__ import annotations

import hashlib
import hmac
import json

LEAST_SECRET_BYTES = 16
"""A shorter secret can be guessed."""


def pseudonym(secret: bytes, subject: str) -> str:
    """HMAC-SHA256 of the subject id, first 128 bits, as 32 hex digits. Raises ValueError for a secret under 16 bytes."""
    if len(secret) < LEAST_SECRET_BYTES:
        raise ValueError(f"the pseudonym secret has {len(secret)} bytes; at least {LEAST_SECRET_BYTES} are needed")
    return hmac.new(secret, b"app-recall/pseudonym/v1\n" + subject.encode(), hashlib.sha256).hexdigest()[:32]


def delivery_key(recall_id: str, revision: int, wave: int, pseudonym: str) -> str:
    """One notice to one person: the same for the same recall, revision, wave and person, and for nothing else. 32 hex digits."""
    canonical = json.dumps([recall_id, revision, wave, pseudonym], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"app-recall/delivery/v1\n" + canonical.encode()).hexdigest()[:32]
