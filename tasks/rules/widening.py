"""Whether a partial recall is to be put before the signers as a full one, by the rule that was signed with its plan.

Nothing is widened here or by itself: the rule only says when people must be asked.

Add here when something else can ask for it; rather in `tasks/rules/coverage.py` when it is about a release's further issues.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from configs.terms import Action, Evidence, Plan, Scope, Suspect
from tasks.rules.decision import scope_in_words
from tasks.rules.scopes import Relation, holds, relation


def widening(plan: Plan, newest: Iterable[Evidence], concerned: Scope) -> str:
    """Why the signers are to be asked, in a sentence; "" while they need not be.

    `newest`: the last evidence of each metric. `concerned`: whom the issue concerns by now, which takes an alarm to widen.

    | action  | issue      | evidence of users outside | part of the harm outside  | asked |
    |---------|------------|---------------------------|---------------------------|-------|
    | full    | any        | any                       | any                       | no    |
    | partial | not within | any                       | any                       | yes   |
    | partial | within     | E of at least `e_outside` | any                       | yes   |
    | partial | within     | less                      | more than `share_outside` | yes   |
    | partial | within     | less                      | less, or unknown          | no    |

    "Outside" is a scope that has no user in common with the plan's: one that only overlaps it shows the plan's own users too.
    """
    if plan.action is not Action.PARTIAL:
        return ""
    if plan.widen.e_outside and not holds(plan.scope, concerned):
        return f"the issue concerns {scope_in_words(concerned)} by now, and not only {scope_in_words(plan.scope)}"
    for evidence in newest:
        outside = [one for one in evidence.suspects if relation(plan.scope, one.scope) is Relation.DISJOINT]
        said = _strong(plan, outside) or _shared(plan, evidence.suspects)
        if said:
            return f"{evidence.metric} of {evidence.version}: {said}"
    return ""


def _strong(plan: Plan, outside: Iterable[Suspect]) -> str:
    least = plan.widen.e_outside
    worst = max(outside, key=lambda one: one.log_evidence, default=None)
    if worst is None or not least or worst.log_evidence < math.log(least):
        return ""
    e_value = f"{math.exp(min(worst.log_evidence, 50)):.3g}"
    return f"E = {e_value} for {scope_in_words(worst.scope)}, outside the scope; {least:g} asks for a full recall"


def _shared(plan: Plan, suspects: Iterable[Suspect]) -> str:
    most = plan.widen.share_outside
    own = next((one for one in suspects if one.scope == plan.scope), None)
    if own is None or own.explains is None or not most or 1 - own.explains <= most:
        return ""
    return f"{100 * (1 - own.explains):.0f} % of the harm falls outside the scope; more than {100 * most:.0f} % asks for a full recall"
