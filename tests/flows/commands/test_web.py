"""`recall web` serves what the settings say, refuses what is unsafe, and never answers by an old policy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml

from flows.commands.web import newest_toolbox
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import TECH, Play, write_settings


def taken_port() -> socket.socket:
    line = socket.socket()
    line.bind(("127.0.0.1", 0))
    line.listen()
    return line


def test_another_host_than_loopback_is_refused_without_tls_in_front(recall: Recall, fresh: Play) -> None:
    said = recall("web", "--host", "0.0.0.0")
    assert (said.status, "https://" in said.err) == (3, True)


def test_port_that_is_taken_says_which_setting(recall: Recall, fresh: Play) -> None:
    with taken_port() as line:
        said = recall("web", "--port", line.getsockname()[1])
    assert (said.status, "web.port" in said.err) == (3, True)


@pytest.mark.parametrize(
    "web", [{"public_url": "http://recall.example"}, {"token": "secret-of-mine"}, "yes"], ids=["plain", "key", "no map"]
)
def test_settings_that_are_unsafe_or_unknown_name_the_key_and_show_no_value(recall: Recall, fresh: Play, web: object) -> None:
    write_settings(fresh.home, web=web)
    said = recall("web")
    assert (said.status, "web" in said.err, "secret-of-mine" in said.err) == (3, True, False)


def test_who_is_struck_off_the_policy_is_struck_off_at_once(fresh: Play) -> None:
    opened = newest_toolbox()
    first = opened()
    assert opened() is first
    path = fresh.home / "policy.yaml"
    policy = yaml.safe_load(path.read_text(encoding="utf-8"))
    policy["signoff"]["people"]["new-lead"] = policy["signoff"]["people"].pop(TECH[0])
    path.write_text(yaml.safe_dump(policy), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert TECH[0] not in opened().policy.signoff.people


def test_process_answers_and_ends_on_term(fresh: Play) -> None:
    with taken_port() as line:
        port = line.getsockname()[1]
    env = os.environ | {"RECALL_CONFIG": str(fresh.home / "recall.yaml")}
    child = subprocess.Popen([sys.executable, "-P", "-m", "flows", "web", "--port", str(port)], env=env, stdout=subprocess.PIPE)
    try:
        assert answer_of(port) == b"ok"
    finally:
        child.terminate()
    out, _ = child.communicate(timeout=30)
    assert str(port).encode() in out


def answer_of(port: int, seconds: float = 60) -> bytes:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answered:
                return bytes(answered.read())
        except OSError:
            assert time.monotonic() < until, "no answer"
            time.sleep(0.2)
