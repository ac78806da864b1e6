"""The webhook against a local HTTP server: answers become receipts, the address stays a secret."""

import socket
import traceback
from pathlib import Path

import orjson
import pytest

from configs.effects import DeliveryState, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, SettingsInvalid, Throttled, Unsupported
from integrations.channels.webhook import WebhookChannel
from tests.integrations.channels.builders import a_message, around, some_messages
from tests.integrations.scripted import answering, http, request_of, serving

A, B, D = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED
SECRET = "/services/T0/B0/c4n4ry"


def a_channel(folder: Path, port: int, **options: object) -> WebhookChannel:
    env = {"ROOM_URL": f"http://127.0.0.1:{port}{SECRET}"}
    return WebhookChannel.build("room", {"url_env": "ROOM_URL", "allow_private": True, "timeout_seconds": 1} | options, around(folder, env))


def test_a_message_is_one_post_with_its_key(tmp_path: Path) -> None:
    talk, got = answering(http("200 OK", b"ok"))
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send([a_message(subject="Halted", text="Pocket <!channel> & 4.2.1")]))
    assert [r.state for r in receipts] == [A]
    head, _, body = got[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST {SECRET} ".encode())
    assert b"Idempotency-Key: 0f1e2d3c4b5a69788796a5b4c3d2e1f0" in head
    assert orjson.loads(body) == {"text": "*Halted*\nPocket &lt;!channel&gt; &amp; 4.2.1"}


def test_a_message_that_can_never_go_bounces_and_the_next_goes(tmp_path: Path) -> None:
    talk, got = answering(http("400 Bad", b"no_text"), http("200 OK", b"ok"))
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send(some_messages(2)))
    assert [r.state for r in receipts] == [B, A]
    assert len(got) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("429 Slow", b"", "Retry-After: 3"), Throttled),
        (http("500 No"), ChannelUnavailable),
    ],
)
def test_the_first_failure_is_raised_and_a_later_one_defers_the_rest(tmp_path: Path, answer: bytes, error: type[Exception]) -> None:
    talk, _ = answering(answer)
    with serving(talk) as port, pytest.raises(error):
        list(a_channel(tmp_path, port).send(some_messages(2)))
    talk, got = answering(http("200 OK", b"ok"), answer)
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send(some_messages(4)))
    assert [r.state for r in receipts] == [A, D, D, D]
    assert len(got) == 2


def test_throttling_names_the_wait(tmp_path: Path) -> None:
    talk, _ = answering(http("429 Slow", b"", "Retry-After: 3"))
    with serving(talk) as port, pytest.raises(Throttled) as caught:
        list(a_channel(tmp_path, port).send(some_messages(1)))
    assert caught.value.facts["retry_after_seconds"] == 3.0


def test_no_answer_leaves_one_message_in_doubt_and_the_rest_untouched(tmp_path: Path) -> None:
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while request := request_of(connection):
            got.append(request)
            if len(got) == 2:
                return
            connection.sendall(http("200 OK", b"ok"))

    receipts: list[Receipt] = []

    def collect(port: int) -> None:
        for receipt in a_channel(tmp_path, port).send(some_messages(4)):
            receipts.append(receipt)

    with serving(talk) as port, pytest.raises(Ambiguous):
        collect(port)
    assert {r.key: r.state for r in receipts} == {"key-000": A, "key-002": D, "key-003": D}
    assert len(got) == 2


@pytest.mark.parametrize("answer", [http("403 Token", b"invalid_token"), http("500 No"), b"", None])
def test_the_address_shows_nowhere(tmp_path: Path, answer: bytes | None) -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer or b"")

    with serving(talk) as port:
        channel = a_channel(tmp_path, port if answer is not None else 1)
        shown = repr(channel) + str(channel)
        try:
            shown += repr(list(channel.send([a_message()])))
        except (ChannelUnavailable, Ambiguous) as err:
            shown += "".join(traceback.format_exception(err)) + repr(err.facts)
    assert "c4n4ry" not in shown


def test_a_private_address_needs_the_settings_word(tmp_path: Path) -> None:
    talk, got = answering(http("200 OK", b"ok"))
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port, allow_private=False).send([a_message()]))
    assert [r.state for r in receipts] == [B]
    assert "allow_private" in receipts[0].detail
    assert got == []


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"'room'.*ROOM_URL is not set"):
        WebhookChannel.build("room", {"url_env": "ROOM_URL"}, around(tmp_path))


def test_a_secret_in_the_settings_file_is_refused_unseen(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"it takes: .*url_env") as caught:
        WebhookChannel.build("room", {"url": f"https://hooks.example{SECRET}"}, around(tmp_path))
    assert "c4n4ry" not in str(caught.value)


def test_a_webhook_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="cannot be asked"):
        a_channel(tmp_path, 1).lookup(["x"])
