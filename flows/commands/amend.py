"""`recall amend`: another text for an open proposal.

Add here when the command asks for something else; rather in `tasks/amend.py` when changing the text does something else.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from configs.errors import BadInput


def run(args: argparse.Namespace) -> int:
    """Puts the changed text before the signers, and sends everyone a new code."""
    from configs.effects import EffectKind
    from configs.terms import Action
    from flows.commands.printing import console, print_json
    from flows.commands.sign import asked_code
    from integrations.toolbox import open_toolbox
    from tasks.act import perform_due
    from tasks.amend import amend
    from tasks.rules.standing import Amendment

    tools = open_toolbox()
    at_once = args.not_before == "now"
    start = None if at_once or args.not_before is None else start_from(args.not_before, tools.clock.now())
    countries, os_versions, devices = (None if v is None else tuple(v.split(",")) for v in (args.countries, args.os, args.devices))
    action = Action(args.action) if args.action else None
    change = Amendment(action, countries, os_versions, devices, args.note, start, at_once)
    code = args.code or asked_code()
    new = amend(tools, proposal_id=args.proposal, person=args.person, change=change, reason=args.reason, code=code)
    perform_due(tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)
    if args.json:
        print_json({"proposal": new.proposal_id, "revision": new.revision, "void": list(new.void)})
        return 0
    void = f"; void are the signatures of {', '.join(new.void)}" if new.void else ""
    console().print(f"{new.proposal_id} is open as revision {new.revision}{void}; everyone is asked with a new code", markup=False)
    return 0


def start_from(text: str, now: datetime) -> datetime:
    """A time as people type it: hour and minute (the next such time, UTC), or date and time (UTC where no offset is given).

    Raises:
        BadInput: it is no time.
    """
    try:
        if len(text) <= len("20:00"):
            hour, _, minute = text.partition(":")
            today = now.astimezone(UTC).replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
            return today if today > now else today + timedelta(days=1)
        found = datetime.fromisoformat(text)
    except ValueError as err:
        raise BadInput(f"{text!r} is no time; write 20:00 or 2026-03-02T20:00, both UTC, or now") from err
    return found if found.tzinfo else found.replace(tzinfo=UTC)
