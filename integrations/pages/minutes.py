"""The minutes of an evaluation meeting on a page: who was there, what was said, what was decided, and what was corrected.

Add here when minutes should look different; rather in `tasks/rules/meetings.py` when it is about what they must hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from configs.terms import Minutes
from integrations.pages.markdown import moment, shown

_LONGEST = 2000
"""As long as one argument can be."""


def in_force(minutes: Sequence[Minutes]) -> tuple[Minutes, ...]:
    """The last entry about each proposal, in the order of the proposals."""
    return tuple({one.proposal_id: one for one in minutes}.values())


def corrected(minutes: Sequence[Minutes]) -> tuple[Minutes, ...]:
    """Entries that a later one replaced."""
    return tuple(one for one in minutes if one not in in_force(minutes))


def minutes_section(minutes: Sequence[Minutes]) -> list[str]:
    """Heading and entries as markdown; nothing where nobody has entered any."""
    if not minutes:
        return []
    return ["## Minutes of the meeting", *(block for one in in_force(minutes) for block in _entry(one)), *_corrected(minutes)]


def _entry(one: Minutes) -> list[str]:
    attended = ", ".join(map(shown, one.attended))
    arguments = "\n".join(f"- {shown(said, _LONGEST)}" for said in one.arguments)
    correction = f" Corrected: {shown(one.correction)}." if one.correction else ""
    return [
        f"About {shown(one.proposal_id)}, entered by {shown(one.person)} {moment(one.at)}.{correction} Attended: {attended}.",
        arguments,
        f"Decided: **{shown(one.decision, _LONGEST)}**",
    ]


def _corrected(minutes: Sequence[Minutes]) -> list[str]:
    lines = [f"- {moment(one.at)}, {shown(one.person)}: {shown(one.decision, _LONGEST)}" for one in corrected(minutes)]
    return ["### Entries that were corrected", "\n".join(lines)] if lines else []
