"""`recall status`: everything at a glance.

Add here when the glance is shown otherwise; rather in `integrations/ledger/glance.py` when it must show another fact.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from configs.places import read_places
from integrations.ledger.glance import glance

Rows = Sequence[dict[str, Any]]


def run(args: argparse.Namespace) -> int:
    """Always 0 when the ledger can be read: what is wrong with an app is no failure of this command."""
    seen = glance(read_places().ledger_url)
    if args.json:
        json.dump(_for_machines(seen), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        _show(seen)
    return 0


def _for_machines(seen: dict[str, Any]) -> dict[str, Any]:
    """The lists as they are; `brake` and `journal` one object each, whose times are null where nothing has happened yet."""
    brake = next(iter(seen["brake"]), {"engaged": False, "person": "", "reason": "", "at": None})
    journal = next((head for head in seen["journal"] if head["seq"]), {"seq": 0, "at": None})
    return seen | {"brake": brake | {"engaged": bool(brake["engaged"])}, "journal": journal}


def _show(seen: dict[str, Any]) -> None:
    from flows.commands.printing import console

    screen = console()
    brake = next(iter(seen["brake"]), None)
    if brake and brake["engaged"]:
        screen.print(f"BRAKE ENGAGED by {brake['person']} at {_short(brake['at'])}: {brake['reason']}", style="bold red", markup=False)
        _section(screen, "Surfaces under the brake", seen["surfaces"], ("app", "store", "standing", "looked_at", "still_since", "detail"))
    for found in seen["roles"]:
        screen.print(
            f"The policy file names other signers than were agreed (`recall roles`): {found['changes']}", style="bold", markup=False
        )
    _section(screen, "Sources", seen["sources"], ("app", "name", "health", "fresh_until", "warning"))
    unknown = [row | {"why, and what to do": f"{row['why']}; {row['way_out']}"} for row in seen["unknown"]]
    _section(screen, "Unknown, and so not healthy", unknown, ("app", "subject", "since", "told_at", "why, and what to do"))
    _section(screen, "Issues", _with_people(seen["issues"]), ("id", "app", "version", "kind", "level", "state", "still harms", "opened_at"))
    _section(screen, "What became of them", _later(seen["issue_events"]), ("when", "issue_id", "change", "by", "reason"))
    _section(screen, "Recalls", seen["recalls"], ("id", "app", "version", "level", "action", "state", "fixed_version"))
    _section(screen, "Waiting for signatures", seen["proposals"], ("id", "recall_id", "signatures", "expires_at"))
    _section(screen, "Milestones", _with_lateness(seen["milestones"]), ("recall_id", "milestone", "owner", "due_at", "reached"))
    _section(screen, "Meetings", seen["meetings"], ("recall_id", "state", "starts_at", "ends_at"))
    _section(screen, "Effects", seen["effects"], ("kind", "state", "n"))
    _section(screen, "Notices", seen["deliveries"], ("recall_id", "wave", "state", "n"))
    _section(screen, "Reviews", seen["reviews"], ("recall_id", "night", "verdict"))
    _section(screen, "Rows held until it is sure what they are", seen["held"], ("app", "source", "n", "since", "reason"))
    _section(screen, "Rows put aside as unusable", seen["rejected_by_reason"], ("app", "source", "n", "reason"))
    _section(screen, "The latest of them", seen["latest_rejected"], ("source", "place", "reason"))
    _section(screen, "A person must see to", seen["needs_person"], ("kind", "target", "state"))
    head = next(iter(seen["journal"]), {"seq": 0, "at": ""})
    screen.print(f"Journal: {head['seq']} entries" + (f", the last at {_short(head['at'])}" if head["seq"] else ""), markup=False)
    if not seen["sources"]:
        screen.print("Nothing was ever read. Start with `recall up`, or once with `recall tick`.", markup=False)


def _with_people(issues: Rows) -> Rows:
    """How many users each issue may still harm before the next decision, in words."""
    return [i | {"still harms": "unknown" if i["further_harm"] is None else f"up to {math.ceil(i['further_harm']):,}"} for i in issues]


def _with_lateness(milestones: Rows) -> Rows:
    """When each was reached, or that it is late, in words."""
    return [m | {"reached": _short(m["reached_at"]) if m["reached_at"] else "LATE" if m["late"] else "not yet"} for m in milestones]


def _later(events: Rows) -> Rows:
    """What came after an issue was opened, which has a line of its own."""
    later = (e for e in events if e["change"] != "opened")
    return [
        e | {"when": _short(e["at"]), "by": e["person"] or " ".join(filter(None, (e["metric"], e["source"]))) or e["other"]} for e in later
    ]


def _section(screen: Any, title: str, rows: Rows, columns: Sequence[str]) -> None:
    if not rows:
        return
    from flows.commands.printing import as_table

    shown = [[_short(row[c]) if c.endswith(("_at", "_until", "since")) else row[c] for c in columns] for row in rows]
    screen.print(as_table(title, [c.replace("_", " ") for c in columns], shown))
    screen.print()


def _short(at: object) -> str:
    return "never" if not at else str(at)[:16].replace("T", " ")
