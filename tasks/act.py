"""The one step that does something outside: claim, re-read brake and decision, read the neighbour, call it, write the receipt.

    queued -> claimed -> done                       the usual way
                      -> queued, later              the neighbour cannot now (Transient)
                      -> unknown -> read first      the outcome is not known (Ambiguous), or the claimer died
                      -> failed                     the neighbour says never, or every try is used up: a person is told

No transaction is open during a call, a stale claimer cannot settle (fencing), and whoever takes over an interrupted effect reads before
calling. Waits lie in the ledger (`not_before`), not in a process.

Add here when every effect must be handled otherwise; rather a function in `tasks/performers.py` when there is a new kind of effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from configs.effects import Effect, EffectKind, EffectState
from configs.errors import Ambiguous, BadInput, NotFound, Refused, Transient
from configs.terms import RecallState
from integrations.ledger import brake, outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.toolbox import Toolbox
from tasks.performers import PERFORMERS, Outcome, failure_news
from tasks.step import Work, step

HELD_BY_BRAKE = frozenset({EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX})
"""What the emergency stop holds. Halting, and asking or telling our own people, goes on: a stop must be able to stop."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of one try. `state` QUEUED: it will be tried again; CLAIMED: another tick is at it."""

    key: str
    state: EffectState
    detail: str


@step(identity=("effect_key", "attempt"), subject="{label}")
def perform(work: Work, effect_key: str, attempt: int, label: str) -> Performed:
    """Does one effect once. `attempt` counts the tries before this one; `label` is for people."""
    tools = work.tools
    with work.write() as txn:
        claim = outbox.claim(txn, effect_key, tools.holder, tools.policy.effects.lease_seconds)
        if claim is None:
            return Performed(effect_key, EffectState.CLAIMED, "somebody else is at it, or it is settled")
        held = _held(txn, claim.effect)
        if held:
            outbox.postpone(txn, claim.effect, txn.now + timedelta(seconds=tools.policy.effects.longest_wait_seconds))
            return Performed(effect_key, EffectState.QUEUED, held)
    tools.book.checkpoint(force=True)
    return _settled(work, claim.effect, _outcome(work, claim.effect, claim.interrupted))


def _held(txn: Txn, effect: Effect) -> str:
    """Why this effect may not go out now; "" when it may."""
    if effect.kind in HELD_BY_BRAKE and brake.is_engaged(txn):
        return "the brake is engaged"
    if effect.kind in HELD_BY_BRAKE and the_recall(txn, effect.recall_id).state not in (RecallState.APPROVED, RecallState.REVIEWING):
        return "the decision behind it does not stand"
    return ""


def _outcome(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    try:
        return PERFORMERS[effect.kind](work, effect, in_doubt)
    except Transient as err:
        return _later(work, effect, err)
    except Ambiguous as err:
        return Outcome(EffectState.UNKNOWN, {"reason": err.message})
    except (Refused, BadInput, NotFound) as err:
        return Outcome(EffectState.FAILED, {"reason": err.message, "error": type(err).__name__})


def _later(work: Work, effect: Effect, err: Transient) -> Outcome:
    if effect.attempts >= work.tools.policy.effects.attempts:
        return Outcome(EffectState.FAILED, {"reason": err.message, "tries": effect.attempts})
    return Outcome(EffectState.QUEUED, {"reason": err.message})


def _settled(work: Work, effect: Effect, outcome: Outcome) -> Performed:
    facts = {"effect": effect.key, "kind": effect.kind.value, "target": effect.target, "state": outcome.state.value}
    performed = Performed(effect.key, outcome.state, str(outcome.receipt.get("reason", "")))
    with work.write() as txn:
        outcome.record(txn)
        if outcome.state is EffectState.QUEUED:
            outbox.postpone(txn, effect, txn.now + _wait(work.tools, effect))
        else:
            outbox.settle(txn, effect, outcome.state, outcome.receipt)
        if outcome.state is EffectState.FAILED and effect.kind is not EffectKind.TELL_OPERATORS:
            outbox.queue(txn, failure_news(effect, performed.detail))
        return work.done(txn, f"effect.{outcome.state.value}", facts | {"receipt": outcome.receipt}, performed)


def _wait(tools: Toolbox, effect: Effect) -> timedelta:
    effects = tools.policy.effects
    seconds = min(effects.first_wait_seconds * 2 ** max(0, effect.attempts - 1), effects.longest_wait_seconds)
    return timedelta(seconds=seconds)


def due_effects(tools: Toolbox, *kinds: EffectKind, recall_id: str = "") -> tuple[Effect, ...]:
    """Effects of these kinds that may be tried now, oldest first."""
    with tools.book.read() as txn:
        found = outbox.due(txn, tools.clock.now())
    return tuple(e for e in found if e.kind in kinds and recall_id in ("", e.recall_id))


def perform_due(tools: Toolbox, *kinds: EffectKind, recall_id: str = "") -> tuple[Performed, ...]:
    """Performs what is due of these kinds."""
    due = due_effects(tools, *kinds, recall_id=recall_id)
    return tuple(perform(tools, effect_key=e.key, attempt=e.attempts, label=f"{e.kind.value} {e.target}") for e in due)
