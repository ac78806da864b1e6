"""The one way out over HTTP: timeouts always, bodies bounded, TLS always checked, redirects only on request, secrets never in messages.

An adapter makes one `Http` per neighbour and gives the errors it wants; what comes back is an accepted answer or one of those errors.

Add here when every HTTP neighbour should behave so; rather in the vendor's file when one vendor's answers need reading, and in
`integrations/gate.py` when it is about addresses and sockets.
"""

from __future__ import annotations

import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
import requests
import urllib3

from configs.errors import NeighbourRefused, RecallError, Throttled, Transient
from integrations.gate import Connect, Gate, GatedAdapter, Resolve, Waits, resolved

__all__ = ["Answer", "Http", "Waits", "retry_after", "shown"]

TRY_AGAIN = frozenset({408, 425})
"""4xx answers that say "not now" (RFC 9110, RFC 8470)."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CHUNK = 64 * 1024
GZIP_OR_ZLIB = 47
"""zlib's window bits for "either header, detect which"."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An accepted answer. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as UTF-8, with replacement characters where it is not."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> object:
        """The body as JSON. Raises ValueError when it is not: the adapter knows what that means for its vendor."""
        return orjson.loads(self.body)


def shown(url: str, show_path: bool = True) -> str:
    """A URL for people: no user name, no password, no query, no fragment; without its path too where the path is the secret."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "?"
        origin = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "(a malformed URL)"
    return origin + (parts.path if show_path else "")


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait after a Retry-After header, given as seconds or as a date; None when it says nothing usable."""
    if not value:
        return None
    try:
        return max(0.0, float(value)) if value.strip().isdigit() else max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


class Http:
    """One neighbour over HTTP.

    Args:
        neighbour: what people call it; starts every message.
        transient: raised when nobody answers, a time runs out, or the answer is 5xx.
        refused: raised for 4xx, for a forbidden address, a redirect nobody asked for, a body that is too large.
        in_doubt: raised instead of `transient` when a request went out and no answer came back; for writes that must not be repeated.
        allow_private: whether loopback and private addresses are open, for URLs from the settings only.
        show_path: False where the URL's path is the secret.
        redirects: how many to follow, for reads only.
    """

    def __init__(
        self,
        neighbour: str,
        *,
        transient: type[Transient],
        refused: type[RecallError] = NeighbourRefused,
        in_doubt: type[RecallError] | None = None,
        allow_private: bool = False,
        show_path: bool = True,
        redirects: int = 0,
        waits: Waits | None = None,
        resolve: Resolve = resolved,
        connect: Connect | None = None,
    ) -> None:
        self.neighbour, self._transient, self._refused = neighbour, transient, refused
        self._in_doubt = in_doubt or transient
        self._show_path, self._redirects, self.waits = show_path, redirects, waits or Waits()
        self._gate = Gate(neighbour, transient, refused, allow_private, self.waits, resolve)
        self._gate.connect = connect or self._gate.connect
        self._session = _session(self._gate)

    def __repr__(self) -> str:
        return f"Http({self.neighbour!r})"

    def close(self) -> None:
        """Closes kept connections; a later request opens new ones."""
        self._session.close()

    def get(self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """GET with status 2xx, or an error."""
        return self.request("GET", url, params=params, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accept: Container[int] = range(200, 300),
    ) -> Answer:
        """The answer when its status is in `accept`; otherwise the error that fits it.

        Raises:
            Throttled: 429, or 503 with Retry-After; `retry_after_seconds` is a fact where named.
            the `transient`, `in_doubt` and `refused` classes given to this neighbour.
        """
        self._gate.start()
        given = dict(headers or {})
        for _ in range(self._redirects + 1):
            answer = self._once(method, self._checked(url), params, given, body)
            if answer.status not in REDIRECTS or answer.status in accept:
                return self._judged(answer, url, accept)
            url, given, params = self._next(url, answer, given)
            if method not in ("GET", "HEAD"):
                break
        raise self._refused(f"{self.neighbour}: {self._shown(url)} is where it redirects to, and it is not followed; correct the URL")

    def _checked(self, url: str) -> str:
        try:
            parts = urlsplit(url)
            fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
        except ValueError:
            fine = False
        if not fine:
            raise self._refused(
                f"{self.neighbour}: {self._shown(url)} cannot be used; "
                "it must be http:// or https:// with a host, and credentials belong into an environment variable"
            )
        return url

    def _once(self, method: str, url: str, params: Mapping[str, Any] | None, headers: dict[str, str], body: bytes | None) -> Answer:
        timeout = (self.waits.connect_seconds, self.waits.read_seconds)
        try:
            with self._session.request(
                method, url, params=params, headers=headers, data=body, timeout=timeout, stream=True, allow_redirects=False
            ) as response:
                return Answer(response.status_code, _lower(response.headers), self._body(response, url))
        # `from None` here and below: the libraries' own texts quote the whole URL, and with it tokens in its path or query.
        except requests.exceptions.SSLError:
            raise self._transient(f"{self.neighbour}: TLS with {self._shown(url)} failed, its certificate was not accepted") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as err:
            if isinstance(err, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader | requests.exceptions.InvalidSchema):
                raise self._refused(f"{self.neighbour}: {self._shown(url)} or a header of it is malformed") from None
            raise self._in_doubt(f"{self.neighbour}: no complete answer from {self._shown(url)} ({_why(err)})") from None

    def _body(self, response: requests.Response, url: str) -> bytes:
        limit = self.waits.max_bytes
        claimed = response.headers.get("Content-Length", "")
        if claimed.isdigit() and int(claimed) > limit:
            raise self._too_large(url)
        unpack = _unpacker(response.headers.get("Content-Encoding", ""))
        found = bytearray()
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            found += unpack.decompress(chunk, limit + 1 - len(found)) if unpack else chunk
            if len(found) > limit:
                raise self._too_large(url)
        if unpack and found and not unpack.is_complete:
            raise requests.exceptions.ContentDecodingError("the packed body ends early")
        return bytes(found)

    def _too_large(self, url: str) -> RecallError:
        return self._refused(
            f"{self.neighbour}: {self._shown(url)} answers with more than {self.waits.max_bytes} bytes; ask it for less at a time"
        )

    def _judged(self, answer: Answer, url: str, accept: Container[int]) -> Answer:
        status = answer.status
        if status in accept:
            return answer
        said = f"{self.neighbour} answered {status} for {self._shown(url)}"
        wait = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        if status == 429 or (status == 503 and wait is not None):
            raise Throttled(f"{said}; will be retried", **({} if wait is None else {"retry_after_seconds": wait}), status=status)
        if status >= 500 or status in TRY_AGAIN:
            raise self._transient(f"{said}; will be retried", status=status)
        raise self._refused(f"{said}; check the address and the credentials", status=status)

    def _next(self, url: str, answer: Answer, headers: dict[str, str]) -> tuple[str, dict[str, str], None]:
        target = urljoin(url, answer.headers.get("location", ""))
        old, new = urlsplit(url), urlsplit(self._checked(target))
        if old.scheme == "https" and new.scheme != "https":
            raise self._refused(f"{self.neighbour}: {self._shown(url)} redirects to an unencrypted address; correct the URL")
        same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
        return target, headers if same else {k: v for k, v in headers.items() if k.lower() == "accept"}, None

    def _shown(self, url: str) -> str:
        return shown(url, self._show_path)


def _session(gate: Gate) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no .netrc passwords and no proxy that would resolve names behind the gate's back
    session.headers["User-Agent"] = "app-recall"
    session.headers["Accept-Encoding"] = "gzip"
    adapter = GatedAdapter(gate)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Unpacker:
    """Unpacks gzip piece by piece and stops at the byte that is one too many."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(GZIP_OR_ZLIB)

    @property
    def is_complete(self) -> bool:
        return self._zlib.eof

    def decompress(self, chunk: bytes, room: int) -> bytes:
        try:
            return self._zlib.decompress(chunk, max(1, room))
        except zlib.error as err:
            raise requests.exceptions.ContentDecodingError(str(err)) from err


def _unpacker(encoding: str) -> _Unpacker | None:
    if encoding.strip().lower() in ("", "identity"):
        return None
    if encoding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        return _Unpacker()
    raise requests.exceptions.ContentDecodingError(f"unknown encoding {encoding[:20]!r}")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _why(err: Exception) -> str:
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, TimeoutError | requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
            return "time ran out"
        cause = cause.__cause__ or cause.__context__
    return type(err).__name__
