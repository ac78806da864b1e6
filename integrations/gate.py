"""Which machines a connection may go to, and until when it may last: resolved once, checked, and only then connected.

The check sits where the socket is opened, so a redirect, a second DNS answer or an odd spelling of an address cannot get round it.

Add here when an address must be refused or a wait bounded; rather in `integrations/http.py` when it is about HTTP.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from configs.errors import NeighbourRefused, RecallError, Transient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for the IPv4 address in their last four bytes (RFC 6052)."""

METADATA = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))
"""Where clouds hand out a machine's own credentials: refused even inside a private network."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long, in seconds, and how much, in bytes, one answer may take."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    max_bytes: int = 64 * 1024 * 1024


def is_open_to(address: str, allow_private: bool) -> bool:
    """Whether a connection may go to this IP address. Addresses that carry another one inside are judged by that one."""
    given = _innermost(ipaddress.ip_address(address.split("%")[0]))
    if given in METADATA or given.is_link_local or given.is_multicast or given.is_unspecified:
        return False
    return given.is_global or (allow_private and (given.is_loopback or (given.is_private and not given.is_reserved)))


def _innermost(given: Address) -> Address:
    if isinstance(given, ipaddress.IPv4Address):
        return given
    if given in NAT64:
        return ipaddress.IPv4Address(given.packed[-4:])
    return given.ipv4_mapped or given.sixtofour or (given.teredo[1] if given.teredo else given)


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver orders them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass
class Gate:
    """Opens sockets for one neighbour. `resolve` and `connect` are the system's, unless a test records them."""

    neighbour: str
    transient: type[Transient]
    refused: type[RecallError] = NeighbourRefused
    allow_private: bool = False
    waits: Waits = field(default_factory=Waits)
    resolve: Resolve = resolved
    connect: Connect = socket.create_connection
    _now: threading.local = field(default_factory=threading.local, repr=False)

    def start(self) -> None:
        """The clock of this thread's next request starts to run."""
        self._now.deadline = time.monotonic() + self.waits.total_seconds

    def remaining(self) -> float:
        """Seconds left for this thread's request, at most one read's worth. Raises TimeoutError when none are."""
        left = self._now.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no complete answer within {self.waits.total_seconds:g} s")
        return float(min(left, self.waits.read_seconds))

    def open(self, host: str, port: int) -> socket.socket:
        """A connected socket to the first address that answers.

        Raises:
            the gate's `refused`: one of the name's addresses is not open to us.
            the gate's `transient`: no such name now, or nobody answers.
        """
        addresses = self._addresses(host, port)
        failure: OSError | None = None
        for address in addresses:
            try:
                return _prompt(self.connect((address, port), min(self.waits.connect_seconds, self.remaining())))
            except OSError as err:
                failure = err
        why = (failure.strerror or type(failure).__name__) if failure else "the name has no address"
        raise self.transient(f"{self.neighbour}: cannot connect to {host}:{port} ({why}); will be retried")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as err:
            raise self.transient(f"{self.neighbour}: the name {host} cannot be resolved ({type(err).__name__}); will be retried") from None
        for address in addresses:
            if not is_open_to(address, self.allow_private):
                raise self.refused(
                    f"{self.neighbour}: {host} resolves to {address}, which is not open to this URL; "
                    "for a neighbour of your own set `allow_private: true` in the settings"
                )
        return addresses


def _prompt(sock: socket.socket) -> socket.socket:
    """Without this a body written after its head waits 40 ms for an acknowledgement."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class _Bounded(io.RawIOBase):
    """A socket's reading side that never waits past the request's deadline, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, gate: Gate) -> None:
        self._sock, self._gate = sock, gate
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._gate.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Reader:
    """What http.client asks of a socket when it reads an answer: a file, and nothing else."""

    def __init__(self, sock: socket.socket, gate: Gate) -> None:
        self._sock, self._gate = sock, gate

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> io.BufferedReader:
        return io.BufferedReader(_Bounded(self._sock, self._gate))


class _Guarded:
    """Mixed into urllib3's connections: sockets come from the gate, answers are read under its deadline."""

    gate: Gate
    host: str
    port: int
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        return self.gate.open(self._dns_host, self.port)

    def response_class(self, sock: socket.socket, **given: Any) -> Any:
        return HTTPResponse(_Reader(sock, self.gate), **given)  # type: ignore[arg-type]  # it only calls makefile


class _HttpConnection(_Guarded, HTTPConnection):  # type: ignore[misc]  # http.client only ever calls response_class
    pass


class _HttpsConnection(_Guarded, HTTPSConnection):  # type: ignore[misc]  # as above
    pass


class _Handing:
    """Mixed into urllib3's pools: hands the gate to each new connection."""

    gate: Gate

    def _new_conn(self) -> Any:
        made = super()._new_conn()  # type: ignore[misc]  # the pool it is mixed into has it
        made.gate = self.gate
        return made


class _HttpPool(_Handing, HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(_Handing, HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class _Pools(urllib3.PoolManager):
    gate: Gate

    def _new_pool(self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None) -> HTTPConnectionPool:
        self.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.gate = self.gate  # type: ignore[attr-defined]  # one of the two pools above
        return pool


class GatedAdapter(HTTPAdapter):
    """A requests transport whose every socket comes from one gate. It never retries by itself."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **given: Any) -> None:
        self.poolmanager = _Pools(num_pools=connections, maxsize=maxsize, block=block, **given)
        self.poolmanager.gate = self._gate
