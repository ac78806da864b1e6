"""Many requests to one provider at once: so many on their way, each traced before it goes out and after its answer.

    the caller's thread                    a thread of its own
    messages, a few ahead  ------------>   `connections` workers: note the key, post, note the answer
    receipts, some at a time  <---------   what they answered

What keeps everything from going, not one message only (throttled, down, our own credentials), is `trouble`. After a few in a row nothing
more goes out and the rest is deferred; where nothing was taken at all, it is raised.

Add here when every provider's requests should go out otherwise; rather in a channel's own file when one provider's answers need reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from queue import SimpleQueue
from typing import Protocol

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import ChannelUnavailable, Throttled, Transient
from integrations.channels.allowance import Allowance
from integrations.contracts import Trace

IN_A_ROW = 5
"""Troubles without an accepted message between them after which nothing more is handed over."""
AHEAD = 8
"""Messages that wait for each worker, so that none stands still while the caller writes receipts down."""
TELL_SECONDS = 0.02
"""How long answers are gathered before the caller hears of them: waking it for each would cost more than the request."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one message came to. `trouble`: what keeps the others from going, too."""

    receipt: Receipt
    trouble: Transient | None = None


class Poster(Protocol):
    """Hands one message at a time to a provider; used by several workers, in one event loop."""

    async def open(self) -> None:
        """Before the first message."""
        ...

    async def post(self, message: Message) -> Answered:
        """Hands it over. Whatever happens to the request is an answer, never an exception."""
        ...

    async def close(self) -> None:
        """After the last."""
        ...


class NoTrace:
    """A Trace that keeps nothing, for a few messages whose intent is written down elsewhere."""

    def note(self, answered: Sequence[Receipt], intended: Sequence[str]) -> None:
        """Forgets it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests are on their way at once, and how many may begin in a second (0: no limit)."""

    connections: int
    per_second: float = 0


def post_all(poster: Poster, messages: Iterable[Message], trace: Trace, pace: Pace) -> Iterator[list[Receipt]]:
    """Receipts as they come, one a message, in any order.

    Raises:
        ChannelUnavailable, Throttled: at the end, and only where nothing was taken and no message is in doubt.
    """
    crew, waiting, owed = _Crew(poster, trace, pace), iter(messages), 0
    taken = False
    with closing(crew), ThreadPoolExecutor(1, "recall-push") as threads:
        running = threads.submit(crew.run)
        running.add_done_callback(crew.ended)
        try:
            while True:
                owed += crew.give(list(islice(waiting, pace.connections * AHEAD - owed))) if crew.is_open else 0
                if not owed:
                    break
                receipts = crew.told.get()
                if not receipts:
                    running.result()  # raises what ended it
                owed -= len(receipts)
                taken = taken or any(r.state is not DeliveryState.DEFERRED for r in receipts)
                yield receipts
        finally:
            crew.end()
    if crew.trouble is not None and not taken:
        raise crew.trouble
    if not crew.is_open:
        yield [deferred(message.key, crew.why) for message in waiting]


def deferred(key: str, detail: str) -> Receipt:
    """To be tried later."""
    return Receipt(key, DeliveryState.DEFERRED, detail=detail)


def slower(name: str, said: str, wait_seconds: float | None) -> Throttled:
    """The provider asks to wait."""
    facts = {} if wait_seconds is None else {"retry_after_seconds": wait_seconds}
    return Throttled(f"channel {name!r}: {said}; will be retried", **facts)


def unavailable(name: str, said: str) -> ChannelUnavailable:
    """The provider takes nothing from us now."""
    return ChannelUnavailable(f"channel {name!r}: {said}; will be retried")


@dataclass
class _Crew:
    """The workers, their loop, and what passes between the two threads."""

    poster: Poster
    trace: Trace
    pace: Pace
    told: SimpleQueue[list[Receipt]] = field(default_factory=SimpleQueue)
    trouble: Transient | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _inbox: asyncio.Queue[Message | None] = field(default_factory=asyncio.Queue)
    _untold: list[Receipt] = field(default_factory=list)
    _in_a_row: int = 0

    @property
    def is_open(self) -> bool:
        """Whether more may be handed over."""
        return self._in_a_row < IN_A_ROW

    @property
    def why(self) -> str:
        """What keeps the rest from going."""
        return self.trouble.message if self.trouble else ""

    # --- called from the caller's thread --------------------------------------------------------------------------------

    def give(self, messages: list[Message]) -> int:
        """Puts these in the workers' reach; how many they were."""
        if messages:
            self._loop.call_soon_threadsafe(self._take_in, messages)
        return len(messages)

    def end(self) -> None:
        """Lets every worker finish what it has on its way, and go."""
        self._loop.call_soon_threadsafe(self._send_home)

    def ended(self, running: Future[None]) -> None:
        """Wakes the caller when the thread is over, whatever ended it."""
        self.told.put([])

    def run(self) -> None:
        """The thread's work."""
        self._loop.run_until_complete(self._work())

    def close(self) -> None:
        """Gives the loop back; the thread is over."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    # --- in the loop ----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        allowance = Allowance(self.pace.per_second)
        await self.poster.open()
        workers = [asyncio.create_task(self._worker(allowance)) for _ in range(self.pace.connections)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self.poster.close()

    async def _worker(self, allowance: Allowance) -> None:
        last: tuple[Receipt, ...] = ()  # an answer is noted together with the next key: one write a message
        while True:
            if last and (self._inbox.empty() or not self.is_open or allowance.is_dry):
                self.trace.note(last, ())
                last = ()
            message = await self._next(allowance)
            if message is None:
                return
            self.trace.note(last, (message.key,))
            last = self._heard(await self.poster.post(message))

    async def _next(self, allowance: Allowance) -> Message | None:
        """The next message, once it may go out; None when there is none any more. What may not go out is deferred."""
        while (message := await self._inbox.get()) is not None:
            while self.is_open and not allowance.take():
                await asyncio.sleep(allowance.pause(1.0))
            if self.is_open:
                return message
            self._tell(deferred(message.key, self.why))
        return None

    def _heard(self, answered: Answered) -> tuple[Receipt, ...]:
        if answered.trouble is not None:
            self.trouble = answered.trouble
            self._in_a_row += 1
        elif self.is_open:
            self._in_a_row = 0
        self._tell(answered.receipt)
        return (answered.receipt,)

    def _tell(self, receipt: Receipt) -> None:
        if not self._untold:
            self._loop.call_later(TELL_SECONDS, self._tell_all)
        self._untold.append(receipt)

    def _tell_all(self) -> None:
        receipts, self._untold = self._untold, []
        self.told.put(receipts)

    def _take_in(self, messages: list[Message]) -> None:
        for message in messages:
            self._inbox.put_nowait(message)

    def _send_home(self) -> None:
        while not self._inbox.empty():
            self._inbox.get_nowait()
        for _ in range(self.pace.connections):
            self._inbox.put_nowait(None)
