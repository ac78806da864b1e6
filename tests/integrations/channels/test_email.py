"""E-mail against a real SMTP server and against one that misbehaves by script."""

import email
import email.policy
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, SettingsInvalid, Throttled, Unsupported
from integrations.channels.email import EmailChannel
from integrations.channels.mime import Sender, Unmailable, mail_bytes, mailbox
from integrations.channels.smtp import spoken
from tests.integrations.channels.builders import DROP, FINE, NOW, Script, a_message, around, saying, smtp_talk, some_messages
from tests.integrations.scripted import serving

A, B, D = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED


def a_channel(folder: Path, port: int, env: Mapping[str, str] | None = None, **options: object) -> EmailChannel:
    given = {"host": "127.0.0.1", "port": port, "security": "plain", "sender": "recall@pocket.example", "timeout_seconds": 2}
    return EmailChannel.build("mail", given | options, around(folder, env))


class Inbox(MessageHandler):
    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.sessions: set[object] = set()

    def prepare_message(self, session: object, envelope: object) -> EmailMessage:
        self.sessions.add(session.peer)  # type: ignore[attr-defined]  # aiosmtpd has no types
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))  # type: ignore[attr-defined]  # as above
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)  # type: ignore[attr-defined]  # as above
        assert isinstance(found, EmailMessage)
        return found

    def handle_message(self, message: object) -> None:
        assert isinstance(message, EmailMessage)
        self.mails.append(message)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(**settings: object) -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **settings)
    controller.start()
    try:
        yield inbox, controller.port
    finally:
        controller.stop()


def test_a_real_server_gets_the_whole_message(tmp_path: Path) -> None:
    message = a_message(
        html="<p>Stop <b>using</b> it.</p>", locale="zh", urgent=True, subject="产品安全召回", text="请立即停止使用。\n.dot\n" + "长" * 2000
    )
    with mail_server() as (inbox, port):
        receipts = list(a_channel(tmp_path, port, sender_name="Pocket, 安全").send([message]))
    assert [r.state for r in receipts] == [A]
    (mail,) = inbox.mails
    assert inbox.envelopes == [("recall@pocket.example", ["ann@users.example"])]
    assert mail["Subject"] == "产品安全召回"
    assert mail["From"].addresses[0].display_name == "Pocket, 安全"
    assert mail["To"] == "ann@users.example"
    assert mail["Message-ID"] == f"<{message.key}@pocket.example>" == receipts[0].provider_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    assert mail["Content-Language"] == "zh"
    assert mail["Importance"] == "high"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == message.text
    assert "<b>using</b>" in html.get_content()


def test_a_batch_keeps_one_connection(tmp_path: Path) -> None:
    with mail_server() as (inbox, port):
        receipts = list(a_channel(tmp_path, port).send(some_messages(50)))
    assert {r.state for r in receipts} == {A}
    assert len(inbox.mails) == 50
    assert len(inbox.sessions) == 1
    assert [m["To"] for m in inbox.mails] == [m.to for m in some_messages(50)]


def test_an_empty_batch_opens_no_connection(tmp_path: Path) -> None:
    assert list(a_channel(tmp_path, 1).send([])) == []


# --- encryption and login ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture
def server_context(certificate: Path) -> SSLContext:
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def check_login(server: object, session: object, envelope: object, mechanism: str, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    return AuthResult(success=(given.login, given.password) == (b"recall", b"pw-canary"), handled=False)


SECURE = {"username": "recall", "password_env": "MAIL_PASSWORD", "security": "starttls"}


def test_starttls_and_login_deliver(tmp_path: Path, certificate: Path, server_context: SSLContext) -> None:
    with mail_server(tls_context=server_context, authenticator=check_login, auth_required=True, require_starttls=True) as (inbox, port):
        channel = a_channel(tmp_path, port, {"MAIL_PASSWORD": "pw-canary"}, ca_file=str(certificate), **SECURE)
        assert [r.state for r in channel.send([a_message()])] == [A]
    assert len(inbox.mails) == 1
    assert "pw-canary" not in repr(channel) + repr(vars(channel).get("_server"))


def test_a_wrong_password_sends_nothing_and_is_not_told(tmp_path: Path, certificate: Path, server_context: SSLContext) -> None:
    with mail_server(tls_context=server_context, authenticator=check_login, auth_required=True, require_starttls=True) as (inbox, port):
        channel = a_channel(tmp_path, port, {"MAIL_PASSWORD": "wrong-canary"}, ca_file=str(certificate), **SECURE)
        with pytest.raises(ChannelUnavailable, match=r"refuses the login of 'recall' \(535\)") as caught:
            list(channel.send([a_message()]))
    assert inbox.mails == []
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_untrusted_certificate_sends_nothing(tmp_path: Path, server_context: SSLContext) -> None:
    with (
        mail_server(tls_context=server_context, require_starttls=True) as (inbox, port),
        pytest.raises(ChannelUnavailable, match="certificate is not trusted"),
    ):
        list(a_channel(tmp_path, port, security="starttls").send([a_message()]))
    assert inbox.mails == []


def test_without_starttls_on_offer_nothing_goes_in_clear(tmp_path: Path) -> None:
    with mail_server() as (inbox, port), pytest.raises(ChannelUnavailable, match="offers no STARTTLS"):
        list(a_channel(tmp_path, port, security="starttls").send([a_message()]))
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"host": "mail.example"}, "plain is only for a mail server on this machine"),
        ({"username": "recall"}, "belong together"),
        ({"sender": "two@x.example\r\nBcc: all@x.example"}, "option sender"),
        ({"sender_name": "x\r\nBcc: all@x.example"}, "option sender_name"),
        ({"domain": "a>\r\nX: y"}, "option domain"),
        ({"prot": 25}, "option prot.*it takes: .*port"),
        ({"username": "u", "password_env": "NOT_SET"}, "NOT_SET is not set"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said) as caught:
        a_channel(tmp_path, 25, **options)
    assert "mail" in str(caught.value)


# --- answers ----------------------------------------------------------------------------------------------------------


def sent(folder: Path, script: Script, messages: list[Message], **talk: bytes) -> tuple[list[Receipt], list[bytes]]:
    served, taken = smtp_talk(script, **talk)
    with serving(served) as port:
        return list(a_channel(folder, port).send(messages)), taken


@pytest.mark.parametrize("command", ["RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"450 4.2.1 later\r\n", D),
        (b"451 4.7.1 greylisted\r\n", D),
        (b"452 4.2.2 full\r\n", D),
        (b"550 5.1.1 no such user\r\n", B),
        (b"552 5.3.4 too big\r\n", B),
        (b"554 5.7.1 spam\r\n", B),
    ],
)
def test_an_answer_settles_its_message_and_no_other(tmp_path: Path, command: str, answer: bytes, state: DeliveryState) -> None:
    receipts, _ = sent(tmp_path, saying({(1, command): answer}), some_messages(3))
    assert [r.state for r in receipts] == [A, state, A]
    assert receipts[1].detail == answer.decode().strip()


def test_an_answer_is_kept_without_addresses(tmp_path: Path) -> None:
    receipts, _ = sent(tmp_path, saying({(0, "RCPT"): b"550 <user0@users.example>: unknown user0@users.example\r\n"}), some_messages(1))
    assert receipts[0].detail == "550 [address]: unknown [address]"
    assert spoken(250, b"ok\x1b[31m\r\n\x00 red " + b"x" * 999).isprintable()


def test_421_ends_the_batch_and_defers_the_rest(tmp_path: Path) -> None:
    receipts, taken = sent(tmp_path, saying({(1, "RCPT"): b"421 4.7.0 slow down\r\n"}), some_messages(4))
    assert [r.state for r in receipts] == [A, D, D, D]
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("answer", "error"), [(b"421 4.7.0 slow\r\n", Throttled), (b"451 rate\r\n", Throttled), (b"550 who\r\n", ChannelUnavailable)]
)
def test_a_refused_sender_is_about_us_and_not_about_the_first_recipient(tmp_path: Path, answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="nothing was sent"):
        sent(tmp_path, saying({(0, "MAIL"): answer}), some_messages(2))


def test_a_later_refused_sender_defers_the_rest(tmp_path: Path) -> None:
    receipts, _ = sent(tmp_path, saying({(1, "MAIL"): b"550 no more\r\n"}), some_messages(3))
    assert [r.state for r in receipts] == [A, D, D]


@pytest.mark.parametrize(
    ("greeting", "error"), [(b"421 busy\r\n", Throttled), (b"554 go away\r\n", ChannelUnavailable), (b"", ChannelUnavailable)]
)
def test_an_unfriendly_greeting_sends_nothing(tmp_path: Path, greeting: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="nothing was sent"):
        sent(tmp_path, saying({}), some_messages(2), greeting=greeting)


def test_nobody_there_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(ChannelUnavailable, match="did not answer"):
        list(a_channel(tmp_path, free_port()).send(some_messages(2)))


# --- broken connections -----------------------------------------------------------------------------------------------


def test_lost_after_the_final_dot_leaves_exactly_one_message_without_receipt(tmp_path: Path) -> None:
    served, taken = smtp_talk(saying({(1, "DOT"): DROP}))
    receipts: list[Receipt] = []

    def collect(port: int) -> None:
        for receipt in a_channel(tmp_path, port).send(some_messages(4)):
            receipts.append(receipt)

    with serving(served) as port, pytest.raises(Ambiguous, match="one message is in doubt"):
        collect(port)
    assert {r.key: r.state for r in receipts} == {"key-000": A, "key-002": D, "key-003": D}
    assert len(taken) == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_lost_before_the_final_dot_is_tried_again_at_once(tmp_path: Path, command: str) -> None:
    receipts, taken = sent(tmp_path, saying({(1, command): DROP}), some_messages(3))
    assert [r.state for r in receipts] == [A, A, A]
    assert len(taken) == 3


def test_a_message_that_kills_every_connection_does_not_block_the_others(tmp_path: Path) -> None:
    receipts, taken = sent(tmp_path, saying({(0, "RCPT"): DROP, (1, "RCPT"): DROP}), some_messages(3))
    assert [r.state for r in receipts] == [D, A, A]
    assert len(taken) == 2


def test_a_server_that_always_hangs_up_is_left_alone(tmp_path: Path) -> None:
    tried: list[int] = []

    def script(number: int, command: str) -> bytes:
        tried.append(number)
        return DROP

    receipts, _ = sent(tmp_path, script, some_messages(20))
    assert {r.state for r in receipts} == {D}
    assert len(receipts) == 20
    assert len(tried) <= 6


def test_a_refusal_stands_when_the_server_hangs_up_after_it(tmp_path: Path) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hi\r\n")
        for line in connection.makefile("rb"):
            command = line[:4].upper()
            connection.sendall(b"550 no\r\n" if command == b"RCPT" else FINE)
            if command == b"RCPT":
                return

    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send(some_messages(2)))
    assert [r.state for r in receipts] == [B, B]


# --- what goes on the wire --------------------------------------------------------------------------------------------

INJECTED = [
    "ann@users.example\r\nBcc: all@users.example",
    "ann@users.example\nX: y",
    "ann@users.example\r",
    "ann@users.example>\r\nRCPT TO:<bob@users.example",
    "ann@users.example, bob@users.example",
    "ann@users.example\x00",
    "",
    "ann",
    "@users.example",
    "<ann@users.example>",
    "ann @users.example",
]


@pytest.mark.parametrize("to", INJECTED)
def test_an_address_that_is_not_one_mailbox_bounces_unsent(tmp_path: Path, to: str) -> None:
    receipts, taken = sent(tmp_path, saying({}), [a_message(to=to), a_message(key="next")])
    assert [(r.state, to.strip() in r.detail if to.strip() else False) for r in receipts] == [(B, False), (A, False)]
    assert len(taken) == 1


@pytest.mark.parametrize("subject", ["a\r\nBcc: all@x.example", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\u0085b"])
def test_a_subject_with_a_line_break_bounces_unsent(tmp_path: Path, subject: str) -> None:
    receipts, taken = sent(tmp_path, saying({}), [a_message(subject=subject)])
    assert [r.state for r in receipts] == [B]
    assert taken == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_no_text_makes_another_header(key: str, subject: str, text: str) -> None:
    sender = Sender("recall@pocket.example", "Pocket", "", "pocket.example")
    clean = text.encode("utf-8", "replace").decode()
    message = a_message(key=key, subject=subject.encode("utf-8", "replace").decode(), text=clean, locale=key)
    try:
        wire = mail_bytes(message, mailbox("ann@users.example"), sender, NOW)
    except Unmailable:
        return
    assert wire.isascii()
    head = wire.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        b"to message-id date from subject auto-submitted x-auto-response-suppress content-language content-type"
        b" content-transfer-encoding mime-version".split()
    )


def test_the_same_message_has_the_same_bytes() -> None:
    sender = Sender("recall@pocket.example", "", "", "pocket.example")
    message = a_message(html="<p>x</p>")
    assert mail_bytes(message, message.to, sender, NOW) == mail_bytes(message, message.to, sender, NOW)


def test_an_international_domain_goes_out_in_ascii_and_a_local_part_needs_the_servers_word(tmp_path: Path) -> None:
    assert mailbox("anna@почта.example") == "anna@xn--80a1acny.example"
    receipts, _ = sent(tmp_path, saying({}), [a_message(to="анна@users.example")])
    assert [r.state for r in receipts] == [B]


def test_an_international_local_part_goes_out_where_the_server_takes_it(tmp_path: Path) -> None:
    with mail_server(enable_SMTPUTF8=True) as (inbox, port):
        receipts = list(a_channel(tmp_path, port).send([a_message(to="анна@users.example")]))
    assert [r.state for r in receipts] == [A]
    assert inbox.envelopes[0][1] == ["анна@users.example"]


def test_a_mail_server_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="cannot be asked"):
        a_channel(tmp_path, 25).lookup(["x"])
