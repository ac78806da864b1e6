"""The brake as everyone may see it: who fell it and why, what each surface was read back to say, what is held.

Add here when people need another fact of a stop; rather in `integrations/pages/progress.py` when it is about a recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from configs.effects import EffectKind, Held, Standing, Surface
from integrations.pages.markdown import moment, paragraphs, shown, table

_MARKS = {Standing.STILL: "\u2714 stands still", Standing.MOVING: "\u2718 still handed out", Standing.UNREAD: "\u2718 not read"}
_KINDS = {EffectKind.SEND_NOTICES: "Chunks of notices", EffectKind.PUBLISH_FIX: "Fixes", EffectKind.SEND_HOLDING: "Holding statements"}


def standstill_page(number: int, person: str, reason: str, at: datetime, surfaces: Sequence[Surface], held: Sequence[Held]) -> str:
    """The stop in force, as markdown."""
    still = sum(s.standing is Standing.STILL for s in surfaces)
    return paragraphs(
        f"# Brake {number} is engaged",
        f"By **{shown(person)}** at {moment(at)}: {shown(reason, 500)}",
        f"**{still} of {len(surfaces)}** surfaces stand still. What does not is tried again at every tick; halt it by hand meanwhile.",
        _surfaces(surfaces),
        "## Held until every role signs the release",
        table(["", "held", "were under way and end"], [[_KINDS[h.kind], str(h.waiting), str(h.under_way or "")] for h in held]),
    )


def _surfaces(surfaces: Sequence[Surface]) -> str:
    rows = [
        [
            _MARKS[s.standing],
            f"{shown(s.app)} ({shown(s.store)}, {s.platform})",
            moment(s.looked_at),
            moment(s.still_since) if s.still_since else "",
            shown(s.detail, 300),
        ]
        for s in surfaces
    ]
    return table(["", "surface", "read back", "still since", "what it says"], rows) if rows else "No surface was read yet."
