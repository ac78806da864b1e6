"""The files outside the database that every checkpoint is appended to: only ever appended, one line a checkpoint, on disk at once.

Add here when it is about such a file; rather in `checkpoints.py` when it is about what goes into one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from configs.errors import ChainBroken, LedgerFull
from integrations.ledger.checkpoint_line import LONGEST, Checkpoint, parsed

OWN = "checkpoints.jsonl"


def checkpoint_files(home: Path, configured: Sequence[Path], ledger: str) -> tuple[Path, ...]:
    """Where the checkpoints of that ledger are: in the home folder, and in the configured places or else the user's state folder."""
    return (home / OWN, *configured) if configured else (home / OWN, _state_folder() / f"checkpoints-{ledger[:16]}.jsonl")


def _state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "app-recall"


def newest_in(path: Path) -> Checkpoint | None:
    """The last whole checkpoint of a file; None when there is no file or nothing in it.

    Raises:
        ChainBroken: there is something in it, but no checkpoint.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    except OSError as err:
        raise _unusable(path, err) from err
    try:
        return _newest(path, _tail(descriptor))
    finally:
        os.close(descriptor)


def append_missing(path: Path, lines_after: Callable[[Checkpoint | None], Sequence[str]]) -> None:
    """Appends what `lines_after` the file's newest checkpoint there is, and waits until it is on disk.

    The file is locked meanwhile, so two processes never append the same line. A line that a crash cut off is ended and written again.

    Raises:
        LedgerFull: the file cannot be written.
    """
    try:
        with _locked(path) as descriptor:
            tail = _tail(descriptor)
            missing = lines_after(_newest(path, tail))
            if missing:
                start = b"" if not tail or tail.endswith(b"\n") else b"\n"
                _write(descriptor, start + "".join(f"{line}\n" for line in missing).encode())
    except OSError as err:
        raise _unusable(path, err) from err


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not path.exists()
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    try:
        if is_new:
            _sync_folder(path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def _tail(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, 3 * LONGEST, max(0, size - 3 * LONGEST))


def _newest(path: Path, tail: bytes) -> Checkpoint | None:
    whole = tail.decode("utf-8", "replace").split("\n")[:-1]
    for line in reversed(whole):
        found = parsed(line)
        if found is not None:
            return found
    if any(whole) or len(tail) > LONGEST:
        raise ChainBroken(
            f"{path} holds something, but no checkpoint at its end; find out who changed it, and move it away before going on"
        )
    return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, err: OSError) -> LedgerFull:
    return LedgerFull(
        f"checkpoint file {path} cannot be used ({err.strerror}); make it writable or name others under `checkpoint_files` in recall.yaml; "
        "nothing irreversible starts until then",
        path=str(path),
    )
