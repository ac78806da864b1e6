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
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, Throttled, Transient, Unsupported
from integrations.channels.lanes import Outgoing
from integrations.channels.mime import Mailer, Sender, Unmailable, mail_bytes, mail_id, mailbox
from integrations.channels.pipeline import Fleet
from integrations.channels.smtp import CLOSING, Conversation, InDoubt, Lost, Reply, Security, Server, opened
from integrations.contracts import Clock, Surroundings, Trace
from integrations.options import EnvName, OneLine, Options, checked, secret

NEW_CONNECTIONS = 3
"""How often in a row a batch opens the connection again after it broke; a message that kills connections must not block the others."""

Mailbox = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"]+@[A-Za-z0-9.-]+$", max_length=320)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$", max_length=255)]


class EmailOptions(Options):
    """`domain` stands in every Message-ID; `ca_file` trusts a mail server of your own.

    `connections` and `per_second` (0: no limit) are for many messages at once: what the server's operator allows you.
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

    def __init__(
        self, name: str, server: Server, sender: Sender, clock: Clock, password: str = "", connections: int = 1, per_second: float = 0
    ) -> None:
        self.name, self._server, self._sender, self._clock = name, server, sender, clock
        self._password = password
        self._connections, self._per_second = connections, per_second

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
        return cls(
            name,
            server,
            Sender(given.sender, given.sender_name, given.reply_to or "", domain),
            around.clock,
            password,
            given.connections,
            given.per_second,
        )

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Hands the batch over, one receipt a message; the connection is opened first, so that what is raised here sent nothing."""
        if not messages:
            return iter(())
        return _Batch(self, opened(self._server, self._password)).receipts(messages)

    def fan_out(self, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        """Hands everything over on up to `connections` connections. Errors and receipts as `FanOut`."""
        first = opened(self._server, self._password)
        if not first.takes_groups:
            return self._one_by_one(_Batch(self, first), messages, trace)
        return self._pipelined(first, messages, trace)

    def _pipelined(self, first: Conversation, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        refused: list[Receipt] = []
        mailer = Mailer(self._sender, self._clock.now(), first.takes_utf8)
        fleet = Fleet(
            _outgoing(mailer, messages, refused),
            trace,
            timeout=self._server.timeout_seconds,
            per_second=self._per_second,
            now=time.monotonic,
        )
        fleet.add(first)
        self._join(fleet)
        is_taken = False
        for receipts in fleet.rounds():
            is_taken |= any(r.state is not DeliveryState.DEFERRED for r in receipts)
            yield [*receipts, *refused]
            refused.clear()
        if fleet.stop.why and not is_taken:
            raise _nothing_sent(self.name, Reply(500 if fleet.stop.about_us else CLOSING, fleet.stop.why))
        why = fleet.stop.why or "the connections broke"
        yield [*refused, *(_deferred(message.key, why) for message in fleet.left())]

    def _join(self, fleet: Fleet) -> None:
        """Opens the further connections; a server that wants fewer gets fewer."""
        for _ in range(self._connections - 1):
            try:
                fleet.add(self.reopened())
            except Transient:
                return

    def _one_by_one(self, batch: _Batch, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        try:
            for position, message in enumerate(messages):
                trace.note([], [message.key])
                receipt = batch.settled(message, is_first=position == 0)
                trace.note([receipt], [])
                yield [receipt]
        finally:
            batch.close()

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

    def settled(self, message: Message, is_first: bool) -> Receipt:
        """What became of one message; UNKNOWN, and the connection given up, where nobody can tell."""
        try:
            return self._receipt(message, is_first)
        except InDoubt as err:
            self._conversation.close()
            return Receipt(message.key, DeliveryState.UNKNOWN, self._channel.provider_id(message), f"no answer: {err}")

    def close(self) -> None:
        """Ends the conversation."""
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


def _outgoing(mailer: Mailer, messages: Iterable[Message], refused: list[Receipt]) -> Iterator[Outgoing]:
    """Messages as they go on the wire; what can never go out by mail is refused at once."""
    for message in messages:
        try:
            envelope, words, known = mailer.parts(message)
        except Unmailable as err:
            refused.append(Receipt(message.key, DeliveryState.BOUNCED, detail=str(err)))
        else:
            yield Outgoing(message.key, envelope, words, known)


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
