"""What may still be done to an open question: change its text, take it back, take one's own signature back. And what signatures lead to.

Stopping is easy, going on is not: one holder of a role takes a question back, as one rejection declines it. Whoever changes the text
voids every signature, for each was given for another text; the new text is signed for anew.

Add here when a question can be changed in another way; rather in `tasks/rules/signoff.py` when it judges a signature.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from configs.effects import EffectKind
from configs.errors import BadInput, Refused, SignatureRefused
from configs.policy import Policy, Signoff
from configs.terms import Action, Proposal, RecallState, Scope, Signature
from tasks.rules.decision import Wanted
from tasks.rules.roles import RolesChange
from tasks.rules.signoff import Asked, BrakeRelease, OutcomeState, is_system_name, outcome

HELD_BY_BRAKE = frozenset({EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX, EffectKind.SEND_HOLDING})
"""What the emergency stop holds. Halting, and asking or telling our own people, goes on: a stop must be able to stop."""

CARRIED_OUT_IN = (RecallState.APPROVED, RecallState.REVIEWING)
WAITED_IN = (RecallState.PROPOSED, RecallState.SCHEDULED, RecallState.APPROVED)
"""A holding statement says that we look into it: of no use once the recall was declined, or its notices are out."""

_COUNTRY = re.compile(r"[A-Z]{2}")
_LONGEST_VALUE, _MOST_VALUES, _LONGEST_NOTE = 60, 60, 300
"""Characters and values that a proposal can hold and still be read before it is signed."""


class Standing(StrEnum):
    """Whether an effect may go out: HELD waits for the brake's release; DROPPED never goes out."""

    STANDS = "stands"
    HELD = "held"
    DROPPED = "dropped"


def standing(kind: EffectKind, revision: int, *, braked: bool, state: RecallState, decided: int) -> Standing:
    """Whether an effect of a recall's plan may go out now. `revision` is the effect's, `decided` the recall's.

    | kind                      | brake    | recall                | revision  | effect  |
    |---------------------------|----------|-----------------------|-----------|---------|
    | halt, question, news      | any      | any                   | any       | stands  |
    | notices, fix, statement   | engaged  | any                   | any       | held    |
    | notices, fix              | released | approved or reviewing | recall's  | stands  |
    | notices, fix              | released | approved or reviewing | another   | dropped |
    | notices, fix              | released | anything else         | any       | dropped |
    | holding statement         | released | proposed to approved  | recall's  | stands  |
    | holding statement         | released | anything else         | any       | dropped |
    """
    if kind not in HELD_BY_BRAKE:
        return Standing.STANDS
    if braked:
        return Standing.HELD
    allowed = WAITED_IN if kind is EffectKind.SEND_HOLDING else CARRIED_OUT_IN
    return Standing.STANDS if state in allowed and revision == decided else Standing.DROPPED


def starts_later(proposal: Proposal, now: datetime, *, held: bool) -> bool:
    """Whether the start waits: for the time agreed on, or, once that was waited for, for the brake (`held`)."""
    return proposal.not_before is not None and (now < proposal.not_before or held)


# --- taking back ----------------------------------------------------------------------------------------------------------


def check_withdrawal(question: Asked, person: str, reason: str, signoff: Signoff, *, waits: bool) -> None:
    """Returns when this person may take the question back. `waits`: it is open, or signed for a start that has not come.

    Raises:
        SignatureRefused: it does not wait any more, or the person neither proposed it nor holds a role.
        BadInput: the reason says too little.
    """
    if not waits:
        raise _refused(question, person, "withdraws", "it is decided; what is running is stopped with `recall brake`")
    _check_person(question, person, signoff, "withdraws", but=question.proposed_by)
    _check_reason(reason, signoff)


def check_unsigning(
    question: Asked, signatures: Sequence[Signature], person: str, reason: str, signoff: Signoff, now: datetime, *, is_open: bool
) -> None:
    """Returns when this person may take their own signature back.

    Raises:
        SignatureRefused: the question is decided or no longer open, or they have not signed it.
        BadInput: the reason says too little.
    """
    decided = outcome(question, signatures, signoff, now).state in (OutcomeState.APPROVED, OutcomeState.REJECTED)
    if decided or not is_open:
        raise _refused(question, person, "takes a signature back on", "it is decided; what is running is stopped with `recall brake`")
    if not any(s.person == person for s in signatures):
        raise _refused(question, person, "takes a signature back on", "there is none of theirs")
    _check_reason(reason, signoff)


# --- changing the text ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Amendment:
    """What one person wants otherwise; None is left as it is. `at_once` drops the agreed time."""

    action: Action | None = None
    countries: tuple[str, ...] | None = None
    os_versions: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    note: str | None = None
    not_before: datetime | None = None
    at_once: bool = False


def check_amendment(question: Asked, person: str, reason: str, signoff: Signoff, now: datetime, *, is_open: bool) -> Proposal:
    """The proposal, when this person may change its text.

    Raises:
        SignatureRefused: it is no proposal, not open or expired, or the person holds no role.
        BadInput: the reason says too little.
    """
    if not isinstance(question, Proposal):
        raise _refused(question, person, "changes", "only proposals can be changed; withdraw this question and ask another")
    if not is_open or now >= question.expires_at:
        raise _refused(question, person, "changes", "it is not open any more; change its newest revision")
    _check_person(question, person, signoff, "changes")
    _check_reason(reason, signoff)
    return question


def amended(proposal: Proposal, change: Amendment, person: str, policy: Policy, now: datetime) -> tuple[Action, Wanted]:
    """Action and wishes of the next revision; `tasks.rules.decision.compose_proposal` makes its text.

    Raises:
        BadInput: a country, version, device or note that cannot be, or a start too far ahead.
        Refused: nothing is changed by it.
    """
    scope = _amended_scope(proposal.scope, change)
    action = change.action or proposal.action
    note = proposal.note if change.note is None else _checked_note(change.note)
    start = None if change.at_once else change.not_before or still_ahead(proposal.not_before, now)
    if start is not None and start > now + timedelta(hours=policy.signoff.latest_start_hours):
        raise BadInput(f"a start may be at most {policy.signoff.latest_start_hours:g} hours ahead; name an earlier one")
    if (action, scope, note, start) == (proposal.action, proposal.scope, proposal.note, proposal.not_before):
        raise Refused(f"{proposal.id} says just that already; nothing was changed")
    by = proposal.amended_by if person in proposal.amended_by else (*proposal.amended_by, person)
    return action, Wanted(scope, note, start, by)


def kept(proposal: Proposal, now: datetime) -> Wanted:
    """What people wanted of a proposal that is put forward again. A start that has passed is no wish any more."""
    scope = proposal.scope if proposal.amended_by else None
    return Wanted(scope, proposal.note, still_ahead(proposal.not_before, now), proposal.amended_by)


def still_ahead(start: datetime | None, now: datetime) -> datetime | None:
    """The agreed start, while it lies ahead."""
    return start if start is not None and start > now else None


def _amended_scope(scope: Scope, change: Amendment) -> Scope:
    wanted = {"countries": change.countries, "os_versions": change.os_versions, "devices": change.devices}
    changed = {name: _checked_values(name, values) for name, values in wanted.items() if values is not None}
    wrong = [c for c in changed.get("countries", ()) if not _COUNTRY.fullmatch(c)]
    if wrong:
        raise BadInput(f"{wrong[0]!r} is no country; name them by two capital letters (ISO 3166), as in DE,CN")
    return replace(
        scope,
        countries=changed.get("countries", scope.countries),
        os_versions=changed.get("os_versions", scope.os_versions),
        devices=changed.get("devices", scope.devices),
    )


def _checked_values(name: str, values: Sequence[str]) -> tuple[str, ...]:
    found = tuple(sorted({value.strip() for value in values} - {""}))
    long = [value for value in found if len(value) > _LONGEST_VALUE or _is_odd(value)]
    if long or len(found) > _MOST_VALUES:
        raise BadInput(f"{name.replace('_', ' ')}: at most {_MOST_VALUES}, each a plain text of at most {_LONGEST_VALUE} characters")
    return found


def _checked_note(note: str) -> str:
    said = " ".join(note.split())
    if len(said) > _LONGEST_NOTE or _is_odd(said):
        raise BadInput(f"a note is one plain text of at most {_LONGEST_NOTE} characters; what is longer belongs in the minutes")
    return said


def _is_odd(text: str) -> bool:
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)


# --- who, and why ---------------------------------------------------------------------------------------------------------


def _check_person(question: Asked, person: str, signoff: Signoff, does: str, but: str = "") -> None:
    """A holder of a role, or whoever is named by `but`; never a machine."""
    known = signoff.people.get(person)
    holds = known is not None and any(role in signoff.roles for role in known.roles)
    if is_system_name(person) or not (holds or (but and person == but)):
        holders = ", ".join(sorted(name for name, p in signoff.people.items() if p.roles))
        raise _refused(question, person, does, f"only who holds a role may: {holders}")


def _check_reason(reason: str, signoff: Signoff) -> None:
    said = sum(c.isalnum() for c in reason)
    if said < signoff.min_reason_characters:
        raise BadInput(f"the reason has {said} letters and digits; at least {signoff.min_reason_characters} are needed")


def _refused(question: Asked, person: str, does: str, why: str) -> SignatureRefused:
    return SignatureRefused(f"{person!r} {does} {question.id}: refused, {why}", proposal=question.id, person=person)


def kind_of_question(about: str) -> type[Proposal] | type[BrakeRelease] | type[RolesChange]:
    """What a question is, by the id of what it is about."""
    if about.startswith(("REC-", "widen-")):
        return Proposal
    return BrakeRelease if about.startswith("brake-") else RolesChange
