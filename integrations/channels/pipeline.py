"""Many messages over several connections to one mail server, each command group in one write (RFC 2920).

A connection writes the words of one message and the envelope of the next together, so that a message costs one round trip:

    we     MAIL RCPT DATA (1)         words (1) . MAIL RCPT DATA (2)               words (2) . MAIL RCPT DATA (3)
    server                  250 250 354                          250 250 250 354

Before the words of a message go out, its key is written to the trace, and after the answer the answer: one write a round for all
connections. Whoever comes after a kill reads there which messages are in doubt: at most one a connection.

Add here when the exchange itself changes; rather in `integrations/channels/email.py` when an answer means something else.
"""

from __future__ import annotations

import selectors
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from configs.effects import DeliveryState, Receipt
from integrations.channels.allowance import Allowance
from integrations.channels.lanes import Lane, Outgoing, Step, Stop
from integrations.channels.smtp import CLOSING, GO_AHEAD, Conversation, spoken
from integrations.contracts import Trace

READ_BYTES = 65_536
QUIT = b"QUIT\r\n"
EMPTY = b".\r\n"
RESET = b"RSET\r\n"


class Fleet:
    """Every open connection of one fan-out, and the messages that still wait."""

    def __init__(self, messages: Iterable[Outgoing], trace: Trace, *, timeout: float, per_second: float, now: Callable[[], float]) -> None:
        self._waiting = iter(messages)
        self._again: deque[Outgoing] = deque()
        self._trace = trace
        self._timeout = timeout
        self._now = now
        self._allowance = Allowance(per_second, now)
        self._selector = selectors.DefaultSelector()
        self._lanes: set[int] = set()
        self.stop = Stop()

    # --- connections ----------------------------------------------------------------------------------------------------

    def add(self, conversation: Conversation) -> None:
        """Takes an open connection into use."""
        lane = Lane(conversation, self._now() + self._timeout)
        lane.socket.setblocking(False)
        self._lanes.add(lane.socket.fileno())
        self._selector.register(lane.socket, selectors.EVENT_READ, lane)

    @property
    def is_open(self) -> bool:
        return bool(self._lanes)

    def rounds(self) -> Iterator[list[Receipt]]:
        """Receipts as they come, until no message waits or no connection is left."""
        try:
            self._begin()
            while self._is_busy():
                yield self._round()
                self._begin()
        finally:
            for lane in self._open():
                self._close(lane)
            self._selector.close()

    def _is_busy(self) -> bool:
        """Whether an answer is owed, or a message waits for its turn only."""
        lanes = self._open()
        waits = bool(lanes) and self._allowance.is_dry and not self.stop.why
        return waits or any(not lane.is_idle for lane in lanes)

    def left(self) -> Iterator[Outgoing]:
        """Messages nobody was handed."""
        yield from self._again
        yield from self._waiting

    def _open(self) -> list[Lane]:
        return [key.data for key in self._selector.get_map().values()]

    def _close(self, lane: Lane) -> None:
        self._selector.unregister(lane.socket)
        self._lanes.discard(lane.socket.fileno())
        with suppress(OSError):
            if lane.is_idle:
                lane.socket.send(QUIT)
        lane.conversation.abandon()

    # --- one round ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Gives idle connections something to do."""
        for lane in self._open():
            if lane.is_idle and (message := self._next()) is not None:
                lane.ask(message)
                self._write(lane, [])

    def _next(self) -> Outgoing | None:
        if self.stop.why or not self._allowance.take():
            return None
        message = self._again.popleft() if self._again else next(self._waiting, None)
        if message is None:
            self._allowance.give_back()
        return message

    def _round(self) -> list[Receipt]:
        receipts: list[Receipt] = []
        ready: list[Lane] = []
        events = self._selector.select(self._allowance.pause(self._timeout))
        for key, _ in events:
            lane: Lane = key.data
            if self._read(lane, receipts):
                ready.append(lane)
        self._trace.note(receipts, [lane.given.key for lane in ready if lane.given is not None and lane.unsent])
        for lane in ready:
            self._write(lane, receipts)
        self._give_up_silent(receipts)
        return receipts

    def _read(self, lane: Lane, receipts: list[Receipt]) -> bool:
        """Takes what the server said; whether something is to be written to it now."""
        try:
            said = lane.socket.recv(READ_BYTES)
            while isinstance(lane.socket, ssl.SSLSocket) and lane.socket.pending():
                said += lane.socket.recv(READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return bool(lane.unsent)
        except OSError as err:
            self._lost(lane, receipts, type(err).__name__)
            return False
        if not said:
            self._lost(lane, receipts, "the server hung up")
            return False
        lane.reads_until = self._now() + self._timeout
        return self._understood(lane, lane.unread + said, receipts)

    def _understood(self, lane: Lane, said: bytes, receipts: list[Receipt]) -> bool:
        lines = said.split(b"\r\n")
        lane.unread = lines.pop()
        for line in lines:
            if line[3:4] == b"-":  # more lines of the same answer follow
                continue
            code = int(line[:3]) if line[:3].isdigit() else 0
            if code == CLOSING or not lane.owed:
                self._closing(lane, code, line[4:], receipts)
                return False
            self._answered(lane, lane.owed.popleft(), code, line[4:], receipts)
        return bool(lane.unsent)

    def _answered(self, lane: Lane, step: Step, code: int, words: bytes, receipts: list[Receipt]) -> None:
        if step is Step.WORDS:
            given, lane.given = lane.given, None
            assert given is not None
            receipts.append(Receipt(given.key, _state(code), given.provider_id, spoken(code, words)))
        elif step is Step.MAIL and not 200 <= code < 300:
            self.stop = Stop(spoken(code, words), about_us=code >= 500)
            lane.refused = self._deferred(lane.asked, self.stop.why)
        elif step is Step.RCPT and not 200 <= code < 300 and lane.refused is None:
            lane.refused = Receipt(_key(lane.asked), _state(code), "", spoken(code, words))
        elif step is Step.DATA:
            self._after_data(lane, code, words, receipts)

    def _after_data(self, lane: Lane, code: int, words: bytes, receipts: list[Receipt]) -> None:
        message, lane.asked = lane.asked, None
        assert message is not None
        if code == GO_AHEAD and lane.refused is None:
            lane.given = message
            lane.unsent += message.words
            lane.owed.append(Step.WORDS)
            self._follow(lane, b"")
            return
        receipts.append(lane.refused or Receipt(message.key, _state(code), "", spoken(code, words)))
        # a server that said yes to DATA without a recipient waits for the dot; any other is reset
        lane.owed.append(Step.IGNORED)
        self._follow(lane, EMPTY if code == GO_AHEAD else RESET)

    def _follow(self, lane: Lane, before: bytes) -> None:
        following = self._next()
        if following is not None:
            lane.ask(following, before)
        else:
            lane.unsent += before

    def _write(self, lane: Lane, receipts: list[Receipt]) -> None:
        try:
            sent = lane.socket.send(lane.unsent)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            sent = 0
        except OSError as err:
            self._lost(lane, receipts, type(err).__name__)
            return
        lane.unsent = lane.unsent[sent:]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if lane.unsent else 0)
        if self._selector.get_key(lane.socket).events != events:
            self._selector.modify(lane.socket, events, lane)

    # --- when it breaks -------------------------------------------------------------------------------------------------

    def _lost(self, lane: Lane, receipts: list[Receipt], why: str) -> None:
        """A connection is gone: what it was only asked about waits again, what it was given is in doubt."""
        if lane.given is not None:
            tail = b"" if lane.asked is None else lane.asked.envelope
            if len(lane.unsent) > len(tail):  # the dot never left: the server cannot have it
                self._again.append(lane.given)
            else:
                receipts.append(Receipt(lane.given.key, DeliveryState.UNKNOWN, lane.given.provider_id, f"no answer: {why}"[:200]))
        if lane.refused is not None:
            receipts.append(lane.refused)
        elif lane.asked is not None:
            self._again.append(lane.asked)
        lane.owed.clear()
        self._close(lane)

    def _closing(self, lane: Lane, code: int, words: bytes, receipts: list[Receipt]) -> None:
        """The server ends the conversation; words it says so about were not taken."""
        why = spoken(code, words)
        self.stop.why = self.stop.why or why
        if lane.given is not None and lane.owed and lane.owed[0] is Step.WORDS:
            receipts.append(self._deferred(lane.given, why))
            lane.given = None
        self._lost(lane, receipts, why)

    def _give_up_silent(self, receipts: list[Receipt]) -> None:
        now = self._now()
        for lane in self._open():
            if lane.owed and now > lane.reads_until:
                self._lost(lane, receipts, "no answer in time")

    @staticmethod
    def _deferred(message: Outgoing | None, why: str) -> Receipt:
        return Receipt(_key(message), DeliveryState.DEFERRED, "", why)


def _key(message: Outgoing | None) -> str:
    return "" if message is None else message.key


def _state(code: int) -> DeliveryState:
    if 200 <= code < 300:
        return DeliveryState.ACCEPTED
    return DeliveryState.BOUNCED if code >= 500 else DeliveryState.DEFERRED
