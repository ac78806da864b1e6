"""The way out over HTTP holds its bounds against hostile answers and never tells secrets."""

import gzip
import io
import socket
import traceback
from datetime import UTC, datetime

import pytest

from configs.errors import Ambiguous, BadInput, NeighbourRefused, SourceUnavailable, Throttled
from integrations.gate import is_open_to
from integrations.http import Http, Waits, retry_after, shown
from tests.integrations.scripted import answering, http, request_of, serving

QUICK = Waits(connect_seconds=1, read_seconds=0.3, total_seconds=0.6, max_bytes=100_000)


def a_client(**given: object) -> Http:
    settings: dict[str, object] = {"transient": SourceUnavailable, "allow_private": True, "waits": QUICK}
    return Http("Acme", **(settings | given))  # type: ignore[arg-type]  # a builder


def test_an_answer_carries_status_headers_and_body() -> None:
    talk, got = answering(http("200 OK", b'{"a": 1}', "X-Thing: 7"))
    with serving(talk) as port:
        answer = a_client().get(f"http://127.0.0.1:{port}/x", params={"q": "1"})
    assert (answer.status, answer.headers["x-thing"], answer.json()) == (200, "7", {"a": 1})
    assert got[0].startswith(b"GET /x?q=1 ")


def test_the_connection_is_kept_between_requests() -> None:
    connections: list[socket.socket] = []
    talk, _ = answering(http("200 OK", b"hello"))

    def counting(connection: socket.socket) -> None:
        connections.append(connection)
        talk(connection)

    with serving(counting) as port:
        client = a_client()
        assert [client.get(f"http://127.0.0.1:{port}/").text for _ in range(3)] == ["hello"] * 3
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        ("429 Slow", ("Retry-After: 7",), Throttled, 7.0),
        ("429 Slow", (), Throttled, None),
        ("503 No", ("Retry-After: 2",), Throttled, 2.0),
        ("503 No", (), SourceUnavailable, None),
        ("500 No", (), SourceUnavailable, None),
        ("408 Late", (), SourceUnavailable, None),
        ("401 Who", (), NeighbourRefused, None),
        ("404 What", (), NeighbourRefused, None),
        ("302 There", ("Location: /y",), NeighbourRefused, None),
    ],
)
def test_a_status_becomes_our_error(status: str, headers: tuple[str, ...], error: type[Exception], wait: float | None) -> None:
    talk, _ = answering(http(status, b"no", *headers))
    with serving(talk) as port, pytest.raises(error) as caught:
        a_client().get(f"http://127.0.0.1:{port}/x")
    assert type(caught.value) is error
    assert caught.value.facts.get("retry_after_seconds") == wait  # type: ignore[attr-defined]  # ours carry facts


def test_the_caller_chooses_the_error_of_a_4xx() -> None:
    talk, _ = answering(http("404 What"))
    with serving(talk) as port, pytest.raises(BadInput, match="Acme answered 404"):
        a_client(refused=BadInput).get(f"http://127.0.0.1:{port}/x")


def test_a_status_the_caller_accepts_is_an_answer() -> None:
    talk, _ = answering(http("404 What", b"none"))
    with serving(talk) as port:
        assert a_client().request("GET", f"http://127.0.0.1:{port}/x", accept=(200, 404)).text == "none"


def drip_head(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(connection)


def drip_body(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    drip(connection)


def drip(connection: socket.socket) -> None:
    connection.settimeout(0.05)
    while True:
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            connection.sendall(b"x")


def stay_silent(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.recv(1000)


@pytest.mark.parametrize("talk", [drip_head, drip_body, stay_silent])
def test_a_slow_answer_ends_at_the_total_time(talk: object) -> None:
    with serving(talk) as port, pytest.raises(SourceUnavailable, match="time ran out"):  # type: ignore[arg-type]  # three talks
        a_client().get(f"http://127.0.0.1:{port}/x")


def test_a_body_is_refused_by_its_claimed_length_alone() -> None:
    talk, _ = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    with serving(talk) as port, pytest.raises(NeighbourRefused, match="more than 100000 bytes"):
        a_client().get(f"http://127.0.0.1:{port}/x")


def test_a_body_without_a_length_is_cut_at_the_limit() -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 200_000)

    with serving(talk) as port, pytest.raises(NeighbourRefused, match="more than 100000 bytes"):
        a_client().get(f"http://127.0.0.1:{port}/x")


def test_a_gzip_bomb_is_cut_at_the_limit() -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        for _ in range(50):
            out.write(bytes(1_000_000))
    assert len(packed.getvalue()) < 100_000
    talk, _ = answering(http("200 OK", packed.getvalue(), "Content-Encoding: gzip"))
    with serving(talk) as port, pytest.raises(NeighbourRefused, match="more than 100000 bytes"):
        a_client().get(f"http://127.0.0.1:{port}/x")


def test_a_packed_body_is_unpacked_whole() -> None:
    body = b"abc" * 20_000
    talk, _ = answering(http("200 OK", gzip.compress(body), "Content-Encoding: gzip"))
    with serving(talk) as port:
        assert a_client().get(f"http://127.0.0.1:{port}/x").body == body


def test_a_chunked_body_is_read_whole() -> None:
    talk, _ = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    with serving(talk) as port:
        assert a_client().get(f"http://127.0.0.1:{port}/x").body == b"abcde"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf",
        http("200 OK", gzip.compress(b"abc" * 9999)[:-20], "Content-Encoding: gzip"),
        http("200 OK", b"not gzip", "Content-Encoding: gzip"),
        http("200 OK", b"?", "Content-Encoding: br"),
        b"garbage\r\n\r\n",
        b"",
    ],
    ids=["short", "short chunk", "short gzip", "bad gzip", "unasked encoding", "garbage", "nothing"],
)
def test_half_an_answer_is_no_answer(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer)

    with serving(talk) as port, pytest.raises(SourceUnavailable, match="no complete answer"):
        a_client().get(f"http://127.0.0.1:{port}/x")


def test_a_redirect_loop_ends() -> None:
    talk, got = answering(http("302 Found", b"", "Location: /again"))
    with serving(talk) as port, pytest.raises(NeighbourRefused, match="redirects to"):
        a_client(redirects=3).get(f"http://127.0.0.1:{port}/x")
    assert len(got) == 4


def test_a_redirect_is_followed_when_asked_but_credentials_stay_home() -> None:
    target, got = answering(http("200 OK", b"there"))
    with serving(target) as second:
        talk, _ = answering(http("302 Found", b"", f"Location: http://127.0.0.1:{second}/y"))
        with serving(talk) as first:
            answer = a_client(redirects=1).get(f"http://127.0.0.1:{first}/x", headers={"Authorization": "Bearer s3cr3t"})
    assert answer.text == "there"
    assert b"s3cr3t" not in got[0]


def test_nobody_there_is_transient_and_surely_unsent() -> None:
    with serving(lambda connection: None) as port:
        pass
    with pytest.raises(SourceUnavailable, match="cannot connect"):
        a_client(in_doubt=Ambiguous).request("POST", f"http://127.0.0.1:{port}/x", body=b"1")


def test_an_unknown_name_is_transient() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(SourceUnavailable, match="cannot be resolved"):
        a_client(resolve=unknown).get("http://nowhere.example/x")


def test_a_write_without_an_answer_is_in_doubt() -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)

    with serving(talk) as port, pytest.raises(Ambiguous):
        a_client(in_doubt=Ambiguous).request("POST", f"http://127.0.0.1:{port}/x", body=b"1")


@pytest.mark.parametrize("talk", [answering(http("500 No"))[0], lambda connection: request_of(connection) and None, None])
def test_no_error_tells_a_secret(talk: object) -> None:
    with serving(talk or (lambda connection: None)) as port:  # type: ignore[arg-type]  # a talk or None
        port = port if talk else 1
        with pytest.raises(SourceUnavailable) as caught:
            a_client(show_path=False).get(f"http://127.0.0.1:{port}/T0/s3cr3t", params={"token": "s3cr3t"})
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value)).replace('/T0/s3cr3t", params={"token": "s3cr3t"}', "")
    assert "s3cr3t" not in str(caught.value.facts)


# --- where a connection may go ----------------------------------------------------------------------------------------

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://user:pw@93.184.216.34/",
    "ftp://93.184.216.34/",
    "file:///etc/passwd",
    "gopher://93.184.216.34/",
    "//93.184.216.34/",
    "http:///x",
    "http://93.184.216.34:99999/",
    "http://[broken/",
]


class Recorder:
    """Stands where sockets are opened; opens none."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, address: tuple[str, int], wait: float) -> socket.socket:
        self.asked.append(address)
        raise ConnectionRefusedError("recorded")


@pytest.mark.parametrize("url", FORBIDDEN)
def test_a_forbidden_url_sends_no_packet(url: str) -> None:
    recorder = Recorder()
    with pytest.raises(NeighbourRefused):
        a_client(allow_private=False, connect=recorder).get(url)
    assert recorder.asked == []


def test_a_name_with_one_private_address_is_refused_whole() -> None:
    recorder = Recorder()
    with pytest.raises(NeighbourRefused, match=r"10\.0\.0\.5"):
        a_client(allow_private=False, connect=recorder, resolve=lambda h, p: ["93.184.216.34", "10.0.0.5"]).get("http://two.example/")
    assert recorder.asked == []


def test_the_checked_address_is_the_connected_one() -> None:
    recorder = Recorder()
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    with pytest.raises(SourceUnavailable):
        a_client(allow_private=False, connect=recorder, resolve=lambda h, p: next(answers)).get("https://rebind.example/")
    assert recorder.asked == [("93.184.216.34", 443)]


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.0.0.1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("fd12::1", False, True),
        ("169.254.169.254", False, False),
        ("fd00:ec2::254", False, False),
        ("100.100.100.200", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),
        ("fe80::1%eth0", False, False),
        ("240.0.0.1", False, False),
    ],
)
def test_an_address_is_open_or_not(address: str, outside: bool, inside: bool) -> None:
    assert (is_open_to(address, False), is_open_to(address, True)) == (outside, inside)


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("https://u:p@a.example:8443/x/y?token=1#f", True, "https://a.example:8443/x/y"),
        ("https://hooks.example/T/B/secret", False, "https://hooks.example"),
        ("http://[::1]:80/x", True, "http://[::1]:80/x"),
        ("http://[broken", True, "(a malformed URL)"),
    ],
)
def test_a_shown_url_has_no_secret(url: str, path: bool, expected: str) -> None:
    assert shown(url, path) == expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 22 Nov 2026 00:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 00:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 11, 22, tzinfo=UTC)) == seconds
