"""`recall roles`: who signs as it was agreed, and what the policy file says otherwise.

Add here when the command shows or asks for something else; rather in `tasks/roles.py` when agreeing does something else.
"""

from __future__ import annotations

import argparse
import secrets
from typing import TYPE_CHECKING

from configs.errors import BadInput

if TYPE_CHECKING:
    from tasks.roles import Roles


def run(args: argparse.Namespace) -> int:
    """Shows both; `propose` and `restore` put the file's people before the signers in force."""
    from configs.effects import EffectKind
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.act import perform_due
    from tasks.roles import propose_roles, roles_now

    tools = open_toolbox()
    if args.what == "show":
        now = roles_now(tools)
        if args.json:
            print_json(_facts(now))
        else:
            console().print(_words(now), markup=False)
        return 0
    if not (args.person and args.reason):
        raise BadInput(f"`recall roles {args.what}` needs --person and --reason")
    restores = args.what == "restore"
    question = propose_roles(tools, person=args.person, reason=args.reason, request=secrets.token_hex(8), without_signatures=restores)
    perform_due(tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)
    if args.json:
        print_json({"question": question})
        return 0
    waits = roles_now(tools).restored_at
    later = f"; without their answers it is agreed at {waits:%Y-%m-%d %H:%M} UTC, unless one of them objects" if waits else ""
    console().print(f"the signers in force were asked to sign {question}{later}", markup=False)
    return 0


def _facts(now: Roles) -> dict[str, object]:
    people = {name: {"roles": list(p.roles), "may_brake": p.may_brake} for name, p in now.section.people.items()}
    agreed = now.agreement
    return {
        "agreed": None if agreed is None else {"number": agreed.number, "manner": agreed.manner, "at": agreed.at.isoformat()},
        "needed": {name: role.needed for name, role in now.section.roles.items()},
        "people": people,
        "file_says_otherwise": list(now.changes),
        "question": now.question,
        "restored_at": now.restored_at.isoformat() if now.restored_at else None,
    }


def _words(now: Roles) -> str:
    agreed = now.agreement
    manner = f"agreement {agreed.number}, {agreed.manner} at {agreed.at:%Y-%m-%d %H:%M} UTC" if agreed else "not agreed yet"
    lines = [f"In force ({manner}):"]
    for name, role in now.section.roles.items():
        holders = ", ".join(person for person, known in now.section.people.items() if name in known.roles)
        lines.append(f"  {name}: {role.needed} of {holders}")
    lines.append(f"  may brake: {', '.join(p for p, known in now.section.people.items() if known.may_brake) or 'nobody'}")
    if now.changes:
        lines += ["The policy file says otherwise, and that is not in force:", *(f"  {change}" for change in now.changes)]
        lines.append(f"Waiting for signatures: {now.question}" if now.question else "To have it agreed: recall roles propose")
    return "\n".join(lines)
