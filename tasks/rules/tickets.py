"""Personal links: what a link in a signer's message says, and the seal that nobody else can make.

A link stands for one question, its text (the digest), one role, one person, one turn and a time. Its seal is an HMAC of all of it under a
key derived from the one behind the codes, and is compared whole: any altered character makes another link, which opens nothing. Unlike
a code it is too long to guess, so no number of wrong ones locks it.

Add here when a link stands for something else; rather in `integrations/web` when the page it opens looks otherwise.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from configs.errors import SettingsInvalid, SignatureRefused

VERSION = "s1"
LONGEST = 600
"""Characters; names in a policy are short, and nobody shall make us decode a megabyte."""

_SECRET_BYTES = 16


NO_LINK = "this is no link of ours; open the one in your own message, whole"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link stands for. `digest`: SHA-256 (hex) of the text; `expires`: seconds since 1970, 0 for as long as the question is open."""

    question: str
    digest: str
    role: str
    person: str
    expires: int = 0
    turn: int = 0

    def is_over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return bool(self.expires) and now >= datetime.fromtimestamp(self.expires, UTC)


def token_for(secret: bytes, ticket: Ticket) -> str:
    """The link's token: version, ticket, digest and seal, in lower-case letters, digits and dots, so that no mail program breaks it.

    Raises:
        SettingsInvalid: the secret is shorter than 16 bytes.
    """
    rest = (ticket.question, ticket.role, ticket.person, ticket.expires, ticket.turn)
    said, digest = json.dumps(rest, separators=(",", ":"), ensure_ascii=True).encode("ascii"), bytes.fromhex(ticket.digest)
    return ".".join((VERSION, *map(_text, (said, digest, _sealed(secret, "link", said, digest)))))


def ticket_of(token: str, secret: bytes) -> Ticket:
    """What a token of ours stands for. The comparison takes the same time wherever they differ.

    Raises:
        SignatureRefused: it is not, to the last character, one we made.
    """
    ticket = _said_by(token)
    if not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), token_for(secret, ticket).encode("ascii")):
        raise SignatureRefused(NO_LINK)
    return ticket


def _said_by(token: str) -> Ticket:
    try:
        if len(token) > LONGEST:
            raise ValueError("too long")
        version, said, digest, _ = token.split(".")
        question, role, person, expires, round_ = json.loads(_bytes(said))
        ticket = Ticket(question, _bytes(digest).hex(), role, person, expires, round_)
    except (ValueError, TypeError, RecursionError) as err:
        raise SignatureRefused(NO_LINK) from err
    texts, numbers = (ticket.question, ticket.role, ticket.person), (ticket.expires, ticket.turn)
    if version != VERSION or {type(t) for t in texts} != {str} or {type(n) for n in numbers} != {int} or not 0 <= expires < 2**37:
        raise SignatureRefused(NO_LINK)
    return ticket


def is_token(proof: str) -> bool:
    """Whether a proof is meant as a link's token and not as a code, which has no dot."""
    return proof.startswith(f"{VERSION}.")


def form_key(secret: bytes, token: str) -> str:
    """What the page's form carries and must bring back: shows that the answer comes from the page, and not from whoever fetches links."""
    return _text(_sealed(secret, "form", token.encode("utf-8", "surrogatepass")))


def form_key_fits(key: str, secret: bytes, token: str) -> bool:
    """Whether the form brought back its own key. Constant time."""
    return hmac.compare_digest(key.encode("utf-8", "surrogatepass"), form_key(secret, token).encode("ascii"))


def _sealed(secret: bytes, purpose: str, *parts: bytes) -> bytes:
    if len(secret) < _SECRET_BYTES:
        raise SettingsInvalid(f"the secret for signed links has {len(secret)} bytes; at least {_SECRET_BYTES} random ones are needed")
    key = hmac.digest(secret, f"app-recall/sign-{purpose}-key/v1".encode(), "sha256")
    return hmac.digest(key, b"".join(len(part).to_bytes(4, "big") + part for part in parts), "sha256")


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _bytes(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
