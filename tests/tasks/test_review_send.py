"""Sending when it takes longer than the lease, and when tries run out. Add here when a slow sender must behave otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest

from configs.effects import DeliveryState, EffectKind, EffectState, Message, Receipt
from configs.errors import ChannelUnavailable
from tasks.act import perform_due
from tasks.notify import freeze_due
from tests.tasks.homes import APP, Play
from tests.tasks.neighbours import DeafChannel, with_channel

SEND = EffectKind.SEND_NOTICES


class SlowChannel(DeafChannel):
    """Hands messages over one by one; after each of them something happens."""

    between: Callable[[int], None]

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            self.sent.append(message)
            self.between(len(self.sent))
            yield Receipt(message.key, DeliveryState.ACCEPTED)


class GreyChannel(DeafChannel):
    """Defers the same few addresses for ever; or is down."""

    is_down: bool = False

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        if self.is_down:
            raise ChannelUnavailable("the relay is away")
        for message in messages:
            state = DeliveryState.DEFERRED if int(message.key, 16) % 50 == 0 else DeliveryState.ACCEPTED
            yield Receipt(message.key, state)


@pytest.fixture
def waved(approved: Play) -> Play:
    """The first wave is frozen, nothing of it sent."""
    freeze_due(approved.tools, APP)
    return approved


def test_slow_sender_keeps_its_claim(waved: Play) -> None:
    slow = SlowChannel()
    tools = with_channel(waved.tools, slow)

    def be_slow(number: int) -> None:
        if number <= 10:
            waved.wait(seconds=waved.tools.policy.effects.lease_seconds * 0.6)
            perform_due(waved.tools, SEND)

    slow.between = be_slow
    perform_due(tools, SEND)
    assert set(waved.deliveries().values()) <= {"accepted", "bounced"}
    assert not {m.key for m in slow.sent} & set(waved.outbox()), "no other tick sends what this one has claimed"


def test_sender_that_was_overtaken_sends_nothing_more(waved: Play) -> None:
    slow = SlowChannel()
    tools = with_channel(waved.tools, slow)

    def stand_still(number: int) -> None:
        if number == 5:
            waved.wait(seconds=waved.tools.policy.effects.lease_seconds * 2)
            perform_due(with_channel(waved.tools, DeafChannel()), SEND)

    slow.between = stand_still
    perform_due(tools, SEND)
    assert len(slow.sent) == 5
    assert Counter(waved.deliveries().values())["unknown"] > 100


def test_recipients_who_defer_for_ever_are_left_to_a_person_and_hold_nothing_up(waved: Play) -> None:
    tools = with_channel(waved.tools, GreyChannel())
    for _ in range(waved.tools.policy.effects.attempts + 1):
        perform_due(tools, SEND)
        waved.wait(minutes=2)
    assert {e.state for e in waved.effects(SEND)} == {EffectState.DONE}
    assert set(waved.deliveries().values()) == {"accepted", "deferred"}
    asked = [e for e in waved.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("needs_person/")]
    assert asked
    assert "not taken" in str(asked[0].body["detail"])


def test_channel_that_is_down_for_hours_still_gets_every_notice(waved: Play) -> None:
    grey = GreyChannel()
    grey.is_down = True
    tools = with_channel(waved.tools, grey)
    for _ in range(3 * waved.tools.policy.effects.attempts):
        perform_due(tools, SEND)
        waved.wait(minutes=2)
    assert set(waved.deliveries().values()) == {"deferred"}
    grey.is_down = False
    perform_due(tools, SEND)
    assert Counter(waved.deliveries().values())["accepted"] > 100
