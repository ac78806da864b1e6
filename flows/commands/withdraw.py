"""`recall withdraw`: a question, or one's own signature on it, is taken back.

Add here when the command asks for something else; rather in `tasks/amend.py` when taking back does something else.
"""

from __future__ import annotations

import argparse
import secrets


def run(args: argparse.Namespace) -> int:
    """Takes it back and tells the operators; a new code is on its way to whoever may sign again."""
    from configs.effects import EffectKind
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.act import perform_due
    from tasks.amend import unsign_now, withdraw

    tools = open_toolbox()
    if args.signature:
        unsign_now(tools, question_id=args.question, person=args.person, reason=args.reason)
        said = f"the signature of {args.person} on {args.question} is void; to sign again, use the code of the new message"
    else:
        withdraw(tools, question_id=args.question, person=args.person, reason=args.reason, request=secrets.token_hex(8))
        said = f"{args.question} is withdrawn and takes no signatures any more; nothing was started"
    perform_due(tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)
    if args.json:
        print_json({"question": args.question, "withdrawn": "signature" if args.signature else "question"})
    else:
        console().print(said, markup=False)
    return 0
