"""A rehearsal played from wherever it stands to its end, one line a durable step, then a digest of everything it tells.

Run as a process of its own, to be killed. Add here when another kind of write must survive that.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from configs.effects import Message
from configs.terms import Platform, Scope
from integrations.channels.memory import MemoryChannel
from integrations.contacts.simulated import SimulatedContacts
from integrations.rehearsal.world import FILE_NAME, World
from integrations.sources.simulator import Simulator
from integrations.stores.rehearsal import RehearsalStore
from tests.integrations.rehearsal.builders import APP, START, a_world, around, hours

LAST_HOUR = 60
BATCH = 25


def play(home: Path) -> str:
    """Plays to the end and returns the digest."""
    world = a_world(home)
    surroundings = around(home)
    store = RehearsalStore.build("shop", {}, surroundings)
    channel = MemoryChannel.build("mail", {}, surroundings)
    contacts = SimulatedContacts.build("people", {}, surroundings)
    for hour in range(LAST_HOUR + 1):
        if world.now() < hours(hour):
            world.advance(hours(hour))
            print("advanced", hour, flush=True)
        _act(hour, store, channel, contacts)
    return digest(home, world)


def _act(hour: int, store: RehearsalStore, channel: MemoryChannel, contacts: SimulatedContacts) -> None:
    if hour == 20:
        store.halt(APP, Platform.ANDROID, "2.1.0", key="halt-1")
        print("halted", flush=True)
    if hour == 21:
        exposed = [c for c in contacts.exposed(Scope(APP, Platform.ANDROID, "2.1.0")) if c.addresses]
        messages = [Message(f"notice-{c.subject}", c.addresses["email"], "Recall", "update") for c in exposed]
        for begin in range(0, len(messages), BATCH):
            print("sent", len(list(channel.send(messages[begin : begin + BATCH]))), flush=True)
    if hour == 32:
        store.publish(APP, Platform.ANDROID, "2.1.1", priority=5, key="publish-1")
        print("published", flush=True)


def digest(home: Path, world: World) -> str:
    """SHA-256 of everything the source tells of the whole time, and of the stores' log."""
    reading = Simulator.build("sim", {}, around(home)).poll(START, hours(LAST_HOUR))
    told = repr((reading, [(m.kind, m.version, m.track, m.priority, m.at) for m in world.moves()]))
    return hashlib.sha256(told.encode()).hexdigest()


if __name__ == "__main__":
    print("digest", play(Path(sys.argv[1])), FILE_NAME, flush=True)
