"""`recall brake`: the emergency stop from a shell, what it is proven by, and the request for its release.

Add here when the command asks for something else; rather in `tasks/stop.py` when stopping does something else.
"""

from __future__ import annotations

import argparse
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from configs.effects import EffectKind
from configs.errors import BadInput

if TYPE_CHECKING:
    from configs.effects import Surface
    from integrations.toolbox import Toolbox
    from tasks.standstill import Proof

NOT_PROVEN = 5


def run(args: argparse.Namespace) -> int:
    """Stops everything and shows what each store was read back to say; 0 when every surface stands still, 5 when one is still tried."""
    from integrations.toolbox import open_toolbox

    if args.show:
        return _show(args, open_toolbox())
    if not (args.person and args.reason):
        raise BadInput("a stop, and its release, need --person and --reason; `recall brake --show` shows the brake as it is")
    return _release(args, open_toolbox()) if args.release else _stop(args, open_toolbox())


def _stop(args: argparse.Namespace, tools: Toolbox) -> int:
    from tasks.act import perform_due
    from tasks.standstill import until_still
    from tasks.stop import engage_brake

    number = engage_brake(tools, person=args.person, reason=args.reason, request=secrets.token_hex(8))
    say = (lambda _: None) if args.json else _screen()
    say(f"brake {number} engaged: nothing is sent or published until every role signs its release")
    for surface in until_still(tools, number, args.wait):
        say(_line(surface))
    perform_due(tools, EffectKind.TELL_OPERATORS)
    proof = _proof(tools)
    if args.json:
        _print_json(proof)
    elif proof is not None:
        for line in _held(proof):
            say(line)
    return _status(proof)


def _show(args: argparse.Namespace, tools: Toolbox) -> int:
    proof = _proof(tools)
    if args.json:
        _print_json(proof)
        return _status(proof)
    say = _screen()
    if proof is None:
        say("the brake is not engaged")
        return 0
    event = proof.event
    say(f"brake {event.id} engaged by {event.person} at {event.at:%Y-%m-%d %H:%M:%S} UTC: {event.reason}")
    for line in (*map(_line, proof.surfaces), *_held(proof)):
        say(line)
    return _status(proof)


def _release(args: argparse.Namespace, tools: Toolbox) -> int:
    from flows.commands.printing import print_json
    from tasks.act import perform_due
    from tasks.stop import ask_release

    question = ask_release(tools, person=args.person, reason=args.reason, request=secrets.token_hex(8))
    perform_due(tools, EffectKind.ASK_SIGNATURE)
    if args.json:
        print_json({"question": question})
    else:
        _screen()(f"every role was asked to sign {question}")
    return 0


def _proof(tools: Toolbox) -> Proof | None:
    from tasks.standstill import proof_of

    with tools.book.read() as txn:
        return proof_of(txn)


def _status(proof: Proof | None) -> int:
    """0 as well where a role's signatures released the brake meanwhile."""
    return 0 if proof is None or all(surface.standing.value == "still" for surface in proof.surfaces) else NOT_PROVEN


def _line(surface: Surface) -> str:
    where = f"{surface.app} ({surface.store}, {surface.platform})"
    if surface.standing.value == "still":
        return f"  \u2714 {where}: stands still, read back at {surface.looked_at:%H:%M:%S} UTC; {surface.detail}"
    what = "could not be read" if surface.standing.value == "unread" else f"{', '.join(surface.running)} is still being handed out"
    return f"  \u2718 {where}: NOT CONFIRMED, {what}: {surface.detail}; every tick tries on, but halt it by hand now"


def _held(proof: Proof) -> list[str]:
    names = {"send_notices": "chunks of notices", "publish_fix": "fixes", "send_holding": "holding statements"}
    return [
        f"  {names[one.kind.value]}: {one.waiting} held"
        + (f"; {one.under_way} with its provider when the brake fell, and ends there" if one.under_way else "")
        for one in proof.held
    ]


def _screen() -> Any:
    from functools import partial

    from flows.commands.printing import console

    return partial(console().print, markup=False)


def _print_json(proof: Proof | None) -> None:
    from flows.commands.printing import print_json

    if proof is None:
        print_json({"engaged": False})
        return
    event = asdict(proof.event)
    print_json(
        {"brake": event.pop("id"), **event, "surfaces": [asdict(s) for s in proof.surfaces], "held": [asdict(h) for h in proof.held]}
    )
