"""A recall driven by ticks from the first crash to the closed case, and what must be true of it at the end.

The schedule is fixed and knows nothing of the past: every slot does what its hour asks for. Who is killed in a slot begins it again.

Add here when the schedule has another tick; rather in `interruptions.py` when a tick can be interrupted in another way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

from configs.effects import EffectState
from configs.errors import SignatureRefused
from configs.terms import RecallState, Reconciliation
from flows.monitor import monitor
from flows.recall import recall
from flows.review import review
from integrations.ledger.cases import recalls_in
from integrations.ledger.keys import public_keys
from integrations.ledger.reviews import reviews_of
from integrations.ledger.signing import open_proposals
from integrations.ledger.verify import verify
from integrations.toolbox import Toolbox
from tasks.run import ticked
from tests.tasks.homes import APP, EVERYONE, START, Play, reopened

SLOT = timedelta(hours=6)
FIRST = START + timedelta(hours=6, minutes=5)
"""A little after the full hour, so that nothing is decided by a second."""

LAST_SLOT = 40
LEASE_OVER = timedelta(seconds=2)
"""Longer than the lease of the small recalls: what the dead process had claimed is free again, and the users have hardly moved."""

Opener = Callable[[Path], Toolbox]


class Killed(BaseException):
    """The process ends here. No code of ours catches it."""


def slot_time(number: int) -> datetime:
    return FIRST + SLOT * number


def state_of(tools: Toolbox) -> RecallState | None:
    with tools.book.read() as txn:
        return next((r.state for r in recalls_in(txn)), None)


def is_over(tools: Toolbox) -> bool:
    """The recall is closed and nothing is left to do."""
    if state_of(tools) is not RecallState.CLOSED:
        return False
    return all(e.state in (EffectState.DONE, EffectState.FAILED, EffectState.CANCELLED) for e in Play(tools).effects())


def run_slot(tools: Toolbox, number: int) -> None:
    """Everything the schedules and the people do in one slot."""
    ticked(recall if state_of(tools) else monitor, app=APP)
    people_sign(Play(tools))
    ticked(recall, app=APP)
    if slot_time(number).hour == 0 and state_of(tools) in (RecallState.APPROVED, RecallState.REVIEWING):
        ticked(review, app=APP)


def people_sign(play: Play) -> None:
    """Everyone who finds a question in their mail answers it, once; asked again, they find that they have signed."""
    with play.tools.book.read() as txn:
        questions = [p.id for p in open_proposals(txn)]
    for question in questions:
        for person, role in EVERYONE:
            if play.code(person, role, question):
                with suppress(SignatureRefused):
                    play.sign(person, role, question=question)


def survived_slot(home: Path, number: int, opener: Opener, rounds: int = 1) -> None:
    """Runs a slot's ticks to their end so many times, however often the process is killed in between."""
    kills = left = 0
    while left < rounds:
        assert kills < 20, f"slot {number} was killed without end"
        play = Play(opener(home))
        play.world.advance(max(slot_time(number), play.world.now()) + LEASE_OVER * bool(kills + left))
        try:
            run_slot(play.tools, number)
            left += 1
        except Killed:
            kills += 1
        finally:
            play.tools.book.close()


def drive(home: Path, first: int = 0, opener: Opener = reopened, until: int = LAST_SLOT, rounds: int = 1) -> int:
    """Goes on from that slot until all is over, or until that other slot; the number of the slot after the last."""
    for number in range(first, until):
        survived_slot(home, number, opener, rounds)
        if is_over(reopened(home)):
            return number + 1
    assert until < LAST_SLOT, f"not over after {LAST_SLOT} slots"
    return until


@dataclass(frozen=True)
class Ending:
    """What must be the same however often the way there was interrupted."""

    ids: tuple[tuple[str, ...], ...]
    effects: dict[str, str]
    moves: dict[tuple[str, str], int]
    told: dict[str, tuple[str, str]]
    deliveries: dict[str, str]
    nights: tuple[tuple[str, str, Reconciliation], ...]
    once: dict[tuple[str, str], int]

    def differs(self, other: Ending) -> list[str]:
        """What is not the same, for people: the elements that only one of the two has."""
        mine, theirs = (_elements(ending) for ending in (self, other))
        return [f"only here: {found}" for found in sorted(mine - theirs)] + [f"missing: {found}" for found in sorted(theirs - mine)]


def _elements(ending: Ending) -> set[str]:
    parts = {f.name: getattr(ending, f.name) for f in fields(ending)}
    return {f"{name} {part!r}" for name, found in parts.items() for part in (found.items() if isinstance(found, dict) else found)}


ONCE = ("recall.proposed", "signature.given", "notices.frozen", "fix.named", "recall.reviewing", "recall.reviewed", "recall.closed")
"""Entries the journal has once for each subject and night, and never twice."""


def ending(home: Path) -> Ending:
    """How things stand, as ledger and world tell it; the journal must verify."""
    play = Play(reopened(home))
    tools = play.tools
    proof = verify(tools.settings.ledger_url, tools.keeper.files(tools.book.read), public_keys(tools.keeper.home))
    assert proof.is_sound, proof.fault
    tools.book.check_not_rolled_back()
    with tools.book.read() as txn:
        ids = [tuple(map(str, row)) for row in txn.tuples("SELECT id, state FROM issues UNION ALL SELECT id, state FROM recalls")]
        ids += [tuple(map(str, row)) for row in txn.tuples("SELECT id, revision, recall_id FROM proposals ORDER BY id")]
        ids += [tuple(map(str, row)) for row in txn.tuples("SELECT person, role, verdict FROM signatures ORDER BY person")]
        reviews = reviews_of(txn, play.recall_id_in(txn))
    found = Ending(
        ids=tuple(ids),
        effects={f"{e.kind} {e.key}": e.state.value for e in play.effects()},
        moves=dict(Counter((m.kind.value, m.version) for m in play.world.moves())),
        told=play.outbox(),
        deliveries=play.deliveries(),
        nights=tuple((r.night, r.verdict.value, r.reconciliation) for r in reviews),
        once=dict(Counter((e.kind, f"{e.subject} {e.facts.get('person', '')}{e.facts.get('wave', '')}") for e in play.entries(*ONCE))),
    )
    tools.book.close()
    return found
