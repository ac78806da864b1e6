"""The outbox of a rehearsal: a channel whose provider lives in the rehearsal world's file and can be asked what it has.

| planned failure | what happens | what the caller sees |
|---|---|---|
| fail_before, down, refuse | nothing | ChannelUnavailable |
| throttle | nothing | Throttled, with `retry_after_seconds` |
| lose_reply | every message is taken | receipts for the first half, then Ambiguous |
| partial | the first half is taken | receipts for it, then Ambiguous |

Add here when the rehearsal's provider can answer another way; rather in a channel of its own when the messages really leave the machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, Throttled
from integrations.contracts import Surroundings
from integrations.options import checked
from integrations.rehearsal.options import Options, PlannedFault, neighbour, plan_once, world_path
from integrations.rehearsal.pen import Fault, Mode, Pen
from integrations.rehearsal.scenario import Share

ROOM = "channel"
"""This neighbour's name in planned failures."""


class MemoryOptions(Options):
    """`bounce_share` and `defer_share`: of addresses, always the same ones; a deferred one is taken after `defer_minutes`."""

    bounce_share: Share = 0.0
    defer_share: Share = 0.0
    defer_minutes: Annotated[float, Field(ge=0)] = 30.0
    faults: tuple[PlannedFault, ...] = ()


class MemoryChannel:
    """A Channel into the rehearsal world's outbox. A key is taken once, whatever comes with it later."""

    can_lookup = True

    def __init__(self, name: str, path: Path, options: MemoryOptions) -> None:
        self.name = name
        self._path = path
        self._options = options

    def __repr__(self) -> str:
        return f"MemoryChannel({self.name!r}, world={str(self._path)!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        given = checked(MemoryOptions, f"rehearsal adapter {name!r}", options)
        return cls(name, world_path(given, around), given)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Takes the whole batch in one durable transaction, then tells the receipts."""
        with neighbour(self._path, ChannelUnavailable) as world, world.writing() as pen:
            plan_once(pen, world, ROOM, self.name, self._options.faults)
            fault = pen.take_fault(ROOM, "send")
            receipts = [] if _fails_before(fault) else self._take(pen, _share_taken(messages, fault))
        if fault is None:
            return iter(receipts)
        _raise_before(fault, self.name)
        return self._broken(receipts[: len(messages) // 2])

    def _take(self, pen: Pen, messages: Sequence[Message]) -> list[Receipt]:
        known = pen.receipts([m.key for m in messages])
        wait = timedelta(minutes=self._options.defer_minutes)
        for message in messages:
            before = known.get(message.key)
            if before is None:
                pen.accept(message, self._first_answer(message.to))
            elif before[0].state is DeliveryState.DEFERRED and pen.now - before[1] >= wait:
                pen.accept(message, DeliveryState.ACCEPTED)
        now_known = pen.receipts([m.key for m in messages])
        return [_told(now_known[m.key][0]) for m in messages]

    def _first_answer(self, address: str) -> DeliveryState:
        """Bounces or defers by the address, so that the same ones always do."""
        draw = int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "big") / 2**64
        if draw < self._options.bounce_share:
            return DeliveryState.BOUNCED
        return DeliveryState.DEFERRED if draw >= 1 - self._options.defer_share else DeliveryState.ACCEPTED

    def _broken(self, receipts: list[Receipt]) -> Iterator[Receipt]:
        yield from receipts
        raise Ambiguous(f"channel {self.name!r} broke the connection after {len(receipts)} receipts; look the other keys up")

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """What the outbox has of these keys."""
        with neighbour(self._path, ChannelUnavailable) as world, world.reading() as pen:
            return {key: _told(receipt) for key, (receipt, _) in pen.receipts(keys).items()}

    def messages_to(self, address: str) -> tuple[Message, ...]:
        """What the person at that address has in the box, oldest first."""
        with neighbour(self._path, ChannelUnavailable) as world:
            return world.messages_to(address)


WORDS = {
    DeliveryState.ACCEPTED: "250 taken",
    DeliveryState.BOUNCED: "550 no such mailbox",
    DeliveryState.DEFERRED: "451 try again later",
}
"""What this provider says with each answer."""


def _told(receipt: Receipt) -> Receipt:
    return replace(receipt, detail=WORDS[receipt.state])


def _fails_before(fault: Fault | None) -> bool:
    return fault is not None and fault.mode not in (Mode.LOSE_REPLY, Mode.PARTIAL)


def _share_taken(messages: Sequence[Message], fault: Fault | None) -> Sequence[Message]:
    is_partial = fault is not None and fault.mode is Mode.PARTIAL
    return messages[: len(messages) // 2] if is_partial else messages


def _raise_before(fault: Fault, channel: str) -> None:
    """Raises the failure of a batch of which nothing was taken."""
    if fault.mode is Mode.THROTTLE:
        wait = fault.retry_after_seconds
        raise Throttled(f"channel {channel!r} asks to wait {wait:g} s; nothing was sent", retry_after_seconds=wait)
    if _fails_before(fault):
        raise ChannelUnavailable(f"channel {channel!r} did not answer; nothing was sent; will be retried")
