"""The shipped rules, as one value: what the model decides with. A test puts a broken one in the place of one of them.

Add here when the steps decide by another rule; rather in `parts.py` when they do something else with the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tasks.rules import decision, lifecycle, roles, signoff, standing

Rule = Callable[..., Any]


@dataclass(frozen=True)
class Rules:
    """Each field is the very function that the steps of `tasks` call."""

    check_signature: Rule = signoff.check_signature
    outcome: Rule = signoff.outcome
    may_brake: Rule = signoff.may_brake
    is_system_name: Rule = signoff.is_system_name
    recall_event: Rule = lifecycle.recall_event
    moved_recall: Rule = lifecycle.moved_recall
    compose_proposal: Rule = decision.compose_proposal
    check_amendment: Rule = standing.check_amendment
    amended: Rule = standing.amended
    kept: Rule = standing.kept
    check_withdrawal: Rule = standing.check_withdrawal
    check_unsigning: Rule = standing.check_unsigning
    starts_later: Rule = standing.starts_later
    standing: Rule = standing.standing
    is_restored: Rule = roles.is_restored
