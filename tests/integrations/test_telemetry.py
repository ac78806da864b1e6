"""What leaves about ourselves: nothing without a DSN, and never an address, a secret or a variable."""

import gzip
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import orjson
import pytest

from configs.errors import ChannelUnavailable, SettingsInvalid
from integrations import telemetry
from tests.integrations.scripted import http, request_of, serving

EMAIL, SECRET, PHONE = "canary.mail@users.example", "c4n4ry-s3cr3t-t0ken", "+49 170 5551234"


class Sink:
    """What a Sentry server would have got: the items of every envelope."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.heads: list[bytes] = []

    def talk(self, connection: socket.socket) -> None:
        while request := request_of(connection):
            head, _, body = request.partition(b"\r\n\r\n")
            self.heads.append(head)
            self.raw.append(gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body)
            connection.sendall(http("200 OK", b"{}"))

    @property
    def everything(self) -> str:
        return b"\n".join(self.raw).decode()

    def items(self) -> list[dict[str, object]]:
        return [orjson.loads(line) for raw in self.raw for line in raw.splitlines()[2::2]]


@contextmanager
def reporting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    sink = Sink()
    with serving(sink.talk) as port:
        monkeypatch.setenv(telemetry.DSN, f"http://public@127.0.0.1:{port}/7")
        try:
            yield sink
        finally:
            telemetry.stop()


def fail_with_canaries() -> None:
    address, token = EMAIL, SECRET
    try:
        int(f"{address} {token} {PHONE}")
    except ValueError as err:
        raise ChannelUnavailable(
            f"no answer for {EMAIL} ({PHONE}) from https://user:{SECRET}@mail.example/x?token={SECRET}, password={SECRET}, Bearer {SECRET}"
        ) from err


def captured() -> None:
    try:
        fail_with_canaries()
    except ChannelUnavailable as err:
        telemetry.capture(err)


def test_an_error_arrives_without_addresses_secrets_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    with reporting(monkeypatch) as sink:
        captured()
        telemetry.stop()
    (event,) = sink.items()
    chain = event["exception"]["values"]  # type: ignore[index]  # JSON
    assert [e["type"] for e in chain] == ["ValueError", "ChannelUnavailable"]
    assert chain[1]["value"].startswith("no answer for [removed]")
    assert chain[1]["stacktrace"]["frames"][-1]["function"] == "fail_with_canaries"
    for canary in (
        EMAIL,
        SECRET,
        "c4n4ry",
        "canary.mail",
        "5551234",
        socket.gethostname(),
        '"vars"',
        "context_line",
        "breadcrumbs",
        '"user"',
    ):
        assert canary not in sink.everything


def test_check_ins_say_start_and_end_and_pass_the_error_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with reporting(monkeypatch) as sink:
        with telemetry.check_in("monitor", "*/5 * * * *"):
            pass
        with pytest.raises(ZeroDivisionError), telemetry.check_in("monitor"):
            raise ZeroDivisionError(EMAIL)
        telemetry.stop()
    found = [(i["monitor_slug"], i["status"]) for i in sink.items()]
    assert found == [("monitor", s) for s in ("in_progress", "ok", "in_progress", "error")]
    first, second, third, fourth = (i["check_in_id"] for i in sink.items())
    assert first == second != third == fourth
    assert sink.items()[0]["monitor_config"]["schedule"] == {"type": "crontab", "value": "*/5 * * * *"}  # type: ignore[index]  # JSON
    assert EMAIL not in sink.everything


def test_without_a_dsn_no_socket_is_opened_and_nothing_is_imported() -> None:
    program = """
import socket, sys
def refuse(*given, **named):
    raise AssertionError("a socket was opened")
socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
from integrations import telemetry
assert telemetry.start() is False
telemetry.capture(ValueError("x"))
with telemetry.check_in("monitor"):
    pass
telemetry.stop()
assert "sentry_sdk" not in sys.modules
print("quiet")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PATH": ""}, check=False)
    assert (done.stdout, done.stderr) == ("quiet\n", "")


@pytest.mark.parametrize(
    "dsn", ["c4n4ry", "https://mail.example/7", "ftp://k@mail.example/7", "https://c4n4ry@/7", "https://c4n4ry@mail.example/"]
)
def test_a_malformed_dsn_is_named_and_not_quoted(dsn: str) -> None:
    with pytest.raises(SettingsInvalid, match="RECALL_SENTRY_DSN") as caught:
        telemetry.start({telemetry.DSN: dsn})
    assert "c4n4ry" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "ann@users.example",
        "mailto:ann.b+c@users.example.",
        "<ann@почта.рф>",
        "+49 (170) 555-1234",
        "13800138000",
        "https://hooks.slack.com/services/T0/B0/XyZ",
        "https://u:pw@host/x",
        "https://host/x?a=1&token=pw",
        "password: hunter2",
        "api_key=hunter2",
        "Authorization: Bearer hunter2",
        "sntrys_abcdefgh123",
        "xoxb-1234567890-abc",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c",
    ],
)
def test_what_could_be_somebodys_is_blanked(text: str) -> None:
    shown = telemetry.blanked(f"before {text} after")
    assert telemetry.BLANKED in shown
    secrets = ("ann", "555", "1380", "XyZ", "pw", "hunter2", "abcdefgh", "0f1e2d", "1234567890")
    assert not [s for s in secrets if s in shown]


@pytest.mark.parametrize(
    "text", ["Sentry answered 503 for release 4.2.1+883; will be retried", "2026-11-04 in table deliveries", "no source of kind 'x'"]
)
def test_plain_sentences_stay_readable(text: str) -> None:
    assert telemetry.blanked(text) == text


def test_a_huge_text_is_cut() -> None:
    assert len(telemetry.blanked("x " * 1_000_000)) <= telemetry.LONGEST_TEXT


@pytest.mark.parametrize(
    "field", ["user", "request", "extra", "breadcrumbs", "server_name", "modules", "tags", "threads", "transaction", "new_thing"]
)
def test_a_field_we_do_not_know_stays_at_home(field: str) -> None:
    event: Mapping[str, object] = {"event_id": "e", "level": "error", field: {"x": EMAIL}}
    assert EMAIL not in repr(telemetry.scrubbed(event))


def test_a_short_run_ends_after_its_report_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "from integrations import telemetry; telemetry.capture(ValueError('x'))"
    with reporting(monkeypatch) as sink:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")
    assert len(sink.items()) == 1


def test_a_malformed_dsn_does_not_hide_the_failure_it_should_report(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(telemetry.DSN, "c4n4ry")
    captured()
    with telemetry.check_in("monitor"):
        pass
    assert "RECALL_SENTRY_DSN" in caplog.text
    assert "c4n4ry" not in caplog.text
