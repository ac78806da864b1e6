"""Sending: each notice once, whatever breaks in between. Add here when a notice can come to another end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from configs.effects import DeliveryState, EffectKind, EffectState, Message, Receipt
from configs.errors import Ambiguous
from integrations.contracts import Trace
from integrations.rehearsal.pen import Fault, Mode
from tasks.act import Performed, perform_due
from tasks.notify import freeze_due
from tests.flows.driver import Killed
from tests.tasks.homes import APP, Play
from tests.tasks.neighbours import DeafChannel, with_channel
from tests.tasks.test_notify import a_contact, told_of

SEND = EffectKind.SEND_NOTICES


@pytest.fixture
def waved(approved: Play) -> Play:
    """The first wave is frozen, nothing of it sent."""
    freeze_due(approved.tools, APP)
    return approved


def send_all(play: Play, tries: int = 12) -> list[Performed]:
    """Ticks until no chunk waits."""
    done: list[Performed] = []
    for _ in range(tries):
        done += perform_due(play.tools, SEND)
        play.wait(minutes=2)
    return done


def notices_in_box(play: Play) -> Counter[str]:
    """How many notices lie at each address."""
    keys = play.deliveries()
    return Counter(address for key, (address, _) in play.outbox().items() if key in keys)


def test_every_notice_is_taken_once_and_its_answer_kept(waved: Play) -> None:
    assert {p.state for p in perform_due(waved.tools, SEND)} == {EffectState.DONE}
    assert set(waved.deliveries().values()) == {"accepted", "bounced"}
    assert set(notices_in_box(waved).values()) == {1}
    assert waved.deliveries().keys() <= waved.outbox().keys()


def test_person_reads_the_frozen_words_in_their_own_language(waved: Play) -> None:
    perform_due(waved.tools, SEND)
    contact = next(c for c in waved.tools.contacts[APP].exposed(waved.recall().scope) if c.locale == "zh" and c.addresses)
    (message,) = waved.world.messages_to(contact.addresses["email"])
    assert message.locale == "zh"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in message.text)


@pytest.mark.parametrize("mode", [Mode.FAIL_BEFORE, Mode.THROTTLE, Mode.LOSE_REPLY, Mode.PARTIAL])
def test_every_notice_arrives_once_whatever_the_channel_does_meanwhile(waved: Play, mode: Mode) -> None:
    waved.world.plan(Fault("channel", mode, "send", times=2))
    send_all(waved)
    assert {e.state for e in waved.effects(SEND)} == {EffectState.DONE}
    assert set(waved.deliveries().values()) == {"accepted", "bounced"}
    assert set(notices_in_box(waved).values()) == {1}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_interruption_between_intent_and_receipt_is_resolved_by_asking(waved: Play, moment: str) -> None:
    email = waved.tools.channels["email"]

    class Interrupted:
        name, can_lookup, lookup = "email", True, email.lookup

        def send(self, messages):  # type: ignore[no-untyped-def]  # as its neighbour
            if moment == "after":
                email.send(messages)
            raise Killed

    with pytest.raises(Killed):
        perform_due(with_channel(waved.tools, Interrupted()), SEND)
    assert "intended" in waved.deliveries().values()
    waved.wait(seconds=5)
    send_all(waved)
    assert set(waved.deliveries().values()) == {"accepted", "bounced"}
    assert set(notices_in_box(waved).values()) == {1}


def test_interruption_on_a_channel_nobody_can_ask_is_listed_and_never_sent_again(waved: Play) -> None:
    deaf = DeafChannel(breaks=[Killed()], receipts_before_break=10)
    tools = with_channel(waved.tools, deaf)
    with pytest.raises(Killed):
        perform_due(tools, SEND)
    waved.wait(seconds=5)
    perform_due(tools, SEND)
    waved.wait(days=1)
    perform_due(tools, SEND)
    sent = Counter(m.key for m in deaf.sent)
    assert set(sent.values()) == {1}
    states = Counter(waved.deliveries().values())
    assert states["unknown"] == deaf.batches[0] > 100
    assert set(states) == {"unknown", "accepted"}
    assert {e.state for e in waved.effects(SEND)} <= {EffectState.DONE, EffectState.UNKNOWN}


def test_broken_connection_on_a_channel_nobody_can_ask_keeps_the_receipts_it_gave(waved: Play) -> None:
    deaf = DeafChannel(breaks=[Ambiguous("the connection broke")], receipts_before_break=10)
    perform_due(with_channel(waved.tools, deaf), SEND)
    states = Counter(waved.deliveries().values())
    assert states["unknown"] == deaf.batches[0] - 10
    assert set(states) == {"unknown", "accepted"}


def test_deferred_notice_is_sent_again_under_the_same_key(anew_deferring: Play) -> None:
    perform_due(anew_deferring.tools, SEND)
    assert "deferred" in anew_deferring.deliveries().values()
    for _ in range(8):
        anew_deferring.wait(minutes=10)
        perform_due(anew_deferring.tools, SEND)
    assert set(anew_deferring.deliveries().values()) == {"accepted"}
    assert set(notices_in_box(anew_deferring).values()) == {1}


@pytest.fixture
def anew_deferring(approved: Play) -> Play:
    """The channel puts a third of the messages off."""
    from integrations.channels.memory import MemoryChannel
    from integrations.contracts import Surroundings

    around = Surroundings(folder=approved.home, home=approved.home, clock=approved.tools.clock, env={})
    channel = MemoryChannel.build("email", {"defer_share": 0.3, "defer_minutes": 20}, around)
    approved.tools = with_channel(approved.tools, channel)
    freeze_due(approved.tools, APP)
    return approved


def test_person_who_was_erased_meanwhile_gets_nothing(approved: Play) -> None:
    contacts = [a_contact(approved, n) for n in range(3)]
    freeze_due(told_of(approved, contacts), APP)
    with approved.tools.book.write() as txn:
        txn.run("DELETE FROM subjects WHERE contact_id = 'c-2'")
    perform_due(approved.tools, SEND)
    assert sorted(approved.deliveries().values()) == ["accepted", "accepted", "bounced"]
    assert not [a for a, _ in approved.outbox().values() if a == "person.2@post.example"]


def test_the_frozen_address_is_used_whatever_the_list_says_meanwhile(approved: Play) -> None:
    contacts = [a_contact(approved, n) for n in range(3)]
    freeze_due(told_of(approved, contacts), APP)
    moved = [replace(c, addresses={"email": "elsewhere@post.example"}) for c in contacts]
    perform_due(told_of(approved, [*moved, a_contact(approved, 9)]), SEND)
    told = {address for key, (address, _) in approved.outbox().items() if key in approved.deliveries()}
    assert told == {f"person.{n}@post.example" for n in range(3)}


def test_no_address_stays_in_the_ledger_once_its_notice_is_settled(waved: Play) -> None:
    def sealed() -> int:
        with waved.tools.book.read() as txn:
            row = txn.one("SELECT count(*) AS n FROM deliveries WHERE sealed IS NOT NULL")
        return row.number("n") if row else -1

    assert sealed() == len(waved.deliveries())
    send_all(waved)
    assert sealed() == 0


def test_channel_gone_from_the_settings_fails_the_chunk_and_names_the_way_out(waved: Play) -> None:
    tools = replace(waved.tools, channels={"webhook": waved.tools.channels["webhook"]})
    assert {(p.state, "settings" in p.detail) for p in perform_due(tools, SEND)} == {(EffectState.FAILED, True)}
    assert set(waved.deliveries().values()) == {"queued"}
    assert any(e.target.startswith("needs_person/") for e in waved.effects(EffectKind.TELL_OPERATORS))


def test_no_address_is_in_the_ledger(waved: Play) -> None:
    perform_due(waved.tools, SEND)
    addresses = {address for address, _ in waved.outbox().values() if "@" in address}
    people = {a for p in waved.tools.policy.signoff.people.values() for a in p.addresses.values()}
    assert len(addresses - people) > 100
    text = "\n".join(repr(row) for row in waved.tables())
    assert not [address for address in addresses if address in text]


@dataclass
class Fanned(DeafChannel):
    """Hands over at once, notes in the trace what it does, and dies after so many answers."""

    dies_after: int = 30

    def fan_out(self, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        for number, message in enumerate(messages):
            trace.note([], [message.key])
            self.sent.append(message)
            if number == self.dies_after:
                raise Killed
            receipt = Receipt(message.key, DeliveryState.ACCEPTED)
            trace.note([receipt], [])
            yield [receipt]


def test_kill_in_a_fan_out_leaves_one_in_doubt_and_the_rest_goes_on(waved: Play) -> None:
    fanned = Fanned()
    tools = with_channel(waved.tools, fanned)
    with pytest.raises(Killed):
        perform_due(tools, SEND)
    waved.wait(seconds=5)
    fanned.dies_after = 10**9
    perform_due(tools, SEND)
    assert set(Counter(m.key for m in fanned.sent).values()) == {1}
    assert Counter(waved.deliveries().values())["unknown"] == 1
    assert set(waved.deliveries().values()) == {"accepted", "unknown"}


def test_who_takes_over_on_another_machine_has_no_trace_and_sends_nothing_of_it_again(waved: Play) -> None:
    fanned = Fanned()
    with pytest.raises(Killed):
        perform_due(with_channel(waved.tools, fanned), SEND)
    waved.wait(seconds=5)
    sent = len(fanned.sent)
    fanned.dies_after = 10**9
    elsewhere = replace(with_channel(waved.tools, fanned), holder="other:1:2:3")
    perform_due(elsewhere, SEND)
    states = Counter(waved.deliveries().values())
    assert states["unknown"] >= 31
    assert not {m.key for m in fanned.sent[:sent]} & {m.key for m in fanned.sent[sent:]}


def test_traces_of_settled_chunks_are_removed(waved: Play) -> None:
    fanned = Fanned(dies_after=10**9)
    perform_due(with_channel(waved.tools, fanned), SEND)
    assert len(list((waved.home / "outbox").glob("*.trace"))) == 1
