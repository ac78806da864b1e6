"""`recall split`: a person says that a part of an issue is another problem.

Add here when the command asks for something else; rather in `tasks/regroup.py` when splitting does something else.
"""

from __future__ import annotations

import argparse
import secrets


def run(args: argparse.Namespace) -> int:
    """Splits a kind or a scope off, for good, as an issue of its own."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.regroup import split_issue

    split = split_issue(
        open_toolbox(),
        issue_id=args.issue,
        kind=args.kind,
        scope=tuple(args.scope),
        person=args.person,
        reason=args.reason,
        request=secrets.token_hex(8),
    )
    if args.json:
        print_json({"issue": split.issue_id, "level": split.level_left.value, "part": split.part, "part_level": split.level.value})
    else:
        said = f"{split.part} (level {split.level}) is split off from {split.issue_id} (level {split.level_left})"
        console().print(f"{said}; such evidence goes there from now on", markup=False)
    return 0
