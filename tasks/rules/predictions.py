"""What each option leads to: exposure-hours, harm and uptake, and what an hour of waiting costs.

The model has five numbers and can be checked with a pocket calculator. x(t) is how many have the bad build t hours from now:

    until the decision (hour d)   x(t) = min(users + per_hour * t, ceiling)
    none, monitor                 the same for ever: nobody is told, no fix is pushed
    partial, full                 the roll-out stops at d; x stays until the fix is out, fix_after_hours later; then it halves:
        those told                x * 2 ^ -(hours / half-life of those told)
        those not told            x * 2 ^ -(hours / half-life of those who update by themselves)

Partial tells those in scope, full everyone; being told never makes anybody slower. **Exposure-hours** are the area under x(t) up to the
horizon. **Harmed** = exposure-hours * harm / harm_hours: the assessment's probability, spread evenly over its own horizon. **Uptake** is
1 - x(t) / x(d). **An hour of waiting** costs what deciding one hour later adds. Nobody is safe because a notice was sent, and an unknown
input gives an unknown result. Everything is linear in users, so the parts of a split course add up to the whole.

| option  | told     | exposure-hours           |
|---------|----------|--------------------------|
| none    | nobody   | the most                 |
| monitor | nobody   | as none                  |
| partial | in scope | no more than monitor     |
| full    | everyone | no more than partial     |

Add here when an option leads to something else; rather in `take_up.py` when half-lives are learnt otherwise, and in `scores.py` when the
outcome is compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from configs.terms import Action, Course, Prediction, TakeUp, Uptake

STOPPING = (Action.PARTIAL, Action.FULL)
"""Actions that stop the roll-out and push a fix."""


def predictions(course: Course, milestones: Sequence[float]) -> tuple[Prediction, ...]:
    """Every option, decided now; uptake is told at so many hours after the decision."""
    return tuple(predicted(course, action, milestones) for action in Action)


def predicted(course: Course, action: Action, milestones: Sequence[float]) -> Prediction:
    """One option, decided now."""
    now, later = (exposure_hours(course, action, course.horizon_hours, waited) for waited in (0.0, 1.0))
    hour = None if now is None or later is None else max(0.0, later - now)
    return Prediction(
        action=action,
        exposure_hours=now,
        harmed=harmed(course, now, course.harm),
        harmed_most=harmed(course, now, course.harm_most),
        uptake=tuple(Uptake(hours, safe_share(course, action, hours)) for hours in milestones),
        hour_exposure=hour,
        hour_harmed=harmed(course, hour, course.harm),
        hour_harmed_most=harmed(course, hour, course.harm_most),
    )


def harmed(course: Course, hours: float | None, harm: float) -> float | None:
    """Users harmed in so many exposure-hours."""
    return None if hours is None else hours * harm / course.harm_hours


def having_it(course: Course, action: Action, hours: float, waited: float = 0.0) -> float | None:
    """x(t): how many have the bad build `hours` from now, when the decision falls after `waited` hours."""
    if action not in STOPPING or hours <= waited:
        return _grown(course, hours)
    start, shares = _grown(course, waited), _shares(course, action)
    if start is None or shares is None:
        return None
    since_fix = max(0.0, hours - waited - course.fix_after_hours)
    return start * sum(share * math.exp(-rate * since_fix) for share, rate in shares)


def exposure_hours(course: Course, action: Action, until: float, waited: float = 0.0) -> float | None:
    """The area under x(t) from now to `until`, when the decision falls after `waited` hours."""
    if action not in STOPPING or until <= waited:
        return _growing_area(course, until)
    start, shares, before = _grown(course, waited), _shares(course, action), _growing_area(course, waited)
    if start is None or shares is None or before is None:
        return None
    still = min(until - waited, course.fix_after_hours)
    since_fix = until - waited - still
    return before + start * (still + sum(share * -math.expm1(-rate * since_fix) / rate for share, rate in shares))


def safe_share(course: Course, action: Action, hours: float, waited: float = 0.0) -> float | None:
    """Of those who had the bad build at the decision, the share that is safe so many hours after it; None while that is unknown."""
    start, left = having_it(course, action, waited, waited), having_it(course, action, waited + hours, waited)
    if action not in STOPPING:
        return 0.0
    return None if not start or left is None else max(0.0, 1 - left / start)


def split(course: Course, parts: Iterable[tuple[float, float]]) -> tuple[Course, ...]:
    """The course of each part of its users, given as (users, in scope); growth goes where the users are."""
    return tuple(_part(course, users, in_scope) for users, in_scope in parts)


def meant(course: Course, action: Action) -> Course:
    """The course of those the action is meant for: of a partial recall only those in scope."""
    if action is not Action.PARTIAL or course.in_scope is None:
        return course
    return _part(course, course.in_scope, course.in_scope)


def _part(course: Course, users: float, in_scope: float) -> Course:
    share = users / course.users if course.users else 0.0
    grown = None if course.per_hour is None else course.per_hour * share
    return replace(
        course, users=users, in_scope=in_scope, per_hour=grown, ceiling=None if course.ceiling is None else course.ceiling * share
    )


def rate(take_up: TakeUp) -> float:
    """Per hour: half of those left are gone after the half-life."""
    return math.log(2) / take_up.half_life_hours


def _shares(course: Course, action: Action) -> tuple[tuple[float, float], ...] | None:
    """(share of the users, their rate) of those told and those not; None while the scope's size is unknown."""
    alone = rate(course.alone)
    told = max(rate(course.told), alone)
    if action is Action.FULL:
        return ((1.0, told),)
    if course.users is None or course.in_scope is None:
        return None
    part = min(1.0, course.in_scope / course.users) if course.users else 0.0
    return ((part, told), (1 - part, alone))


def _grown(course: Course, hours: float) -> float | None:
    """How many have it while the roll-out goes on; at hour 0 that is known without its speed."""
    if course.users is None or (course.per_hour is None and hours > 0):
        return None
    return course.users + min(max(course.per_hour or 0.0, 0.0) * hours, _room(course))


def _growing_area(course: Course, hours: float) -> float | None:
    if hours <= 0:
        return 0.0 if course.users is not None else None
    if course.users is None or course.per_hour is None:
        return None
    speed, room = course.per_hour, _room(course)
    growing = min(hours, room / speed) if speed > 0 else 0.0
    return course.users * hours + speed * growing**2 / 2 + speed * growing * (hours - growing)


def _room(course: Course) -> float:
    """How many more can ever get it."""
    return math.inf if course.ceiling is None else max(0.0, course.ceiling - (course.users or 0.0))
