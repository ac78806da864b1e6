"""The decision memo: what product, tech and legal read in two minutes before they sign.

Add here when signers need another fact; rather in `integrations/pages/dossier.py` when it is for those who look back.
"""

from __future__ import annotations

from configs.terms import Action, Option, Scope, Signal
from integrations.pages.facts import MemoFacts, SignLink
from integrations.pages.health_chart import health_chart
from integrations.pages.ink import as_markdown
from integrations.pages.markdown import amount, link, moment, paragraphs, shown, table
from integrations.pages.milestones import plan_section
from integrations.pages.minutes import minutes_section
from integrations.pages.passages import quoted, risk_table, suspects_table

_ACTIONS = {
    Action.NONE: "do nothing",
    Action.MONITOR: "keep watching",
    Action.PARTIAL: "partial recall",
    Action.FULL: "full recall",
}

_COMPLAINTS = 8
"""Enough to hear the users; the rest is in the ledger."""


def decision_memo(facts: MemoFacts) -> str:
    """The memo as markdown, with the health chart inlined."""
    return paragraphs(
        f"# {shown(facts.title)} {shown(facts.issue.version)}: {_ACTIONS[facts.proposal.action]}?",
        _lead(facts),
        "## What happened",
        f"{shown(facts.issue.reason.rstrip('.'), 800)}. First seen {moment(facts.issue.opened_at)}.",
        as_markdown(health_chart(facts.evidence, facts.alpha_halt, facts.alpha_recall), "Health of the release") if facts.evidence else "",
        "## How bad it is",
        risk_table(facts.assessment),
        "## Whom it concerns",
        f"{_scope(facts.proposal.scope)}. Installs that have this version now: **{amount(facts.assessment.units)}**.",
        suspects_table(next((e.suspects for e in reversed(facts.evidence) if e.suspects), ())),
        "## The options",
        _options(facts.options),
        "## Recommended, and why",
        shown(facts.proposal.summary, 1000),
        *_complaints(facts.complaints),
        *plan_section(facts.plan),
        *minutes_section(facts.minutes),
        *_signing(facts),
        _fine_print(facts),
    )


def _lead(facts: MemoFacts) -> str:
    level = f"level **{facts.assessment.level}**{' (uncertain)' if facts.assessment.uncertain else ''}"
    until = f"decide by **{moment(facts.proposal.expires_at)}**"
    return f"Proposed: **{_ACTIONS[facts.proposal.action]}** · {level} · {until}. Silence is no answer: time running out decides nothing."


def _scope(scope: Scope) -> str:
    parts = (("countries", scope.countries), ("OS versions", scope.os_versions), ("devices", scope.devices))
    named = "; ".join(f"{name} {', '.join(map(shown, values))}" for name, values in parts if values)
    return f"{shown(scope.app)} {shown(scope.version)} on {scope.platform}: " + (f"only {named}" if named else "everyone who has it")


def _options(options: tuple[Option, ...]) -> str:
    if not options:
        return "No prediction was made."
    rows = [
        [
            f"**{_ACTIONS[o.action]}** (recommended)" if o.recommended else _ACTIONS[o.action],
            amount(o.users_at_deadline),
            amount(o.users_told),
            amount(o.left_alone),
        ]
        for o in options
    ]
    first = options[0]
    now = f"Now {amount(first.users_now)} users have it"
    growth = "" if first.per_hour is None else f", and {first.per_hour:,.0f} more every hour while the roll-out goes on"
    header = ["Option", "have it at the deadline", "are told", "have it untold"]
    meanings = "\n".join(f"- {_ACTIONS[o.action]}: {shown(o.explanation)}" for o in options)
    return paragraphs(f"{now}{growth}.", table(header, rows), meanings).rstrip("\n")


def _complaints(signals: tuple[Signal, ...]) -> list[str]:
    if not signals:
        return []
    return ["## What users write", *(quoted(s) for s in signals[:_COMPLAINTS])]


def _signing(facts: MemoFacts) -> list[str]:
    if not facts.links:
        return []
    lines = [f"- {_way(one)} (needed: {one.needed})" for one in facts.links]
    said = "One rejection from any role declines. Each person signs once, in one role, with the code from their own message."
    return ["## Sign", "\n".join(lines), said]


def _way(one: SignLink) -> str:
    """A link to the form, or, where no form is known, the command to type."""
    is_address = one.url.startswith(("http://", "https://", "/"))
    return link(f"Sign as {one.role}", one.url) if is_address else f"Sign as {shown(one.role)}: type {shown(one.url)}"


def _fine_print(facts: MemoFacts) -> str:
    proposal = facts.proposal
    rows = [
        ["Proposal", f"{shown(proposal.id)}, revision {proposal.revision}, by {shown(proposal.proposed_by)}"],
        ["Digest (what a signature covers)", f"`{proposal.digest}`"],
        ["Policy fingerprint", f"`{shown(proposal.policy_fingerprint)}`"],
    ]
    return paragraphs("---", table(["", ""], rows)).rstrip("\n")
