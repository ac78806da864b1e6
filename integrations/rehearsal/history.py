"""The simulated past of a world, computed once per process and shared: sources and contacts ask here.

Add here when the past must be asked in another way; rather in `simulation.py` when something else must happen in it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from integrations.rehearsal.offers import Offers
from integrations.rehearsal.simulation import Simulation
from integrations.rehearsal.world import World


@dataclass
class _Told:
    simulation: Simulation
    lock: threading.Lock = field(default_factory=threading.Lock)


_told: dict[str, _Told] = {}
_opening = threading.Lock()


def past_of(world: World) -> Simulation:
    """The world's simulation with every hour that is over. Its hours and its people may be read freely; they do not change any more."""
    with _opening:
        told = _told.setdefault(world.id, _Told(Simulation(world.scenario)))
    with told.lock:
        _catch_up(world, told.simulation)
    return told.simulation


def _catch_up(world: World, simulation: Simulation) -> None:
    start, done = world.scenario.start, len(simulation.hours)
    with world.reading() as pen:
        now = pen.now
        over = int((now - start) // timedelta(hours=1))
        if over <= done:
            return
        moves = pen.moves()
        sent = pen.addresses_between(start + timedelta(hours=done), start + timedelta(hours=over))
    by_hour: dict[int, list[tuple[int, float]]] = {}
    for address, at in sent:
        owner = simulation.people.owner(address)
        if owner is not None:
            by_hour.setdefault(int(world.scenario.hours(at)), []).append((owner, world.scenario.hours(at)))
    offers = Offers(simulation.people, moves, now)
    for number in range(done, over):
        simulation.run_hour(offers, by_hour.get(number, []))
