"""How each kind of effect is done: read the neighbour, call it if that is still needed, say what it answered.

A performer gets the claimed effect and whether an earlier try may have reached the neighbour (`in_doubt`). It raises `Transient` to be
tried again later, `Ambiguous` when the outcome is not known, `Refused` or `BadInput` when it can never work.

Add here when there is a new kind of effect; rather in `tasks/act.py` when every kind must be handled otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from configs.effects import Effect, EffectKind, EffectState, Rollout, RolloutState
from configs.errors import NeighbourRefused, StoreUnavailable
from configs.terms import Platform
from integrations.contracts import Store
from tasks.chase import send_holding
from tasks.invite import invite, remind
from tasks.messages import ask_signature, tell_operators
from tasks.outcome import Outcome
from tasks.send import send_notices
from tasks.step import Work

STOPPED = (RolloutState.HALTED, RolloutState.REMOVED)


@dataclass(frozen=True, slots=True)
class _Surface:
    """One version of one app in its store, as an effect's body names it."""

    store: Store
    app: str
    platform: Platform
    version: str = field(default="")

    @classmethod
    def of(cls, work: Work, effect: Effect) -> _Surface:
        app = str(effect.body["app"])
        return cls(work.tools.store_of(app), app, Platform(str(effect.body["platform"])), str(effect.body["version"]))

    def listed(self) -> Rollout:
        """What the store says of it now."""
        for rollout in self.store.rollouts(self.app, self.platform):
            if rollout.version == self.version:
                return rollout
        raise NeighbourRefused(f"{self.store.name} does not list {self.app} {self.version}; check the version, then halt it by hand")


def halt_rollout(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Stops a roll-out and reads back that it stands still; one that already stands still is left alone."""
    surface = _Surface.of(work, effect)
    before = surface.listed()
    if before.state not in STOPPED:
        surface.store.halt(surface.app, surface.platform, surface.version, key=effect.key)
    after = surface.listed()
    if after.state not in STOPPED:
        raise StoreUnavailable(f"{surface.store.name} has not stopped {surface.app} {surface.version} everywhere yet; will be tried again")
    return Outcome(EffectState.DONE, _receipt(before, after))


def publish_fix(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Rolls the fixed version out and reads back that it is on its way; one that is out already is left alone."""
    surface, priority = _Surface.of(work, effect), int(str(effect.body["priority"]))
    before = surface.listed()
    if not _is_out_to_everyone(before):
        surface.store.publish(surface.app, surface.platform, surface.version, priority=priority, key=effect.key)
    after = surface.listed()
    if not _is_out_to_everyone(after):
        raise StoreUnavailable(
            f"{surface.store.name} does not show {surface.app} {surface.version} as out to everyone; will be tried again"
        )
    return Outcome(EffectState.DONE, _receipt(before, after))


def _is_out_to_everyone(rollout: Rollout) -> bool:
    """A remedy that only some are offered has not been published."""
    return rollout.state is RolloutState.COMPLETED or (rollout.state is RolloutState.IN_PROGRESS and rollout.fraction >= 1)


def _receipt(before: Rollout, after: Rollout) -> dict[str, object]:
    """Shares as text: the journal holds no floats."""
    shares = {"fraction_before": f"{before.fraction:.4f}", "fraction_after": f"{after.fraction:.4f}"}
    return {"before": before.state.value, "after": after.state.value, **shares, "detail": after.detail}


PERFORMERS: Mapping[EffectKind, Callable[[Work, Effect, bool], Outcome]] = {
    EffectKind.ASK_SIGNATURE: ask_signature,
    EffectKind.HALT_ROLLOUT: halt_rollout,
    EffectKind.SEND_NOTICES: send_notices,
    EffectKind.PUBLISH_FIX: publish_fix,
    EffectKind.TELL_OPERATORS: tell_operators,
    EffectKind.SEND_HOLDING: send_holding,
    EffectKind.INVITE: invite,
    EffectKind.REMIND: remind,
}
"""One performer a kind; `tests/tasks/test_act.py` checks that none is missing."""
