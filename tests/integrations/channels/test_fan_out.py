"""Many mails at once, against a server that takes groups of commands and against one that misbehaves by script."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from configs.effects import TOKEN, DeliveryState, Message, Receipt
from configs.errors import ChannelUnavailable, Throttled
from integrations.channels.allowance import Allowance
from integrations.channels.email import EmailChannel
from integrations.contracts import FanOut
from tests.integrations.channels.builders import DROP, HELLO, Script, a_message, saying, smtp_talk, some_messages
from tests.integrations.channels.test_email import a_channel, free_port, mail_server
from tests.integrations.scripted import serving

A, B, D, U = DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.DEFERRED, DeliveryState.UNKNOWN
GROUPS = HELLO.replace(b"250 8BITMIME", b"250-PIPELINING\r\n250 8BITMIME")
SINK = Path(__file__).parents[3] / "benchmarks" / "smtp_sink.py"


@dataclass
class Kept:
    """A trace in memory, in the order of its lines."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def note(self, answered: Sequence[Receipt], intended: Sequence[str]) -> None:
        self.lines += [("answered", r.key) for r in answered] + [("intended", key) for key in intended]


@contextmanager
def sink(folder: Path) -> Iterator[tuple[int, Path]]:
    """A server in a process of its own, and its log of what it took."""
    port, log = free_port(), folder / "sink.log"
    server = subprocess.Popen([sys.executable, str(SINK), str(port), str(log), "0", "300"], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield port, log
    finally:
        server.terminate()
        server.wait(10)
        assert server.stdout is not None
        server.stdout.close()


def accepted_in(log: Path) -> Counter[str]:
    """ "Message-ID recipient" of every message the sink took, and how often."""
    lines = log.read_text().splitlines()
    ids = [line.partition("message-id=<")[2][:-1] for line in lines[::2]]
    return Counter(f"{known} {line.rpartition('to=<')[2][:-1]}" for known, line in zip(ids, lines[1::2], strict=True))


def handed(channel: EmailChannel, messages: Sequence[Message], trace: Kept | None = None) -> dict[str, Receipt]:
    """Receipts by key; each message has exactly one."""
    receipts = [receipt for some in channel.fan_out(iter(messages), trace or Kept()) for receipt in some]
    assert Counter(r.key for r in receipts) == Counter(m.key for m in messages)
    return {r.key: r for r in receipts}


def scripted(folder: Path, script: Script, messages: Sequence[Message], **options: object) -> tuple[list[DeliveryState], Kept, list[bytes]]:
    """States in the order of the messages, over one connection unless the options say more."""
    served, taken = smtp_talk(script, hello=GROUPS)
    trace = Kept()
    with serving(served) as port:
        receipts = handed(a_channel(folder, port, **({"connections": 1} | options)), messages, trace)
    return [receipts[m.key].state for m in messages], trace, taken


def test_every_mail_arrives_once_over_many_connections(tmp_path: Path) -> None:
    messages = some_messages(900)
    with sink(tmp_path) as (port, log):
        channel = a_channel(tmp_path, port, connections=7)
        assert isinstance(channel, FanOut)
        assert {r.state for r in handed(channel, messages).values()} == {A}
        taken = accepted_in(log)
    assert taken == Counter(f"{m.key}@pocket.example {m.to}" for m in messages)


def test_the_mail_is_the_one_a_single_send_makes(tmp_path: Path) -> None:
    message = a_message(
        text=f"Words.\n.dot\nhttps://recall.example/a/{TOKEN}\n", html=f'<p>A<a\nhref="https://recall.example/a/{TOKEN}">', token="t" * 43
    )
    _, _, many = scripted(tmp_path, saying({}), [message])
    served, one = smtp_talk(saying({}))
    with serving(served) as port:
        list(a_channel(tmp_path, port).send([replace(message, token=message.token)]))
    assert b"t" * 43 in many[0]
    assert TOKEN.encode() not in many[0]
    assert [line for line in many[0].splitlines() if b"=_" not in line] == [line for line in one[0].splitlines() if b"=_" not in line]


def test_each_reader_gets_their_own_token(tmp_path: Path) -> None:
    messages = [replace(m, text=f"https://recall.example/a/{TOKEN}\n", token=f"{n:043d}") for n, m in enumerate(some_messages(5))]
    _, _, taken = scripted(tmp_path, saying({}), messages)
    assert [mail.replace(b"=\r\n", b"").split(b"/a/")[1][:43] for mail in taken] == [m.token.encode() for m in messages]


@pytest.mark.parametrize("command", ["RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(("answer", "state"), [(b"450 4.2.1 later\r\n", D), (b"550 5.1.1 no such user\r\n", B)], ids=["later", "never"])
def test_an_answer_settles_its_message_and_no_other(tmp_path: Path, command: str, answer: bytes, state: DeliveryState) -> None:
    states, _, taken = scripted(tmp_path, saying({(1, command): answer}), some_messages(4))
    assert states == [A, state, A, A]
    assert len([mail for mail in taken if mail]) == (4 if command == "DOT" else 3)


def test_server_that_wants_words_without_a_recipient_gets_the_dot_alone(tmp_path: Path) -> None:
    answers = {(1, "RCPT"): b"550 5.1.1 no such user\r\n", (1, "DOT"): b"554 no valid recipients\r\n"}
    states, _, taken = scripted(tmp_path, saying(answers), some_messages(3))
    assert states == [A, B, A]
    assert taken[1] == b""


def test_a_break_after_the_words_leaves_one_in_doubt_and_the_others_go_on(tmp_path: Path) -> None:
    states, _, _ = scripted(tmp_path, saying({(2, "DOT"): DROP}), some_messages(8), connections=2)
    assert Counter(states) == {A: 7, U: 1}


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_break_before_the_words_leaves_nothing_in_doubt(tmp_path: Path, command: str) -> None:
    states, trace, _ = scripted(tmp_path, saying({(2, command): DROP}), some_messages(8), connections=2)
    assert Counter(states) == {A: 8}
    assert len([line for line in trace.lines if line[0] == "intended"]) == 8


def test_the_last_connection_gone_defers_the_rest(tmp_path: Path) -> None:
    states, _, _ = scripted(tmp_path, saying({(2, "RCPT"): DROP}), some_messages(6))
    assert states == [A, A, D, D, D, D]


def test_421_ends_it_and_defers_the_rest(tmp_path: Path) -> None:
    states, _, taken = scripted(tmp_path, saying({(1, "DOT"): b"421 4.7.0 slow down\r\n"}), some_messages(4))
    assert states == [A, D, D, D]
    assert len(taken) == 2


def test_a_later_refused_sender_defers_the_rest(tmp_path: Path) -> None:
    states, _, _ = scripted(
        tmp_path, saying({(1, "MAIL"): b"550 no more\r\n", (1, "RCPT"): b"503 no\r\n", (1, "DATA"): b"503 no\r\n"}), some_messages(3)
    )
    assert states == [A, D, D]


@pytest.mark.parametrize(("answer", "error"), [(b"550 who\r\n", ChannelUnavailable), (b"451 rate\r\n", Throttled)])
def test_a_sender_refused_from_the_start_is_about_us(tmp_path: Path, answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="nothing was sent"):
        scripted(tmp_path, saying({(0, "MAIL"): answer, (0, "RCPT"): answer, (0, "DATA"): answer}), some_messages(3))


def test_silence_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    states, _, _ = scripted(tmp_path, saying({(0, "DOT"): b"250-still thinking\r\n"}), some_messages(1), timeout_seconds=0.3)
    assert states == [U]


def test_the_trace_names_a_mail_before_its_words_go_out(tmp_path: Path) -> None:
    _, trace, _ = scripted(tmp_path, saying({}), some_messages(5))
    for message in some_messages(5):
        assert trace.lines.index(("intended", message.key)) < trace.lines.index(("answered", message.key))


def test_a_server_without_groups_gets_one_command_at_a_time(tmp_path: Path) -> None:
    trace = Kept()
    with mail_server() as (inbox, port):
        assert {r.state for r in handed(a_channel(tmp_path, port), some_messages(20), trace).values()} == {A}
    assert len(inbox.mails) == 20
    assert trace.lines[:3] == [("intended", "key-000"), ("answered", "key-000"), ("intended", "key-001")]


def test_hostile_addresses_and_subjects_are_refused_and_the_others_go_on(tmp_path: Path) -> None:
    bad = [
        a_message(key="a", to="x@y.example>\r\nRCPT TO:<z@y.example"),
        a_message(key="b", subject="a\r\nBcc: z@y.example"),
        a_message(key="c", to=""),
    ]
    good = some_messages(3)
    states, _, taken = scripted(tmp_path, saying({}), [bad[0], good[0], bad[1], good[1], bad[2], good[2]])
    assert states == [B, A, B, A, B, A]
    assert b"z@y.example" not in b"".join(taken)


def test_a_token_in_the_middle_of_a_long_line_arrives_whole(tmp_path: Path) -> None:
    states, _, taken = scripted(tmp_path, saying({}), [a_message(text=f"{'Слова ' * 9}{TOKEN} слова", token="t" * 43)])
    assert states == [A]
    assert b"t" * 43 in taken[0]


def test_nobody_there_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(ChannelUnavailable):
        list(a_channel(tmp_path, free_port()).fan_out(iter(some_messages(2)), Kept()))


def test_the_relays_log_tells_what_was_taken(tmp_path: Path) -> None:
    with sink(tmp_path) as (port, log):
        channel = a_channel(tmp_path, port, relay_log=str(log))
        handed(channel, some_messages(3))
        with log.open("a") as more:
            more.write("cleanup[2]: FF: message-id=<half@pocket.example>\n")
        assert channel.can_lookup
        assert {k: r.state for k, r in channel.lookup(["key-000", "key-002", "half", "other"]).items()} == {"key-000": A, "key-002": A}
        log.unlink()
        with pytest.raises(ChannelUnavailable, match="relay_log"):
            channel.lookup(["key-000"])


def test_the_allowance_fills_with_time() -> None:
    now = [0.0]
    allowance = Allowance(2.0, lambda: now[0])
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    assert (allowance.is_dry, allowance.pause(9)) == (True, 0.5)
    now[0] = 0.5
    assert allowance.take()
    assert Allowance(0).take()


def test_a_quota_is_kept(tmp_path: Path) -> None:
    states, _, _ = scripted(tmp_path, saying({}), some_messages(6), per_second=1000, connections=2)
    assert states == [A] * 6
