"""A server on loopback that says exactly what a test scripts, byte by byte. Add here when a neighbour must misbehave below its protocol."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port on 127.0.0.1 where each connection is handed to `talk` in a thread of its own, and closed afterwards."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            talk(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_ones.append(connection)
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_ones:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def request_of(connection: socket.socket) -> bytes:
    """One HTTP request: its head, and its body when it names a length. Empty when the other side closed."""
    found = b""
    while b"\r\n\r\n" not in found:
        piece = connection.recv(65536)
        if not piece:
            return b""
        found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(*answers: bytes) -> tuple[Callable[[socket.socket], None], list[bytes]]:
    """A talk that gives these answers in turn, the last one for ever, over kept connections; and the requests it got."""
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while request := request_of(connection):
            got.append(request)
            connection.sendall(answers[min(len(got), len(answers)) - 1])

    return talk, got


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    """One HTTP answer as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
