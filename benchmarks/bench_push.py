"""Personal pushes through the FCM channel, traced, beside a bare aiohttp loop of fixed bytes and beside one `requests.Session`.

In turn in one run, into the same provider, a process of its own here: bare and ours three times, then the session (fewer messages,
by rate). Ours makes each message its own payload, notes every key in a trace file before its request and after its answer, gives receipts.

    python benchmarks/bench_push.py [--messages 20000] [--connections 100]

Exit status 1 when ours is not at aiohttp's rate (a tenth less is allowed for what it does more), or not 5 times the session's.

Add here when pushes promise another speed; rather in `benchmarks/bench_fan_out.py` when it is about the whole path.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from configs.effects import DeliveryState, Message
from integrations.channels.push_fcm import FcmChannel, payload_of
from integrations.contracts import Surroundings
from integrations.trace import FileTrace

WIRE_BAR, SESSION_BAR = 0.9, 5.0
SINK = Path(__file__).with_name("push_sink.py")
SESSION_MESSAGES = 3000
WORDS = "Product safety recall: Pocket 4.2.1 loses notes. Stop using it and update now: https://pocket.example/r/"


class Wall:
    """The wall's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def sink() -> Iterator[int]:
    """A provider in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with subprocess.Popen([sys.executable, str(SINK), str(port)], stdout=subprocess.PIPE) as provider:
        assert provider.stdout is not None
        provider.stdout.readline()
        try:
            yield port
        finally:
            provider.terminate()


def taken_by(port: int) -> tuple[int, int]:
    """How many messages the provider has, and how many different ones."""
    count, different = requests.get(f"http://127.0.0.1:{port}/count", timeout=10).text.split()
    return int(count), int(different)


def a_message(number: int) -> Message:
    """One of the messages."""
    return Message(f"{number:032x}", f"token:{number:0140d}", "Product safety recall", f"{WORDS}{number:043d}", urgent=True)


def an_account() -> str:
    """A service account's key file."""
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps({"client_email": "recall@pocket.example", "private_key": pem.decode(), "project_id": "pocket"})


def ours(folder: Path, messages: int, connections: int) -> float:
    """Messages a second through the channel; every one accepted and at the provider once."""
    with sink() as port:
        url = f"http://127.0.0.1:{port}"
        options = {"account_env": "A", "api_url": url, "token_url": f"{url}/token", "allow_private": True, "connections": connections}
        channel = FcmChannel.build("push", options, Surroundings(folder, folder, Wall(), {"A": an_account()}))
        with FileTrace(folder / f"{port}.trace", "here") as trace:
            began = time.perf_counter()
            receipts = [r for some in channel.fan_out(map(a_message, range(messages)), trace) for r in some]
            seconds = time.perf_counter() - began
        assert len(receipts) == messages, len(receipts)
        assert {r.state for r in receipts} == {DeliveryState.ACCEPTED}
        assert taken_by(port) == (messages, messages)
    return messages / seconds


def bare(messages: int, connections: int) -> float:
    """Messages a second of a plain aiohttp loop that sends the same bytes again and again."""
    payload = payload_of(a_message(0))
    assert isinstance(payload, bytes)
    headers = {"Authorization": "Bearer t", "Content-Type": "application/json"}

    async def send_all(url: str) -> None:
        numbers = iter(range(messages))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:

            async def worker() -> None:
                for _ in numbers:
                    async with session.post(url, data=payload, headers=headers) as response:
                        assert response.status == 200
                        await response.read()

            await asyncio.gather(*(worker() for _ in range(connections)))

    with sink() as port:
        began = time.perf_counter()
        asyncio.run(send_all(f"http://127.0.0.1:{port}/v1/projects/pocket/messages:send"))
        return messages / (time.perf_counter() - began)


def session(messages: int) -> float:
    """Messages a second of one `requests.Session`."""
    with sink() as port, requests.Session() as kept:
        url = f"http://127.0.0.1:{port}/v1/projects/pocket/messages:send"
        began = time.perf_counter()
        for number in range(messages):
            payload = payload_of(a_message(number))
            answer = kept.post(url, data=payload, headers={"Authorization": "Bearer t", "Content-Type": "application/json"}, timeout=20)
            assert answer.json()["name"]
        return messages / (time.perf_counter() - began)


def main() -> int:
    """Prints one JSON line a figure; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=100)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours(Path(folder), 500, args.connections)
        bares, rates = [], []
        for _ in range(3):
            bares.append(bare(args.messages, args.connections))
            rates.append(ours(Path(folder), args.messages, args.connections))
    alone = session(SESSION_MESSAGES)
    rate, wire = max(rates), max(bares)
    figures = [("push_beside_aiohttp", wire, WIRE_BAR), ("push_beside_session", alone, SESSION_BAR)]
    for name, against, bar in figures:
        ratio = round(rate / against, 3)
        print(json.dumps({"name": name, "value": round(rate), "unit": "messages/s", "against": round(against), "ratio": ratio, "bar": bar}))
    return 0 if all(rate / against >= bar for _, against, bar in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
