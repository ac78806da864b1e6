"""APNs against a double of ours that speaks HTTP/2: headers and payload as Apple asks, reasons become receipts, nothing secret shows."""

import base64
import logging
import traceback
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from configs.effects import DeliveryState, Message
from configs.errors import ChannelUnavailable, SettingsInvalid, Throttled
from integrations.channels.push_apns import ApnsChannel, ProviderToken
from tests.integrations.channels.apns_double import an_apns, apns, ec_key, taken
from tests.integrations.channels.builders import NOW, a_message, around

A, B, D, U = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED, DeliveryState.UNKNOWN
DEVICE = "c4" * 32


def devices(count: int) -> list[Message]:
    return [a_message(key=f"key-{n:03}", to=DEVICE) for n in range(count)]


def test_a_push_is_what_apple_asks_for(tmp_path: Path) -> None:
    with apns() as (double, port):
        receipts = list(an_apns(tmp_path, port).send([a_message(to=DEVICE, urgent=True, short="Update now")]))
    key, headers = a_message().key, double.pushed[0].headers
    assert (headers[":method"], headers[":path"]) == ("POST", f"/3/device/{DEVICE}")
    assert [(r.state, r.provider_id) for r in receipts] == [(A, headers["apns-id"])]
    assert str(uuid.UUID(headers["apns-id"])) == headers["apns-id"]
    assert {name: headers[name] for name in headers if name.startswith("apns-") and name != "apns-id"} == {
        "apns-topic": "com.example.pocket",
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": str(int((NOW + timedelta(days=28)).timestamp())),
        "apns-collapse-id": key,
    }
    alert = {"title": a_message().subject, "body": "Update now"}
    assert orjson.loads(double.pushed[0].body) == {"aps": {"alert": alert, "sound": "default"}, "notice": key}


def test_many_go_at_once_over_one_connection_each_once(tmp_path: Path) -> None:
    with apns() as (double, port):
        receipts = list(an_apns(tmp_path, port, at_once=20).send(devices(200)))
    assert sorted(r.key for r in receipts) == [m.key for m in devices(200)]
    assert {r.state for r in receipts} == {A}
    assert len(double.pushed) == 200
    assert double.connections == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((410, "Unregistered"), B),
        ((400, "BadDeviceToken"), B),
        ((400, "DeviceTokenNotForTopic"), B),
        ((413, "PayloadTooLarge"), B),
        ((429, "TooManyRequests"), D),
        ((429, "TooManyProviderTokenUpdates"), D),
        ((503, "ServiceUnavailable"), D),
        ((503, "Shutdown"), D),
        ((403, "InvalidProviderToken"), D),
        ((400, "TopicDisallowed"), D),
        ((500, "InternalServerError"), U),
        (None, U),
    ],
)
def test_a_reason_becomes_its_receipt_and_the_next_goes(tmp_path: Path, answer: tuple[int, str] | None, state: DeliveryState) -> None:
    with apns(lambda n: answer if n == 1 else taken(n)) as (double, port):
        receipts = list(an_apns(tmp_path, port, at_once=1).send(devices(3)))
    assert [r.state for r in receipts] == [A, state, A]
    assert len(double.pushed) == 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, "TooManyProviderTokenUpdates"), Throttled),
        ((403, "ExpiredProviderToken"), ChannelUnavailable),
        ((503, ""), ChannelUnavailable),
    ],
)
def test_where_nothing_is_taken_it_is_raised_and_shows_nothing(tmp_path: Path, answer: tuple[int, str], error: type[Exception]) -> None:
    with apns(lambda _: answer) as (double, port), pytest.raises(error) as caught:
        list(an_apns(tmp_path, port, at_once=1).send(devices(30)))
    assert len(double.pushed) == 5
    assert DEVICE not in "".join(traceback.format_exception(caught.value))


def test_no_device_token_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), apns() as (_, port):
        list(an_apns(tmp_path, port).send(devices(1)))
    assert DEVICE not in caplog.text
    assert "bearer" not in caplog.text


@pytest.mark.parametrize(
    ("varied", "why"), [({"to": "ann@users.example"}, "device token"), ({"text": "я" * 4096}, "a shorter form is needed")]
)
def test_what_cannot_go_bounces_without_a_request(tmp_path: Path, varied: dict[str, object], why: str) -> None:
    with apns() as (double, port):
        receipts = list(an_apns(tmp_path, port).send([a_message(**({"to": DEVICE} | varied))]))
    assert [(r.state, why in r.detail) for r in receipts] == [(B, True)]
    assert double.pushed == []


@dataclass
class MovedClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


def test_the_token_is_signed_by_the_key_and_renewed_between_20_and_60_minutes() -> None:
    clock = MovedClock()
    token = ProviderToken(ec_key(), "ABC1234567", "TEAM123456", clock)
    first = token.current()
    head, claims, signature = first.split(".")
    raw = _plain(signature)
    proof = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    ec_key().public_key().verify(proof, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert orjson.loads(_plain(head)) == {"alg": "ES256", "kid": "ABC1234567"}
    assert orjson.loads(_plain(claims)) == {"iss": "TEAM123456", "iat": int(NOW.timestamp())}
    clock.at = NOW + timedelta(minutes=20)
    assert token.current() == first
    clock.at = NOW + timedelta(minutes=59)
    assert token.current() != first


def _plain(given: str) -> bytes:
    return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))


def test_a_key_that_is_none_is_named_and_not_quoted(tmp_path: Path) -> None:
    options = {"key_env": "P8", "key_id": "ABC1234567", "team_id": "TEAM123456", "topic": "com.example"}
    with pytest.raises(SettingsInvalid, match=r"key_env.*\.p8") as caught:
        ApnsChannel.build("it", options, around(tmp_path, {"P8": "c4n4ry"}))
    assert "c4n4ry" not in str(caught.value)
