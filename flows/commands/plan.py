"""`recall plan`: a recall's milestones with owner, due time and what became of them; and the change of one.

Add here when the command asks for or shows something else; rather in `tasks/replan.py` when a change does something else.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict

from configs.errors import BadInput

UNITS = {"m": 1, "h": 60, "d": 1440}
"""Minutes."""

_SPAN = re.compile(r"\+(\d{1,6})([mhd])")


def run(args: argparse.Namespace) -> int:
    """Shows the plan, or sets a milestone and says what that means for the signatures."""
    return _set(args) if args.what == "set" else _show(args)


def _set(args: argparse.Namespace) -> int:
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.replan import change_plan, plan_in_force

    if not args.milestone or not (args.due or args.owner) or not args.person or not args.reason:
        raise BadInput("to set a milestone, name it, and give --due or --owner, --person and --reason")
    tools = open_toolbox()
    changed = change_plan(
        tools,
        recall_id=args.recall,
        number=plan_in_force(tools, args.recall).number + 1,
        milestone=args.milestone,
        person=args.person,
        reason=args.reason,
        after_minutes=minutes_of(args.due) if args.due else None,
        owner=args.owner,
    )
    if args.json:
        print_json({"recall": changed.recall_id, "version": changed.number, "changes": changed.changes, "proposal": changed.proposal_id})
        return 0
    console().print(f"{changed.recall_id}, plan {changed.number}: {'; '.join(changed.changes)}", markup=False)
    if changed.proposal_id:
        console().print(f"earlier signatures are void; everybody signs {changed.proposal_id}, with the code of a new message", markup=False)
    return 0


def minutes_of(span: str) -> int:
    """Minutes of "+30m", "+6h" or "+2d". Raises BadInput."""
    found = _SPAN.fullmatch(span.strip())
    if found is None:
        raise BadInput(f"cannot read --due {span!r}; say how long after the verdict: +30m, +6h, +2d")
    return int(found[1]) * UNITS[found[2]]


def _show(args: argparse.Namespace) -> int:
    from flows.commands.printing import as_table, console, print_json
    from integrations.ledger.cases import the_recall
    from integrations.toolbox import open_toolbox
    from tasks.plan_lines import plan_changes, plan_lines

    tools = open_toolbox()
    with tools.book.read() as txn:
        recall = the_recall(txn, args.recall)
        lines, history = plan_lines(txn, recall), plan_changes(txn, recall.id)
    if args.json:
        print_json({"recall": recall.id, "milestones": [asdict(one) for one in lines], "history": [asdict(one) for one in history]})
        return 0
    screen = console()
    rows = [(one.name, one.owner, one.due, one.reached, one.standing.upper() if one.is_late else one.standing) for one in lines]
    screen.print(as_table(f"Plan of {recall.id}", ("milestone", "seen to by", "due", "reached", ""), rows))
    for one in history:
        screen.print(f"{one.at:%Y-%m-%d %H:%M} {one.person}: {'; '.join((*one.changes, one.reason))}", markup=False)
    return 0
