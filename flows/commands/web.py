"""`recall web`: our own web pages alone, for signed links, until Ctrl-C.

Add here when the command is asked for something else, or serves another room of `integrations/web`; rather there when a page changes.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a parser's help must not pay for it
    from configs.web import Web
    from integrations.toolbox import Toolbox


def run(args: argparse.Namespace) -> int:
    """Serves until Ctrl-C or TERM; `--host` and `--port` win over the settings."""
    from configs.settings import load_settings
    from flows.commands.printing import console
    from integrations.web.app import web_app
    from integrations.web.serving import address, serve
    from integrations.web.signing import signing_routes
    from tasks.answer import SigningDesk

    web = _changed(load_settings().web, args)
    opened = newest_toolbox()
    opened()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    where = web.public_url or "no `web.public_url`: messages carry no link"
    console().print(f"web pages: {address(web)} ({where}); Ctrl-C stops them", markup=False)
    serve(web_app(web, signing_routes(SigningDesk(opened))), web)
    return 0


def _changed(web: Web | None, args: argparse.Namespace) -> Web:
    """The settings with what was typed; checked again, for a host typed here may be unsafe."""
    from pydantic import ValidationError

    from configs.errors import SettingsInvalid
    from configs.web import Web

    typed = {name: value for name, value in (("host", args.host), ("port", args.port)) if value}
    try:
        return Web.model_validate((web or Web()).model_dump() | typed)
    except ValidationError as err:
        raise SettingsInvalid("; ".join(str(one["msg"]) for one in err.errors(include_input=False, include_url=False))) from None


def newest_toolbox() -> Callable[[], Toolbox]:
    """Opens the toolbox of settings and policy as they are now: who was struck off the policy must not sign at an old one's word."""
    from configs.settings import load_settings, settings_path
    from integrations.toolbox import build_toolbox

    held: list[tuple[tuple[int, ...], Toolbox]] = []

    def opened() -> Toolbox:
        path = settings_path().resolve()
        settings = load_settings(path)
        stamp = _changed_at(path, Path(settings.policy_source))
        if not held or held[0][0] != stamp:
            held[:] = [(stamp, build_toolbox(settings))]
        return held[0][1]

    return opened


def _changed_at(*paths: Path) -> tuple[int, ...]:
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
