"""How many users a bad release still harms before the next decision: what queues are ranked by.

Add here when it is about harm to come; rather in `severity_cases.py` when it is about how probable harm is.
"""

from __future__ import annotations

from tasks.rules.decision import is_narrow
from tasks.rules.severity_cases import Case, Judged


def further_harm(found: Judged, hours: float) -> float | None:
    """Users harmed within the horizon at most, of those who have the build unharmed and those who get it in the next `hours`.

    The bound's probability times both; the roll-out goes on as it did. Of narrow evidence only its own users count. None where nobody
    counts installs.
    """
    case = found.case
    if case.units is None:
        return None
    users = _on_the_build(case, case.units)
    harmed = 0.0 if case.suspect else min(float(case.harmed), users)
    return float(found.upper) * (users - harmed + users / case.days * hours / 24)


def _on_the_build(case: Case, units: int) -> float:
    scope = case.evidence.scope
    if case.suspect is None and scope is not None and is_narrow(scope):
        return min(float(case.users), float(units))
    return float(units)
