"""APNs' manners on loopback, ours, for Apple publishes no description: HTTP/2 without TLS. Add here when it must answer otherwise."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from integrations.channels.push_apns import ApnsChannel
from tests.integrations.channels.builders import around
from tests.integrations.scripted import serving

Script = Callable[[int], tuple[int, str] | None]
"""Status and reason for the n-th request; None hangs up."""


@dataclass
class Pushed:
    """One request."""

    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Double:
    """What arrived, in the order of its ends, and over how many connections."""

    pushed: list[Pushed] = field(default_factory=list)
    connections: int = 0


def taken(number: int) -> tuple[int, str] | None:
    return 200, ""


@contextmanager
def apns(script: Script = taken) -> Iterator[tuple[Double, int]]:
    double = Double()
    with serving(lambda connection: _talk(double, script, connection)) as port:
        yield double, port


def _talk(double: Double, script: Script, connection: socket.socket) -> None:
    double.connections += 1
    h2 = H2Connection(H2Configuration(client_side=False))
    h2.initiate_connection()
    connection.sendall(h2.data_to_send())
    streams: dict[int, Pushed] = {}
    while found := connection.recv(65536):
        for event in h2.receive_data(found):
            if isinstance(event, RequestReceived):
                streams[event.stream_id] = Pushed({name.decode(): value.decode() for name, value in event.headers})
            elif isinstance(event, DataReceived):
                streams[event.stream_id].body += event.data
                h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                double.pushed.append(streams[event.stream_id])
                answer = script(len(double.pushed) - 1)
                if answer is None:
                    return
                _answer(h2, event.stream_id, *answer)
        connection.sendall(h2.data_to_send())


def _answer(h2: H2Connection, stream: int, status: int, reason: str) -> None:
    h2.send_headers(stream, [(":status", str(status))], end_stream=not reason)
    if reason:
        h2.send_data(stream, json.dumps({"reason": reason}).encode(), end_stream=True)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def a_p8() -> str:
    pem = ec_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


def an_apns(folder: Path, port: int, **options: object) -> ApnsChannel:
    given: dict[str, object] = {
        "key_env": "P8",
        "key_id": "ABC1234567",
        "team_id": "TEAM123456",
        "topic": "com.example.pocket",
        "api_url": f"http://127.0.0.1:{port}",
        "timeout_seconds": 2,
        "at_once": 4,
    }
    return ApnsChannel.build("it", given | options, around(folder, {"P8": a_p8()}))
