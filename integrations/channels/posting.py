"""HTTP requests to one provider over kept connections, in an event loop: what `integrations/http.py` is for one request at a time.

| what happens | answer |
|---|---|
| no connection | NotSent: nothing went out |
| the connection breaks or time runs out before the whole answer | NoAnswer: in doubt |
| an answer, whatever its status | Reply |

Add here when every provider's requests need it; rather in a channel's own file when one provider's answers need reading.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import certifi
import orjson

from integrations.gate import is_open_to
from integrations.http import retry_after

if TYPE_CHECKING:
    import aiohttp

LONGEST_ANSWER = 64 * 1024
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A provider's answer. Headers are found whatever their case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} when it is none."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def wait_seconds(self) -> float | None:
        """How long the provider asks to wait; None when it does not say."""
        return retry_after(self.headers.get("retry-after"), datetime.now(UTC))


class NotSent(Exception):
    """The request did not leave."""


class NoAnswer(Exception):
    """The request may have arrived."""


class Posting:
    """Connections to one provider. `allow_private` opens addresses of your own network."""

    def __init__(self, connections: int, timeout_seconds: float, allow_private: bool) -> None:
        self._connections, self._timeout, self._allow_private = connections, timeout_seconds, allow_private
        self._session: aiohttp.ClientSession | None = None
        self._checked: Any = None

    async def open(self) -> None:
        """Makes ready; connects to nobody yet."""
        import aiohttp  # a fifth of a second that a quick command does without

        connector = aiohttp.TCPConnector(
            limit=self._connections,
            resolver=_gated(self._allow_private),
            ssl=ssl.create_default_context(cafile=certifi.where()),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout + CONNECT_SECONDS, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": "app-recall"},
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()

    async def post(self, url: Any, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One POST; redirects are not followed. `url` is text, or yarl's, which is parsed once only. Raises NotSent, NoAnswer."""
        import aiohttp

        assert self._session is not None
        if url is not self._checked:
            self._check(str(url))
            self._checked = url
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                found = await _body(response)
                return Reply(response.status, found, response.headers)
        # `from None`: the library's texts quote the whole URL, and with it tokens in its path.
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as err:
            raise NotSent(f"cannot connect ({type(err).__name__})") from None
        except (TimeoutError, aiohttp.ClientError, OSError) as err:
            raise NoAnswer(f"no complete answer ({type(err).__name__})") from None

    def _check(self, url: str) -> None:
        """A literal address is never resolved, and so must be looked at here."""
        host = urlsplit(url).hostname or ""
        if host[:1].isdigit() or ":" in host:
            _refuse_closed(host, self._allow_private)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    found = b""
    while len(found) < LONGEST_ANSWER and (piece := await response.content.readany()):
        found += piece
    return found


def _refuse_closed(address: str, allow_private: bool) -> None:
    try:
        ip_address(address.split("%")[0])
        fine = is_open_to(address, allow_private)
    except ValueError:
        fine = True  # a name that begins with a digit; its addresses are looked at when it is resolved
    if not fine:
        raise NotSent(f"{address} is not open to this URL; for a neighbour of your own set `allow_private: true` in the settings")


def _gated(allow_private: bool) -> aiohttp.abc.AbstractResolver:
    from aiohttp.abc import ResolveResult
    from aiohttp.resolver import ThreadedResolver

    class Gated(ThreadedResolver):
        """The system's resolver, whose addresses are looked at before a connection is opened."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_UNSPEC
        ) -> list[ResolveResult]:
            found = await super().resolve(host, port, family)
            for one in found:
                _refuse_closed(one["host"], allow_private)
            return found

    return Gated()
