"""A message as mail bytes: the words are encoded once a language, only address, key and date differ from person to person.

Add here when a mail needs another header or part; rather in `integrations/channels/email.py` when it is about sending it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from configs.effects import TOKEN, Message
from configs.notice import message_id

SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Every server takes it, whatever it says it supports."""
SAFE_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MAILBOX = re.compile(r"(?P<local>[^\s\x00-\x1f\x7f@<>()\[\]\\,;:\"]{1,64})@(?P<domain>[^\s\x00-\x1f\x7f@<>()\[\]\\,;:\"]{1,253})")
INVITATION_FILE = "invitation.ics"
CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
BROKEN_TOKEN = re.compile(rb"(?:=\r\n)?" + rb"(?:=\r\n)?".join(re.escape(bytes([c])) for c in TOKEN.encode()) + rb"(?:=\r\n)?")
"""The token, wherever quoted-printable breaks its line (RFC 2045, 6.7): it is given a line of its own between two soft breaks."""
LINE_START_DOT = re.compile(rb"(?m)^\.")


class Unmailable(ValueError):
    """This message can never go out by mail; says why, without the address."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes. All of it is checked to be one line."""

    address: str
    name: str
    reply_to: str
    domain: str


def mailbox(address: str) -> str:
    """The address as it goes on the wire, its domain in ASCII. Raises Unmailable when it is none, or is more than one."""
    found = MAILBOX.fullmatch(address)
    if found is None:
        raise Unmailable("the address is not one mailbox, or holds a line break")
    try:
        domain = found["domain"].encode("idna").decode() if not found["domain"].isascii() else found["domain"]
    except UnicodeError:
        raise Unmailable("the address has an impossible domain") from None
    return f"{found['local']}@{domain}"


def mail_id(key: str, domain: str) -> str:
    """The Message-ID of this key. A key that would not fit into a header stands there as its hash."""
    safe = key if SAFE_KEY.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return message_id(safe, domain)


def mail_bytes(message: Message, recipient: str, sender: Sender, at: datetime) -> bytes:
    """The whole mail with CRLF line ends. `recipient` comes from `mailbox`. Raises Unmailable for a line break in the subject."""
    if CONTROL.search(message.subject):
        raise Unmailable("the subject holds a line break or control character")
    own = f"To: {recipient}\r\nMessage-ID: {mail_id(message.key, sender.domain)}\r\nDate: {format_datetime(at)}\r\n"
    shared = _shared(
        sender, message.subject, message.text, message.html, message.locale, message.urgent, message.calendar, message.calendar_method
    )
    return own.encode() + shared.replace(TOKEN.encode(), message.token.encode())


def stuffed_mail(mail: bytes) -> bytes:
    """With a dot more where a line begins with one (RFC 5321, 4.5.2), and ending a line."""
    lines = LINE_START_DOT.sub(b"..", mail)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


class Mailer:
    """Makes mails of one fan-out: what is the same for all readers of a language is encoded and dot-stuffed once."""

    def __init__(self, sender: Sender, at: datetime, takes_utf8: bool) -> None:
        self._sender, self._takes_utf8 = sender, takes_utf8
        self._from = f"MAIL FROM:<{sender.address}>".encode()
        self._domain = sender.domain
        self._date = f">\r\nDate: {format_datetime(at)}\r\n".encode()
        self._tails: dict[tuple[str, str, str, str, bool, str, str], tuple[bytes, ...]] = {}

    def parts(self, message: Message) -> tuple[bytes, bytes, str]:
        """MAIL, RCPT and DATA; headers and words with the final dot; the Message-ID. Raises Unmailable."""
        recipient = mailbox(message.to)
        if recipient.isascii():
            to, options = recipient.encode("ascii"), b""
        elif self._takes_utf8:
            to, options = recipient.encode(), b" SMTPUTF8"
        else:
            raise Unmailable("the server does not take this kind of address")
        known = mail_id(message.key, self._domain)
        envelope = b"%b%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (self._from, options, to)
        words = b"To: %b\r\nMessage-ID: %b%b%b" % (to, known[:-1].encode(), self._date, message.token.encode().join(self._tail(message)))
        return envelope, words, known

    def _tail(self, message: Message) -> tuple[bytes, ...]:
        """What follows the own headers, cut where the reader's own token stands."""
        key = (message.subject, message.text, message.html, message.locale, message.urgent, message.calendar, message.calendar_method)
        found = self._tails.get(key)
        if found is None:
            if CONTROL.search(message.subject):
                raise Unmailable("the subject holds a line break or control character")
            stuffed = stuffed_mail(_shared(self._sender, *key)) + b".\r\n"
            found = self._tails[key] = tuple(stuffed.split(TOKEN.encode()))
            if len(found) - 1 != message.text.count(TOKEN) + message.html.count(TOKEN):
                raise Unmailable("the words are so encoded that the reader's own link breaks; put it on a line of its own")
        return found


@lru_cache(maxsize=64)
def _shared(sender: Sender, subject: str, text: str, html: str, locale: str, urgent: bool, calendar: str, method: str) -> bytes:
    mail = EmailMessage(policy=SEVEN_BIT)
    local, _, domain = sender.address.partition("@")
    mail["From"] = Address(sender.name, local, domain)
    mail["Subject"] = subject
    if sender.reply_to:
        mail["Reply-To"] = sender.reply_to
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if urgent:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(text, cte=_encoding(text))
    if html:
        mail.add_alternative(html, subtype="html", cte=_encoding(html))
        mail.set_boundary(_boundary("", text, html))
    if calendar:
        _add_invitation(mail, text, calendar, method)
    mail["Content-Language"] = locale if SAFE_KEY.fullmatch(locale) else "en"  # last: setting content takes content headers away
    return BROKEN_TOKEN.sub(b"=\r\n%b=\r\n" % TOKEN.encode(), mail.as_bytes())


def _encoding(words: str) -> str | None:
    """Quoted-printable where the reader's own token stands, for base64 would hide it; None lets the library choose."""
    return "quoted-printable" if TOKEN in words else None


def _add_invitation(mail: EmailMessage, text: str, calendar: str, method: str) -> None:
    """As a part that calendars read, and as a file for those that do not. Mailers want both, the part last of the alternatives."""
    said = calendar.encode("utf-8", "replace")
    mail.add_alternative(said, "text", "calendar", cte="base64", params={"method": method, "charset": "utf-8"})
    mail.set_boundary(_boundary("", text, calendar))
    mail.add_attachment(said, "application", "ics", cte="base64", filename=INVITATION_FILE)
    mail.set_boundary(_boundary("mixed", text, calendar))


def _boundary(kind: str, *parts: str) -> str:
    return "=_" + hashlib.sha256("\0".join([*parts, kind] if kind else parts).encode()).hexdigest()[:40]
