"""`recall tick`: does without a Prefect server what the scheduled flows do with one.

Add here when a tick should be offered by hand; rather in `flows` when a tick does something else.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping

from flows.commands.printing import console, print_json


def run(args: argparse.Namespace) -> int:
    """Runs the chosen ticks in the order of a day."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("stamina").setLevel(logging.ERROR)  # what still fails after its tries is told by the step
    from flows.attest import attest
    from flows.monitor import monitor
    from flows.recall import recall
    from flows.review import review
    from tasks.run import ticked

    done: dict[str, object] = {}
    if args.what in ("all", "monitor"):
        done["monitor"] = ticked(monitor, app=args.app)
    if args.what in ("all", "advance"):
        done["advance"] = ticked(recall, app=args.app)
    if args.what in ("all", "review"):
        done["review"] = ticked(review, app=args.app)
    if args.what in ("all", "attest"):
        done["attest"] = ticked(attest)
    if args.json:
        print_json(done)
        return 0
    for name, result in done.items():
        console().print(f"{name}: {_in_words(result)}", markup=False)
    if "monitor" in done:
        _warn_of_unknown(args.app)
    return 0


def _warn_of_unknown(app: str) -> None:
    """On standard error: nothing due and nothing known look alike otherwise."""
    from configs.places import read_places
    from integrations.ledger.glance import glance

    seen = glance(read_places().ledger_url)
    for source in seen["sources"]:
        if source["health"] == "unknown" and app in ("", source["app"]):
            print(f"source {source['name']} of {source['app']} is unknown: {source['warning']}", file=sys.stderr)
    for one in seen["unknown"]:
        if one["told_at"] and not one["subject"].startswith("source ") and app in ("", one["app"]):
            print(f"{one['subject']}, {one['app']}, is unknown: {one['why']}", file=sys.stderr)


def _in_words(result: object) -> str:
    """A tick's result on one line: by app or recall, or by what was counted."""
    if isinstance(result, Mapping) and result:
        return "; ".join(f"{key}: {_in_words(value)}" for key, value in result.items())
    if isinstance(result, list) and result:
        return ", ".join(map(str, result))
    return str(result) if result else "nothing was due"
