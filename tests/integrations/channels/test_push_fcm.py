"""FCM against a local HTTP server: requests fit Google's description, answers become receipts, nothing secret shows."""

import base64
import json
import socket
import traceback
from pathlib import Path
from urllib.parse import parse_qs

import jsonschema
import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from configs.effects import TOKEN, DeliveryState, Receipt
from configs.errors import ChannelUnavailable, SettingsInvalid, Throttled
from integrations.channels.push_fcm import LONGEST_PAYLOAD, FcmChannel, payload_of
from tests.integrations.channels.builders import a_message, around, some_messages
from tests.integrations.channels.push_builders import (
    CANARY,
    TAKEN,
    a_channel,
    a_token,
    an_account,
    body_of,
    fcm,
    refusal,
    rsa_key,
    token_endpoint,
)
from tests.integrations.scripted import http, request_of, serving

A, B, D, U = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED, DeliveryState.UNKNOWN


class Notes:
    """A Trace that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, answered: list[Receipt], intended: list[str]) -> None:  # type: ignore[override]
        self.lines += [f"{r.state.value} {r.key}" for r in answered] + [f"intended {key}" for key in intended]


def schema_of(reference: Path, name: str) -> dict[str, object]:
    """A schema of Google's description as JSON Schema, closed: an unknown field would be refused there."""
    schemas = json.loads((reference / "specs" / "google-fcm-v1.json").read_text())["schemas"]
    text = json.dumps(
        {n: s | {"additionalProperties": s.get("additionalProperties", False)} for n, s in schemas.items() if "properties" in s}
    )
    text = text.replace('"type": "any"', '"description": "any"')  # Google's own word, which JSON Schema does not know
    for each in schemas:
        text = text.replace(f'"$ref": "{each}"', f'"$ref": "#/definitions/{each}"')
    return {"$ref": f"#/definitions/{name}", "definitions": json.loads(text)}


def test_a_request_fits_googles_description(tmp_path: Path, reference: Path) -> None:
    with fcm(tmp_path) as (channel, got, _):
        list(channel.send([a_message(urgent=True, locale="zh")]))
    jsonschema.validate(body_of(got[0]), schema_of(reference, "SendMessageRequest"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"message": {"token": "t", "android": {"collapse_key": "k"}}}, schema_of(reference, "SendMessageRequest"))


def test_a_message_is_one_post_to_the_project(tmp_path: Path) -> None:
    with fcm(tmp_path) as (channel, got, _):
        receipts = list(channel.send([a_message(to="token:1", urgent=True)]))
    assert receipts == [Receipt(a_message().key, A, "projects/pocket/messages/7")]
    assert got[0].startswith(b"POST /v1/projects/pocket/messages:send HTTP/1.1\r\n")
    assert f"Authorization: Bearer {CANARY}\r\n".encode() in got[0]
    message = body_of(got[0])["message"]
    key = a_message().key
    assert message == {
        "token": "token:1",
        "notification": {"title": a_message().subject, "body": a_message().text},
        "data": {"notice": key, "locale": "en"},
        "android": {"priority": "HIGH", "collapseKey": key, "ttl": "2419200s", "notification": {"tag": key}},
        "webpush": {"headers": {"Urgency": "high", "TTL": "2419200", "Topic": key}},
    }


def test_the_short_form_is_sent_where_there_is_one() -> None:
    payload = payload_of(a_message(short=f"Update now: https://x.example/{TOKEN}", token="abc"))
    assert isinstance(payload, bytes)
    assert orjson.loads(payload)["message"]["notification"]["body"] == "Update now: https://x.example/abc"


def test_a_message_too_long_for_fcm_bounces_and_is_never_cut() -> None:
    refused = payload_of(a_message(text="я" * LONGEST_PAYLOAD))
    assert isinstance(refused, Receipt)
    assert refused.state is B
    assert "a shorter form is needed" in refused.detail
    assert isinstance(payload_of(a_message(text="я" * LONGEST_PAYLOAD, short="short")), bytes)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (refusal("404 Not Found", "UNREGISTERED"), B),
        (refusal("400 Bad Request", "INVALID_ARGUMENT"), B),
        (refusal("400 Bad Request", "INVALID_ARGUMENT", own=False), B),
        (refusal("403 Forbidden", "SENDER_ID_MISMATCH"), B),
        (refusal("429 Slow", "QUOTA_EXCEEDED"), D),
        (refusal("503 No", "UNAVAILABLE"), D),
        (refusal("500 No", "INTERNAL"), D),
        (refusal("401 No", "THIRD_PARTY_AUTH_ERROR"), D),
        (refusal("403 No", "PERMISSION_DENIED", own=False), D),
        (refusal("404 No", "NOT_FOUND", own=False), D),
        (http("502 Bad Gateway", b"<html>"), U),
        (http("504 Gateway Timeout"), U),
    ],
    ids=lambda given: given.split(b"\r\n")[0].decode() if isinstance(given, bytes) else str(given),
)
def test_an_answer_becomes_its_receipt_and_the_next_goes(tmp_path: Path, answer: bytes, state: DeliveryState) -> None:
    with fcm(tmp_path, TAKEN, answer, TAKEN, connections=1) as (channel, got, _):
        receipts = list(channel.send(some_messages(3)))
    assert [r.state for r in receipts] == [A, state, A]
    assert len(got) == 3


@pytest.mark.parametrize(
    ("answer", "error", "wait"),
    [
        (refusal("429 Slow", "QUOTA_EXCEEDED", "Retry-After: 7"), Throttled, 7.0),
        (refusal("503 No", "UNAVAILABLE", "Retry-After: 9"), Throttled, 9.0),
        (refusal("503 No", "UNAVAILABLE"), ChannelUnavailable, None),
        (refusal("401 No", "UNAUTHENTICATED", own=False), ChannelUnavailable, None),
    ],
)
def test_where_nothing_is_taken_it_is_raised_after_a_few(tmp_path: Path, answer: bytes, error: type[Exception], wait: float | None) -> None:
    with fcm(tmp_path, answer, connections=1) as (channel, got, _), pytest.raises(error) as caught:
        list(channel.send(some_messages(50)))
    assert getattr(caught.value, "facts").get("retry_after_seconds") == wait  # noqa: B009 - not every error has facts
    assert len(got) == 5


def test_throttled_half_way_defers_the_rest_unsent(tmp_path: Path) -> None:
    with fcm(tmp_path, TAKEN, TAKEN, refusal("429 Slow", "QUOTA_EXCEEDED"), connections=1) as (channel, got, _):
        receipts = list(channel.send(some_messages(60)))
    assert sorted(r.key for r in receipts) == sorted(m.key for m in some_messages(60))
    assert [r.state for r in receipts].count(A) == 2
    assert [r.state for r in receipts].count(D) == 58
    assert len(got) == 7


def test_a_request_without_an_answer_is_in_doubt_and_not_repeated(tmp_path: Path) -> None:
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while request := request_of(connection):
            got.append(request)
            if len(got) == 2:
                return
            connection.sendall(TAKEN)

    with token_endpoint(a_token()) as (token_port, _), serving(talk) as port:
        receipts = list(a_channel(tmp_path, port, token_port, connections=1).send(some_messages(3)))
    assert [r.state for r in receipts] == [A, U, A]
    assert len(got) == 3


def test_every_key_is_traced_before_its_request_and_after_its_answer(tmp_path: Path) -> None:
    notes = Notes()
    with fcm(tmp_path, connections=3) as (channel, _, _):
        receipts = [r for some in channel.fan_out(some_messages(40), notes) for r in some]
    assert len(receipts) == 40
    for message in some_messages(40):
        assert notes.lines.index(f"intended {message.key}") < notes.lines.index(f"accepted {message.key}")
    assert len(notes.lines) == 80


def test_a_trace_that_cannot_be_written_ends_the_sending(tmp_path: Path) -> None:
    class Full:
        def note(self, answered: object, intended: object) -> None:
            raise OSError(28, "no space left")

    with fcm(tmp_path) as (channel, got, _), pytest.raises(OSError, match="no space left"):
        list(channel.fan_out(some_messages(40), Full()))
    assert got == []


def test_many_more_messages_than_connections_all_arrive_once(tmp_path: Path) -> None:
    with fcm(tmp_path, connections=20) as (channel, got, asked):
        receipts = list(channel.send(some_messages(700)))
    assert sorted(r.key for r in receipts) == [m.key for m in some_messages(700)]
    assert len(got) == 700
    assert len(asked) == 1


def test_whoever_stops_listening_leaves_no_thread_behind(tmp_path: Path) -> None:
    with fcm(tmp_path, connections=4) as (channel, got, _):
        some = iter(channel.fan_out(some_messages(900), Notes()))
        next(some)
        some.close()  # type: ignore[attr-defined]  # a generator
        so_far = len(got)
    assert so_far < 900


# --- the token ----------------------------------------------------------------------------------------------------------


def test_the_token_is_asked_for_with_a_claim_signed_by_the_account(tmp_path: Path) -> None:
    with fcm(tmp_path) as (channel, _, asked):
        list(channel.send([a_message()]))
    form = parse_qs(asked[0].partition(b"\r\n\r\n")[2].decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    head, claims, signature = form["assertion"][0].split(".")
    rsa_key().public_key().verify(_plain(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert orjson.loads(_plain(head)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    said = orjson.loads(_plain(claims))
    assert said["iss"] == "recall@pocket.example"
    assert said["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
    assert said["exp"] - said["iat"] == 3600


def _plain(given: str) -> bytes:
    return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))


def test_the_token_is_kept_and_renewed_before_its_end_and_after_a_refusal(tmp_path: Path) -> None:
    with fcm(tmp_path, TAKEN, refusal("401 No", "UNAUTHENTICATED", own=False), TAKEN, connections=1) as (channel, _, asked):
        list(channel.send(some_messages(1)))
        assert len(asked) == 1
        list(channel.send(some_messages(2)))
        assert len(asked) == 2
    with fcm(tmp_path, token=a_token(seconds=200), connections=1) as (channel, _, asked):
        list(channel.send(some_messages(1)))
        assert len(asked) == 2, "before the first message, and again for it: 200 s are less than what is kept in hand"


@pytest.mark.parametrize(
    "answer", [http("400 No", b'{"error": "invalid_grant"}'), http("500 No"), http("200 OK", b"{}"), http("200 OK", b"[")]
)
def test_without_a_token_nothing_is_sent(tmp_path: Path, answer: bytes) -> None:
    with fcm(tmp_path, token=answer) as (channel, got, _), pytest.raises(ChannelUnavailable):
        list(channel.send([a_message()]))
    assert got == []


# --- secrets and settings -----------------------------------------------------------------------------------------------


def test_no_error_shows_key_token_or_address(tmp_path: Path) -> None:
    with fcm(tmp_path, refusal("401 No", CANARY, own=False)) as (channel, _, _):
        try:
            list(channel.send([a_message(to="-".join(("canary", "token")))]))
        except ChannelUnavailable:
            shown = traceback.format_exc() + repr(channel)
    assert CANARY not in shown
    assert "canary-token" not in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize("text", ["{}", "no json", json.dumps({"client_email": "a@b.c", "private_key": "c4n4ry"})])
def test_a_key_file_that_is_none_is_named_and_not_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"account_env.*does not hold") as caught:
        FcmChannel.build("it", {"account_env": "ACCOUNT"}, around(tmp_path, {"ACCOUNT": text}))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("url", ["http://fcm.example", "https://u:p@fcm.example", "ftp://x", "https://fcm.example/a?b"])
def test_an_api_url_that_would_show_our_credentials_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsInvalid, match="api_url"):
        FcmChannel.build("it", {"account_env": "ACCOUNT", "api_url": url}, around(tmp_path, {"ACCOUNT": an_account()}))


def test_an_address_of_our_own_network_is_closed_unless_allowed(tmp_path: Path) -> None:
    with token_endpoint(a_token()) as (port, _):
        channel = a_channel(tmp_path, port, port)
        list(channel.send([]))
        closed = a_channel(tmp_path, port, port, allow_private=False)
        with pytest.raises(ChannelUnavailable, match="allow_private"):
            list(closed.send([a_message()]))
