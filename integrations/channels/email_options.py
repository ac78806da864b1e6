"""What the settings say of a mail server: where it is, who writes, how much it takes at once.

Add here when a mail server needs another option; rather in `integrations/channels/email.py` when an answer means something else.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from integrations.channels.smtp import Security
from integrations.options import EnvName, OneLine, Options

Mailbox = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"]+@[A-Za-z0-9.-]+$", max_length=320)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$", max_length=255)]


class EmailOptions(Options):
    """`domain` stands in every Message-ID; `ca_file` trusts a mail server of your own.

    `connections` and `per_second` (0: no limit) are for many messages at once: what the server's operator allows you. `relay_log`: the log
    of a Postfix of your own, which tells what it has taken; without it an interrupted message stays in doubt.
    """

    host: Host
    port: int = Field(587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    sender: Mailbox
    sender_name: OneLine = ""
    reply_to: Mailbox | None = None
    domain: Host | None = None
    username: OneLine = ""
    password_env: EnvName | None = None
    ca_file: str | None = None
    timeout_seconds: float = Field(30, gt=0, le=300)
    connections: int = Field(10, ge=1, le=500)
    per_second: float = Field(0, ge=0)
    relay_log: str | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.security is Security.PLAIN and not _is_this_machine(self.host):
            raise ValueError("security: plain is only for a mail server on this machine; use starttls or tls")
        if bool(self.username) != bool(self.password_env):
            raise ValueError("username and password_env belong together")
        return self


@dataclass(frozen=True, slots=True)
class Many:
    """How many messages at once are handed over, and what can be read of them afterwards."""

    connections: int = 1
    per_second: float = 0
    relay_log: Path | None = None


ALONE = Many()


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
