"""The plan on a page: what is due by when, who sees to it, and what became of it.

Add here when a plan should look different; rather in `tasks/plan_lines.py` when a page needs another fact of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.pages.facts import PlanLine
from integrations.pages.markdown import shown, table


def plan_section(plan: Sequence[PlanLine]) -> list[str]:
    """Heading and table as markdown; nothing for a recall without a plan."""
    if not plan:
        return []
    rows = [[shown(p.name), shown(p.owner), p.due, p.reached or "–", f"**{p.standing}**" if p.is_late else p.standing] for p in plan]
    return ["## The plan", table(["milestone", "seen to by", "due", "reached", ""], rows)]
