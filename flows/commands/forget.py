"""`recall forget`: erases a person from the ledger.

Add here when the command asks for something else; rather in `tasks/forget.py` when erasing does something else.
"""

from __future__ import annotations

import argparse
import secrets


def run(args: argparse.Namespace) -> int:
    """Erases, and says what there was to erase; 0 also where the person was not known."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.forget import forget

    done = forget(open_toolbox(), subject=args.subject, person=args.person, reason=args.reason, request=secrets.token_hex(8))
    if args.json:
        print_json({"was_known": done.was_known, "addresses": done.addresses})
    else:
        known = f"erased, with {done.addresses} addresses of waiting notices" if done.was_known else "the ledger knows nobody of that id"
        console().print(f"{known}; remove them from your list of contacts too, or the next wave reads them there", markup=False)
    return 0
