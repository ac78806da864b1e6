"""Builders for tests of channels: messages, surroundings, a mail server that follows a script."""

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from configs.effects import Message
from integrations.contracts import Surroundings

NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


def around(folder: Path, env: Mapping[str, str] | None = None) -> Surroundings:
    return Surroundings(folder=folder, home=folder, clock=StoppedClock(), env=env or {})


A_MESSAGE = Message(
    "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "ann@users.example", "Product safety recall: Pocket 4.2.1", "Stop using it.\n.\nNow."
)


def a_message(**varied: object) -> Message:
    return replace(A_MESSAGE, **varied)  # type: ignore[arg-type]  # a builder with one varied fact


def some_messages(count: int) -> list[Message]:
    return [a_message(key=f"key-{n:03}", to=f"user{n}@users.example", text=f"words for {n}") for n in range(count)]


GREETING = b"220 mail.example\r\n"
HELLO = b"250-mail.example\r\n250 8BITMIME\r\n"
FINE = b"250 2.0.0 fine\r\n"
DROP = b""

Script = Callable[[int, str], bytes]
"""What to answer to the n-th message's command (MAIL, RCPT, DATA, DOT); b"" hangs up."""


def smtp_talk(script: Script, greeting: bytes = GREETING, hello: bytes = HELLO) -> tuple[Callable[[socket.socket], None], list[bytes]]:
    """A mail server's talk, and the mails it was handed with their final dot. Messages are counted over all connections."""
    taken: list[bytes] = []
    count = iter(range(10_000))

    def talk(connection: socket.socket) -> None:
        if greeting == DROP:
            return
        connection.sendall(greeting)
        lines = connection.makefile("rb")
        number = -1
        for line in lines:
            command = line[:4].decode().upper().strip()
            if command in ("EHLO", "HELO"):
                connection.sendall(hello)
                continue
            if command in ("RSET", "QUIT", "NOOP"):
                connection.sendall(FINE)
                continue
            number = next(count) if command == "MAIL" else number
            answer = script(number, command)
            if answer == DROP:
                return
            connection.sendall(answer)
            if command == "DATA" and answer.startswith(b"354"):
                taken.append(_mail(lines))
                answer = script(number, "DOT")
                if answer == DROP:
                    return
                connection.sendall(answer)

    return talk, taken


def _mail(lines: Iterable[bytes]) -> bytes:
    found = []
    for line in lines:
        if line == b".\r\n":
            break
        found.append(line)
    return b"".join(found)


def saying(answers: Mapping[tuple[int, str], bytes]) -> Script:
    """Everything is fine, except what `answers` says for (message, command)."""
    usual = {"MAIL": FINE, "RCPT": FINE, "DATA": b"354 go on\r\n", "DOT": b"250 2.0.0 queued as 7\r\n"}
    return lambda number, command: answers.get((number, command), usual.get(command, b"500 what\r\n"))
