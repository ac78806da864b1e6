"""What to put before product, tech and legal: which action, in which words, with which numbers for each option.

Nothing here decides; it proposes. Only signatures decide (`tasks/rules/signoff.py`).

Add here when it shapes the question asked; rather in `tasks/rules/signoff.py` when it judges the answer, in `tasks/rules/severity.py`
when it judges the risk, and in `tasks/rules/plan.py` when it says what an approved recall does.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil

from configs.errors import Refused
from configs.policy import Policy, Risk
from configs.terms import Action, Assessment, Issue, Level, Milestone, Option, Proposal, Scope
from tasks.rules.milestones import plan_digest, planned

_CAME_LATER = frozenset({"note", "not_before", "amended_by", "plan_digest"})

_SUMMARY_CHARACTERS = 900
"""A summary is read in the form of the Prefect UI and in a chat message; what is longer belongs in the memo."""


def is_narrow(scope: Scope) -> bool:
    """Whether the scope names some countries, OS versions or devices instead of everybody."""
    return bool(scope.countries or scope.os_versions or scope.devices)


def should_propose(level: Level, risk: Risk) -> bool:
    """Whether a recall is put before the signers at this level."""
    return level.rank >= risk.propose_from.rank


def recommended_action(level: Level, scope: Scope, risk: Risk) -> Action:
    """The action to recommend.

    | level                                    | scope  | action  |
    |------------------------------------------|--------|---------|
    | low, below propose_from                  | any    | none    |
    | medium or more, below propose_from       | any    | monitor |
    | from propose_from on, below partial_below | narrow | partial |
    | from propose_from on, below partial_below | wide   | full    |
    | from both on                             | any    | full    |
    """
    if not should_propose(level, risk):
        return Action.NONE if level is Level.LOW else Action.MONITOR
    if level.rank < risk.partial_below.rank and is_narrow(scope):
        return Action.PARTIAL
    return Action.FULL


def concerned(scope: Scope, action: Action) -> Scope:
    """Whom the action concerns: a full recall reaches everyone with the version, however narrow the evidence."""
    if action is Action.FULL:
        return replace(scope, countries=(), os_versions=(), devices=())
    return scope


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people want otherwise than recommended; a later revision keeps it. None and "": as recommended, and at once."""

    scope: Scope | None = None
    note: str = ""
    not_before: datetime | None = None
    amended_by: tuple[str, ...] = ()


def compose_proposal(
    issue: Issue,
    assessment: Assessment,
    *,
    recall_id: str,
    revision: int,
    now: datetime,
    policy: Policy,
    proposed_by: str,
    action: Action | None = None,
    milestones: Sequence[Milestone] = (),
    wanted: Wanted = Wanted(),
) -> Proposal:
    """The proposal for the signers, digest included; the same arguments give the same proposal.

    `action`: what a person wants instead of the recommended one; `wanted`: what else they want. `milestones`: what people made of the
    plan, instead of the policy's.

    Raises:
        Refused: nothing that needs signatures (none, monitor), a partial recall that names no part, or a start in the past.
    """
    chosen = action or recommended_action(assessment.level, issue.scope, policy.risk)
    asked = wanted.scope or issue.scope
    _check_action(issue, assessment, chosen, asked)
    _check_start(wanted.not_before, now)
    scope = concerned(asked, chosen)
    draft = Proposal(
        id=proposal_id(issue.id, recall_id, revision),
        issue_id=issue.id,
        recall_id=recall_id,
        revision=revision,
        action=chosen,
        level=assessment.level,
        scope=scope,
        summary=_summary(issue, assessment, chosen, scope, policy.risk, wanted),
        opened_at=now,
        expires_at=now + policy.deadline(assessment.level),
        policy_fingerprint=policy.fingerprint,
        proposed_by=proposed_by,
        note=wanted.note,
        not_before=wanted.not_before,
        amended_by=wanted.amended_by,
        plan_digest=plan_digest(planned(chosen, assessment.level, scope, policy, milestones)),
    )
    return replace(draft, digest=proposal_digest(draft))


def _check_start(not_before: datetime | None, now: datetime) -> None:
    if not_before is not None and not_before <= now:
        raise Refused(f"a start at {not_before:%Y-%m-%d %H:%M} UTC has passed already; name a later one, or none to start at once")


def _check_action(issue: Issue, assessment: Assessment, action: Action, scope: Scope) -> None:
    if action in (Action.NONE, Action.MONITOR):
        raise Refused(
            f"issue {issue.id} at level {assessment.level} asks for {action.value!r}, which needs no signatures; "
            "name the action (partial or full) to propose a recall all the same",
            issue=issue.id,
        )
    if action is Action.PARTIAL and not is_narrow(scope):
        raise Refused(
            f"a partial recall of issue {issue.id} names no countries, OS versions or devices; propose a full one", issue=issue.id
        )


def proposal_id(issue_id: str, recall_id: str, revision: int) -> str:
    """One id per recall and revision, so that proposing again finds the same proposal."""
    return "P-" + _hashed("proposal-id", [issue_id, recall_id, revision])[:12]


@lru_cache(maxsize=256)
def proposal_digest(proposal: Proposal) -> str:
    """SHA-256 (hex) over the canonical JSON of every field but the digest itself. Signatures name it: what was signed is what is done.

    Fields that came later count as soon as they say something: a proposal from before them keeps its digest. Computed once a proposal:
    every signature on it is compared with this.
    """
    fields = {k: v for k, v in asdict(proposal).items() if k != "digest" and not (k in _CAME_LATER and not v)}
    fields |= {k: _utc(v) for k, v in fields.items() if isinstance(v, datetime)}
    return _hashed("proposal", fields)


def _hashed(domain: str, value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"app-recall/{domain}/v1\n{canonical}".encode("ascii")).hexdigest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# --- the summary ----------------------------------------------------------------------------------------------------------


def _summary(issue: Issue, assessment: Assessment, action: Action, scope: Scope, risk: Risk, wanted: Wanted) -> str:
    upper, point = share_in_words(assessment.probability_upper), share_in_words(assessment.probability)
    units = "an unknown number of" if assessment.units is None else f"{assessment.units:,}"
    sentences = [
        f"{action.value.capitalize()} recall of {issue.app} {issue.version} ({issue.platform}) for {scope_in_words(scope)}.",
        f"Starts at {wanted.not_before.astimezone(UTC):%Y-%m-%d %H:%M} UTC at the earliest." if wanted.not_before else "",
        f"Note: {wanted.note}" if wanted.note else "",
        f"Level {assessment.level} (point estimate {assessment.level_point}{', uncertain' if assessment.uncertain else ''}): {issue.kind}, "
        f"harm class {int(assessment.harm)} of 4, up to {upper} of users hurt within {risk.horizon_days:g} days (estimate {point}).",
        f"{units} installs have this version.",
        issue.reason,
        *assessment.reasons,
    ]
    return _plain(" ".join(s if s.endswith((".", "!", "?", "。")) else f"{s}." for s in sentences if s))


def scope_in_words(scope: Scope) -> str:
    """Whom a scope concerns, for people."""
    parts = [("countries", scope.countries), ("OS", scope.os_versions), ("devices", scope.devices)]
    named = [f"{name} {', '.join(values)}" for name, values in parts if values]
    return "; ".join(named) or "everyone who has it"


def share_in_words(share: Fraction) -> str:
    """A probability as a percentage with two significant digits, rounded up: never more harmless than it is."""
    if share <= 0:
        return "0 %"
    if share >= 1:
        return "100 %"
    places = 0
    while share * 100 * 10**places < 10 and places < 8:
        places += 1
    return f"{ceil(share * 100 * 10**places) / 10**places:.{places}f} %"


def _plain(text: str) -> str:
    """One line without control, direction or surrogate characters, so that nobody signs a text that shows another face."""
    seen = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    words = " ".join(seen.split())
    return words if len(words) <= _SUMMARY_CHARACTERS else words[: _SUMMARY_CHARACTERS - 1] + "…"


# --- the options ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who has the version now. `per_hour`: installs it still gains per hour; `ceiling`: how many can ever get it. None: unknown."""

    users_now: int | None
    users_in_scope: int | None
    per_hour: float | None
    ceiling: int | None = None


def options(exposure: Exposure, *, now: datetime, deadline: datetime, recommended: Action) -> tuple[Option, ...]:
    """None, monitor, partial, full: what each leads to by the deadline.

    The model, meant to be checked by head: while the roll-out goes on, users_now + per_hour x hours have the build (at most `ceiling`);
    partial and full stop the roll-out, so the number stays; partial tells those in scope, full tells everyone. Nobody is counted as
    safe because a notice was sent. Unknown inputs give unknown results.
    """
    growing = _grown(exposure, deadline - now)
    return tuple(_option(action, exposure, growing, deadline, action is recommended) for action in Action)


def _grown(exposure: Exposure, during: timedelta) -> int | None:
    if exposure.users_now is None or exposure.per_hour is None:
        return None
    grown = exposure.users_now + ceil(max(exposure.per_hour, 0.0) * max(during.total_seconds(), 0.0) / 3600)
    return grown if exposure.ceiling is None else max(exposure.users_now, min(grown, exposure.ceiling))


def _option(action: Action, exposure: Exposure, growing: int | None, deadline: datetime, recommended: bool) -> Option:
    stops = action in (Action.PARTIAL, Action.FULL)
    users = exposure.users_now if stops else growing
    told = {Action.PARTIAL: exposure.users_in_scope, Action.FULL: exposure.users_now}.get(action, 0)
    return Option(
        action=action,
        recommended=recommended,
        users_now=exposure.users_now,
        per_hour=0.0 if stops else exposure.per_hour,
        users_at_deadline=users,
        users_told=told,
        left_alone=None if users is None or told is None else max(users - told, 0),
        deadline=deadline,
        explanation=_EXPLANATIONS[action],
    )


_EXPLANATIONS = {
    Action.NONE: "The roll-out goes on; nobody is told; the issue is dismissed.",
    Action.MONITOR: "The roll-out goes on; nobody is told; every poll looks again and may propose a recall.",
    Action.PARTIAL: "The roll-out stops; those in scope are told and offered the fix; the others keep the build untold.",
    Action.FULL: "The roll-out stops; everyone who has the build is told and offered the fix.",
}
