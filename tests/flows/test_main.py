"""The command line as a process: quick to start, quiet when it is stopped, plain where it is asked to be."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.__main__ import EXIT_CODES, main
from tests.house import ROOT
from tests.tasks.homes import REASON, make_home

HEAVY = ("prefect", "pandas", "sqlmodel", "scipy", "matplotlib", "pyarrow", "sqlalchemy", "pydantic", "jinja2", "requests", "numpy")
"""What a command that must start in a blink leaves alone."""

LISTED = """
import sys
from flows.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("MODULES", *sys.modules)
"""
RECALL = Path(sys.executable).with_name("recall")
SIGN = ["sign", "P-none", "--person", "tech-lead", "--role", "tech", "--verdict", "approve", "--reason", REASON]


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a home with an empty ledger."""
    folder = tmp_path_factory.mktemp("main")
    make_home(folder / "home")
    own = {"RECALL_CONFIG": str(folder / "home" / "recall.yaml"), "XDG_STATE_HOME": str(folder / "state")}
    return {k: v for k, v in os.environ.items() if not k.startswith(("RECALL_", "COV"))} | own


def run(arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "left_alone"),
    [
        (["--help"], (*HEAVY, "rich", "yaml", "sqlite3")),
        (["status"], HEAVY),
        (["status", "--json"], (*HEAVY, "rich")),
        (["verify"], HEAVY),
        ([*SIGN, "--code", "AAAAA-AAAAA"], ("prefect", "pandas", "sqlmodel")),
    ],
    ids=["help", "status", "status json", "verify", "sign"],
)
def test_quick_commands_import_nothing_heavy(arguments: list[str], left_alone: tuple[str, ...], surroundings: dict[str, str]) -> None:
    modules = run(["-c", LISTED, *arguments], surroundings).stdout.split("MODULES", 1)[1].split()
    assert not set(left_alone) & set(modules)


def test_help_lists_every_command_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert EXIT_CODES in shown
    assert [int(n) for n in re.findall(r"^  (\d+)  ", shown, re.MULTILINE)] == [0, 1, 2, 3, 4, 5, 6, 130, 141]
    for command in ("demo", "up", "init", "tick", "status", "explain", "sign", "brake", "verify", "replay"):
        assert f"    {command} " in shown


def test_the_module_and_the_installed_command_are_the_same(surroundings: dict[str, str]) -> None:
    module = run(["-m", "flows", "--help"], surroundings)
    command = subprocess.run([RECALL, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert module.stdout == command.stdout
    assert module.stdout.startswith("usage: recall ")


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["tick", "sometimes"], ["status", "--colour"], ["up", "--port", "99999"], ["up", "--port", "-1"], ["replay"]],
    ids=" ".join,
)
def test_what_cannot_be_understood_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: recall")


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["verify", "--json"], ["verify"]], ids=" ".join)
def test_a_reader_that_stops_reading_gets_no_traceback(command: list[str], surroundings: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([RECALL, *command], env=surroundings, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@dataclass
class Asking:
    """`recall sign` on a terminal, at the moment it asks for the code."""

    process: subprocess.Popen[bytes]
    keyboard: int
    shown: bytes

    def ended(self) -> tuple[int, bytes]:
        """Its exit status, and the last line it showed after asking."""
        assert self.process.stderr is not None
        rest = self.process.stderr.read()
        self.shown += rest
        assert b"Traceback" not in rest
        return self.process.wait(30), rest.strip().splitlines()[-1]


@pytest.fixture
def asking(surroundings: dict[str, str]) -> Iterator[Asking]:
    ours, theirs = pty.openpty()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it, and would pass that on
    process = subprocess.Popen([RECALL, *SIGN], env=surroundings, stdin=theirs, stderr=subprocess.PIPE, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    shown = b""
    while not shown.endswith(b"one-time code: "):
        shown += os.read(process.stderr.fileno(), 1024)
    yield Asking(process, ours, shown)
    process.stderr.close()
    for end in (ours, theirs):
        os.close(end)


def test_ctrl_c_ends_with_130_and_one_line(asking: Asking) -> None:
    asking.process.send_signal(signal.SIGINT)
    assert asking.ended() == (130, b"recall sign: stopped")


def test_a_code_that_is_typed_is_used_and_not_shown(asking: Asking) -> None:
    os.write(asking.keyboard, b"AAAAA-BBBBB\n")
    assert asking.ended() == (3, b"recall sign: no proposal 'P-none'; `recall status` lists the open ones")
    assert b"AAAAA" not in asking.shown


def on_a_terminal(arguments: list[str], env: dict[str, str]) -> str:
    """What the command shows on a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    around = env | {"TERM": "xterm-256color", "COLUMNS": "60"}
    process = subprocess.Popen([RECALL, *arguments], env=around, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # Linux says so when the last writer has closed a terminal
    assert process.wait(30) == 0
    os.close(ours)
    return shown.decode()


def test_no_color_is_respected(surroundings: dict[str, str]) -> None:
    stop = ["brake", "--person", "tech-lead", "--reason", REASON]
    subprocess.run([RECALL, *stop], env=surroundings, capture_output=True, timeout=60, check=False)
    colours = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    assert colours.search(on_a_terminal(["status"], surroundings))
    assert not colours.search(on_a_terminal(["status"], surroundings | {"NO_COLOR": "1"}))


def test_a_terminal_that_knows_only_ascii_is_no_failure(surroundings: dict[str, str]) -> None:
    ended = run(["-m", "flows", "verify"], surroundings | {"PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "entries verify" in ended.stdout


def test_a_disk_without_room_and_a_path_that_cannot_be_are_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["init", "--folder", str(tmp_path / "file")]) == 3
    assert str(tmp_path / "file") in capsys.readouterr().err


# --- demo and up refuse before they start anything ----------------------------------------------------------------------


def test_demo_never_empties_a_folder_it_did_not_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["demo", "--home", str(tmp_path)]) == 3
    assert "choose another folder with --home" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_demo_refuses_a_negative_seed_and_a_file_as_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--home", str(tmp_path / "new"), "--seed", "-1"]) == 3
    assert "--seed must not be negative" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert main(["demo", "--home", str(tmp_path / "file")]) == 3
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_up_is_not_opened_to_others_without_a_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("RECALL_CONFIG", str(make_home(tmp_path / "home") / "recall.yaml"))
    assert main(["up", "--host", "0.0.0.0", "--no-auth"]) == 3
    assert "not opened on 0.0.0.0 without a password" in capsys.readouterr().err


def test_up_names_a_port_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("RECALL_CONFIG", str(make_home(tmp_path / "home") / "recall.yaml"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["up", "--port", str(port)]) == 3
    assert f"port {port} on 127.0.0.1 cannot be used" in capsys.readouterr().err
