"""Prefect's own web app, which answers only to its own host names.

Prefect answers any Host header, so a page anywhere can reach a server on loopback by pointing its own name there (DNS rebinding).

Add here when the server's web app itself must differ; rather in `settings` when a setting of Prefect's does it.
"""

from __future__ import annotations

import os

from fastapi import FastAPI
from prefect.server.api.server import create_app
from starlette.middleware.trustedhost import TrustedHostMiddleware

from integrations.server.settings import LOOPBACK

HOSTS_VARIABLE = "RECALL_SERVER_HOSTS"
"""More host names, comma-separated, where the server is opened beyond this machine; "*" for any."""


def create() -> FastAPI:
    """The app that uvicorn serves."""
    app = create_app(final=True)
    own = os.environ.get("PREFECT_SERVER_API_HOST", LOOPBACK)
    more = [name.strip() for name in os.environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost", own, *more])
    return app
