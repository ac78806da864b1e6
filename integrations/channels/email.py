"""E-mail over SMTP. A mail server can neither be asked for a key nor told to drop a repetition: sending is at most once.

| the server | receipt | the connection |
|---|---|---|
| 2xx after the final dot | ACCEPTED | kept |
| 4xx | DEFERRED | kept |
| 421 | DEFERRED, also every later message | ended |
| 5xx to recipient or message | BOUNCED | kept |
| 5xx to the sender | DEFERRED, also every later message: it is about us | ended |
| breaks before the final dot | DEFERRED | opened again, a few times |
| breaks after it | Ambiguous; every later message DEFERRED | ended |

Add here when an answer means something else for a message; rather in `integrations/channels/smtp.py` when it is about talking, and in
`integrations/channels/mime.py` when it is about the mail's parts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, Throttled, Transient, Unsupported
from integrations.channels.mime import Sender, Unmailable, mail_bytes, mail_id, mailbox
from integrations.channels.smtp import CLOSING, Conversation, InDoubt, Lost, Reply, Security, Server, opened
from integrations.contracts import Clock, Surroundings
from integrations.options import EnvName, OneLine, Options, checked, secret

NEW_CONNECTIONS = 3
"""How often in a row a batch opens the connection again after it broke; a message that kills connections must not block the others."""

Mailbox = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"]+@[A-Za-z0-9.-]+$", max_length=320)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$", max_length=255)]


class EmailOptions(Options):
    """`domain` stands in every Message-ID; `ca_file` trusts a mail server of your own."""

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

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.security is Security.PLAIN and not _is_this_machine(self.host):
            raise ValueError("security: plain is only for a mail server on this machine; use starttls or tls")
        if bool(self.username) != bool(self.password_env):
            raise ValueError("username and password_env belong together")
        return self


class EmailChannel:
    """A Channel over one mail server; one connection a batch."""

    can_lookup = False

    def __init__(self, name: str, server: Server, sender: Sender, clock: Clock, password: str = "") -> None:
        self.name, self._server, self._sender, self._clock = name, server, sender, clock
        self._password = password

    def __repr__(self) -> str:
        return f"EmailChannel({self.name!r}, {self._server.host}:{self._server.port})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(EmailOptions, what, options)
        domain = given.domain or given.sender.partition("@")[2]
        ca_file = str(around.folder / given.ca_file) if given.ca_file else None
        server = Server(given.host, given.port, given.security, domain, given.timeout_seconds, ca_file, given.username)
        password = secret(what, "password_env", given.password_env, around) if given.password_env else ""
        return cls(name, server, Sender(given.sender, given.sender_name, given.reply_to or "", domain), around.clock, password)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Hands the batch over, one receipt a message; the connection is opened first, so that what is raised here sent nothing."""
        if not messages:
            return iter(())
        return _Batch(self, opened(self._server, self._password)).receipts(messages)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: a mail server cannot be asked."""
        raise Unsupported(f"channel {self.name!r}: a mail server cannot be asked what it has; look into the mailbox or the server's log")

    def reopened(self) -> Conversation:
        """A new conversation. Errors as `smtp.opened`."""
        return opened(self._server, self._password)

    def mail(self, message: Message, takes_utf8: bool) -> tuple[str, str, bytes]:
        """Sender, recipient and mail as they go on the wire. Raises Unmailable."""
        recipient = mailbox(message.to)
        if not recipient.isascii() and not takes_utf8:
            raise Unmailable("the server does not take this kind of address")
        return self._sender.address, recipient, mail_bytes(message, recipient, self._sender, self._clock.now())

    def provider_id(self, message: Message) -> str:
        """What the mail is known by to whoever gets it."""
        return mail_id(message.key, self._sender.domain)


class _Batch:
    """One call of `send`: the open conversation, and why it ended early if it did."""

    def __init__(self, channel: EmailChannel, conversation: Conversation) -> None:
        self._channel, self._conversation = channel, conversation
        self._reopenings = 0
        self._stopped = ""

    def receipts(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        try:
            for position, message in enumerate(messages):
                try:
                    yield self._receipt(message, is_first=position == 0)
                except InDoubt as err:
                    yield from (_deferred(m.key, "the connection broke at an earlier message") for m in messages[position + 1 :])
                    raise Ambiguous(
                        f"channel {self._channel.name!r}: the connection broke before the server answered ({err}); one message is in doubt"
                    ) from None
        finally:
            self._conversation.close()

    def _receipt(self, message: Message, is_first: bool) -> Receipt:
        if not self._stopped and not self._conversation.is_open:
            self._reopen()
        if self._stopped:
            return _deferred(message.key, self._stopped)
        try:
            reply = self._handed_over(message)
        except Unmailable as err:
            return Receipt(message.key, DeliveryState.BOUNCED, detail=str(err))
        except Lost:
            return _deferred(message.key, self._stopped or "the connection broke before the message was handed over")
        self._reopenings = 0
        if reply.code == CLOSING or reply.about_us:
            self._stopped = reply.words
            if is_first:
                raise _nothing_sent(self._channel.name, reply)
        return Receipt(message.key, _state(reply), self._channel.provider_id(message), reply.words)

    def _handed_over(self, message: Message) -> Reply:
        """The answer, after a second try when the server hung up between two messages."""
        try:
            return self._conversation.hand_over(*self._channel.mail(message, self._conversation.takes_utf8))
        except Lost:
            self._reopen()
            if self._stopped:
                raise
            return self._conversation.hand_over(*self._channel.mail(message, self._conversation.takes_utf8))

    def _reopen(self) -> None:
        self._conversation.close()
        self._reopenings += 1
        if self._reopenings > NEW_CONNECTIONS:
            self._stopped = "the connection broke too often"
            return
        try:
            self._conversation = self._channel.reopened()
        except Transient as err:
            self._stopped = err.message


def _state(reply: Reply) -> DeliveryState:
    if 200 <= reply.code < 300:
        return DeliveryState.ACCEPTED
    return DeliveryState.BOUNCED if reply.code >= 500 and not reply.about_us else DeliveryState.DEFERRED


def _deferred(key: str, detail: str) -> Receipt:
    return Receipt(key, DeliveryState.DEFERRED, detail=detail)


def _nothing_sent(name: str, reply: Reply) -> Transient:
    said = f"channel {name!r}: the mail server says {reply.words}; nothing was sent; will be retried"
    if reply.code < 500:
        return Throttled(said)
    return ChannelUnavailable(f"{said}; it refuses our sender: check `sender` and the login")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
