"""`recall notices`: what would be sent, in every language and form, before it is.

Add here when the command shows something else; rather in `tasks/preview.py` when a preview should hold more.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.preview import Preview


def run(args: argparse.Namespace) -> int:
    """Prints the preview or writes it as files; 1 when something keeps it from being sent."""
    from configs.outage import Profile
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.preview import preview, write_preview

    profile = Profile.OUTAGE_MESSAGE if args.profile == "outage" else Profile.RECALL_NOTICE
    made = preview(open_toolbox(), args.recall, profile)
    files = write_preview(made, Path(args.out)) if args.out else ()
    if args.json:
        print_json(_as_json(made))
    elif files:
        console().print(f"{len(files)} files in {args.out}; digest {made.digest}", markup=False)
    else:
        _print(made)
    for message in made.messages:
        for finding in message.findings if not args.json else ():
            console().print(f"{message.name} cannot be sent: {finding}", markup=False)
    return 0 if made.is_sound else 1


def _print(made: Preview) -> None:
    from flows.commands.printing import console, harmless

    screen = console()
    for message in made.messages:
        words = message.rendered
        screen.print(f"=== {message.name}: mail\n{harmless(words.subject)}\n\n{harmless(words.text)}\n", markup=False)
        screen.print(f"=== {message.name}: SMS\n{harmless(words.short)}\n", markup=False)
        screen.print(f"=== {message.name}: push\n{harmless(words.push_title)}\n{harmless(words.push)}\n", markup=False)
    screen.print(f"digest {made.digest}", markup=False)


def _as_json(made: Preview) -> dict[str, object]:
    from dataclasses import asdict

    messages = {m.name: {**asdict(m.rendered), "findings": list(m.findings)} for m in made.messages}
    return {"profile": made.profile.value, "digest": made.digest, "is_sound": made.is_sound, "messages": messages}
