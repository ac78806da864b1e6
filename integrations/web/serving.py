"""The web app's process: served by uvicorn, with no address of a link in any log.

Add here when it is about listening and ending; rather in `guarding.py` when it is about a request.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from configs.errors import SettingsInvalid
from configs.web import Web
from integrations.server.process import Child

AT_ONCE = 64
"""Requests; more are told to come again, before anything is read of them."""

LONGEST_HEAD = 16_384
"""Bytes of a request's first line and headers."""

LOG_NAME = "web.log"


def serve(app: ASGIApp, web: Web) -> None:
    """Serves until Ctrl-C or TERM.

    Raises:
        SettingsInvalid: the port cannot be used.
    """
    with _listening(web) as line:
        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=web.behind_proxy,
            forwarded_allow_ips="127.0.0.1,::1" if web.behind_proxy else "",
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=LONGEST_HEAD,
            http="h11",
            lifespan="off",
        )
        uvicorn.Server(config).run(sockets=[line])


def start_web(home: Path, settings: Path) -> Child:
    """The same as a process of its own, for `recall up`; its log lies in the home folder."""
    return Child(("flows", "web"), {**os.environ, "RECALL_CONFIG": str(settings.resolve())}, home / LOG_NAME)


def address(web: Web) -> str:
    """Where this machine reaches the pages."""
    return f"http://{f'[{web.host}]' if ':' in web.host else web.host}:{web.port}"


def _listening(web: Web) -> socket.socket:
    line = socket.socket(socket.AF_INET6 if ":" in web.host else socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((web.host, web.port))
    except OSError as err:
        line.close()
        raise SettingsInvalid(f"port {web.port} on {web.host} cannot be used for the web pages ({err.strerror}); set `web.port`") from err
    return line
