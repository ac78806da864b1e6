"""One connection of a fan-out: what is on its way over it, and which answers it is owed.

Add here when a connection must remember more; rather in `integrations/channels/pipeline.py` when the exchange changes.
"""

from __future__ import annotations

import ssl
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from configs.effects import Receipt
from integrations.channels.smtp import Conversation


class Outgoing(NamedTuple):
    """One message as it goes on the wire: MAIL, RCPT and DATA; the words with their final dot; what the provider will know it by."""

    key: str
    envelope: bytes
    words: bytes
    provider_id: str


class Step(Enum):
    """Which command an answer belongs to."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    WORDS = "words"
    IGNORED = "ignored"


@dataclass
class Stop:
    """Why nothing more is handed over; "" while all is well. `about_us`: the server refuses the sender, not a reader."""

    why: str = ""
    about_us: bool = False


@dataclass(slots=True)
class Lane:
    """One connection: what is on its way, and which answers are owed, in order."""

    conversation: Conversation
    reads_until: float = 0.0
    unread: bytes = b""
    unsent: bytes = b""
    owed: deque[Step] = field(default_factory=deque)
    asked: Outgoing | None = None
    """Its envelope is out, its words are not."""
    given: Outgoing | None = None
    """Its words are out, or on their way, and not answered."""
    refused: Receipt | None = None
    """What `asked` came to, once the server said no to its envelope."""

    @property
    def socket(self) -> ssl.SSLSocket:
        found = self.conversation.socket
        assert found is not None
        return found  # type: ignore[return-value]  # a plain socket has the same calls

    def ask(self, message: Outgoing, before: bytes = b"") -> None:
        """Puts a message's envelope on its way."""
        self.asked, self.refused = message, None
        self.unsent += before + message.envelope
        self.owed.extend((Step.MAIL, Step.RCPT, Step.DATA))

    @property
    def is_idle(self) -> bool:
        return not self.owed and not self.unsent
