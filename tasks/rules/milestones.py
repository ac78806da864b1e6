"""The plan of a recall: made from policy, changed by people, held against what has happened.

Nothing here decides or acts: a plan says by when what the signers approved is to be reached, and whom to tell when it is not.

Add here when a plan is made, changed or judged otherwise; rather in `tasks/rules/plan.py` when a decision sets something else in motion,
and in `configs/plans.py` when the order of milestones changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from configs.errors import BadInput, Refused
from configs.plans import out_of_order
from configs.policy import Policy
from configs.terms import Action, Level, Mark, Milestone, Plan, Scope, Widening
from configs.terms.planned import CHECK, FIX, HALT, NOTICES, REPORT, follow_up


def planned(action: Action, level: Level, scope: Scope, policy: Policy, kept: Sequence[Milestone] = ()) -> Plan:
    """The plan that an approval of this would set in force. `kept`: milestones people have set, instead of the policy's."""
    rules = policy.plan
    made = tuple(kept) or rules.milestones_at(level, policy.notices.follow_up_after_days)
    return Plan(action, scope, made, Widening(rules.widen_from_e_outside, rules.widen_from_share_outside))


def plan_digest(plan: Plan) -> str:
    """SHA-256 (hex) over the canonical JSON of every value of the plan."""
    canonical = json.dumps(asdict(plan), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"app-recall/plan/v1\n{canonical}".encode("ascii")).hexdigest()


# --- changes --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a milestone. None, "": as it is."""

    name: str
    after_minutes: int | None = None
    owner: str = ""


def changed(plan: Plan, wish: Wish, owners: Collection[str], reached: Collection[str] = ()) -> Plan:
    """The plan as the person wants it. `owners`: roles and people there are; `reached`: milestones that lie behind.

    Raises:
        BadInput: no such milestone or owner, or a time before the verdict.
        Refused: nothing would change, the milestone is reached, or it would be due before one it comes after.
    """
    before = next((one for one in plan.milestones if one.name == wish.name), None)
    if before is None:
        raise BadInput(f"the plan has no milestone {wish.name!r}; it has {', '.join(one.name for one in plan.milestones)}")
    if wish.owner and wish.owner not in owners:
        raise BadInput(f"{wish.owner!r} is neither a role nor a person of the policy; there are {', '.join(sorted(owners))}")
    if wish.after_minutes is not None and wish.after_minutes < 1:
        raise BadInput("a milestone is due at least a minute after the verdict")
    if wish.name in reached:
        raise Refused(f"{wish.name} is reached already; what lies behind is not moved")
    after = replace(before, after_minutes=wish.after_minutes or before.after_minutes, owner=wish.owner or before.owner)
    if after == before:
        raise Refused(f"{wish.name} is due {in_words(before.after_minutes)} after the verdict and {before.owner}'s already")
    milestones = tuple(after if one.name == wish.name else one for one in plan.milestones)
    wrong = next(out_of_order(milestones), "")
    if wrong:
        raise Refused(f"{wrong}; move the other one first")
    return replace(plan, milestones=milestones)


def differences(before: Plan, after: Plan) -> Iterator[str]:
    """What changed between two versions, a clause each."""
    old = {one.name: one for one in before.milestones}
    for one in after.milestones:
        known = old.get(one.name)
        if known is None:
            yield f"{one.name} added, due {in_words(one.after_minutes)} after the verdict, {one.owner}"
        elif known.after_minutes != one.after_minutes:
            yield f"{one.name} due {in_words(one.after_minutes)} after the verdict instead of {in_words(known.after_minutes)}"
        if known is not None and known.owner != one.owner:
            yield f"{one.name} seen to by {one.owner} instead of {known.owner}"
    yield from (f"{name} left out" for name in old.keys() - {one.name for one in after.milestones})
    if (before.action, before.scope) != (after.action, after.scope):
        yield f"now a plan of a {after.action} recall"


def in_words(minutes: int) -> str:
    """A time span as people say it: in the largest unit that fits."""
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


# --- what has happened ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Happened:
    """What the ledger knows of a recall that is being carried out; None: not yet. `waves_out`: of each frozen wave in turn."""

    halted_at: datetime | None = None
    waves_out: tuple[datetime | None, ...] = ()
    fixed_at: datetime | None = None
    reviewed_at: tuple[datetime, ...] = ()
    filed_at: datetime | None = None


def reached(plan: Plan, happened: Happened) -> dict[str, datetime]:
    """When each milestone that lies behind was reached.

    | milestone   | reached when                                            |
    |-------------|---------------------------------------------------------|
    | halt        | the store confirmed the halt                            |
    | notices     | every chunk of the first wave is settled                |
    | follow_up_n | every chunk of the n-th further wave is settled         |
    | fix         | the store confirmed the fix                             |
    | check       | the first nightly review after the fix is written       |
    | report      | the dossier of the closed recall is written             |
    """
    checks = [at for at in happened.reviewed_at if happened.fixed_at is not None and at >= happened.fixed_at]
    found = {HALT: happened.halted_at, FIX: happened.fixed_at, CHECK: min(checks, default=None), REPORT: happened.filed_at}
    for wave, at in enumerate(happened.waves_out):
        found[follow_up(wave) if wave else NOTICES] = at
    names = {one.name for one in plan.milestones}
    return {name: at for name, at in found.items() if at is not None and name in names}


def due_at(milestone: Milestone, verdict_at: datetime) -> datetime:
    """When it is due."""
    return verdict_at + timedelta(minutes=milestone.after_minutes)


class Tell(StrEnum):
    """REMIND: it is due soon. ALARM: it is late."""

    REMIND = "remind"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom of a milestone is to be told what now."""

    what: Tell
    name: str
    owner: str
    due_at: datetime


def tellings(
    plan: Plan, verdict_at: datetime, marks: Mapping[str, Mark], now: datetime, remind_before: timedelta, *, of: Collection[str] = ()
) -> tuple[Telling, ...]:
    """What owners are to be told now, each once a due time. `of`: only these milestones; all when none is named.

    | reached | now                            | told of this due time before | told now |
    |---------|--------------------------------|------------------------------|----------|
    | yes     | any                            | any                          | nothing  |
    | no      | due or later                   | that it is late              | nothing  |
    | no      | due or later                   | at most a reminder           | alarm    |
    | no      | within the reminder's time     | nothing                      | reminder |
    | no      | within the reminder's time     | anything                     | nothing  |
    | no      | earlier                        | any                          | nothing  |
    """
    found = []
    for one in plan.milestones:
        mark, due = marks.get(one.name, Mark(one.name)), due_at(one, verdict_at)
        if mark.reached_at is not None or (of and one.name not in of):
            continue
        if now >= due:
            found += [Telling(Tell.ALARM, one.name, one.owner, due)] if mark.late_for != due else []
        elif now >= due - remind_before and due not in (mark.reminded_for, mark.late_for):
            found.append(Telling(Tell.REMIND, one.name, one.owner, due))
    return tuple(found)


def standing(milestone: Milestone, verdict_at: datetime | None, mark: Mark | None, now: datetime | None) -> str:
    """How a milestone stands, in a word or a few. `now` None: the recall is over, so that nothing of it is late any more."""
    if verdict_at is None:
        return "after the verdict"
    due = due_at(milestone, verdict_at)
    if mark is not None and mark.reached_at is not None:
        late = mark.reached_at - due
        return "reached" if late <= timedelta() else f"reached {in_words(max(1, round(late.total_seconds() / 60)))} late"
    if now is None:
        return "not reached"
    return "late" if now >= due else "waits"


def utc(at: datetime) -> str:
    """A time for people."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
