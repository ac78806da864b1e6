"""`recall admit`: a person decides about history that a source brought too much of at once.

Add here when the command asks for something else; rather in `tasks/sift.py` when taking in or dropping does something else.
"""

from __future__ import annotations

import argparse


def run(args: argparse.Namespace) -> int:
    """Takes the held rows in, or drops them; the next tick judges with what is there."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.sift import admit

    taken = admit(open_toolbox(), args.source, args.person, args.reason, app=args.app, keep=not args.drop)
    rows, new = sum(one.rows for one in taken), sum(one.new for one in taken)
    if args.json:
        print_json({"source": args.source, "rows": rows, "new": new, "dropped": args.drop})
    else:
        said = "dropped; they stay in table `rejected`" if args.drop else f"taken in, {new} of them new"
        console().print(f"{rows} held rows of {args.source}: {said}", markup=False)
    return 0
