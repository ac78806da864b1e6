"""Steps that prove a stop: every surface is looked at, halted where it still moves, and read back; again at every tick until the release.

    look -> still                 proof: what was read, and when
         -> moving -> halt -> look
         -> unread                nothing is known; looked at again

The surfaces are asked at once and apart, outside Prefect, so that neither a store that hangs nor a server that is down delays another one.

Add here when a surface is proven otherwise; rather in `tasks/stop.py` when it is about engaging the brake or asking for its release.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

import stamina

from configs.effects import Effect, EffectKind, EffectState, Held, RolloutState, Standing, Surface
from configs.errors import Ambiguous, BadInput, KeyReused, NotFound, Refused, Transient
from configs.settings import App
from integrations.ledger import brake, outbox
from integrations.ledger.book import Txn
from integrations.ledger.surfaces import find_surface, held, put_surface, surfaces_of
from integrations.toolbox import Toolbox
from tasks.act import due_effects, perform
from tasks.rules import plan
from tasks.rules.standing import HELD_BY_BRAKE
from tasks.step import Work, step

AT_ONCE = 16
"""Surfaces asked at the same time."""

READINGS, FIRST_PAUSE_SECONDS = 3, 0.2
"""A store is read so often within one look; what still fails then is left to the next look."""

PAUSE_SECONDS = 1.0
"""Between two looks at what does not stand still yet."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The brake as everyone may see it: who fell it and why, every surface, and what is held."""

    event: brake.BrakeEvent
    surfaces: tuple[Surface, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    standing: Standing
    running: tuple[str, ...]
    detail: str


def stand_still(tools: Toolbox, brake_id: int, apps: tuple[str, ...] = ()) -> Iterator[Surface]:
    """Looks at every surface, or at these apps' only, halts what moves and yields each as it was read back, the quickest first."""
    chosen = [app for app in tools.settings.apps if not apps or app.id in apps]
    with ThreadPoolExecutor(min(AT_ONCE, len(chosen)), thread_name_prefix="brake") as pool:
        for done in as_completed([pool.submit(_stopped, tools, brake_id, app) for app in chosen]):
            yield done.result()


def until_still(tools: Toolbox, brake_id: int, seconds: float) -> Iterator[Surface]:
    """As `stand_still`, and again for what does not stand still, for at most so long.

    A surface is yielded at its first look, and again whenever it was seen to have changed.
    """
    until, told = time.monotonic() + seconds, dict[str, Surface]()
    while pending := tuple(app.id for app in tools.settings.apps if not _is_still(told.get(app.id))):
        for surface in stand_still(tools, brake_id, pending):
            if surface.app not in told or told[surface.app].looks != surface.looks:
                yield surface
            told[surface.app] = surface
        if time.monotonic() + PAUSE_SECONDS > until:
            return
        time.sleep(PAUSE_SECONDS)


def _is_still(surface: Surface | None) -> bool:
    return surface is not None and surface.standing is Standing.STILL


def watch_surfaces(tools: Toolbox) -> tuple[Surface, ...]:
    """While the brake is engaged: every surface looked at again, so that what somebody set going is halted; otherwise nothing."""
    with tools.book.read() as txn:
        now = brake.latest(txn)
    return tuple(stand_still(tools, now.id)) if now is not None and now.engaged else ()


def proof_of(txn: Txn) -> Proof | None:
    """What is known of the stop in force; None while the brake is not engaged."""
    now = brake.latest(txn)
    if now is None or not now.engaged:
        return None
    return Proof(now, surfaces_of(txn, now.id), held(txn, *sorted(HELD_BY_BRAKE)))


# --- one surface ----------------------------------------------------------------------------------------------------------


def _stopped(tools: Toolbox, brake_id: int, app: App) -> Surface:
    surface = _noted(tools, brake_id, app.id, _look(tools, app))
    if not surface.running:
        return surface
    halts = [e for e in due_effects(tools, EffectKind.HALT_ROLLOUT, recall_id=plan.brake_id(brake_id)) if e.body["app"] == app.id]
    done = [perform(tools, effect_key=e.key, attempt=e.attempts, label=f"{e.kind.value} {e.target}") for e in halts]
    said = "; ".join(one.detail for one in done if one.state is not EffectState.DONE)
    return _noted(tools, brake_id, app.id, _look(tools, app, said)) if done else surface


def _look(tools: Toolbox, app: App, said: str = "") -> _Seen:
    """What the store says now. `said`: why a halt was not confirmed."""
    try:
        for attempt in stamina.retry_context(on=Transient, attempts=READINGS, timeout=None, wait_initial=FIRST_PAUSE_SECONDS):
            with attempt:
                listed = tools.store_of(app.id).rollouts(app.id, app.platform)
    except (Transient, Ambiguous, Refused, BadInput, NotFound) as err:
        return _Seen(Standing.UNREAD, (), err.message)
    running = tuple(sorted(r.version for r in listed if r.state is RolloutState.IN_PROGRESS))
    if running:
        return _Seen(Standing.MOVING, running, said or f"{', '.join(running)} is still being handed out")
    return _Seen(Standing.STILL, (), f"{len(listed)} versions listed, none is being handed out")


def _noted(tools: Toolbox, brake_id: int, app: str, seen: _Seen) -> Surface:
    """Keeps what was seen: as a journaled step where it changed, else only the time of the look."""
    with tools.book.read() as txn:
        kept = find_surface(txn, brake_id, app)
        is_asked = not _to_halt(txn, brake_id, app, seen.running)
    if kept is None or (kept.standing, kept.running) != (seen.standing, seen.running) or not is_asked:
        look = 1 if kept is None else kept.looks + 1
        try:
            return note_surface(
                tools, brake_id=brake_id, app=app, look=look, standing=seen.standing, running=seen.running, detail=seen.detail[:500]
            )
        except KeyReused:  # another tick saw something else at the same moment; what it wrote is as new
            with tools.book.read() as txn:
                return find_surface(txn, brake_id, app) or _fresh(tools, app, seen)
    with tools.book.write() as txn:
        now = replace(kept, detail=seen.detail[:500], looked_at=txn.now)
        put_surface(txn, brake_id, now)
    return now


@step(identity=("brake_id", "app", "look"), subject="brake-{brake_id}")
def note_surface(work: Work, brake_id: int, app: str, look: int, standing: Standing, running: tuple[str, ...], detail: str) -> Surface:
    """Writes down that a surface stands otherwise than at the look before; queues the halts of what is being handed out.

    What moves although it stood still before was set going by somebody: the operators are told, once for each time.
    """
    with work.write() as txn:
        kept = find_surface(txn, brake_id, app)
        surface = replace(_fresh(work.tools, app, _Seen(standing, running, detail)), looks=look, looked_at=txn.now)
        if standing is Standing.STILL:
            surface = replace(surface, still_since=(kept.still_since if kept else None) or txn.now)
        put_surface(txn, brake_id, surface)
        for version, revision in _to_halt(txn, brake_id, app, running).items():
            outbox.queue(txn, plan.halt(plan.brake_id(brake_id), app, surface.platform, version, revision))
        if standing is Standing.MOVING and kept is not None and kept.standing is Standing.STILL:
            outbox.queue(txn, *plan.set_going(brake_id, look, app, surface.platform, running, work.tools.policy))
        facts = {"app": app, "store": surface.store, "standing": standing.value, "running": list(running), "detail": detail}
        return work.done(txn, "brake.surface", facts, surface)


def _fresh(tools: Toolbox, app: str, seen: _Seen) -> Surface:
    place = tools.settings.app(app)
    return Surface(app, place.platform, place.store, seen.standing, seen.running, seen.detail, 0, tools.clock.now())


def _to_halt(txn: Txn, brake_id: int, app: str, running: tuple[str, ...]) -> dict[str, int]:
    """The running versions whose halt must be queued, with its revision: none was yet, or the last one was done and somebody resumed it.

    A halt that failed is not queued again: the store says never, and a person was told.
    """
    halts = [e for e in outbox.of_recall(txn, plan.brake_id(brake_id)) if e.kind is EffectKind.HALT_ROLLOUT and e.body["app"] == app]
    last = {str(e.body["version"]): e for e in halts}
    return {version: _next(last.get(version)) for version in running if _may_queue(last.get(version))}


def _may_queue(last: Effect | None) -> bool:
    return last is None or last.state in (EffectState.DONE, EffectState.CANCELLED)


def _next(last: Effect | None) -> int:
    return 1 if last is None else last.revision + 1
