"""How many distinct users stand behind a count: probabilities are per user, while crashes are counted by the session.

| counted       | installs known     | scope    | users                                                              |
|---------------|--------------------|----------|--------------------------------------------------------------------|
| per session   | yes                | everyone | installs, but never more than there were sessions                  |
| per session   | yes, and everyone's sessions too | narrow | sessions over everyone's sessions per install        |
| per session   | otherwise          | any      | sessions over what one user has in all these days; uncertain       |
| per report    | any                | any      | those who reported: reviews and tickets count persons              |

Where it is not known, users are taken as few as they can well be: fewer users make the same harm likelier, and what is too likely costs
a look, not a user.

Add here when users are counted by another way; rather in `severity_bounds.py` when a probability is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from configs.policy import Risk
from configs.terms import Evidence, Metric
from tasks.rules.decision import is_narrow

SESSIONS = frozenset({Metric.CRASH, Metric.ANR})
"""Metrics whose exposure is counted in sessions."""


@dataclass(frozen=True, slots=True)
class Users:
    """Distinct exposed users; `doubt` says where they are only estimated, "" where they are known."""

    number: Fraction
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a release's use. `units`: installs that ever had it; `sessions`: of everybody, 0 when nothing counts them."""

    units: int | None
    sessions: int
    days: float


def known_use(evidence: Iterable[Evidence], units: int | None, days: float) -> Known:
    """What a release's evidence tells of its use."""
    everyone = (e.exposure for e in evidence if e.metric in SESSIONS and not _is_part(e))
    return Known(units, max(everyone, default=0), days)


def exposed_users(evidence: Evidence, use: Known, risk: Risk) -> Users:
    """Distinct users behind the evidence's exposure, by the table above."""
    exposure = Fraction(evidence.exposure)
    if evidence.metric not in SESSIONS:
        return Users(exposure)
    if use.units and not _is_part(evidence):
        return Users(min(exposure, Fraction(use.units)))
    if use.units and use.sessions:
        return Users(exposure / max(Fraction(1), Fraction(use.sessions, use.units)))
    each = Fraction(risk.sessions_per_user_day) * Fraction(max(1.0, use.days))
    users = exposure / each
    return Users(users, f"uncertain: nobody counts the users; {evidence.exposure} sessions are taken as {float(users):.0f} of them")


def _is_part(evidence: Evidence) -> bool:
    return evidence.scope is not None and is_narrow(evidence.scope)
