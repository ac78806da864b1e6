"""What every request of the web app meets before a page: known host, own origin, bounded size and rate; and what every answer carries.

Written for ASGI itself: nothing is read, kept or logged of a request that is refused, and never the address of a link.

Add here when every page must be guarded otherwise; rather in one page's file when only that page must.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from configs.web import LOOPBACK_NAMES, Web
from configs.web_words import preferred
from integrations.web.rendering import plain_page, style_digest

LARGEST_BODY = 32_768
"""Bytes. The longest reason, 2000 Chinese characters, is 18 000 of them when percent-encoded."""

REMEMBERED = 10_000
"""Clients whose rate is known at once; the one unseen for longest is forgotten first."""

MINUTE = 60.0

LONGEST_ROOM = 8
"""Letters of the first part of an address of ours."""


@dataclass(slots=True)
class Rate:
    """A bucket a client: `allowed` requests at once, refilled evenly within a minute. Memory is bounded."""

    allowed: int
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def takes(self, client: str) -> bool:
        """Whether this client may ask once more now."""
        now = self.clock()
        left, at = self._buckets.pop(client, (float(self.allowed), now))
        left = min(self.allowed, left + (now - at) * self.allowed / MINUTE)
        self._buckets[client] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return left >= 1


class Guarded:
    """The app behind its guard."""

    def __init__(self, app: ASGIApp, web: Web, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._web = web
        self._rate = Rate(web.requests_a_minute, clock)
        self._hosts = LOOPBACK_NAMES | {web.public_host, web.host} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _put_headers(MutableHeaders(scope=message), self._web)
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        await (refusal or _Bounded(self._app))(scope, receive, told)
        room = str(scope["path"]).split("/")[1]
        logging.getLogger("recall.web").info("%s /%s %s %.0f ms", scope["method"], _safe(room), status, (time.monotonic() - began) * 1000)

    def _refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        if _host_name(headers.get("host", "")) not in self._hosts:
            return _page(headers, "no_link", "no_link_text", 421)
        client = scope["client"][0] if scope.get("client") else ""
        if not self._rate.takes(client):
            return _page(headers, "not_signed", "slow", 429)
        if scope["method"] == "POST" and not self._is_own(headers):
            return _page(headers, "no_link", "no_link_text", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:10]) > LARGEST_BODY:
            return _page(headers, "not_signed", "too_large", 413)
        return None

    def _is_own(self, headers: Headers) -> bool:
        """A browser says from where a form was sent; "null" is what ours says, for our pages send no referrer."""
        origin = headers.get("origin", "null")
        same = headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        return same and (origin == "null" or _host_name(origin.partition("://")[2]) in self._hosts)


class _Bounded:
    """Ends a request whose body goes on beyond what it may be, whatever its header says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
            if len(body) > LARGEST_BODY:
                await _page(Headers(scope=scope), "not_signed", "too_large", 413)(scope, receive, send)
                return

        given = False

        async def whole() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, whole, send)


def _put_headers(headers: MutableHeaders, web: Web) -> None:
    for name, value in _HEADERS.items():
        headers[name] = value
    headers["content-security-policy"] = (
        f"default-src 'none'; style-src '{style_digest()}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    if web.public_url.startswith("https://"):
        headers["strict-transport-security"] = "max-age=31536000"


_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def _page(headers: Headers, heading: str, text: str, status: int) -> ASGIApp:
    return HTMLResponse(plain_page(preferred(headers.get("accept-language", "")), heading, text), status, {"connection": "close"})


def _host_name(host: str) -> str:
    """Without its port; IPv6 without its brackets."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].lower()


def _safe(room: str) -> str:
    """The first part of a path for the log: ours are short words, and whatever else stands there may be a link cut wrongly."""
    return room if len(room) <= LONGEST_ROOM and (room.isascii() and room.isalnum()) else "?" if room else ""
