"""What a wrong code leads to: counting, a lock, a new code, and who is told.

| wrong codes since the last lock-out | then |
|---|---|
| fewer than `wrong_codes` | the next one may be tried |
| `wrong_codes` of one person, or one more once the question has had `wrong_codes_of_question` | locked for `locked_minutes`, told |

While it is locked no code signs, not even the right one; typed all the same, that one is spent and replaced. The first `new_codes`
lock-outs also send the person a new code, and void the old one; after that the code stays, so that nobody can flood a signer or void their
link for ever. A signed link opens in spite of a lock: it cannot be guessed, and whoever guesses codes must not keep a signer out.

Add here when wrong codes lead to something else; rather in `tasks/rules/codes.py` when a code is made or compared otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from configs.effects import Effect, EffectKind
from configs.guessing import NOBODY, Attempts, Guessing
from configs.policy import Policy, Signoff
from tasks.rules.plan import effect
from tasks.rules.signoff import Asked, is_system_name

STAGE = "locked"
"""What the message with a new code begins with (`stage` in languages.yaml)."""


def can_answer(question: Asked, signed: Collection[str], person: str, role: str, signoff: Signoff, now: datetime) -> bool:
    """Whether that person's code in that role could open the question at all; otherwise there is nothing to compare."""
    known = signoff.people.get(person)
    in_time = question.expires_at is None or now < question.expires_at
    holds = known is not None and known.signs_as(role) and role in signoff.roles
    return in_time and holds and person not in signed and not is_system_name(person)


def is_locked(attempts: Attempts, now: datetime) -> bool:
    """Whether no code is looked at now."""
    return attempts.locked_until is not None and now < attempts.locked_until


def after_wrong(attempts: Attempts, on_question: int, guessing: Guessing, now: datetime) -> Attempts:
    """What is known after one more wrong code. `on_question`: wrong codes of all its signers so far."""
    wrong, total = attempts.wrong + 1, attempts.total + 1
    if wrong < allowed(on_question, guessing):
        return replace(attempts, wrong=wrong, total=total)
    is_renewed = attempts.person != NOBODY and attempts.lockouts < guessing.new_codes
    return replace(
        attempts,
        wrong=0,
        total=total,
        lockouts=attempts.lockouts + 1,
        turn=attempts.turn + is_renewed,
        locked_until=now + timedelta(minutes=guessing.locked_minutes),
        summed_at=now,
    )


def allowed(on_question: int, guessing: Guessing) -> int:
    """How many wrong codes one person has before the lock: one only, where somebody tries the whole question."""
    return guessing.wrong_codes if on_question < guessing.wrong_codes_of_question else 1


def is_summary_due(attempts: Attempts, guessing: Guessing, now: datetime) -> bool:
    """Whether what was refused unseen is written down: once a while, and once the lock is over."""
    waited = attempts.summed_at is None or now >= attempts.summed_at + timedelta(minutes=guessing.summary_minutes)
    return attempts.refused > 0 and (waited or not is_locked(attempts, now))


def messages(before: Attempts, after: Attempts, about: str, role: str, revision: int, policy: Policy) -> list[Effect]:
    """What a lock-out says, and to whom: the person, as long as new codes are sent; the operators, once more than that."""
    if after.lockouts == before.lockouts or before.lockouts > policy.guessing.new_codes:
        return []
    is_renewed = after.turn > before.turn
    told = [
        effect(about, EffectKind.TELL_OPERATORS, f"{STAGE}/{after.question}/{after.person}/{after.lockouts}/{channel}", revision, body)
        for channel in policy.notices.operator_channels
        for body in ({"what": "needs_person", "channel": channel, "detail": _said(after, is_renewed)},)
    ]
    return [*told, *(_new_codes(after, about, role, revision, policy) if is_renewed else ())]


def _new_codes(after: Attempts, about: str, role: str, revision: int, policy: Policy) -> list[Effect]:
    roles = dict.fromkeys((*policy.signoff.people[after.person].roles, role))
    return [
        effect(about, EffectKind.ASK_SIGNATURE, f"{after.question}/{name}/{after.person}/turn {after.turn}", revision, body)
        for name in roles
        for body in ({"question": after.question, "role": name, "person": after.person, "stage": STAGE, "turn": after.turn},)
    ]


def _said(after: Attempts, is_renewed: bool) -> str:
    until = f"{after.locked_until:%Y-%m-%d %H:%M} UTC" if after.locked_until else "later"
    if after.person == NOBODY:
        return f"{after.question}: many attempts to sign that no code can answer; more like them are not looked at until {until}."
    then = "They were sent a new code, good from then on" if is_renewed else "Their code stays, good from then on"
    return (
        f"{after.question}: wrong codes for {after.person!r}; no code of theirs is looked at until {until}. {then}; meanwhile their "
        "signed link works. Ask them: if it was not them, somebody guesses. Change the UI password and look at the runs of `sign-off`."
    )
