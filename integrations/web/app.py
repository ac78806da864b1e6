"""The web app: the rooms of our pages behind one guard.

Add here when every room is served otherwise; rather a file with its routes beside it when there is another room.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from configs.web import Web
from configs.web_words import preferred
from integrations.web.guarding import Guarded
from integrations.web.rendering import plain_page

HEALTH_PATH = "/health"


def web_app(web: Web, routes: Sequence[BaseRoute], clock: Callable[[], float] = time.monotonic) -> Starlette:
    """The app of these rooms. `clock`: for the rate of requests, in seconds."""
    return Starlette(
        routes=[*routes, Route(HEALTH_PATH, _well, methods=["GET"])],
        middleware=[Middleware(Guarded, web=web, clock=clock)],
        exception_handlers={404: _nothing, 405: _nothing},
    )


async def _well(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _nothing(request: Request, _err: Exception) -> Response:
    return HTMLResponse(plain_page(preferred(request.headers.get("accept-language", "")), "no_link", "no_link_text"), 404)
