"""The server's process: started on a free port, waited for, watched, and stopped together with nothing but itself.

Add here when it is about a process of ours; rather in `settings` when it is about what the process is told.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from configs.errors import Refused, ServerUnavailable
from integrations.server import guard, seed
from integrations.server.settings import LOOPBACK, Setup, client_environment, new_setup, server_environment

LOG_BYTES = 10_000_000
"""A log longer than this is put aside at the next start, as `.1`."""


class Child:
    """One process of ours, in a group of its own, that ends when this process ends."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], log: Path, keep: tuple[int, ...] = ()) -> None:
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        self.log = log
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", guard.__name__, *command],
                stdin=subprocess.PIPE, stdout=out, stderr=out, env=environment, pass_fds=keep, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def stop(self, wait_seconds: float = 8.0) -> None:
        """TERM to the process, time to end, then KILL to its whole group. Stopping twice changes nothing."""
        if self.is_alive():
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(wait_seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._hang_up(b"")

    def leave(self) -> None:
        """Lets the process live on when this one ends."""
        self._hang_up(guard.KEEP)

    def _hang_up(self, last: bytes) -> None:
        line = self._process.stdin
        if line and not line.closed:
            with contextlib.suppress(BrokenPipeError):
                line.write(last)
                line.flush()
            with contextlib.suppress(BrokenPipeError):
                line.close()

    def tail(self, lines: int = 12) -> str:
        """The end of its log, for people."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


@dataclass(slots=True)
class Server:
    """A running Prefect server. As a context manager it is stopped at the end."""

    setup: Setup
    _child: Child
    _lock: int

    @classmethod
    def start(cls, home: Path, port: int | None = None, *, auth: bool = False, host: str = LOOPBACK, wait_seconds: float = 90) -> Self:
        """Starts one and returns when it answers.

        Raises:
            Refused: one runs on this home already.
            SettingsInvalid: a port that is taken, or another address than loopback without a password.
            ServerUnavailable: it ended or did not answer in time; shows the end of its log.
        """
        (home / "prefect").mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _locked(home / "prefect")
        try:
            setup = new_setup(home, port, auth=auth, host=host)
            seed.plant(setup.folder)
            server = cls(setup, _started(setup, lock), lock)
            server._wait(wait_seconds)
        except BaseException:
            os.close(lock)
            raise
        return server

    @property
    def api_url(self) -> str:
        return self.setup.api_url

    @property
    def ui_url(self) -> str:
        return self.setup.ui_url

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to find and enter this server."""
        return client_environment(self.setup)

    def is_alive(self) -> bool:
        return self._child.is_alive()

    def restart(self, wait_seconds: float = 90) -> None:
        """The same server again, on the same port, after it died."""
        self._child.stop()
        self._child = _started(self.setup, self._lock)
        self._wait(wait_seconds)

    def stop(self) -> None:
        """Ends it; the next start on this home finds everything as it was."""
        self._child.stop()
        with contextlib.suppress(OSError):
            os.close(self._lock)

    def leave(self) -> None:
        """Lets it run on after this process; `stop_left` ends it."""
        self._child.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _wait(self, wait_seconds: float) -> None:
        until = time.monotonic() + wait_seconds
        while not is_answering(self.setup):
            late = time.monotonic() > until
            if late or not self.is_alive():
                self._child.stop()
                what = f"did not answer within {wait_seconds:g} s" if late else "ended at once"
                raise ServerUnavailable(f"the Prefect server {what}; the end of {self._child.log}:\n{self._child.tail()}")
            time.sleep(0.1)


def is_answering(setup: Setup, wait_seconds: float = 2.0) -> bool:
    """Whether the server says it is well."""
    host = LOOPBACK if setup.host in ("0.0.0.0", "::") else setup.host  # noqa: S104 - compared, not bound
    line = http.client.HTTPConnection(host, setup.port, timeout=wait_seconds)
    try:
        line.request("GET", "/api/health")
        return line.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def stop_left(home: Path) -> bool:
    """Ends a server that was left running on this home; whether there was one."""
    folder = home.resolve() / "prefect"
    pid = _note(folder).get("pid")
    if not isinstance(pid, int) or _is_free(folder):
        return False
    os.kill(pid, signal.SIGTERM)  # the lock is held, so the process of the note is alive and ours
    return True


def _started(setup: Setup, lock: int) -> Child:
    serve = ("uvicorn", "--factory", "integrations.server.app:create", "--host", setup.host, "--port", str(setup.port))
    quiet = ("--log-level", "warning", "--timeout-keep-alive", "5", "--timeout-graceful-shutdown", "3", "--no-server-header")
    child = Child(serve + quiet, server_environment(setup, os.environ), setup.folder / "server.log", keep=(lock,))
    note = {"pid": child.pid, "parent": os.getpid(), "ui_url": setup.ui_url}
    with os.fdopen(os.open(setup.folder / "server.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        json.dump(note, file)
    return child


def _note(folder: Path) -> dict[str, object]:
    try:
        note = json.loads((folder / "server.json").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _is_free(folder: Path) -> bool:
    try:
        os.close(_try_lock(folder))
    except BlockingIOError:
        return False
    return True


def _try_lock(folder: Path) -> int:
    """Held by us and the server's process: it falls when both are gone, however they went."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    return handle


def _locked(folder: Path) -> int:
    until = time.monotonic() + 2 * guard.GRACE_SECONDS
    while True:
        try:
            return _try_lock(folder)
        except BlockingIOError as err:
            note = _note(folder)
            if _is_process(note.get("parent")) or time.monotonic() > until:
                where = note.get("ui_url", "an unknown address")
                raise Refused(f"a server runs on {folder.parent} already, at {where}: use that one, stop it, or name another home") from err
        time.sleep(0.2)  # its parent was killed; it is about to end


def _is_process(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
