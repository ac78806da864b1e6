"""`recall explain ISSUE`: why it has its level, from which inputs, under which policy.

Add here when the explanation is shown otherwise; rather in `tasks/rules/severity.py` when its reasons should say more.
"""

from __future__ import annotations

import argparse
import math

from configs.terms import Assessment, Evidence, Issue, IssueEntry, Recall


def run(args: argparse.Namespace) -> int:
    """Prints issue, assessment, evidence, history and policy fingerprint."""
    from flows.commands.printing import print_json
    from integrations.ledger.cases import judgement_of, recalls_in, the_issue
    from integrations.ledger.stories import story_of
    from integrations.toolbox import open_toolbox
    from tasks.rules.coverage import covering

    tools = open_toolbox()
    with tools.book.read() as txn:
        issue, story = the_issue(txn, args.issue), story_of(txn, args.issue)
        evidence, assessment, fingerprint = judgement_of(txn, args.issue)
        cover = covering(issue, recalls_in(txn, app=issue.app))
    if args.json:
        print_json(_as_json(issue, evidence, assessment, fingerprint) | _story_as_json(story, cover))
    else:
        _show(issue, evidence, assessment, fingerprint, fingerprint == tools.policy.fingerprint)
        _show_story(issue, story, cover)
    return 0


def _as_json(issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, fingerprint: str) -> dict[str, object]:
    from pydantic import TypeAdapter

    return {
        "issue": TypeAdapter(Issue).dump_python(issue, mode="json"),
        "assessment": TypeAdapter(Assessment).dump_python(assessment, mode="json"),
        "evidence": TypeAdapter(tuple[Evidence, ...]).dump_python(evidence, mode="json"),
        "policy_fingerprint": fingerprint,
    }


def _show(issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, fingerprint: str, is_current: bool) -> None:
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
    screen.print()
    screen.print(as_table("Evidence", ("metric", "health", "false-alarm bound", "ratio", "why"), [_row(e) for e in evidence]))
    changed = "" if is_current else "; today's policy is another one"
    screen.print(f"Policy {fingerprint}{changed}", markup=False)


def _story_as_json(story: tuple[IssueEntry, ...], cover: Recall | None) -> dict[str, object]:
    from pydantic import TypeAdapter

    return {
        "history": TypeAdapter(tuple[IssueEntry, ...]).dump_python(story, mode="json"),
        "covered_by": cover.id if cover else "",
    }


def _show_story(issue: Issue, story: tuple[IssueEntry, ...], cover: Recall | None) -> None:
    """What came to the issue, and what a further recall would be good for."""
    from flows.commands.printing import as_table, console

    screen = console()
    if story:
        rows = [(f"{e.at:%Y-%m-%d %H:%M}", _happened(e), e.person or e.source, e.reason) for e in story]
        screen.print()
        screen.print(as_table("History (UTC)", ("when", "what", "by", "why"), rows))
    if cover and issue.state == "open":
        said = f"Its users are covered by {cover.id}, a recall of this release at level {cover.level}; no other is proposed"
        screen.print(said, markup=False)


def _happened(entry: IssueEntry) -> str:
    what = entry.change.value.replace("_", " ")
    joined = {"merged": "into", "absorbed": "", "split": "off", "split_off": "from"}
    if entry.change.value in joined:
        part = entry.kind.value if entry.kind else ""
        return " ".join(word for word in (what.removesuffix(" off"), joined[entry.change.value], entry.other, part) if word)
    said = entry.metric.value if entry.metric and entry.metric.value == entry.kind else f"{entry.metric} ({entry.kind})"
    return f"{what} by {said}" if entry.metric else what


def _row(e: Evidence) -> tuple[str, str, str, str, str]:
    bounds = f" ({e.ratio_low:.2f} to {e.ratio_high:.2f})" if e.ratio_low is not None and e.ratio_high is not None else ""
    ratio = "unknown" if e.ratio is None else f"{e.ratio:.2f}{bounds}"
    return e.metric.value, e.health.value, f"{math.exp(-e.log_evidence):.2g}", ratio, e.reason
