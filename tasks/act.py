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
from configs.errors import Ambiguous, BadInput, NotFound, Refused, Transient, TransitionRefused
from configs.terms import RecallState
from integrations.holder import is_gone
from integrations.ledger import brake, outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.times import as_text
from integrations.toolbox import Toolbox
from tasks.outcome import Outcome
from tasks.performers import PERFORMERS
from tasks.rules import plan
from tasks.step import Work, step

HELD_BY_BRAKE = frozenset({EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX})
"""What the emergency stop holds. Halting, and asking or telling our own people, goes on: a stop must be able to stop."""

CARRIED_OUT_IN = (RecallState.APPROVED, RecallState.REVIEWING)
WAITING = (EffectState.QUEUED, EffectState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of one try. `state` QUEUED: it will be tried again; CLAIMED: another tick is at it."""

    key: str
    state: EffectState
    detail: str


class _Held(Refused):
    """The effect may not go out now; raised inside the claiming transaction, so that the claim never was."""


@step(identity=("effect_key", "attempt"), subject="{label}")
def perform(work: Work, effect_key: str, attempt: int, label: str) -> Performed:
    """Does one effect once. `attempt` counts the tries before this one; `label` is for people."""
    tools = work.tools
    try:
        with work.write() as txn:
            claim = outbox.claim(txn, effect_key, tools.holder, tools.policy.effects.lease_seconds)
            if claim is None:
                return Performed(effect_key, EffectState.CLAIMED, "somebody else is at it, or it is settled")
            _check_stands(txn, claim.effect)
    except _Held as err:
        return Performed(effect_key, EffectState.QUEUED, err.message)
    tools.book.checkpoint(force=True)
    outcome = _outcome(work, claim.effect, claim.interrupted)
    try:
        return _settled(work, claim.effect, outcome)
    except TransitionRefused as err:  # slower than the lease: whoever took over reads first, and settles
        return Performed(effect_key, EffectState.CLAIMED, err.message)


def _check_stands(txn: Txn, effect: Effect) -> None:
    """Re-reads brake and decision in the claim's own transaction."""
    if effect.kind in HELD_BY_BRAKE and brake.is_engaged(txn):
        raise _Held("the brake is engaged")
    if effect.kind in HELD_BY_BRAKE and the_recall(txn, effect.recall_id).state not in CARRIED_OUT_IN:
        raise _Held("the decision behind it does not stand")


def _outcome(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    try:
        return PERFORMERS[effect.kind](work, effect, in_doubt)
    except Transient as err:
        return Outcome(EffectState.QUEUED, {"reason": err.message})
    except Ambiguous as err:
        return Outcome(EffectState.UNKNOWN, {"reason": err.message})
    except (Refused, BadInput, NotFound) as err:
        return Outcome(EffectState.FAILED, {"reason": err.message, "error": type(err).__name__})


def _settled(work: Work, effect: Effect, outcome: Outcome) -> Performed:
    state = outcome.state
    if state in WAITING and effect.attempts >= work.tools.policy.effects.attempts:
        state = EffectState.FAILED
    performed = Performed(effect.key, state, str(outcome.receipt.get("reason", "")))
    facts = {"effect": effect.key, "kind": effect.kind.value, "target": effect.target, "tries": effect.attempts}
    with work.write() as txn:
        receipt = outcome.receipt | {"at": as_text(txn.now)}
        outcome.record(txn)
        if state is not EffectState.QUEUED:
            outbox.settle(txn, effect, state, receipt)
        if state in WAITING:
            outbox.postpone(txn, effect, txn.now + _wait(work.tools, effect))
        if state is EffectState.FAILED and effect.kind is not EffectKind.TELL_OPERATORS:
            outbox.queue(txn, *plan.help_wanted(effect, performed.detail, work.tools.policy))
        return work.done(txn, f"effect.{state.value}", facts | {"receipt": receipt}, performed)


def _wait(tools: Toolbox, effect: Effect) -> timedelta:
    effects = tools.policy.effects
    seconds = min(effects.first_wait_seconds * 2 ** max(0, effect.attempts - 1), effects.longest_wait_seconds)
    return timedelta(seconds=seconds)


def due_effects(tools: Toolbox, *kinds: EffectKind, recall_id: str = "") -> tuple[Effect, ...]:
    """Effects of these kinds that may be tried now, oldest first; also what a process had claimed that has ended since."""
    _end_leases_of_the_gone(tools)
    with tools.book.read() as txn:
        return outbox.due(txn, tools.clock.now(), *kinds, recall_id=recall_id)


def _end_leases_of_the_gone(tools: Toolbox) -> None:
    """A killed process must not cost a recall the rest of its lease: its claims are taken over at once, and the fence keeps it out."""
    with tools.book.read() as txn:
        gone = [holder for holder in outbox.holders(txn) if is_gone(holder)]
    for holder in gone:
        with tools.book.write() as txn:
            outbox.end_leases(txn, holder)


def perform_due(tools: Toolbox, *kinds: EffectKind, recall_id: str = "") -> tuple[Performed, ...]:
    """Performs what is due of these kinds."""
    due = due_effects(tools, *kinds, recall_id=recall_id)
    return tuple(perform(tools, effect_key=e.key, attempt=e.attempts, label=f"{e.kind.value} {e.target}") for e in due)
