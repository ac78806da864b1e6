"""`recall replay`: what would have been raised, had this product watched back then.

Add here when the outcome should be printed otherwise; rather in `tasks/replay.py` when history is driven otherwise.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line must start quickly
    from configs.terms import Issue
    from tasks.replay import Progress, Replayed
    from tasks.rules.truth import Comparison


def run(args: argparse.Namespace) -> int:
    """Replays the files; prints issues and comparison, or only JSON."""
    from flows.commands.printing import print_json
    from tasks.replay import History, replay

    history = History(
        reviews=tuple(map(Path, args.reviews)),
        releases=tuple(map(Path, args.releases)),
        truth=Path(args.truth) if args.truth else None,
        policy=args.policy,
    )
    began = time.monotonic()
    with _progress(silent=args.json) as progress:
        played = replay(history, progress)
    if args.json:
        print_json({"issues": [_as_json(issue) for issue in played.issues]})
    else:
        _print(played, time.monotonic() - began)
    return 0


def _as_json(issue: Issue) -> dict[str, str]:
    return {
        "app": issue.app,
        "opened_at": issue.opened_at.isoformat(),
        "release": issue.version,
        "kind": issue.kind.value,
        "level": issue.level.value,
        "reason": issue.reason,
    }


@contextmanager
def _progress(*, silent: bool) -> Iterator[Progress | None]:
    """A bar on standard error, where a person can see it."""
    if silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replaying days", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(played: Replayed, seconds: float) -> None:
    from flows.commands.printing import as_table, console

    screen = console()
    rows = [(f"{i.opened_at:%Y-%m-%d %H:%M}", i.app, i.version, i.kind, i.level, i.reason) for i in played.issues]
    screen.print(as_table("issues that would have been opened (UTC)", ("opened", "app", "release", "kind", "level", "why"), rows))
    if played.comparison:
        _print_comparison(played.comparison)
    rejected = f", {played.rejected} rows could not be used" if played.rejected else ""
    sizes = f"{played.reviews} reviews of {len(played.apps)} app(s), {played.ticks} ticks in {seconds:.1f} s"
    screen.print(f"\n{sizes}{rejected}; {len(played.issues)} issue(s)", markup=False)


def _print_comparison(found: Comparison) -> None:
    from flows.commands.printing import as_table, console
    from tasks.rules.truth import Outcome

    screen = console()
    rows = [
        (
            c.episode.case,
            c.episode.app,
            f"{c.episode.first_day} to {c.episode.last_day}",
            c.episode.cause,
            c.episode.expected,
            c.outcome,
            _first(c.issue),
        )
        for c in found.episodes
    ]
    screen.print()
    screen.print(as_table("compared with what is known", ("case", "app", "days", "cause", "expected", "outcome", "first issue"), rows))
    counts = {outcome: found.count(outcome) for outcome in Outcome}
    hits, raised = counts[Outcome.HIT], counts[Outcome.HIT] + counts[Outcome.MISSED]
    quiet = counts[Outcome.CLEAN] + counts[Outcome.FALSE_ALARM]
    further = ", ".join(f"{app} {year}: {n}" for (app, year), n in sorted(found.further_by_year.items())) or "none"
    screen.print(f"\nhit {hits} of {raised}; false alarms {counts[Outcome.FALSE_ALARM]} of {quiet}; further alarms {further}", markup=False)


def _first(issue: Issue | None) -> str:
    return f"{issue.opened_at:%Y-%m-%d} {issue.version} {issue.kind}" if issue else ""
