"""Policies, proposals and signatures for the tests of sign-off, each with one thing to vary."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from configs.policy import Person, Role, Signoff
from configs.terms import Action, Level, Platform, Proposal, Scope, Signature, Verdict
from tasks.rules.decision import proposal_digest

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(hours=1)
EXPIRES = OPENED + timedelta(hours=4)
HOLDERS = {"ann": ("product",), "tom": ("tech", "legal"), "lea": ("legal",), "tim": ("tech",), "pia": ("product",), "noa": ()}


def a_signoff(holders: Mapping[str, tuple[str, ...]] = HOLDERS, **needed: int) -> Signoff:
    return Signoff(
        roles={role: Role(needed=n) for role, n in (needed or {"product": 1, "tech": 1, "legal": 1}).items()},
        people={name: Person(roles=roles) for name, roles in holders.items()},
        deadline_hours=dict.fromkeys(Level, 4.0),
        min_reason_characters=10,
        latest_start_hours=72.0,
        restore_after_hours=24.0,
    )


def a_proposal(proposed_by: str = "recall", **varied: object) -> Proposal:
    scope = Scope("com.example.app", Platform.ANDROID, "4.2.0")
    draft = Proposal("P-1", "I-1", "R-1", 1, Action.FULL, Level.HIGH, scope, "Full recall.", OPENED, EXPIRES, "f" * 16, proposed_by)
    changed = replace(draft, **varied)  # type: ignore[arg-type]  # fields by name
    return replace(changed, digest=proposal_digest(changed))


def sign(person: str, role: str, verdict: Verdict = Verdict.APPROVE, **varied: object) -> Signature:
    given = Signature("P-1", a_proposal().digest, person, role, verdict, "The crash rate tripled.", NOW)
    return replace(given, **varied)  # type: ignore[arg-type]  # fields by name


def reject(person: str, role: str, **varied: object) -> Signature:
    return sign(person, role, Verdict.REJECT, **varied)


ANN, TOM, LEA = sign("ann", "product"), sign("tom", "tech"), sign("lea", "legal")
