"""Twilio against a local HTTP server: requests fit Twilio's description, codes become receipts, nothing secret shows."""

import json
import socket
import traceback
from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

from configs.effects import TOKEN, DeliveryState, Receipt
from configs.errors import ChannelUnavailable, SettingsInvalid, Throttled
from integrations.channels.sms_twilio import ABOUT_US, FOR_THIS_ONE, SLOWER, TwilioChannel
from tests.integrations.channels.builders import a_message, around
from tests.integrations.channels.push_builders import ACCOUNT, CANARY, twilio_options
from tests.integrations.scripted import answering, http, request_of, serving

A, B, D, U = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED, DeliveryState.UNKNOWN
TAKEN = http("201 Created", b'{"sid": "SM00", "status": "queued", "error_code": null}')
NUMBER = "+4930999888"


def a_channel(folder: Path, port: int, **options: object) -> TwilioChannel:
    return TwilioChannel.build("sms", twilio_options(port) | {"connections": 1} | options, around(folder, {"TOKEN": CANARY}))


def refusal(status: str, code: int, *headers: str) -> bytes:
    return http(status, json.dumps({"code": code, "message": f"{NUMBER} {CANARY}", "status": int(status[:3])}).encode(), *headers)


def sent(folder: Path, *answers: bytes, count: int = 1, **options: object) -> tuple[list[Receipt], list[bytes]]:
    talk, got = answering(*answers)
    with serving(talk) as port:
        return list(a_channel(folder, port, **options).send([a_message(key=f"k{n}", to=NUMBER) for n in range(count)])), got


def form(request: bytes) -> dict[str, str]:
    return dict(parse_qsl(request.partition(b"\r\n\r\n")[2].decode()))


def test_a_message_is_one_form_with_the_accounts_login(tmp_path: Path) -> None:
    receipts, got = sent(tmp_path, TAKEN, status_callback="https://pocket.example/said")
    assert receipts == [Receipt("k0", A, "SM00")]
    assert got[0].startswith(f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\n".encode())
    assert b"Authorization: Basic " + b64encode(f"{ACCOUNT}:{CANARY}".encode()) in got[0]
    assert form(got[0]) == {"To": NUMBER, "From": "+4930111222", "Body": a_message().text, "StatusCallback": "https://pocket.example/said"}


@pytest.mark.parametrize("options", [{}, {"sender": "", "messaging_service": "MG" + "0" * 32}, {"status_callback": "https://x.example/"}])
def test_a_request_fits_twilios_description(tmp_path: Path, reference: Path, options: dict[str, object]) -> None:
    contract = OpenAPI.from_file_path(str(reference / "specs" / "twilio-messages-2010-04-01.json"))
    _, got = sent(tmp_path, TAKEN, **options)
    path, kind = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", "application/x-www-form-urlencoded"
    head, _, body = got[0].partition(b"\r\n\r\n")
    login = {"Authorization": next(line[15:] for line in head.decode().split("\r\n") if line.startswith("Authorization: "))}
    contract.validate_request(MockRequest("https://api.twilio.com", "post", path, headers=login, data=body, content_type=kind))
    text = (reference / "specs" / "twilio-messages-2010-04-01.json").read_text()
    known = json.loads(text)["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]["requestBody"]
    assert set(form(got[0])) <= set(known["content"][kind]["schema"]["properties"])


def test_the_short_form_is_sent_where_there_is_one(tmp_path: Path) -> None:
    talk, got = answering(TAKEN)
    with serving(talk) as port:
        list(a_channel(tmp_path, port).send([a_message(to=NUMBER, short=f"Update: x.example/{TOKEN}", token="abc")]))
    assert form(got[0])["Body"] == "Update: x.example/abc"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        *((refusal("400 Bad Request", code), B) for code in FOR_THIS_ONE),
        *((refusal("400 Bad Request", code), D) for code in (*SLOWER, *ABOUT_US)),
        (refusal("400 Bad Request", 21999), B),
        (refusal("429 Too Many Requests", 20429), D),
        (refusal("401 Unauthorized", 20003), D),
        (refusal("404 Not Found", 20404), D),
        (http("503 Service Unavailable"), D),
        (http("500 Internal Server Error"), U),
        (http("502 Bad Gateway", b"<html>"), U),
        (http("504 Gateway Timeout"), U),
        (http("201 Created", b'{"sid": "SM1", "status": "failed", "error_code": 30006}'), B),
        (http("201 Created", b'{"sid": "SM1", "status": "failed", "error_code": "30001"}'), D),
    ],
)
def test_a_code_becomes_its_receipt_and_the_next_goes(tmp_path: Path, answer: bytes, state: DeliveryState) -> None:
    receipts, got = sent(tmp_path, TAKEN, answer, TAKEN, count=3)
    assert [r.state for r in receipts] == [A, state, A]
    assert len(got) == 3
    assert NUMBER not in str(receipts)
    assert CANARY not in str(receipts)


def test_no_code_is_in_two_tables() -> None:
    assert len({*FOR_THIS_ONE, *SLOWER, *ABOUT_US}) == len(FOR_THIS_ONE) + len(SLOWER) + len(ABOUT_US)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("429 Too Many Requests", 20429, "Retry-After: 3"), Throttled),
        (refusal("401 Unauthorized", 20003), ChannelUnavailable),
        (http("503 Service Unavailable"), ChannelUnavailable),
    ],
)
def test_where_nothing_is_taken_it_is_raised_after_a_few(tmp_path: Path, answer: bytes, error: type[Exception]) -> None:
    talk, got = answering(answer)
    with serving(talk) as port, pytest.raises(error) as caught:
        list(a_channel(tmp_path, port).send([a_message(key=f"k{n}", to=NUMBER) for n in range(30)]))
    assert len(got) == 5
    shown = "".join(traceback.format_exception(caught.value))
    assert CANARY not in shown
    assert NUMBER not in shown


def test_a_request_without_an_answer_is_in_doubt_and_not_repeated(tmp_path: Path) -> None:
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while request := request_of(connection):
            got.append(request)
            if len(got) == 1:
                return
            connection.sendall(TAKEN)

    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send([a_message(key=f"k{n}", to=NUMBER) for n in range(2)]))
    assert [r.state for r in receipts] == [U, A]
    assert len(got) == 2


def test_a_provider_that_says_nothing_leaves_the_message_in_doubt(tmp_path: Path) -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")

    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send([a_message(to=NUMBER)]))
    assert [r.state for r in receipts] == [U]


@pytest.mark.parametrize("to", ["ann@users.example", "030123456", "+49 30 1", "+0123456789", "", "+4930999888\nTo: +1"])
def test_what_is_no_number_bounces_without_a_request(tmp_path: Path, to: str) -> None:
    talk, got = answering(TAKEN)
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send([a_message(to=to)]))
    assert [r.state for r in receipts] == [B]
    assert got == []


def test_a_text_too_long_bounces_and_is_never_cut(tmp_path: Path) -> None:
    talk, got = answering(TAKEN)
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, port).send([a_message(to=NUMBER, text="x" * 1601)]))
    assert [(r.state, "a shorter form is needed" in r.detail) for r in receipts] == [(B, True)]
    assert got == []


@pytest.mark.parametrize(
    ("options", "named"),
    [({"sender": ""}, "messaging_service"), ({"messaging_service": "MG" + "0" * 32}, "sender"), ({"account": "AC1"}, "account")],
)
def test_settings_that_cannot_work_are_named(tmp_path: Path, options: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named):
        a_channel(tmp_path, 1, **options)


def test_the_token_comes_from_the_environment_only(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="TOKEN is not set"):
        TwilioChannel.build("sms", twilio_options(1), around(tmp_path))
