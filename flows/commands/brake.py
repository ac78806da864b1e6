"""`recall brake`: the emergency stop from a shell, and the request for its release.

Add here when the command asks for something else; rather in `tasks/stop.py` when stopping does something else.
"""

from __future__ import annotations

import argparse
import secrets

from configs.effects import EffectKind


def run(args: argparse.Namespace) -> int:
    """Stops everything and shows what each store says; 0 when every halt is confirmed, 5 when one is still being tried."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.act import perform_due
    from tasks.stop import ask_release, engage_brake

    tools = open_toolbox()
    if args.release:
        question = ask_release(tools, person=args.person, reason=args.reason, request=secrets.token_hex(8))
        perform_due(tools, EffectKind.ASK_SIGNATURE)
        _say(args, {"question": question}, f"every role was asked to sign {question}")
        return 0
    braked = engage_brake(tools, person=args.person, reason=args.reason, request=secrets.token_hex(8))
    halts = perform_due(tools, EffectKind.HALT_ROLLOUT, recall_id=f"brake-{braked.brake_id}")
    perform_due(tools, EffectKind.TELL_OPERATORS)
    open_halts = [h for h in halts if h.state.value != "done"]
    if args.json:
        print_json(
            {"brake": braked.brake_id, "halts": [{"state": h.state.value, "detail": h.detail} for h in halts], "unread": braked.unread}
        )
    else:
        screen = console()
        screen.print(f"brake {braked.brake_id} engaged: nothing is sent or published until every role signs its release", markup=False)
        for halt in halts:
            app, _platform, version = halt.target.split(" ")
            screen.print(
                f"  {app} {version}: {'halted, read back' if halt.state.value == 'done' else 'NOT CONFIRMED, trying on: ' + halt.detail}",
                markup=False,
            )
        for app in braked.unread:
            screen.print(
                f"  {app}: NOT HALTED, its store could not be read; every tick asks it again, but halt it by hand now", markup=False
            )
    return 5 if open_halts or braked.unread else 0


def _say(args: argparse.Namespace, facts: dict[str, str], sentence: str) -> None:
    from flows.commands.printing import console, print_json

    if args.json:
        print_json(facts)
    else:
        console().print(sentence, markup=False)
