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

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, Throttled, Transient, Unsupported
from integrations.channels.email_options import ALONE, EmailOptions, Many
from integrations.channels.lanes import Outgoing
from integrations.channels.mime import Mailer, Sender, Unmailable, mail_bytes, mail_id, mailbox
from integrations.channels.pipeline import Fleet
from integrations.channels.relay_log import taken_by
from integrations.channels.smtp import CLOSING, Conversation, InDoubt, Lost, Reply, Server, opened
from integrations.contracts import Clock, Surroundings, Trace
from integrations.options import checked, secret

NEW_CONNECTIONS = 3
"""How often in a row a batch opens the connection again after it broke; a message that kills connections must not block the others."""


class EmailChannel:
    """A Channel over one mail server: one connection a batch, or several for many messages at once."""

    def __init__(self, name: str, server: Server, sender: Sender, clock: Clock, password: str = "", many: Many = ALONE) -> None:
        self.name, self._server, self._sender, self._clock = name, server, sender, clock
        self._password = password
        self._many = many
        self.can_lookup = many.relay_log is not None

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
            Many(given.connections, given.per_second, around.folder / given.relay_log if given.relay_log else None),
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
            per_second=self._many.per_second,
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
        for _ in range(self._many.connections - 1):
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
        """What the relay's log says was taken. Raises Unsupported where no log is named: a mail server itself cannot be asked."""
        if self._many.relay_log is not None:
            ids = {mail_id(key, self._sender.domain)[1:-1]: key for key in keys}
            taken = taken_by(self._many.relay_log, ids)
            return {ids[i]: Receipt(ids[i], DeliveryState.ACCEPTED, f"<{i}>", "taken, by the relay's log") for i in sorted(taken)}
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
