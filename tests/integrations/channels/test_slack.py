"""Slack's Web API against a local HTTP server: the form fits Slack's description, every word of it becomes a receipt or an error."""

import json
import traceback
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from configs.effects import DeliveryState, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, SettingsInvalid, Throttled
from integrations.channels.slack import ABOUT_US, IN_DOUBT, SLOWER, SlackChannel
from tests.integrations.channels.builders import a_message, around, some_messages
from tests.integrations.scripted import answering, http, serving

A, B, D = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED
TOKEN = "xoxb-c4n4ry"
TAKEN = http("200 OK", b'{"ok": true, "channel": "C1H9RESGL", "ts": "1503435956.000247", "message": {}}')


def a_channel(folder: Path, port: int, **options: object) -> SlackChannel:
    given = {"token_env": "BOT", "room": "C1", "allow_private": True, "api_url": f"http://127.0.0.1:{port}/api", "timeout_seconds": 1}
    return SlackChannel.build("ops", given | options, around(folder, {"BOT": TOKEN}))


def refusal(word: str) -> bytes:
    return http("200 OK", json.dumps({"ok": False, "error": word}).encode())


def form(request: bytes) -> dict[str, str]:
    return dict(parse_qsl(request.partition(b"\r\n\r\n")[2].decode()))


def test_a_message_is_one_post_by_the_bot(tmp_path: Path) -> None:
    talk, got = answering(TAKEN)
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send([a_message(to="C2", subject="Halted", text="Pocket <!channel> & 4.2.1")]))
    assert receipts == [Receipt(a_message().key, A, "1503435956.000247")]
    assert got[0].startswith(b"POST /api/chat.postMessage HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}\r\n".encode() in got[0]
    assert form(got[0]) == {
        "channel": "C2",
        "text": "*Halted*\nPocket &lt;!channel&gt; &amp; 4.2.1",
        "unfurl_links": "false",
        "unfurl_media": "false",
    }


def test_a_request_fits_slacks_description(tmp_path: Path, reference: Path) -> None:
    operation = json.loads((reference / "specs" / "slack-web-1.7.0.json").read_text())["paths"]["/chat.postMessage"]["post"]
    fields = {p["name"]: p for p in operation["parameters"] if p["in"] == "formData"}
    talk, got = answering(TAKEN)
    with serving(talk) as port:
        list(a_channel(tmp_path, port).send([a_message(to="")]))
    given = form(got[0])
    assert set(given) <= set(fields)
    assert {name for name, p in fields.items() if p.get("required")} <= set(given)
    assert all(given[name] in ("true", "false") for name in given if fields[name]["type"] == "boolean")
    assert "application/x-www-form-urlencoded" in operation["consumes"]


def test_every_word_of_slacks_description_is_a_receipt_or_a_known_error(tmp_path: Path, reference: Path) -> None:
    operation = json.loads((reference / "specs" / "slack-web-1.7.0.json").read_text())["paths"]["/chat.postMessage"]["post"]
    for word in operation["responses"]["default"]["schema"]["properties"]["error"]["enum"]:
        talk, _ = answering(refusal(word))
        with serving(talk) as port:
            try:
                found = [r.state for r in a_channel(tmp_path, port).send([a_message()])]
            except Throttled:
                assert word in SLOWER
            except ChannelUnavailable:
                assert word in ABOUT_US
            else:
                assert found == [B], word


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("429 Slow", b"", "Retry-After: 3"), Throttled),
        *((refusal(word), Throttled) for word in sorted(SLOWER)),
        *((refusal(word), ChannelUnavailable) for word in sorted(ABOUT_US)),
        (http("503 No"), ChannelUnavailable),
        *((refusal(word), Ambiguous) for word in sorted(IN_DOUBT)),
        (http("500 No"), Ambiguous),
        (http("200 OK", b"<html>"), Ambiguous),
    ],
)
def test_what_concerns_all_is_raised_first_and_defers_later(tmp_path: Path, answer: bytes, error: type[Exception]) -> None:
    talk, _ = answering(answer)
    with serving(talk) as port, pytest.raises(error) as caught:
        list(a_channel(tmp_path, port).send(some_messages(1)))
    assert "c4n4ry" not in "".join(traceback.format_exception(caught.value))
    if error is Ambiguous:
        return
    talk, got = answering(TAKEN, answer)
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send(some_messages(3)))
    assert [r.state for r in receipts] == [A, D, D]
    assert len(got) == 2


@pytest.mark.parametrize("word", ["not_in_channel", "msg_too_long", "a_word_of_tomorrow"])
def test_a_message_that_can_never_go_bounces_and_the_next_goes(tmp_path: Path, word: str) -> None:
    talk, got = answering(refusal(word), TAKEN)
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send(some_messages(2)))
    assert [(r.state, word in r.detail) for r in receipts] == [(B, True), (A, False)]
    assert len(got) == 2


def test_without_room_and_address_it_says_what_to_set(tmp_path: Path) -> None:
    receipts = list(a_channel(tmp_path, 1, room="").send([a_message(to="")]))
    assert [(r.state, "`room`" in r.detail) for r in receipts] == [(B, True)]


def test_the_token_comes_from_the_environment_only(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="BOT is not set"):
        SlackChannel.build("ops", {"token_env": "BOT"}, around(tmp_path))
