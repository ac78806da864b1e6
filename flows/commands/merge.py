"""`recall merge`: a person says that two issues are one problem.

Add here when the command asks for something else; rather in `tasks/regroup.py` when merging does something else.
"""

from __future__ import annotations

import argparse


def run(args: argparse.Namespace) -> int:
    """Merges the first issue into the second, for good."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.regroup import merge_issues

    merged = merge_issues(open_toolbox(), issue_id=args.issue, into=args.into, person=args.person, reason=args.reason)
    if args.json:
        print_json({"issue": merged.issue_id, "into": merged.into, "level": merged.level.value})
    else:
        said = f"{merged.issue_id} is merged into {merged.into} (level {merged.level}); its evidence goes there from now on"
        console().print(said, markup=False)
    return 0
