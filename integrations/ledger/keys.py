"""The keys that sign checkpoints: one private key in the home folder, and the dated set of public ones.

A key verifies what was signed from its date up to the next key's. Give auditors a copy of the public set; who can change the set and
the private key can sign anything.

Add here when keys are made, kept or rotated otherwise; rather in `checkpoints.py` when it is about what is signed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from configs.errors import BadInput, LedgerError, LedgerFull
from integrations.ledger.times import EARLIEST, as_text

PRIVATE, NEXT, PUBLIC = "checkpoint.key", "checkpoint.key.next", "checkpoint-keys.json"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verifying key, valid for what was signed from `since` on."""

    id: str
    public: str
    since: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key in use."""

    id: str
    seed: bytes = field(repr=False)

    def sign(self, message: bytes) -> str:
        """The Ed25519 signature in hexadecimal."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # 0.05 s that readers need not pay

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message).hex()


def is_signed_by(key: PublicKey, signature: str, message: bytes) -> bool:
    """Whether that key made the signature over the message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def valid_key(keys: Sequence[PublicKey], key_id: str, at: str) -> PublicKey | None:
    """The key of that id if it was the one in use at that time."""
    ordered = sorted(keys, key=lambda key: key.since)
    for key, after in zip(ordered, [*ordered[1:], None], strict=True):
        if key.id == key_id and key.since <= at and (after is None or at <= after.since):
            return key
    return None


def signing_key(home: Path, now: datetime) -> SigningKey:
    """The private key of that home folder, made (0600) when there is none; its public part is in the set.

    Raises:
        LedgerFull: the folder cannot be written.
        LedgerError: the key file is damaged.
    """
    try:
        _finish_rotation(home)
        if not (home / PRIVATE).exists():
            _keep_if_absent(home / PRIVATE, secrets.token_hex(32) + "\n")
        key = _read_private(home / PRIVATE)
        _publish(home, key, now)
    except OSError as err:
        raise LedgerFull(f"{home}: the checkpoint key cannot be read or written ({err.strerror}); make the folder writable") from err
    return key


def rotate(home: Path, now: datetime) -> SigningKey:
    """A new private key in place of the old one; the old public key goes on verifying what it signed before `now`."""
    signing_key(home, now)
    (home / NEXT).unlink(missing_ok=True)
    _keep_if_absent(home / NEXT, secrets.token_hex(32) + "\n")
    _publish(home, _read_private(home / NEXT), now)
    _finish_rotation(home)
    return _read_private(home / PRIVATE)


def public_keys(path: Path) -> tuple[PublicKey, ...]:
    """The dated set in that file (or in that home folder).

    Raises:
        BadInput: no such file, or not a set of keys.
    """
    file = path / PUBLIC if path.is_dir() else path
    try:
        return tuple(PublicKey(**key) for key in json.loads(file.read_text(encoding="utf-8"))["keys"])
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise BadInput(
            f"{file}: no set of public checkpoint keys ({err}); it is made with the first checkpoint, beside the ledger"
        ) from err


def known_keys(home: Path) -> tuple[PublicKey, ...]:
    """The home's own set; none before its first checkpoint. Raises BadInput when it cannot be read."""
    return public_keys(home) if (home / PUBLIC).exists() else ()


def _finish_rotation(home: Path) -> None:
    # a crash may leave the next key beside the one in use: its public part decides whether the rotation had happened
    upcoming = home / NEXT
    if not upcoming.exists():
        return
    key = _read_private(upcoming)
    if (home / PUBLIC).exists() and any(known.id == key.id for known in public_keys(home)):
        upcoming.replace(home / PRIVATE)
    else:
        upcoming.unlink()


def _publish(home: Path, key: SigningKey, now: datetime) -> None:
    known = public_keys(home) if (home / PUBLIC).exists() else ()
    if any(each.id == key.id for each in known):
        return
    added = PublicKey(key.id, _public_part(key.seed).hex(), as_text(now) if known else EARLIEST)
    every = [{"id": k.id, "public": k.public, "since": k.since} for k in (*known, added)]
    _replace(home / PUBLIC, json.dumps({"keys": every}, indent=1) + "\n")


def _read_private(path: Path) -> SigningKey:
    try:
        seed = bytes.fromhex(path.read_text(encoding="ascii").strip())
        return SigningKey(_key_id(_public_part(seed)), seed)
    except ValueError as err:
        raise LedgerError(f"{path} is no checkpoint key; restore it from a backup, or move it away and a new one is made") from err


def _public_part(seed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _key_id(public: bytes) -> str:
    return sha256(public).hexdigest()[:16]


def _keep_if_absent(path: Path, text: str) -> None:
    """Writes the file whole or not at all; another process's wins."""
    made = _temporary(path, text)
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _replace(path: Path, text: str) -> None:
    _temporary(path, text).replace(path)


def _temporary(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return made
