"""One conversation with a mail server: hello, encryption, login, then message after message over the kept connection.

A message is one exchange of three commands, each told apart when the connection breaks: before the final dot the server has nothing,
after it nobody knows. Many messages over many connections go by `pipeline.py`, where the server takes commands in groups.

Add here when mail servers must be talked to otherwise; rather in `integrations/channels/email.py` when an answer means something else.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from configs.errors import ChannelUnavailable, Throttled, Transient
from integrations.channels.mime import stuffed_mail

CLOSING = 421
"""The server ends the conversation (RFC 5321, 3.8)."""
GO_AHEAD = 354
ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Security(StrEnum):
    """How the conversation is protected. PLAIN only where the mail server is this machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is and how to log in. `password` never shows."""

    host: str
    port: int
    security: Security
    helo: str
    timeout_seconds: float
    ca_file: str | None = None
    username: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        return f"the mail server {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said to the command that settled a message. `about_us`: it refused the sender, not the recipient or the words."""

    code: int
    words: str
    about_us: bool = False


class Lost(Exception):
    """The connection broke before the message's final dot: the server does not have it."""


class InDoubt(Exception):
    """The connection broke between the final dot and the answer: the server may have the message."""


class Conversation:
    """An open connection. Use `opened`; close it with `close`."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands, as far as we know."""
        return self._smtp.sock is not None

    @property
    def takes_utf8(self) -> bool:
        """Whether addresses may hold letters outside ASCII before the @."""
        return bool(self._smtp.has_extn("smtputf8"))

    @property
    def takes_groups(self) -> bool:
        """Whether commands may be written together (RFC 2920)."""
        return bool(self._smtp.has_extn("pipelining"))

    @property
    def socket(self) -> socket.socket | None:
        """The connection itself, for whoever drives it (`pipeline.py`); None once it is closed."""
        return self._smtp.sock

    def abandon(self) -> None:
        """Closes without a goodbye."""
        self._smtp.close()

    def hand_over(self, sender: str, recipient: str, mail: bytes) -> Reply:
        """Hands one message over and returns the answer that settled it.

        Raises:
            Lost: the server surely does not have it.
            InDoubt: nobody can tell.
        """
        try:
            refusal = self._envelope(sender, recipient)
            if refusal is not None:
                return refusal
            # The dot goes alone: whatever breaks before it, the server cannot have taken the message.
            self._smtp.send(stuffed_mail(mail))
        except (smtplib.SMTPException, OSError) as err:
            raise Lost(type(err).__name__) from err
        try:
            self._smtp.send(b".\r\n")
            return _reply(*self._smtp.getreply())
        except (smtplib.SMTPException, OSError) as err:
            raise InDoubt(type(err).__name__) from err

    def _envelope(self, sender: str, recipient: str) -> Reply | None:
        options = ["SMTPUTF8"] if not recipient.isascii() else []
        code, words = self._smtp.mail(sender, options)
        if code != 250:
            return self._reset(_reply(code, words, about_us=True))
        code, words = self._smtp.rcpt(recipient)
        if code not in (250, 251, 252):
            return self._reset(_reply(code, words))
        code, words = self._smtp.docmd("DATA")
        return None if code == GO_AHEAD else self._reset(_reply(code, words))

    def _reset(self, reply: Reply) -> Reply:
        """The answer stands even when the server hangs up right after it."""
        with suppress(smtplib.SMTPException, OSError):
            if reply.code != CLOSING:
                self._smtp.rset()
        return reply

    def close(self) -> None:
        """Says goodbye, if anyone still listens."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()


def opened(server: Server, password: str) -> Conversation:
    """A conversation ready for messages.

    Raises:
        Throttled: the server asks to come back later.
        ChannelUnavailable: anything else; says what to correct where something is wrong on our side.
    """
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connected(server)
        _greeted(smtp, server)
        if server.username:
            _log_in(smtp, server.username, password)
        return Conversation(smtp)
    # `from None` throughout: smtplib's exceptions quote commands, and a login command is the password.
    except (smtplib.SMTPException, OSError) as err:
        if smtp is not None:
            smtp.close()
        raise _unopened(server, err) from None


def _connected(server: Server) -> smtplib.SMTP:
    where = (server.host, server.port, server.helo)
    if server.security is Security.TLS:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=server.timeout_seconds, context=_context(server))
    else:
        smtp = smtplib.SMTP(*where, timeout=server.timeout_seconds)
    if smtp.sock is not None:  # the final dot is a write of its own: without this each message waits 40 ms for an acknowledgement
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return smtp


def _greeted(smtp: smtplib.SMTP, server: Server) -> None:
    smtp.ehlo_or_helo_if_needed()
    if server.security is Security.STARTTLS:
        smtp.starttls(context=_context(server))
        smtp.ehlo()


def _log_in(smtp: smtplib.SMTP, username: str, password: str) -> None:
    """By the first way the server offers and no other: after a refusal many servers hang up, and the refusal would be lost."""
    smtp.user, smtp.password = username, password
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    ways = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login}
    way = next((name for name in ways if name in offered), None)
    if way is None:
        raise smtplib.SMTPNotSupportedError("no login we know")
    smtp.auth(way, ways[way])


def _context(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def _unopened(server: Server, err: Exception) -> Transient:
    if isinstance(err, smtplib.SMTPAuthenticationError) and err.smtp_code >= 500:
        return ChannelUnavailable(
            f"{server.shown} refuses the login of {server.username!r} ({err.smtp_code}); check user name and password"
        )
    if isinstance(err, smtplib.SMTPNotSupportedError):
        return ChannelUnavailable(f"{server.shown} offers no {server.security.upper()} or no login we know; correct `security` and `port`")
    if isinstance(err, ssl.SSLCertVerificationError):
        return ChannelUnavailable(f"{server.shown}: its certificate is not trusted ({err.verify_message}); correct `host` or set `ca_file`")
    if isinstance(err, smtplib.SMTPResponseException) and err.smtp_code == CLOSING:
        return Throttled(f"{server.shown} answered 421; nothing was sent; will be retried")
    said = f"answered {err.smtp_code}" if isinstance(err, smtplib.SMTPResponseException) else f"did not answer ({type(err).__name__})"
    return ChannelUnavailable(f"{server.shown} {said}; nothing was sent; will be retried")


def _reply(code: int, words: bytes, about_us: bool = False) -> Reply:
    if code < 200:
        raise smtplib.SMTPServerDisconnected("no answer that can be read")
    return Reply(code, spoken(code, words), about_us)


def spoken(code: int, words: bytes) -> str:
    """A server's answer for the ledger: code and text, on one line, without addresses, at most 200 characters."""
    if words.isascii() and b"@" not in words and len(words) < 150 and (plain := words.decode()).isprintable():  # nearly every answer
        return f"{code} {plain}".strip()
    text = ADDRESS.sub("[address]", CONTROL.sub(" ", words.decode("utf-8", "replace")))
    return f"{code} {' '.join(text.split())}"[:200].strip()
