"""The one step that does something outside: claim, re-read brake and decision, read the neighbour, call it, write the receipt.

    queued -> claimed -> done                       the usual way
                      -> queued, later              the neighbour cannot now (Transient)
                      -> unknown -> read first      the outcome is not known (Ambiguous), or the claimer died
                      -> failed                     the neighbour says never: a person is told
                      -> cancelled                  the decision behind it does not stand any more

A neighbour that stays away is asked on, for a roll-out must be halted however long its store is down; once the policy's tries are used
up, a person is told as well.

No transaction is open during a call, a stale claimer cannot settle (fencing), and whoever takes over an interrupted effect reads before
calling. Waits lie in the ledger (`not_before`), not in a process.

Add here when every effect must be handled otherwise; rather a function in `tasks/performers.py` when there is a new kind of effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from configs.effects import Effect, EffectKind, EffectState
from configs.errors import Ambiguous, BadInput, NotFound, Refused, Transient
from integrations.holder import is_gone
from integrations.ledger import brake, outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.times import as_text
from integrations.toolbox import Toolbox
from tasks.outcome import Outcome
from tasks.performers import PERFORMERS
from tasks.rules import plan
from tasks.rules.standing import HELD_BY_BRAKE, Standing, standing
from tasks.step import Work, step

NEWS = (EffectKind.TELL_OPERATORS, EffectKind.REMIND)
WAITING = (EffectState.QUEUED, EffectState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of one try. `state` QUEUED or UNKNOWN: it will be tried again; CLAIMED: another tick is at it."""

    key: str
    state: EffectState
    detail: str
    target: str = ""


class _Held(Refused):
    """The effect may not go out now; raised inside the claiming transaction, so that the claim never was."""


@step(identity=("effect_key", "attempt"), subject="{label}")
def perform(work: Work, effect_key: str, attempt: int, label: str) -> Performed:
    """Does one effect once. `attempt` counts the tries before this one; `label` is for people."""
    tools = work.tools
    tools.book.checkpoint(force=True)  # before the claim: a file that cannot be written must leave nothing in doubt
    try:
        with work.write() as txn:
            claim = outbox.claim(txn, effect_key, tools.holder, tools.policy.effects.lease_seconds)
            if claim is None:
                return Performed(effect_key, EffectState.CLAIMED, "somebody else is at it, or it is settled")
            if not _stands(txn, claim.effect):
                return _written(work, txn, claim.effect, _dropped(claim.interrupted))
    except _Held as err:
        return Performed(effect_key, EffectState.QUEUED, err.message)
    return _settled(work, claim.effect, _outcome(work, claim.effect, claim.interrupted))


def _stands(txn: Txn, effect: Effect) -> bool:
    """Re-reads brake and decision in the claim's own transaction. Raises _Held while the brake is engaged."""
    if effect.kind not in HELD_BY_BRAKE:
        return True
    recall = the_recall(txn, effect.recall_id)
    found = standing(effect.kind, effect.revision, braked=brake.is_engaged(txn), state=recall.state, decided=recall.revision)
    if found is Standing.HELD:
        raise _Held("the brake is engaged")
    return found is Standing.STANDS


def _dropped(in_doubt: bool) -> Outcome:
    why = "the decision behind it does not stand any more"
    if in_doubt:
        return Outcome(EffectState.FAILED, {"reason": f"{why}; an earlier try was interrupted, so look at what it left"})
    return Outcome(EffectState.CANCELLED, {"reason": why})


def _outcome(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    at_last = EffectState.FAILED if effect.kind in NEWS else None  # old news helps nobody
    try:
        return PERFORMERS[effect.kind](work, effect, in_doubt)
    except Transient as err:
        return Outcome(EffectState.QUEUED, {"reason": err.message}, at_last=at_last)
    except Ambiguous as err:
        return Outcome(EffectState.UNKNOWN, {"reason": err.message}, at_last=at_last)
    except (Refused, BadInput, NotFound) as err:
        return Outcome(EffectState.FAILED, {"reason": err.message, "error": type(err).__name__})


def _settled(work: Work, effect: Effect, outcome: Outcome) -> Performed:
    with work.write() as txn:
        if not outbox.renew(txn, effect, work.tools.policy.effects.lease_seconds):
            return Performed(effect.key, EffectState.CLAIMED, "it took longer than its lease and is no longer ours", effect.target)
        return _written(work, txn, effect, outcome)


def _written(work: Work, txn: Txn, effect: Effect, outcome: Outcome) -> Performed:
    """Writes down what a claimed effect came to, and whom it needs."""
    policy, state = work.tools.policy, outcome.state
    if state in WAITING and outcome.at_last and effect.attempts >= policy.effects.attempts:
        state = outcome.at_last
    performed = Performed(effect.key, state, str(outcome.receipt.get("reason", "")), effect.target)
    facts = {"effect": effect.key, "kind": effect.kind.value, "target": effect.target, "tries": effect.attempts}
    receipt = outcome.receipt | {"at": as_text(txn.now)}
    outcome.record(txn)
    if state is not EffectState.QUEUED:
        outbox.settle(txn, effect, state, receipt)
    if state in WAITING:
        outbox.postpone(txn, effect, txn.now + _wait(work.tools, effect))
    why = _for_person(state, effect.attempts, performed.detail, outcome.for_person, policy.effects.attempts)
    if why and effect.kind is not EffectKind.TELL_OPERATORS:
        outbox.queue(txn, *plan.help_wanted(effect, why, policy))
    return work.done(txn, f"effect.{state.value}", facts | {"receipt": receipt}, performed)


def _for_person(state: EffectState, tries: int, detail: str, left: str, limit: int) -> str:
    """What a person is told of this try; "" for nothing."""
    if state in WAITING:
        return f"{tries} tries without success, and it is tried on: {detail}" if tries == limit else ""
    return (detail or "it cannot be done") if state is EffectState.FAILED else left


def _wait(tools: Toolbox, effect: Effect) -> timedelta:
    effects = tools.policy.effects
    seconds = min(effects.first_wait_seconds * 2 ** max(0, effect.attempts - 1), effects.longest_wait_seconds)
    return timedelta(seconds=seconds)


def due_effects(tools: Toolbox, *kinds: EffectKind, recall_id: str = "") -> tuple[Effect, ...]:
    """Effects of these kinds that may be tried now, oldest first; also what a process had claimed that has ended since."""
    _end_leases_of_the_gone(tools)
    with tools.book.read() as txn:
        free = [kind for kind in kinds if not (kind in HELD_BY_BRAKE and brake.is_engaged(txn))]
        return outbox.due(txn, tools.clock.now(), *free, recall_id=recall_id) if free else ()


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
