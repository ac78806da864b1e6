"""100 000 personal mails, the whole path: list of contacts, snapshot with sealed addresses, words, ledger, journal, every 250 received.

Four ways into the same server, in turn in one run: the bare pipelined sender of fixed bytes over as many connections (no recipients, no
records: what the wire and the server give), ours, the bare one again, and the loop that most people write (`smtplib` and `EmailMessage`,
one connection kept, fewer messages, by rate). One sending process; the server is a process of its own.

    python benchmarks/bench_fan_out.py [--readers 100000] [--connections 10]

Exit status 1 when ours gets less than 0.45 of the bare sender's rate, or not 20 times that of the loop.

Add here when the fan-out promises another speed; rather in `tests/tasks/test_fan_out_kills.py` when it promises something else.
"""

from __future__ import annotations

import argparse
import json
import resource
import selectors
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import yaml

from configs.effects import EffectKind
from configs.terms import Action, Issue, IssueKind, IssueState, Level, Platform, Recall, RecallState, Scope
from integrations.ledger.cases import open_recall
from integrations.ledger.migrations import migrate
from integrations.toolbox import Toolbox, open_toolbox
from tasks.act import perform_due
from tasks.notify import freeze_due

SHARE_BAR, LOOP_BAR = 0.45, 20.0
APP, VERSION = "com.example.app", "2.1.0"
AT = datetime(2026, 3, 2, tzinfo=UTC)
SINK = Path(__file__).with_name("smtp_sink.py")
LOOP_MESSAGES = 3000


@contextmanager
def sink(folder: Path) -> Iterator[int]:
    """A mail server in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [sys.executable, str(SINK), str(port), str(folder / f"{port}.log"), "0", "900"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield port
        finally:
            server.terminate()


def make_home(folder: Path, readers: int, port: int, connections: int) -> Toolbox:
    """A home with an approved recall and a list of so many readers of the bad version."""
    rows = (f"u{n},{VERSION},{('en', 'zh', 'ru')[n % 3]},reader{n}@post.example\n" for n in range(readers))
    with (folder / "people.csv").open("w", encoding="utf-8") as file:
        file.write("subject,version,locale,email\n")
        file.writelines(rows)
    mail = {"kind": "email", "host": "127.0.0.1", "port": port, "security": "plain", "sender": "recall@pocket.example"}
    app = {"id": APP, "title": "Example", "platform": "android", "store": "play", "contacts": {"kind": "table", "path": "people.csv"}}
    settings = {
        "home": ".",
        "policy": "policy.yaml",
        "checkpoint_files": ["elsewhere/checkpoints.jsonl"],
        "apps": [app | {"sources": [{"kind": "files", "path": "none.csv"}]}],
        "stores": {"play": {"kind": "rehearsal"}},
        "channels": {"email": mail | {"connections": connections}, "webhook": {"kind": "memory"}},
    }
    write_policy(folder)
    (folder / "recall.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    migrate(f"sqlite:///{folder / 'ledger.db'}")
    tools = open_toolbox(folder / "recall.yaml")
    approve(tools)
    return tools


def write_policy(folder: Path) -> None:
    """The default policy with chunks as large as they may be."""
    from configs.policies import load_policy

    values = load_policy("default").model_dump(mode="json")
    values["notices"] |= {"chunk_size": 5000, "follow_up_after_days": []}
    (folder / "policy.yaml").write_text(json.dumps(values), encoding="utf-8")


def approve(tools: Toolbox) -> None:
    """A full recall of everyone who has the version, signed already."""
    from fractions import Fraction

    from configs.terms import Assessment, Harm
    from integrations.ledger.cases import open_issue

    scope = Scope(APP, Platform.ANDROID, VERSION)
    issue = Issue("ISS-1", APP, Platform.ANDROID, VERSION, IssueKind.DATA_LOSS, IssueState.RECALLING, Level.SERIOUS, AT, "lost", scope)
    seen = Assessment(Level.SERIOUS, Level.SERIOUS, Harm(3), Fraction(1, 2), Fraction(1, 2), None, uncertain=False)
    recall = Recall(
        "REC-1", issue.id, APP, Platform.ANDROID, VERSION, 1, RecallState.APPROVED, Level.SERIOUS, Action.FULL, scope, AT, approved_at=AT
    )
    with tools.book.write() as txn:
        open_issue(txn, issue, (), seen, "f")
        open_recall(txn, recall)


def ours(folder: Path, readers: int, connections: int) -> tuple[float, float, int]:
    """Seconds to freeze and to send, and how many were accepted."""
    with sink(folder) as port:
        tools = make_home(folder, readers, port, connections)
        began = time.perf_counter()
        freeze_due(tools)
        frozen = time.perf_counter()
        while perform_due(tools, EffectKind.SEND_NOTICES):
            pass
        sent = time.perf_counter()
    with tools.book.read() as txn:
        row = txn.one("SELECT count(*) AS n FROM deliveries WHERE state = 'accepted'")
    return frozen - began, sent - frozen, row.number("n") if row else 0


def bare(folder: Path, messages: int, connections: int, words: bytes) -> float:
    """Seconds in which the same server takes so many messages of the same length from one sender that does nothing else."""
    envelope = b"MAIL FROM:<recall@pocket.example>\r\nRCPT TO:<reader@post.example>\r\nDATA\r\n"
    with sink(folder) as port:
        waiting = selectors.DefaultSelector()
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.recv(1000)
            one.sendall(b"EHLO here\r\n")
            one.recv(1000)
            one.sendall(envelope)
            waiting.register(one, selectors.EVENT_READ, [3])
        began, taken = time.perf_counter(), -connections
        while taken < messages:
            for key, _ in waiting.select():
                owed: list[int] = key.data
                owed[0] -= key.fileobj.recv(65536).count(b"\r\n")  # type: ignore[union-attr]  # a socket
                if owed[0] <= 0:
                    taken += 1
                    owed[0] = 4
                    key.fileobj.send(words + envelope)  # type: ignore[union-attr]  # a socket
        return time.perf_counter() - began


def loop(folder: Path, messages: int, text: str) -> float:
    """Seconds for the loop: `EmailMessage` and `smtplib`, one connection kept."""
    with sink(folder) as port, smtplib.SMTP("127.0.0.1", port) as server:
        began = time.perf_counter()
        for number in range(messages):
            mail = EmailMessage()
            mail["From"], mail["To"] = "recall@pocket.example", f"reader{number}@post.example"
            mail["Subject"], mail["Message-ID"] = "Product safety recall", f"<{number}@pocket.example>"
            mail.set_content(text)
            mail.add_alternative(f"<p>{text}</p>", subtype="html")
            server.send_message(mail)
        return time.perf_counter() - began


def a_mail(tools: Toolbox) -> bytes:
    """One of the mails as it goes on the wire, for the bare sender."""
    from configs.effects import Message
    from integrations.channels.mime import Mailer, Sender
    from integrations.ledger.wordings import frozen_notices

    with tools.book.read() as txn:
        words = frozen_notices(txn, "REC-1", 1, 0)["ru"]
    message = Message("0" * 32, "reader@post.example", words.subject, words.text, words.html, locale="ru", urgent=True)
    return Mailer(Sender("recall@pocket.example", "", "", "pocket.example"), AT, takes_utf8=True).parts(message)[1]


def main() -> int:
    """Prints one JSON line a figure; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=10)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("small", "first", "second")]
        for home in homes:
            home.mkdir()
        ours(homes[0], 1000, args.connections)
        words = a_mail(open_toolbox(homes[0] / "recall.yaml"))
        seconds: list[tuple[float, float]] = []
        bares: list[float] = []
        for home in homes[1:]:
            bares.append(bare(home, args.readers, args.connections, words))
            freezing, sending, accepted = ours(home, args.readers, args.connections)
            assert accepted == args.readers, accepted
            seconds.append((freezing, sending))
        looped = LOOP_MESSAGES / loop(homes[0], LOOP_MESSAGES, "x " * 400)
    whole = args.readers / min(sum(pair) for pair in seconds)
    sending = args.readers / min(pair[1] for pair in seconds)
    wire = args.readers / min(bares)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = [
        ("fan_out_whole_path", whole, wire, whole / wire, SHARE_BAR),
        ("fan_out_sending", sending, wire, sending / wire, None),
        ("fan_out_beside_loop", whole, looped, whole / looped, LOOP_BAR),
    ]
    for name, value, against, ratio, bar in figures:
        print(
            json.dumps(
                {"name": name, "value": round(value), "unit": "mails/s", "against": round(against), "ratio": round(ratio, 3), "bar": bar}
            )
        )
    print(json.dumps({"name": "fan_out_peak_memory", "value": round(memory), "unit": "MB", "readers": args.readers}))
    return 0 if all(bar is None or ratio >= bar for *_, ratio, bar in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
