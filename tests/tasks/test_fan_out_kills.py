"""Killed again and again while 20 000 mails go out: the server's own log shows each reader once. Add here when a kill can do other harm."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.effects import EffectKind, EffectState
from tests.house import ROOT
from tests.integrations.channels.test_fan_out import accepted_in, sink
from tests.tasks.homes import BAD, SETTINGS, Play, reopened, write_policy, write_settings

CONNECTIONS = 8
WHILE_FREEZING = 3
MOST_BYTES = 100_000
"""Of the server's log between two kills: some 800 messages, so that none of the kills comes too late."""


def listed(home: Path, readers: int) -> None:
    """A customer list of so many readers of the bad version."""
    rows = (f"u{n},{BAD},{('en', 'zh', 'ru')[n % 3]},reader{n}@post.example" for n in range(readers))
    (home / "people.csv").write_text("\n".join(("subject,version,locale,email", *rows)) + "\n", encoding="utf-8")


def mailing(play: Play, port: int, log: Path | None) -> Play:
    """The approved recall, its notices going to that server by mail."""
    (app,) = SETTINGS["apps"]  # type: ignore[misc]  # a list in the settings
    mail: dict[str, object] = {"kind": "email", "host": "127.0.0.1", "port": port, "security": "plain", "sender": "recall@pocket.example"}
    mail |= {"connections": CONNECTIONS} | ({"relay_log": str(log)} if log else {})
    contacts = {"kind": "table", "path": "people.csv"}
    write_settings(play.home, apps=[app | {"contacts": contacts}], channels={"email": mail, "webhook": {"kind": "memory"}})
    write_policy(play.home, {"notices": {"chunk_size": 1000, "follow_up_after_days": ()}})
    play.tools.book.close()
    return Play(reopened(play.home))


def killed(home: Path, is_time: Callable[[], bool]) -> bool:
    """Whether a sending process was killed at that time; False when it was done before."""
    child = subprocess.Popen([sys.executable, "-m", "tests.tasks.fan_out_child", str(home)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "opened\n"
        while child.poll() is None and not is_time():
            time.sleep(0.002)
        child.kill()
        said = child.stdout.read()
    child.wait(30)
    return "done" not in said


def after_seconds(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def after_bytes(log: Path, more: int) -> Callable[[], bool]:
    """Once the server's log has grown by so many bytes."""
    before = log.stat().st_size
    return lambda: log.stat().st_size > before + more


def finished(home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.tasks.fan_out_child", str(home)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL, timeout=120
    )


@pytest.mark.parametrize(
    ("is_readable", "readers", "kills"), [(True, 20_000, 20), (False, 4_000, 5)], ids=["relay log", "nobody can be asked"]
)
def test_each_reader_is_told_once_however_often_the_sender_is_killed(
    approved: Play, tmp_path: Path, is_readable: bool, readers: int, kills: int
) -> None:
    chance = random.Random(20)
    listed(approved.home, readers)
    with sink(tmp_path) as (port, log):
        play = mailing(approved, port, log if is_readable else None)
        done = sum(killed(play.home, after_seconds(chance.uniform(0.02, 0.3))) for _ in range(WHILE_FREEZING))
        done += sum(killed(play.home, after_bytes(log, chance.randrange(MOST_BYTES))) for _ in range(kills - WHILE_FREEZING))
        finished(play.home)
        taken = accepted_in(log)
    states = Counter(play.deliveries().values())
    told = {line.partition("@")[0] for line in taken}
    assert done == kills
    assert set(taken.values()) == {1}, "no reader was told twice"
    assert {line.partition(" ")[2] for line in taken} <= {f"reader{n}@post.example" for n in range(readers)}
    assert {key for key, state in play.deliveries().items() if state == "accepted"} <= told, "nothing is called sent that was not"
    assert sum(states.values()) == readers
    if is_readable:
        assert states == {"accepted": readers}
        assert {e.state for e in play.effects(EffectKind.SEND_NOTICES)} == {EffectState.DONE}
    else:
        assert set(states) <= {"accepted", "unknown"}
        assert states["unknown"] <= kills * CONNECTIONS
