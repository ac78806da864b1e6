"""Processes of ours end with us, and a server starts, refuses and comes back as it says."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from configs.errors import Refused, ServerUnavailable
from integrations.server import process, seed
from integrations.server.process import Child, Server, is_answering
from integrations.server.settings import Setup, new_setup

IDLE = ("http.server", "0", "--bind", "127.0.0.1")
"""A module that goes on until it is ended."""

PARENT = """
import sys
from pathlib import Path
from integrations.server.process import Child
child = Child(("http.server", "0", "--bind", "127.0.0.1"), {}, Path(sys.argv[1]))
if sys.argv[2] == "leave":
    child.leave()
print(child.pid, flush=True)
sys.stdin.read()
"""


def ended(pid: int, wait_seconds: float) -> bool:
    """Whether that process of somebody else ends in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    import select

    ready, _, _ = select.select([handle], [], [], wait_seconds)
    os.close(handle)
    return bool(ready)


def orphan(tmp_path: Path, how: str) -> int:
    """The number of a child whose parent was killed."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log"), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    return pid


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for another's child needs Linux")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    assert ended(orphan(tmp_path, "hold"), 20)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for another's child needs Linux")
def test_a_child_left_on_purpose_lives_on(tmp_path: Path) -> None:
    pid = orphan(tmp_path, "leave")
    assert not ended(pid, 1)
    os.kill(pid, signal.SIGKILL)


def test_stopping_ends_the_whole_group_and_may_be_repeated(tmp_path: Path) -> None:
    child = Child(IDLE, {}, tmp_path / "log")
    child.stop()
    child.stop()
    assert not child.is_alive()
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)


def test_a_log_is_for_the_owner_alone_and_put_aside_when_long(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"x" * (process.LOG_BYTES + 1))
    Child(IDLE, {}, log).stop()
    assert log.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "server.log.1").stat().st_size > process.LOG_BYTES


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_bytes(b"this is no database, and long enough to be looked at" * 40)
    with pytest.raises(ServerUnavailable, match="file is not a database"):
        Server.start(tmp_path)
    assert process._is_free(tmp_path / "prefect")


def test_a_silent_port_is_no_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not is_answering(Setup(tmp_path, silent.getsockname()[1]), wait_seconds=0.2)


def test_a_seed_is_planted_only_where_there_is_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = tmp_path / "seed.db"
    prepared.write_bytes(b"seed")
    monkeypatch.setattr(seed, "seed_path", lambda: prepared)
    (tmp_path / "new").mkdir()
    seed.plant(tmp_path / "new")
    assert (tmp_path / "new" / "prefect.db").read_bytes() == b"seed"
    (tmp_path / "new" / "prefect.db").write_bytes(b"in use")
    seed.plant(tmp_path / "new")
    assert (tmp_path / "new" / "prefect.db").read_bytes() == b"in use"


def asked(server: Server, path: str, method: str = "GET", **headers: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", server.setup.port, timeout=10)
    line.request(method, path, headers=headers)
    return line.getresponse().status


@pytest.mark.server
class TestRunning:
    def test_nobody_enters_without_the_password(self, server: Server) -> None:
        assert asked(server, "/api/admin/version") == http.client.UNAUTHORIZED

    def test_another_host_name_is_refused(self, server: Server) -> None:
        assert asked(server, "/api/health", Host="recall.attacker.example") == http.client.BAD_REQUEST

    def test_another_origin_is_not_let_in(self, server: Server) -> None:
        line = http.client.HTTPConnection("127.0.0.1", server.setup.port, timeout=10)
        line.request("GET", "/api/health", headers={"Origin": "https://attacker.example"})
        assert line.getresponse().getheader("access-control-allow-origin") is None

    def test_a_write_without_a_csrf_token_is_refused(self, server: Server) -> None:
        assert asked(server, "/api/flows/", "POST") in (http.client.FORBIDDEN, http.client.UNAUTHORIZED)

    def test_its_files_are_for_the_owner_alone(self, server: Server) -> None:
        assert {path.name: path.stat().st_mode & 0o077 for path in server.setup.folder.iterdir() if path.stat().st_mode & 0o077} == {}

    def test_a_second_one_on_the_same_home_is_refused_and_says_where_the_first_is(self, server: Server) -> None:
        with pytest.raises(Refused, match=server.ui_url):
            Server.start(server.setup.home)


@pytest.mark.server
@pytest.mark.slow
def test_a_killed_server_comes_back_on_the_same_address(tmp_path: Path) -> None:
    with Server.start(tmp_path) as one:
        before = one.ui_url
        os.kill(one.pid, signal.SIGKILL)
        one.restart()
        assert (one.ui_url, is_answering(one.setup)) == (before, True)
    assert not is_answering(new_setup(tmp_path, one.setup.port))
