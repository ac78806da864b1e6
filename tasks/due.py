"""Whether anything about recalls is due now: what a tick asks before it calls the decision.

Add here when another thing can be due; rather in that thing's own file when it is due at another time.
"""

from __future__ import annotations

from configs.effects import EffectKind
from integrations.toolbox import Toolbox
from tasks.act import due_effects
from tasks.follow import due_starts
from tasks.notify import due_waves
from tasks.score import due_proposals


def is_recall_due(tools: Toolbox, app: str) -> bool:
    """A proposal, an agreed start, a wave of notices or an effect waits to be taken up."""
    return bool(due_proposals(tools, app) or due_starts(tools, app) or due_waves(tools, app) or due_effects(tools, *EffectKind))
