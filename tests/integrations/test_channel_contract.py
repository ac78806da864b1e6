"""What every channel promises, run over every entry of `CHANNELS`. A new entry needs a rig here, or the first test fails."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import ChannelUnavailable, SettingsInvalid, Unsupported
from integrations.channels import CHANNELS
from integrations.channels.alert_apprise import AppriseChannel
from integrations.channels.memory import MemoryChannel
from integrations.channels.push_apns import ApnsChannel
from integrations.channels.slack import SlackChannel
from integrations.channels.sms_twilio import TwilioChannel
from integrations.contracts import Channel, Surroundings
from tests.integrations.channels.apns_double import an_apns, apns
from tests.integrations.channels.builders import a_message, around, some_messages
from tests.integrations.channels.push_builders import CANARY, a_channel, body_of, fcm, twilio_options
from tests.integrations.channels.test_email import free_port, mail_server
from tests.integrations.rehearsal.builders import a_world
from tests.integrations.rehearsal.builders import around as rehearsal_around
from tests.integrations.scripted import answering, http, serving


@dataclass(frozen=True)
class Bench:
    """A channel built from settings against a neighbour on this machine, and what arrived there: (key, text) in order."""

    channel: Channel
    arrived: Callable[[], list[tuple[str, str]]]
    secret: str = "no secret"


@contextmanager
def email_bench(folder: Path) -> Iterator[Bench]:
    with mail_server() as (inbox, port):
        channel = CHANNELS["email"].build("it", email_options(port), around(folder))
        yield Bench(
            channel,
            lambda: [(str(m["Message-ID"])[1:].split("@")[0], m.get_content().replace("\r\n", "\n").rstrip("\n")) for m in inbox.mails],
        )


def email_options(port: int) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": port, "security": "plain", "sender": "recall@pocket.example", "timeout_seconds": 2}


@contextmanager
def webhook_bench(folder: Path) -> Iterator[Bench]:
    talk, got = answering(http("200 OK", b"ok"))
    with serving(talk) as port:
        yield Bench(a_webhook(folder, port), lambda: [_posted(request) for request in got], "c4n4ry")


def a_webhook(folder: Path, port: int) -> Channel:
    env = {"URL": f"http://127.0.0.1:{port}/c4n4ry"}
    return CHANNELS["webhook"].build("it", {"url_env": "URL", "allow_private": True}, around(folder, env))  # type: ignore[no-any-return, attr-defined]  # Buildable


def _posted(request: bytes) -> tuple[str, str]:
    head, _, body = request.partition(b"\r\n\r\n")
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key"))
    return key.decode(), orjson.loads(body)["text"].partition("\n")[2]


@contextmanager
def memory_bench(folder: Path) -> Iterator[Bench]:
    a_world(folder)
    channel = MemoryChannel.build("it", {}, rehearsal_around(folder))
    addresses = [m.to for m in [*some_messages(20), a_message()]]
    yield Bench(channel, lambda: [(m.key, m.text) for to in addresses for m in channel.messages_to(to)])


@contextmanager
def fcm_bench(folder: Path) -> Iterator[Bench]:
    with fcm(folder) as (channel, got, _):
        yield Bench(channel, lambda: [_pushed(body_of(request)) for request in got], CANARY)


def _pushed(body: Any) -> tuple[str, str]:
    return body["message"]["data"]["notice"], body["message"]["notification"]["body"]


def _form_of(request: bytes) -> dict[str, str]:
    return dict(parse_qsl(request.partition(b"\r\n\r\n")[2].decode(), keep_blank_values=True))


@contextmanager
def twilio_bench(folder: Path) -> Iterator[Bench]:
    talk, got = answering(http("201 Created", b'{"sid": "SM1", "status": "queued"}'))
    with serving(talk) as port:
        channel = Numbered(a_twilio(folder, port))
        yield Bench(channel, lambda: [(channel.keys[form["To"]], form["Body"]) for form in map(_form_of, got)], CANARY)


class Numbered:
    """Twilio is given no key, so the rig gives each message a number of its own and remembers whose it is."""

    can_lookup = False

    def __init__(self, inner: Channel) -> None:
        self.name, self._inner = inner.name, inner
        self.keys: dict[str, str] = {}

    def __repr__(self) -> str:
        return repr(self._inner)

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> "Numbered":
        return cls(TwilioChannel.build(name, options, around))

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        numbered = [replace(m, to=f"+4930{n:07}") for n, m in enumerate(messages)]
        self.keys |= {m.to: m.key for m in numbered}
        return self._inner.send(numbered)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        return self._inner.lookup(keys)


def a_twilio(folder: Path, port: int) -> Channel:
    return TwilioChannel.build("it", twilio_options(port), around(folder, {"TOKEN": CANARY}))


@contextmanager
def slack_bench(folder: Path) -> Iterator[Bench]:
    talk, got = answering(http("200 OK", b'{"ok": true, "channel": "C1", "ts": "1503435956.000247", "message": {}}'))
    with serving(talk) as port:
        channel = a_slack(folder, port)
        keys = [*(m.key for m in some_messages(7))]
        yield Bench(channel, lambda: [_said(form["text"], keys, len(got)) for form in map(_form_of, got)], CANARY)


def _said(text: str, keys: list[str], count: int) -> tuple[str, str]:
    """Slack is given no key: the words of the batch tell whose they are."""
    words = text.partition("\n")[2]
    return (keys[int(words.rpartition(" ")[2])] if count > 1 else a_message().key), words


def a_slack(folder: Path, port: int) -> Channel:
    options = {"token_env": "TOKEN", "room": "C1", "allow_private": True, "api_url": f"http://127.0.0.1:{port}/api", "timeout_seconds": 2}
    return SlackChannel.build("it", options, around(folder, {"TOKEN": CANARY}))


@contextmanager
def apprise_bench(folder: Path) -> Iterator[Bench]:
    talk, got = answering(http("200 OK", b"ok"))
    with serving(talk) as port:
        keys = [m.key for m in some_messages(7)]
        bodies = lambda: [orjson.loads(request.partition(b"\r\n\r\n")[2]) for request in got]  # noqa: E731
        yield Bench(an_apprise(folder, port), lambda: [_said("\n" + body["message"], keys, len(got)) for body in bodies()], CANARY)


def an_apprise(folder: Path, port: int) -> Channel:
    return AppriseChannel.build("it", {"url_env": "URL"}, around(folder, {"URL": f"json://user:{CANARY}@127.0.0.1:{port}/"}))


class Registered:
    """Every message goes to a device token instead of the address, for APNs takes nothing else."""

    can_lookup = False

    def __init__(self, inner: Channel) -> None:
        self.name, self._inner = inner.name, inner

    def __repr__(self) -> str:
        return repr(self._inner)

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> "Registered":
        return cls(ApnsChannel.build(name, options, around))

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        return self._inner.send([replace(m, to="c4" * 32) for m in messages])

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        return self._inner.lookup(keys)


@contextmanager
def apns_bench(folder: Path) -> Iterator[Bench]:
    with apns() as (double, port):
        bodies = lambda: [orjson.loads(pushed.body) for pushed in double.pushed]  # noqa: E731
        yield Bench(Registered(an_apns(folder, port)), lambda: [(b["notice"], b["aps"]["alert"]["body"]) for b in bodies()], "PRIVATE KEY")


RIGS = {
    "apprise": apprise_bench,
    "email": email_bench,
    "memory": memory_bench,
    "push_apns": apns_bench,
    "push_fcm": fcm_bench,
    "slack": slack_bench,
    "sms_twilio": twilio_bench,
    "webhook": webhook_bench,
}


def email_down(folder: Path) -> Channel:
    return CHANNELS["email"].build("it", email_options(free_port()), around(folder))  # type: ignore[no-any-return, attr-defined]  # Buildable


def memory_down(folder: Path) -> Channel:
    a_world(folder)
    faults = [{"mode": "down", "until_hours": 10}]
    return MemoryChannel.build("it", {"faults": faults}, rehearsal_around(folder))


def fcm_down(folder: Path) -> Channel:
    return a_channel(folder, free_port(), free_port())


DOWN: dict[str, Callable[[Path], Channel]] = {
    "apprise": lambda folder: an_apprise(folder, free_port()),
    "email": email_down,
    "memory": memory_down,
    "push_apns": lambda folder: Registered(an_apns(folder, free_port())),
    "push_fcm": fcm_down,
    "slack": lambda folder: a_slack(folder, free_port()),
    "sms_twilio": lambda folder: Numbered(a_twilio(folder, free_port())),
    "webhook": lambda folder: a_webhook(folder, free_port()),
}


def test_every_registered_channel_has_its_rigs() -> None:
    assert set(RIGS) == set(DOWN) == set(CHANNELS)


@pytest.fixture(params=sorted(RIGS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with RIGS[request.param](tmp_path) as made:
        yield made


def test_it_is_a_channel_and_keeps_its_name(bench: Bench) -> None:
    assert isinstance(bench.channel, Channel)
    assert bench.channel.name == "it"


def test_every_message_arrives_once_and_gets_one_receipt(bench: Bench) -> None:
    messages = some_messages(7)
    receipts = list(bench.channel.send(messages))
    assert sorted(r.key for r in receipts) == sorted(m.key for m in messages)
    assert {r.state for r in receipts} == {DeliveryState.ACCEPTED}
    assert sorted(bench.arrived()) == sorted((m.key, m.text) for m in messages)


def test_an_empty_batch_does_nothing(bench: Bench) -> None:
    assert list(bench.channel.send([])) == []
    assert bench.arrived() == []


def test_words_arrive_as_they_were_written(bench: Bench) -> None:
    message = a_message(text="产品安全召回 Отзыв “x”\n.\n..\n line")
    list(bench.channel.send([message]))
    assert bench.arrived() == [(message.key, message.text)]


def test_its_repr_and_receipts_show_no_address_and_no_secret(bench: Bench) -> None:
    message = a_message(to="ann.canary@users.example")
    shown = repr(bench.channel) + repr(list(bench.channel.send([message]))) + repr(message)
    assert "canary" not in shown
    assert bench.secret not in shown


def test_it_can_be_asked_or_says_that_it_cannot(bench: Bench) -> None:
    message = a_message()
    list(bench.channel.send([message]))
    if bench.channel.can_lookup:
        assert {k: r.state for k, r in bench.channel.lookup([message.key, "other"]).items()} == {message.key: DeliveryState.ACCEPTED}
        list(bench.channel.send([message]))
        assert len(bench.arrived()) == 1
    else:
        with pytest.raises(Unsupported):
            bench.channel.lookup([message.key])


@pytest.mark.parametrize("kind", sorted(DOWN))
def test_a_neighbour_that_is_down_is_unavailable_and_nothing_was_sent(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ChannelUnavailable):
        list(DOWN[kind](tmp_path).send(some_messages(2)))


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_a_wrong_option_is_named_with_the_channel(kind: str, tmp_path: Path) -> None:
    a_world(tmp_path)
    with pytest.raises(SettingsInvalid, match=r"it.*wrong_option"):
        CHANNELS[kind].build("it", {"wrong_option": 1}, rehearsal_around(tmp_path))  # type: ignore[attr-defined]  # Buildable


def test_messages_do_not_show_what_they_say() -> None:
    assert "Stop" not in repr(Message("k", "ann@x.example", "Stop", "Stop", "Stop"))
