"""What is known of a chunk after a kill. Add here when a trace tells more."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from configs.effects import DeliveryState, Receipt
from integrations.holder import UNKNOWN
from integrations.trace import FileTrace, read_trace

HERE = "boot-1"
TAKEN = Receipt("k1", DeliveryState.ACCEPTED)
BOUNCED = Receipt("k2", DeliveryState.BOUNCED, "<k2@x>", 'no "such" user')


def written(path: Path, machine: str = HERE) -> Path:
    with FileTrace(path, machine) as trace:
        trace.note([], ["k1", "k2", "k3"])
        trace.note([TAKEN, BOUNCED], ["k4"])
    return path


def test_answers_and_doubts_are_told_apart(tmp_path: Path) -> None:
    traced = read_trace(written(tmp_path / "a.trace"), HERE)
    assert traced is not None
    assert traced.answered == {"k1": TAKEN, "k2": BOUNCED}
    assert traced.in_doubt == {"k3", "k4"}


def test_a_second_try_adds_to_the_first(tmp_path: Path) -> None:
    path = written(tmp_path / "a.trace")
    with FileTrace(path, HERE) as trace:
        trace.note([], ["k2"])
        trace.note([Receipt("k3", DeliveryState.ACCEPTED)], [])
    traced = read_trace(path, HERE)
    assert traced is not None
    assert (set(traced.answered), traced.in_doubt) == ({"k1", "k3"}, {"k2", "k4"})


def test_another_boot_or_machine_cannot_rely_on_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.trace")
    assert read_trace(path, "boot-2") is None
    assert read_trace(path, UNKNOWN) is None
    assert read_trace(tmp_path / "none.trace", HERE) is None
    assert read_trace(written(path, "boot-2"), HERE) is None


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = written(tmp_path / "outbox" / "a.trace")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@given(cut=st.integers(1, 200))
def test_a_trace_cut_anywhere_never_calls_a_doubt_answered(tmp_path_factory, cut: int) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    path = written(tmp_path_factory.mktemp("cut") / "a.trace")
    path.write_bytes(path.read_bytes()[:-cut])
    traced = read_trace(path, HERE)
    assert traced is not None
    assert set(traced.answered) <= {"k1", "k2"}
    assert not traced.in_doubt & set(traced.answered)
