"""`recall up`: server, deployments and worker until Ctrl-C.

Add here when the command is asked for something else; rather in `integrations/server` when it keeps something else running.
"""

from __future__ import annotations

import argparse


def run(args: argparse.Namespace) -> int:
    """Runs until Ctrl-C or TERM; refuses an unsafe combination of host and authentication."""
    from configs.settings import load_settings, settings_path
    from flows.commands.printing import console
    from integrations.ledger.migrations import migrate
    from integrations.links import keep_addresses
    from integrations.server.beside import Beside
    from integrations.server.deployments import addresses
    from integrations.server.process import Server
    from integrations.server.up import up
    from integrations.toolbox import open_toolbox
    from integrations.web.serving import address, start_web

    settings, screen = load_settings(), console()
    migrate(settings.ledger_url)
    open_toolbox().book.checkpoint(force=True)

    def say(sentence: str) -> None:
        screen.print(sentence, markup=False)

    def ready(server: Server) -> None:
        keep_addresses(settings.home_folder, server.ui_url, addresses(server.setup))
        say(f"app-recall is up: {server.ui_url}")
        if server.setup.password:
            say(f"the UI asks for a password: the whole line in {server.setup.folder / 'password'}")
        if settings.web:
            say(f"web pages for signed links: {address(settings.web)}")
        say("Ctrl-C stops it; recalls in progress go on at the next start")

    web = Beside("web pages", lambda: start_web(settings.home_folder, settings_path()), say) if settings.web else None
    up(settings.home_folder, port=args.port, host=args.host, auth=not args.no_auth, say=say, ready=ready, beside=web)
    return 0
