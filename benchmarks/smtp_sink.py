"""A mail server that takes everything as fast as it can: what fan-outs are measured and killed against.

    python benchmarks/smtp_sink.py PORT [LOG] [SECONDS_A_ROUND_TRIP] [SECONDS_TO_LIVE]

Offers PIPELINING. With LOG, appends the lines of a Postfix for each message taken before it answers: the log is what was
accepted.
A round trip that costs time is a relay far away. It ends by itself.

Add here when a benchmark needs another kind of server; rather in the tests' own scripted server when an answer must be wrong.
"""

from __future__ import annotations

import asyncio
import os
import sys

HELLO = b"250-sink\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n"
OK, GO_AHEAD = b"250 2.0.0 Ok\r\n", b"354 go\r\n"
DOT = b"\r\n.\r\n"
LOGGED = b"cleanup[1]: %X: message-id=<%b>\nqmgr[1]: %X: from=<>, size=1, to=<%b>\n"
MESSAGE_ID = b"\r\nMessage-ID: <"


class Sink(asyncio.Protocol):
    """One connection."""

    log: int | None = None
    taken = 0
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.unread, self.in_words, self.recipient = b"", False, b""
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        answers: list[bytes] = []
        taken: list[bytes] = []
        while self._step(answers, taken):
            pass
        if taken and self.log is not None:
            os.write(self.log, b"".join(taken))
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self._write, b"".join(answers))
        else:
            self._write(b"".join(answers))

    def _write(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)

    def _step(self, answers: list[bytes], taken: list[bytes]) -> bool:
        """Whether something whole was read."""
        end = self.unread.find(DOT if self.in_words else b"\r\n")
        if end < 0:
            return False
        if self.in_words:
            words, self.unread = self.unread[: end + 2], self.unread[end + 5 :]
            self.in_words = False
            if self.log is not None:
                at = words.find(MESSAGE_ID)
                known = words[at + len(MESSAGE_ID) : words.find(b">", at)] if at >= 0 else b"-"
                Sink.taken += 1
                taken.append(LOGGED % (Sink.taken, known, Sink.taken, self.recipient))
            answers.append(OK)
            return True
        line, self.unread = self.unread[:end], self.unread[end + 2 :]
        self._command(line, answers)
        return True

    def _command(self, line: bytes, answers: list[bytes]) -> None:
        word = line[:4].upper()
        if word == b"DATA":
            self.in_words = True
            answers.append(GO_AHEAD)
        elif word == b"EHLO":
            answers.append(HELLO)
        elif word == b"QUIT":
            self.transport.close()
        else:
            if word == b"RCPT":
                self.recipient = line[line.find(b"<") + 1 : line.find(b">")]
            answers.append(OK)


async def serve(port: int, seconds: float) -> None:
    """Takes mail on loopback for so long."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=600)
    print("ready", flush=True)
    async with server:
        await asyncio.sleep(seconds)


def main(port: str, log: str = "", delay: str = "0", seconds: str = "600") -> None:
    Sink.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    Sink.delay = float(delay)
    asyncio.run(serve(int(port), float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
