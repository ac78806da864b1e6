"""`recall explain ISSUE`: why it has its level, from which inputs, under which policy; on the terminal, as JSON, or as a page to keep.

Add here when the explanation is shown otherwise; rather in `integrations/pages/explanation.py` when its page should say more, and in
`tasks/rules/severity.py` when its reasons should.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from integrations.pages.facts import ExplainFacts

SHOWN_QUOTES = 3
QUOTE_CHARACTERS = 160
TOPIC_CHARACTERS = 80


def run(args: argparse.Namespace) -> int:
    """Prints level, reasons, scope, evidence, voices and policy fingerprint; with `--page`, writes them with the chart as HTML."""
    from flows.commands.printing import print_json
    from integrations.toolbox import open_toolbox
    from tasks.look import explain_facts

    facts = explain_facts(open_toolbox(), args.issue)
    if args.page:
        _write_page(facts, Path(args.page))
    if args.json:
        print_json(_as_json(facts))
    else:
        _show(facts, args.page)
    return 0


def _write_page(facts: ExplainFacts, path: Path) -> None:
    from integrations.pages.explanation import explanation
    from integrations.pages.web_page import web_page

    path.write_text(web_page(explanation(facts), f"{facts.issue.id}: {facts.title} {facts.issue.version}"), encoding="utf-8")


def _as_json(facts: ExplainFacts) -> dict[str, object]:
    from pydantic import TypeAdapter

    from configs.terms import Assessment, Evidence, Issue, IssueEntry

    return {
        "issue": TypeAdapter(Issue).dump_python(facts.issue, mode="json"),
        "assessment": TypeAdapter(Assessment).dump_python(facts.assessment, mode="json"),
        "evidence": TypeAdapter(tuple[Evidence, ...]).dump_python(facts.evidence, mode="json"),
        "policy_fingerprint": facts.fingerprint,
        "history": TypeAdapter(tuple[IssueEntry, ...]).dump_python(facts.story, mode="json"),
        "covered_by": facts.covered_by.id if facts.covered_by else "",
    }


def _show(facts: ExplainFacts, page: str) -> None:
    from configs.terms import IssueState
    from flows.commands.printing import console

    screen = console()
    _show_level(screen, facts)
    _show_scopes(screen, facts)
    _show_evidence(screen, facts)
    _show_topics(screen, facts)
    _show_voices(screen, facts)
    _show_story(screen, facts)
    changed = "" if facts.is_current else "; today's policy is another one"
    screen.print(f"Policy {facts.fingerprint}{changed}", markup=False)
    wanted = (
        f"The chart and all of this as a page: {page}"
        if page
        else f"With the chart, as a page: recall explain {facts.issue.id} --page FILE"
    )
    screen.print(wanted, markup=False)
    if facts.issue.state in (IssueState.PROPOSED, IssueState.RECALLING):
        screen.print(f"What the signers decide on: recall memo {facts.issue.id}", markup=False)


def _show_level(screen: Console, facts: ExplainFacts) -> None:
    from integrations.pages.explanation import past_predictions
    from integrations.pages.passages import outlook

    issue, risk = facts.issue, facts.assessment
    screen.print(f"{issue.id}: {issue.kind} in {issue.app} {issue.version} ({issue.platform}), {issue.state}", style="bold", markup=False)
    sure = f"{risk.level_point} at the point estimate" + (", uncertain" if risk.uncertain else "")
    screen.print(f"Level {risk.level} ({sure}); opened {issue.opened_at:%Y-%m-%d %H:%M} UTC", markup=False)
    installs = "unknown" if risk.units is None else f"{risk.units:,}"
    screen.print(
        f"Harm class {int(risk.harm)} of 4; probability over the horizon {float(risk.probability):.3g}, "
        f"at most {float(risk.probability_upper):.3g}; installs with the version: {installs}",
        markup=False,
    )
    for reason in risk.reasons:
        screen.print(f"  · {reason}", markup=False)
    screen.print(f"Level {risk.level} on this evidence asks for: {facts.asks_for}", markup=False)
    for said in (*outlook(risk), *past_predictions(facts)):
        screen.print(said, markup=False)
    screen.print()


def _show_scopes(screen: Console, facts: ExplainFacts) -> None:
    from flows.commands.printing import as_table
    from integrations.pages.passages import SUSPECT_COLUMNS, suspect_cells

    suspects = next((e.suspects for e in facts.evidence if e.suspects), ())
    if suspects:
        screen.print(as_table("Whom it concerns", SUSPECT_COLUMNS, [suspect_cells(s) for s in suspects]))
        screen.print()


def _show_evidence(screen: Console, facts: ExplainFacts) -> None:
    from flows.commands.printing import as_table
    from integrations.pages.explanation import EVIDENCE_COLUMNS, evidence_rows

    screen.print(as_table("Evidence", EVIDENCE_COLUMNS, evidence_rows(facts.evidence)))
    screen.print()


def _show_topics(screen: Console, facts: ExplainFacts) -> None:
    from flows.commands.printing import as_table
    from integrations.pages.explanation import TOPIC_COLUMNS, topic_rows

    if rows := topic_rows(facts):
        short = [(*cells, said if len(said) <= TOPIC_CHARACTERS else said[: TOPIC_CHARACTERS - 1] + "…") for *cells, said in rows]
        screen.print(as_table("What users suddenly write about", TOPIC_COLUMNS, short))
        screen.print()


def _show_voices(screen: Console, facts: ExplainFacts) -> None:
    if not facts.complaints:
        return
    screen.print("What users write", style="bold")
    for signal in facts.complaints[:SHOWN_QUOTES]:
        words = " · ".join(part for text in (signal.title, signal.body) if (part := " ".join(text.split())))
        short = words if len(words) <= QUOTE_CHARACTERS else words[: QUOTE_CHARACTERS - 1] + "…"
        stars = f"{signal.stars} of 5 stars, " if signal.stars is not None else ""
        screen.print(f"  “{short}” ({stars}{signal.at:%Y-%m-%d})", markup=False)
    screen.print()


def _show_story(screen: Console, facts: ExplainFacts) -> None:
    """What came to the issue, and what a further recall would be good for."""
    from flows.commands.printing import as_table
    from integrations.pages.explanation import covered
    from integrations.pages.passages import STORY_COLUMNS, story_cells

    if facts.story:
        screen.print(as_table("History", STORY_COLUMNS, [story_cells(entry) for entry in facts.story]))
        screen.print()
    if said := covered(facts):
        screen.print(said, markup=False)
