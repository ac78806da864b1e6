"""Neighbours that misbehave in ways a rehearsal cannot plan: they count, interrupt, or cannot be asked.

Add here when two files need one; rather plan a `Fault` in the rehearsal world when the neighbour only has to fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from configs.effects import DeliveryState, Message, Receipt, Rollout
from configs.errors import RecallError, Unsupported
from configs.terms import Platform
from integrations.contracts import Store
from integrations.toolbox import Toolbox

Act = Callable[[], None]


def nothing() -> None:
    """Nothing happens meanwhile."""


@dataclass
class CountingStore:
    """A store that counts its writes, and lets something happen, or fails, while one is under way."""

    inner: Store
    before: Act = nothing
    after: Act = nothing
    writes: list[str] = field(default_factory=list)
    name: str = "play"

    def rollouts(self, app: str, platform: Platform) -> tuple[Rollout, ...]:
        return self.inner.rollouts(app, platform)

    def halt(self, app: str, platform: Platform, version: str, *, key: str) -> Rollout:
        self.writes.append(f"halt {version}")
        self.before()
        rollout = self.inner.halt(app, platform, version, key=key)
        self.after()
        return rollout

    def publish(self, app: str, platform: Platform, version: str, *, priority: int, key: str) -> Rollout:
        self.writes.append(f"publish {version}")
        self.before()
        rollout = self.inner.publish(app, platform, version, priority=priority, key=key)
        self.after()
        return rollout


@dataclass
class DeafChannel:
    """A channel that sends but cannot be asked; `breaks` raises while the batch is on its way, after so many receipts."""

    name: str = "email"
    can_lookup: bool = False
    breaks: list[BaseException] = field(default_factory=list)
    receipts_before_break: int = 0
    sent: list[Message] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        self.sent += messages
        self.batches.append(len(messages))
        answers = [Receipt(m.key, DeliveryState.ACCEPTED, f"id-{m.key[:6]}") for m in messages]
        if not self.breaks:
            yield from answers
            return
        yield from answers[: self.receipts_before_break]
        raise self.breaks.pop(0)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        raise Unsupported(f"{self.name} cannot be asked")


def with_store(tools: Toolbox, store: object) -> Toolbox:
    return replace(tools, stores={"play": store})  # type: ignore[dict-item]  # a stand-in


def with_channel(tools: Toolbox, channel: object, name: str = "email") -> Toolbox:
    return replace(tools, channels={**tools.channels, name: channel})  # type: ignore[dict-item]  # a stand-in


def raising(error: RecallError | BaseException) -> Act:
    """Raises it once, and nothing afterwards."""
    left = [error]

    def act() -> None:
        if left:
            raise left.pop()

    return act
