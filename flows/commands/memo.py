"""`recall memo`: what the signers decide on, in their language; on the terminal, as JSON, or as a page to keep.

Add here when the memo is shown in another way; rather in `integrations/pages/memo.py` when it should say more.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.pages.facts import MemoFacts

SPOKEN = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a terminal says which language its user reads; the first that is set counts."""


def run(args: argparse.Namespace) -> int:
    """Prints the memo; with `--page`, writes it with the chart as HTML."""
    from flows.commands.printing import console, harmless, print_json
    from integrations.pages.blocks_as_text import as_text
    from integrations.pages.memo import memo
    from integrations.toolbox import open_toolbox
    from tasks.look import memo_facts, memo_locale, proposal_meant

    tools = open_toolbox()
    facts = memo_facts(tools, *proposal_meant(tools, args.about))
    locale = args.language or memo_locale(spoken(os.environ) or tools.policy.notices.default_locale)
    if args.page:
        _write_page(facts, locale, Path(args.page))
    if args.json:
        print_json(_as_json(facts))
        return 0
    screen = console()
    screen.print(harmless(as_text(memo(facts, locale), locale)), markup=False)
    way = f"The same with the chart, as a page: {args.page or f'recall memo {args.about} --page FILE'}"
    screen.print(way, markup=False)
    return 0


def spoken(environment: Mapping[str, str]) -> str:
    """The language the terminal's user reads; "" where none is set, or only the machine's own ("C", "POSIX")."""
    said = next((environment[name] for name in SPOKEN if environment.get(name)), "")
    return "" if said.split(".")[0] in ("C", "POSIX") else said


def _write_page(facts: MemoFacts, locale: str, path: Path) -> None:
    from integrations.pages.blocks_as_html import as_page
    from integrations.pages.memo import memo

    path.write_text(as_page(memo(facts, locale), locale), encoding="utf-8")


def _as_json(facts: MemoFacts) -> dict[str, object]:
    """Values instead of sentences, the same in every language."""
    from pydantic import TypeAdapter

    from configs.terms import Assessment, Forecast, Issue, Option, Proposal, Score

    return {
        "proposal": TypeAdapter(Proposal).dump_python(facts.proposal, mode="json"),
        "issue": TypeAdapter(Issue).dump_python(facts.issue, mode="json"),
        "assessment": TypeAdapter(Assessment).dump_python(facts.assessment, mode="json"),
        "options": TypeAdapter(tuple[Option, ...]).dump_python(facts.options, mode="json"),
        "forecast": TypeAdapter(Forecast | None).dump_python(facts.forecast, mode="json"),
        "earlier_scores": TypeAdapter(tuple[Score, ...]).dump_python(facts.scores, mode="json"),
    }
