"""What the memory outbox adds to the channel contract. Add here with `channels/memory.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.effects import DeliveryState, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, SettingsInvalid, Throttled
from integrations.channels.memory import MemoryChannel
from integrations.rehearsal.pen import Fault, Mode
from tests.integrations.rehearsal.builders import a_message, a_world, around, hours

MANY = [a_message(f"k{n}", f"person{n}@mail.example") for n in range(200)]


def a_channel(home: Path, **options: object) -> MemoryChannel:
    return MemoryChannel.build("mail", options, around(home))


def states(receipts: list[Receipt]) -> list[DeliveryState]:
    return [r.state for r in receipts]


def test_every_message_is_accepted_once_and_can_be_looked_up(tmp_path: Path) -> None:
    a_world(tmp_path)
    channel = a_channel(tmp_path)
    receipts = list(channel.send(MANY))
    assert [r.key for r in receipts] == [m.key for m in MANY]
    assert set(states(receipts)) == {DeliveryState.ACCEPTED}
    assert channel.lookup(["k3", "k5", "nobody"]) == {"k3": receipts[3], "k5": receipts[5]}


def test_same_key_is_delivered_once_whatever_comes_with_it(tmp_path: Path) -> None:
    a_world(tmp_path)
    channel = a_channel(tmp_path)
    first = list(channel.send([a_message(text="one"), a_message(text="two")]))
    assert list(channel.send([a_message(text="three")])) == first[:1]
    assert [m.text for m in channel.messages_to("someone@mail.example")] == ["one"]


def test_person_reads_messages_in_order_and_only_their_own(tmp_path: Path) -> None:
    a_world(tmp_path)
    channel = a_channel(tmp_path)
    list(channel.send([a_message("a", text="1"), a_message("b", to="other@mail.example"), a_message("c", text="2")]))
    assert [m.text for m in channel.messages_to("someone@mail.example")] == ["1", "2"]
    assert channel.messages_to("someone@mail.example")[0] == a_message("a", text="1")


def test_the_same_addresses_bounce_in_about_the_asked_share(tmp_path: Path) -> None:
    a_world(tmp_path)
    channel = a_channel(tmp_path, bounce_share=0.2)
    first = states(list(channel.send(MANY)))
    again = states(list(channel.send([a_message(f"other-{m.key}", m.to) for m in MANY])))
    assert first == again
    assert 20 <= first.count(DeliveryState.BOUNCED) <= 60
    bounced = MANY[first.index(DeliveryState.BOUNCED)]
    assert channel.messages_to(bounced.to) == ()


def test_deferred_message_is_accepted_after_its_wait(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    channel = a_channel(tmp_path, defer_share=1.0, defer_minutes=30)
    assert states(list(channel.send([a_message()]))) == [DeliveryState.DEFERRED]
    world.advance(hours(0.4))
    assert states(list(channel.send([a_message()]))) == [DeliveryState.DEFERRED]
    world.advance(hours(0.5))
    assert states(list(channel.send([a_message()]))) == [DeliveryState.ACCEPTED]
    assert states(list(channel.send([a_message()]))) == [DeliveryState.ACCEPTED]


@pytest.mark.parametrize(("mode", "taken"), [(Mode.LOSE_REPLY, 200), (Mode.PARTIAL, 100)])
def test_broken_connection_leaves_messages_in_doubt_and_lookup_tells(tmp_path: Path, mode: Mode, taken: int) -> None:
    a_world(tmp_path).plan(Fault("channel", mode))
    channel = a_channel(tmp_path)
    receipts = []
    with pytest.raises(Ambiguous):
        receipts.extend(channel.send(MANY))
    assert len(receipts) == 100
    assert len(channel.lookup([m.key for m in MANY])) == taken


@pytest.mark.parametrize(
    ("mode", "error"), [(Mode.FAIL_BEFORE, ChannelUnavailable), (Mode.THROTTLE, Throttled), (Mode.REFUSE, ChannelUnavailable)]
)
def test_failure_before_the_first_message_sends_none(tmp_path: Path, mode: Mode, error: type[Exception]) -> None:
    a_world(tmp_path).plan(Fault("channel", mode))
    channel = a_channel(tmp_path)
    with pytest.raises(error):
        channel.send(MANY)
    assert channel.lookup([m.key for m in MANY]) == {}
    assert len(list(channel.send(MANY))) == 200


def test_repr_and_receipts_show_no_address(tmp_path: Path) -> None:
    a_world(tmp_path)
    channel = a_channel(tmp_path)
    assert "@" not in repr((channel, list(channel.send([a_message()]))))


def test_channel_without_a_world_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ChannelUnavailable):
        a_channel(tmp_path).send([a_message()])


def test_wrong_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="bounce_share"):
        a_channel(tmp_path, bounce_share=2)
