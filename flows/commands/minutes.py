"""`recall minutes`: what was said and decided in the meeting about a proposal.

Add here when the command asks for something else; rather in `tasks/meet.py` when entering minutes does something else.
"""

from __future__ import annotations

import argparse


def run(args: argparse.Namespace) -> int:
    """Keeps the minutes; the memo and the dossier show them from now on."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.meet import enter_minutes

    entered = enter_minutes(
        open_toolbox(),
        proposal_id=args.proposal,
        person=args.person,
        attended=tuple(name.strip() for name in args.attended.split(",") if name.strip()),
        arguments=tuple(args.argument),
        decision=args.decision,
        correction=args.correct,
    )
    if args.json:
        print_json({"proposal": entered.proposal_id, "number": entered.number})
    else:
        what = "entered" if entered.number == 1 else f"corrected (entry {entered.number}; the earlier ones stay readable)"
        console().print(f"minutes about {entered.proposal_id} {what}", markup=False)
    return 0
