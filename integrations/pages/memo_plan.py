"""The memo's plan and minutes: what will be done by when once it is signed, and what the meeting said.

Add here when the memo should say more of them; rather in `integrations/pages/milestones.py` and `minutes.py` for the other pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from configs.catalogue import Catalogue
from configs.terms import Minutes
from integrations.pages.blocks import Block, Grid, Heading, Para, Points, plain
from integrations.pages.facts import MemoFacts
from integrations.pages.minutes import in_force

_LONGEST = 2000
"""As long as one argument can be."""


def planned(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """Every milestone with its owner and due time: part of what is signed."""
    if not facts.plan:
        return
    yield Heading(say("plan.title"))
    yield Para(say("plan.signed"))
    header = tuple(say(f"plan.{column}") for column in ("milestone", "owner", "due", "reached"))
    rows = tuple((plain(one.name), plain(one.owner), plain(one.due), plain(one.reached) or "–") for one in facts.plan)
    yield Grid(header, rows, numbers=len(header))


def minuted(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """The last entry about each proposal; corrected ones are in the dossier."""
    if not facts.minutes:
        return
    yield Heading(say("minutes.title"))
    for one in in_force(facts.minutes):
        yield from _entry(one, say)


def _entry(one: Minutes, say: Catalogue) -> Iterator[Block]:
    attended = say.listed([plain(name) for name in one.attended])
    yield Para(
        say("minutes.about", proposal=plain(one.proposal_id), person=plain(one.person), moment=say.moment(one.at), attended=attended)
    )
    yield Points(tuple(plain(said, _LONGEST) for said in one.arguments))
    yield Para(say("minutes.decided", decision=plain(one.decision, _LONGEST)))
