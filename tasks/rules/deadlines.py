"""What a silent role leads to, by the clock: a reminder, its deputies, the contact; and the statement approved beforehand.

| share of the signers' time | a role that still lacks signatures |
|---|---|
| `remind_after` | its holders who have not signed are reminded |
| `deputies_after` | its deputies are asked |
| `contact_after` | the escalation contact is told who is missing |
| all of it | nothing is decided: the proposal is renewed (`tasks/decide.py`) |

No stage approves anything, and none is skipped: a tick that comes late does all that is due by then.

Add here when silence leads to something else; rather in `configs/escalation.py` when another time or person is to be chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from configs.effects import Effect, EffectKind
from configs.escalation import Holding
from configs.policy import Policy, Signoff
from configs.terms import Proposal
from tasks.rules.plan import effect
from tasks.rules.signoff import Outcome, OutcomeState


class Stage(StrEnum):
    REMINDER = "reminder"
    DEPUTY = "deputy"
    CONTACT = "contact"


def due_stages(proposal: Proposal, outcome: Outcome, signoff: Signoff, now: datetime) -> tuple[Stage, ...]:
    """Every stage whose time has come, in order; none once the signatures decide, or the time is over."""
    agreed = signoff.escalation
    if agreed is None or outcome.state is not OutcomeState.WAITING:
        return ()
    time = proposal.expires_at - proposal.opened_at
    shares = {Stage.REMINDER: agreed.remind_after, Stage.DEPUTY: agreed.deputies_after, Stage.CONTACT: agreed.contact_after}
    return tuple(stage for stage, share in shares.items() if proposal.opened_at + share * time <= now < proposal.expires_at)


def messages(stage: Stage, proposal: Proposal, outcome: Outcome, policy: Policy, turns: Mapping[str, int]) -> list[Effect]:
    """The messages of a stage, once each: to whom the silent roles belong, or to the contact. `turns`: whose code is the how-manieth."""
    if stage is Stage.CONTACT:
        return _to_contact(proposal, outcome, policy)
    signed = {signature.person for signature in (*outcome.approved_by, *outcome.rejected_by)}
    return [
        effect(proposal.recall_id, EffectKind.ASK_SIGNATURE, f"{proposal.id}/{role}/{name}/{stage}", proposal.revision, body)
        for role in (missing.role for missing in outcome.missing)
        for name in _addressed(stage, role, policy.signoff)
        if name not in signed
        for body in ({"question": proposal.id, "role": role, "person": name, "stage": stage.value, "turn": turns.get(name, 0)},)
    ]


def _addressed(stage: Stage, role: str, signoff: Signoff) -> list[str]:
    if stage is Stage.REMINDER:
        return [name for name, person in signoff.people.items() if role in person.roles]
    return [name for name, person in signoff.people.items() if role in person.deputy_for]


def _to_contact(proposal: Proposal, outcome: Outcome, policy: Policy) -> list[Effect]:
    missing = ", ".join(f"{one.count} × {one.role}" for one in outcome.missing)
    said = f"{proposal.id} still needs {missing}; its time is over at {proposal.expires_at:%Y-%m-%d %H:%M} UTC. Reach them by other means."
    return [
        effect(proposal.recall_id, EffectKind.TELL_OPERATORS, f"silent/{proposal.id}/contact/{channel}", proposal.revision, body)
        for channel in contacts(policy.signoff)
        for body in ({"what": "silent", "channel": channel, "to": "contact", "detail": said},)
    ]


def contacts(signoff: Signoff) -> Mapping[str, str]:
    """Where the escalation contact is told: channel name -> address."""
    return {} if signoff.escalation is None else signoff.escalation.contact


# --- the statement approved beforehand ------------------------------------------------------------------------------------


def may_hold(proposal: Proposal, outcome: Outcome, signoff: Signoff, now: datetime) -> bool:
    """Whether the holding statement may go out: the level is high enough, one role is silent for so long, every other has approved."""
    holding = signoff.holding
    if holding is None or not holding.texts or outcome.state is not OutcomeState.WAITING:
        return False
    is_silent = [missing.role for missing in outcome.missing] == [holding.silent_role]
    waited = now >= proposal.opened_at + timedelta(minutes=holding.after_minutes)
    return is_silent and waited and proposal.level.rank >= holding.from_level.rank


def statements(holding: Holding, proposal: Proposal, title: str) -> list[Effect]:
    """One message a channel and language, with the words in full: what was approved is what goes out."""
    return [
        effect(proposal.recall_id, EffectKind.SEND_HOLDING, f"{proposal.id}/{channel}/{language}", proposal.revision, body)
        for channel in holding.channels
        for language in holding.texts
        for body in ({"channel": channel, "language": language, "text": holding.statement(language, title, proposal.scope.version)},)
    ]


def texts_digest(texts: Mapping[str, str]) -> str:
    """SHA-256 (hex) over the approved words of every language, for the journal."""
    framed = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for pair in sorted(texts.items()) for part in pair)
    return hashlib.sha256(b"app-recall/holding/v1\n" + framed).hexdigest()
