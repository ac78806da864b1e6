"""A push provider that takes everything: `push_sink.py PORT`. `GET /count` tells how many messages it has taken, by distinct body too.

Add here when a benchmark needs another answer; rather in `tests/integrations/channels/push_builders.py` when a test needs one.
"""

from __future__ import annotations

import asyncio
import sys

BODY = b'{"name": "projects/pocket/messages/0:1500415314455276%31bd1c9631bd1c96"}'
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
LENGTH = b"content-length:"

count = 0
seen: set[int] = set()


class Provider(asyncio.Protocol):
    """One connection: requests with a length, one after another."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._unread = transport, b""

    def data_received(self, data: bytes) -> None:
        global count
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end].lower()
            at = head.find(LENGTH)
            length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._unread) < end + 4 + length:
                return
            body, self._unread = self._unread[end + 4 : end + 4 + length], self._unread[end + 4 + length :]
            if head.startswith(b"get /count"):
                told = b"%d %d" % (count, len(seen))
                self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
                continue
            if head.startswith(b"post /token"):
                told = b'{"access_token": "t", "expires_in": 3600}'
                self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
                continue
            count += 1
            seen.add(hash(body))
            self._write(TAKEN)

    def _write(self, answer: bytes) -> None:
        self._transport.write(answer)  # type: ignore[attr-defined]  # a socket's transport


async def main(port: int) -> None:
    """Answers until it is ended."""
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
