"""`recall fix`: a person names the version that mends a recalled one.

Add here when the command asks for something else; rather in `tasks/mend.py` when naming a fix does something else.
"""

from __future__ import annotations

import argparse


def run(args: argparse.Namespace) -> int:
    """Queues the fix; the next tick publishes it."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.mend import name_fix_by_hand

    fix = name_fix_by_hand(open_toolbox(), recall_id=args.recall, version=args.version, person=args.person, reason=args.reason)
    if args.json:
        print_json({"recall": fix.recall_id, "version": fix.version})
    else:
        console().print(f"{fix.version} is the fix of {fix.recall_id}; the next tick publishes it to everyone", markup=False)
    return 0
