"""Builders for tests of providers: a service account, an FCM that answers by a script. Add here when two test files need one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.channels.push_fcm import FcmChannel
from tests.integrations.channels.builders import around
from tests.integrations.scripted import answering, http, serving

CANARY = "c4n4ry"
TAKEN = http("200 OK", b'{"name": "projects/pocket/messages/7"}')


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def an_account() -> str:
    """A service account's key file."""
    pem = rsa_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "recall@pocket.example",
            "private_key": pem.decode(),
            "private_key_id": "k1",
            "project_id": "pocket",
        }
    )


def a_token(seconds: int = 3600) -> bytes:
    return http("200 OK", json.dumps({"access_token": CANARY, "expires_in": seconds, "token_type": "Bearer"}).encode())


def refusal(status: str, word: str, *headers: str, own: bool = True) -> bytes:
    """FCM's error, with its own word in the details or without."""
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": word}] if own else []
    return http(status, orjson.dumps({"error": {"code": int(status[:3]), "message": "said", "status": word, "details": details}}), *headers)


@contextmanager
def fcm(folder: Path, *answers: bytes, token: bytes = b"", **options: object) -> Iterator[tuple[FcmChannel, list[bytes], list[bytes]]]:
    """A channel, what FCM got, and what the token endpoint got."""
    talk, got = answering(*(answers or (TAKEN,)))
    with token_endpoint(token or a_token()) as (token_port, asked), serving(talk) as port:
        yield a_channel(folder, port, token_port, **options), got, asked


@contextmanager
def token_endpoint(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    talk, asked = answering(answer)
    with serving(talk) as port:
        yield port, asked


def a_channel(folder: Path, port: int, token_port: int, **options: object) -> FcmChannel:
    given: dict[str, object] = {
        "account_env": "ACCOUNT",
        "api_url": f"http://127.0.0.1:{port}",
        "token_url": f"http://127.0.0.1:{token_port}/token",
        "allow_private": True,
        "timeout_seconds": 2,
        "connections": 4,
    }
    return FcmChannel.build("it", given | options, around(folder, {"ACCOUNT": an_account()}))


def body_of(request: bytes) -> dict[str, object]:
    found: dict[str, object] = orjson.loads(request.partition(b"\r\n\r\n")[2])
    return found


ACCOUNT = "AC" + "0" * 32


def twilio_options(port: int) -> dict[str, object]:
    return {
        "account": ACCOUNT,
        "token_env": "TOKEN",
        "sender": "+4930111222",
        "allow_private": True,
        "api_url": f"http://127.0.0.1:{port}",
        "timeout_seconds": 2,
        "connections": 4,
    }
