"""Who may sign, which signature is refused and why, and what the signatures say together.

Distinct persons count, not signatures; one person signs one question once, in one role. One rejection by anyone declines (the stated
tie rule: doubt in one role outweighs agreement in the others). Time runs out without a decision, never into one. Stopping everything
takes one permitted person; starting again takes every role.

Add here when it judges an answer; rather in `tasks/rules/decision.py` when it shapes the question, and in `configs/policy.py` when a
requirement makes no sense in itself (more signatures than holders).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from configs.errors import SignatureRefused
from configs.policy import Policy, Signoff
from configs.terms import Proposal, Signature, Verdict
from tasks.rules.decision import proposal_digest

_SYSTEM_NAMES = re.compile(
    r"(admin|administrator|agent|anonymous|automation|bot|ci|cron|daemon|nobody)"
    r"|(operator|prefect|recall|root|scheduler|server|service|system|worker)"
    r"|.+(\[bot\]|[-_.](bot|ci|service|robot|automation))",
    re.IGNORECASE,
)
_BEHALF_PATTERN = re.compile(r"\b(on behalf of|in the name of|p\.p\.|for|via)\s", re.IGNORECASE)


class Asked(Protocol):
    """What can be signed: a proposal, or the release of the brake."""

    @property
    def id(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def proposed_by(self) -> str: ...


@dataclass(frozen=True, slots=True)
class BrakeRelease:
    """The question "may effects go on again?". It does not expire: until everyone agrees, everything stands still."""

    brake_id: int
    reason: str
    opened_at: datetime
    proposed_by: str
    expires_at: None = None

    @property
    def id(self) -> str:
        """One id per engaged brake, in the name space of proposals."""
        return f"brake-{self.brake_id}"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over every field: signatures for another stop, or another reason, do not fit."""
        opened = self.opened_at.astimezone(UTC).isoformat(timespec="microseconds")
        parts = [str(self.brake_id), self.reason, opened, self.proposed_by]
        framed = b"".join(len(p.encode("utf-8", "surrogatepass")).to_bytes(4, "big") + p.encode("utf-8", "surrogatepass") for p in parts)
        return hashlib.sha256(b"app-recall/brake-release/v1\n" + framed).hexdigest()


def authors(question: Asked) -> frozenset[str]:
    """Who put the question, or changed its text: none of them may be the only one who signs it."""
    return frozenset({question.proposed_by, *(question.amended_by if isinstance(question, Proposal) else ())})


class OutcomeState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Missing:
    role: str
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the signatures say together. `needs_another`: every role is served, but only by whoever proposed it."""

    state: OutcomeState
    missing: tuple[Missing, ...]
    approved_by: tuple[Signature, ...]
    rejected_by: tuple[Signature, ...]
    needs_another: bool = False


def check_signature(
    proposal: Asked,
    signatures: Sequence[Signature],
    signature: Signature,
    signoff: Signoff,
    now: datetime,
    *,
    proposed_by: str = "",
    actor: str = "",
    is_open: bool = True,
) -> None:
    """Returns when the signature may be recorded.

    `signatures`: those recorded for this question. `proposed_by`: when not the one the proposal names. `actor`: who is known to act
    (a login); empty where only the code proves the person. `is_open`: False when a newer revision replaced the proposal.

    Raises:
        SignatureRefused: the first reason that applies: not open, text changed since, expired, time impossible, system account,
            on behalf of another, unknown person, role not defined or not held, signed already, reason too short, sole signer.
    """
    _check_question(proposal, signatures, signature, signoff, now, is_open)
    _check_time(proposal, signature, now)
    _check_person(signature, signoff, actor)
    _check_once(proposal, signatures, signature)
    _check_reason(signature, signoff)
    _check_not_alone(proposal, signatures, signature, signoff, {proposed_by} if proposed_by else authors(proposal))


def outcome(proposal: Asked, signatures: Sequence[Signature], signoff: Signoff, now: datetime) -> Outcome:
    """What the recorded signatures amount to now.

    Only signatures that count are looked at: for this text, given in time, by a known person in a role held today, the first of each.

    | a rejection counts | every role served | by more than the proposer | expired | state    |
    |--------------------|-------------------|---------------------------|---------|----------|
    | yes                | any               | any                       | any     | rejected |
    | no                 | yes               | yes                       | any     | approved |
    | no                 | yes               | no                        | yes     | expired  |
    | no                 | yes               | no                        | no      | waiting  |
    | no                 | no                | any                       | yes     | expired  |
    | no                 | no                | any                       | no      | waiting  |
    """
    counting = _counting(proposal, signatures, signoff)
    approved = tuple(s for s in counting if s.verdict is Verdict.APPROVE)
    rejected = tuple(s for s in counting if s.verdict is Verdict.REJECT)
    missing = _missing(approved, signoff)
    alone = not missing and _is_alone(approved, authors(proposal))
    return Outcome(_state(proposal, now, bool(rejected), bool(missing) or alone), missing, approved, rejected, alone)


def may_brake(person: str, policy: Policy) -> bool:
    """Whether this person may stop everything, alone. Unknown people and system accounts may not."""
    known = policy.signoff.people.get(person)
    return known is not None and known.may_brake and not is_system_name(person)


def is_system_name(person: str) -> bool:
    """Whether the name is that of a machine: machines propose, people decide."""
    return bool(_SYSTEM_NAMES.fullmatch(person.strip()))


# --- what counts ----------------------------------------------------------------------------------------------------------


def _counting(proposal: Asked, signatures: Sequence[Signature], signoff: Signoff) -> tuple[Signature, ...]:
    first: dict[str, Signature] = {}
    for signature in sorted(signatures, key=lambda s: s.at):
        if _counts(proposal, signature, signoff):
            first.setdefault(signature.person, signature)
    return tuple(first.values())


def _counts(proposal: Asked, signature: Signature, signoff: Signoff) -> bool:
    in_time = signature.at >= proposal.opened_at and (proposal.expires_at is None or signature.at < proposal.expires_at)
    same_text = signature.proposal_id == proposal.id and signature.digest == proposal.digest and _is_intact(proposal)
    person = signoff.people.get(signature.person)
    holds = person is not None and person.signs_as(signature.role) and signature.role in signoff.roles
    return in_time and same_text and holds and not is_system_name(signature.person)


def _missing(approved: Iterable[Signature], signoff: Signoff) -> tuple[Missing, ...]:
    persons: dict[str, set[str]] = {role: set() for role in signoff.roles}
    for signature in approved:
        persons[signature.role].add(signature.person)
    short = ((role, rule.needed - len(persons[role])) for role, rule in signoff.roles.items())
    return tuple(Missing(role, count) for role, count in short if count > 0)


def _is_alone(approved: Iterable[Signature], by: Iterable[str]) -> bool:
    persons = {s.person for s in approved}
    return len(persons) == 1 and persons <= frozenset(by)


def _state(proposal: Asked, now: datetime, rejected: bool, incomplete: bool) -> OutcomeState:
    if rejected:
        return OutcomeState.REJECTED
    if not incomplete:
        return OutcomeState.APPROVED
    return OutcomeState.EXPIRED if _expired(proposal, now) else OutcomeState.WAITING


def _expired(proposal: Asked, now: datetime) -> bool:
    return proposal.expires_at is not None and now >= proposal.expires_at


def _is_intact(proposal: Asked) -> bool:
    return not isinstance(proposal, Proposal) or proposal.digest == proposal_digest(proposal)


# --- what is refused ------------------------------------------------------------------------------------------------------


def _refused(signature: Signature, why: str) -> SignatureRefused:
    who = f"signature of {signature.person!r} as {signature.role!r} on {signature.proposal_id}"
    return SignatureRefused(f"{who} is refused: {why}", proposal=signature.proposal_id, person=signature.person, role=signature.role)


def _check_question(
    proposal: Asked, signatures: Sequence[Signature], signature: Signature, signoff: Signoff, now: datetime, is_open: bool
) -> None:
    if signature.proposal_id != proposal.id:
        raise _refused(signature, f"it was given for another proposal than {proposal.id}")
    if not _is_intact(proposal):
        raise _refused(signature, "the proposal was changed after it was put forward; propose it again")
    if signature.digest != proposal.digest:
        raise _refused(signature, "it was given for another text of this proposal; read the memo again and sign that")
    if not is_open:
        raise _refused(signature, "the proposal is no longer open; sign its newest revision")
    decided = outcome(proposal, signatures, signoff, now).state
    if decided in (OutcomeState.APPROVED, OutcomeState.REJECTED):
        raise _refused(signature, f"the proposal is already {decided}; what is running is stopped with `recall brake`")


def _check_time(proposal: Asked, signature: Signature, now: datetime) -> None:
    if _expired(proposal, now) or (proposal.expires_at is not None and signature.at >= proposal.expires_at):
        raise _refused(signature, f"the proposal expired at {proposal.expires_at:%Y-%m-%d %H:%M} UTC; sign its newest revision")
    if not proposal.opened_at <= signature.at <= now:
        raise _refused(signature, f"its time {signature.at.isoformat()} is before the proposal or in the future; check the clock")


def _check_person(signature: Signature, signoff: Signoff, actor: str) -> None:
    person = signoff.people.get(signature.person)
    if is_system_name(signature.person):
        raise _refused(signature, "system accounts do not sign; a person must")
    if (actor and actor != signature.person) or (person is None and _BEHALF_PATTERN.search(signature.person)):
        raise _refused(signature, "nobody signs on behalf of another; each person signs with their own code")
    if person is None:
        raise _refused(signature, f"nobody of that name may sign; known: {', '.join(sorted(signoff.people))}")
    if signature.role not in signoff.roles:
        raise _refused(signature, f"there is no such role; roles: {', '.join(signoff.roles)}")
    if not person.signs_as(signature.role):
        raise _refused(signature, f"this person holds {', '.join(person.roles) or 'no role'}")


def _check_once(proposal: Asked, signatures: Sequence[Signature], signature: Signature) -> None:
    for given in signatures:
        if given.proposal_id == proposal.id and given.person == signature.person and given.digest == proposal.digest:
            raise _refused(signature, f"this person signed already, as {given.role!r}; one person, one role, one signature")


def _check_reason(signature: Signature, signoff: Signoff) -> None:
    said = sum(c.isalnum() for c in signature.reason)
    if said < signoff.min_reason_characters:
        raise _refused(signature, f"the reason has {said} letters and digits; at least {signoff.min_reason_characters} are needed")


def _check_not_alone(proposal: Asked, signatures: Sequence[Signature], signature: Signature, signoff: Signoff, by: Iterable[str]) -> None:
    if signature.verdict is not Verdict.APPROVE:
        return
    counted = _counting(proposal, [*signatures, signature], signoff)
    approved = [s for s in counted if s.verdict is Verdict.APPROVE]
    if not _missing(approved, signoff) and _is_alone(approved, by):
        raise _refused(signature, "whoever proposes may not be the only one who signs; ask another holder of the role")
