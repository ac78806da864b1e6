"""`recall explain ISSUE`: why it has its level, from which inputs, under which policy.

Add here when the explanation is shown otherwise; rather in `tasks/rules/severity.py` when its reasons should say more.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

from configs.terms import Assessment, Evidence, Issue


def run(args: argparse.Namespace) -> int:
    """Prints issue, assessment, evidence and policy fingerprint."""
    from flows.commands.printing import print_json
    from integrations.ledger.cases import judgement_of, the_issue
    from integrations.toolbox import open_toolbox
    from tasks.rules.ladder import IN_WORDS, action_for, strength

    tools = open_toolbox()
    with tools.book.read() as txn:
        issue = the_issue(txn, args.issue)
        evidence, assessment, fingerprint = judgement_of(txn, args.issue)
    if args.json:
        print_json(_as_json(issue, evidence, assessment, fingerprint))
    else:
        rung = action_for(assessment.level, strength(evidence), tools.policy)
        changed = "" if fingerprint == tools.policy.fingerprint else "; today's policy is another one"
        _show(issue, evidence, assessment, IN_WORDS[rung], f"Policy {fingerprint}{changed}")
    return 0


def _as_json(issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, fingerprint: str) -> dict[str, object]:
    from pydantic import TypeAdapter

    return {
        "issue": TypeAdapter(Issue).dump_python(issue, mode="json"),
        "assessment": TypeAdapter(Assessment).dump_python(assessment, mode="json"),
        "evidence": TypeAdapter(tuple[Evidence, ...]).dump_python(evidence, mode="json"),
        "policy_fingerprint": fingerprint,
    }


def _show(issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, asks: str, under: str) -> None:
    from flows.commands.printing import as_table, console

    screen = console()
    screen.print(f"{issue.id}: {issue.kind} in {issue.app} {issue.version} ({issue.platform}), {issue.state}", style="bold", markup=False)
    sure = f"{assessment.level_point} at the point estimate" + (", uncertain" if assessment.uncertain else "")
    screen.print(f"Level {assessment.level} ({sure}); opened {issue.opened_at:%Y-%m-%d %H:%M} UTC", markup=False)
    installs = "unknown" if assessment.units is None else f"{assessment.units:,}"
    screen.print(
        f"Harm class {int(assessment.harm)} of 4; probability over the horizon {float(assessment.probability):.3g}, "
        f"at most {float(assessment.probability_upper):.3g}; installs with the version: {installs}",
        markup=False,
    )
    for reason in assessment.reasons:
        screen.print(f"  · {reason}", markup=False)
    screen.print(f"Level {assessment.level} on this evidence asks for: {asks}", markup=False)
    for said in _outlook(assessment):
        screen.print(said, markup=False)
    screen.print()
    screen.print(as_table("Evidence", ("metric", "health", "false-alarm bound", "ratio", "why"), [_row(e) for e in evidence]))
    screen.print(under, markup=False)


def _outlook(assessment: Assessment) -> Iterator[str]:
    """What is to come, where it is worst, and what would change the level."""
    from tasks.rules.decision import scope_in_words

    if assessment.further_harm is not None:
        yield f"Still harmed before the next decision, at most: {math.ceil(assessment.further_harm):,} users"
    for segment in assessment.segments:
        yield f"Level {segment.level} for {scope_in_words(segment.scope)} (probability that it is they: {segment.posterior:.0%})"
    yield from (f"Would be {flip.level} with {flip.change}" for flip in assessment.flips)


def _row(e: Evidence) -> tuple[str, str, str, str, str]:
    bounds = f" ({e.ratio_low:.2f} to {e.ratio_high:.2f})" if e.ratio_low is not None and e.ratio_high is not None else ""
    ratio = "unknown" if e.ratio is None else f"{e.ratio:.2f}{bounds}"
    return e.metric.value, e.health.value, f"{math.exp(-e.log_evidence):.2g}", ratio, e.reason
