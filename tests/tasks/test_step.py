"""The step: run once, audited, retried on what may pass. Add here when every step must promise something more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest

from configs.errors import KeyReused, Refused, SourceUnavailable, Throttled
from tasks.step import ATTEMPTS, LONGEST_WAIT_SECONDS, Step, Work, _worth_another_try, step
from tests.tasks.homes import Play

CANARY = "CANARY-7Q2X9"


@dataclass(frozen=True, slots=True)
class Counted:
    number: int
    at: datetime


class Ledgered:
    """A step whose body counts how often it ran, and does what the test wants first."""

    def __init__(self) -> None:
        self.runs = 0
        self.failures: list[Exception] = []
        self.step: Step[..., Counted] = self._made()

    def _made(self) -> Step[..., Counted]:
        @step(identity=("thing",), subject="{thing}", secret=("code",))
        def count_thing(work: Work, thing: str, amount: int = 1, code: str = "") -> Counted:
            self.runs += 1
            if self.failures:
                raise self.failures.pop(0)
            with work.write() as txn:
                return work.done(txn, "thing.counted", {"amount": amount}, Counted(amount, datetime(2026, 3, 2, tzinfo=UTC)))

        return count_thing


@pytest.fixture
def counting() -> Ledgered:
    return Ledgered()


def test_second_call_returns_the_recorded_result_and_runs_nothing(fresh: Play, counting: Ledgered) -> None:
    first = counting.step(fresh.tools, thing="a", amount=3)
    assert counting.step(fresh.tools, thing="a", amount=3) == first == Counted(3, datetime(2026, 3, 2, tzinfo=UTC))
    assert counting.runs == 1
    assert len(fresh.entries("thing.counted")) == 1


def test_another_identity_is_another_step(fresh: Play, counting: Ledgered) -> None:
    counting.step(fresh.tools, thing="a")
    counting.step(fresh.tools, thing="b")
    assert [e.subject for e in fresh.entries("thing.counted")] == ["a", "b"]


def test_same_identity_with_other_arguments_is_refused_and_written_down(fresh: Play, counting: Ledgered) -> None:
    counting.step(fresh.tools, thing="a", amount=1)
    with pytest.raises(KeyReused, match="count_thing"):
        counting.step(fresh.tools, thing="a", amount=2)
    assert counting.runs == 1
    assert [e.facts["error"] for e in fresh.entries("step.failed")] == ["KeyReused"]


def test_argument_given_by_default_or_by_name_is_the_same_step(fresh: Play, counting: Ledgered) -> None:
    counting.step(fresh.tools, thing="a")
    counting.step(fresh.tools, thing="a", amount=1)
    assert counting.runs == 1


def test_secret_argument_is_no_part_of_the_key(fresh: Play, counting: Ledgered) -> None:
    counting.step(fresh.tools, thing="a", code="one")
    counting.step(fresh.tools, thing="a", code="two")
    assert counting.runs == 1


def test_transient_failures_are_tried_again_until_it_works(fresh: Play, counting: Ledgered) -> None:
    counting.failures = [SourceUnavailable("not now"), SourceUnavailable("not yet")]
    assert counting.step(fresh.tools, thing="a").number == 1
    assert counting.runs == 3
    assert fresh.entries("step.failed") == ()


def test_transient_failure_is_given_up_after_the_last_try(fresh: Play, counting: Ledgered) -> None:
    counting.failures = [SourceUnavailable("not now")] * 99
    with pytest.raises(SourceUnavailable):
        counting.step(fresh.tools, thing="a")
    assert counting.runs == ATTEMPTS


@pytest.mark.parametrize("failure", [Refused("a rule says no"), ValueError("a bug")], ids=["refusal", "bug"])
def test_lasting_failure_is_not_tried_again_and_is_written_down(fresh: Play, counting: Ledgered, failure: Exception) -> None:
    counting.failures = [failure]
    with pytest.raises(type(failure)):
        counting.step(fresh.tools, thing="a")
    assert counting.runs == 1
    (entry,) = fresh.entries("step.failed")
    assert (entry.subject, entry.facts["step"], entry.facts["error"]) == ("a", "count_thing", type(failure).__name__)


def test_words_of_a_bug_stay_out_of_the_journal(fresh: Play, counting: Ledgered) -> None:
    counting.failures = [ValueError(f"{CANARY} someone@mail.example")]
    with pytest.raises(ValueError, match=CANARY):
        counting.step(fresh.tools, thing="a")
    assert not [row for row in fresh.tables() if CANARY in repr(row)]


def test_failed_step_can_be_done_later(fresh: Play, counting: Ledgered) -> None:
    counting.failures = [Refused("not yet")]
    with pytest.raises(Refused):
        counting.step(fresh.tools, thing="a")
    assert counting.step(fresh.tools, thing="a").number == 1


def test_no_secret_argument_is_in_the_ledger_or_in_logs(fresh: Play, counting: Ledgered, caplog: pytest.LogCaptureFixture) -> None:
    counting.step(fresh.tools, thing="done", code=CANARY)
    counting.failures = [Refused("no")]
    with pytest.raises(Refused):
        counting.step(fresh.tools, thing="refused", code=CANARY)
    assert not [row for row in fresh.tables() if CANARY in repr(row)]
    assert CANARY not in caplog.text


def test_two_threads_at_the_same_step_leave_one_record_and_get_the_same_result(fresh: Play) -> None:
    both_inside, results = Barrier(2, timeout=10), []

    @step(identity=("thing",), subject="{thing}")
    def meet_at(work: Work, thing: str) -> Counted:
        number = both_inside.wait()
        with work.write() as txn:
            return work.done(txn, "thing.counted", {"by": number}, Counted(number, datetime(2026, 3, 2, tzinfo=UTC)))

    threads = [Thread(target=lambda: results.append(meet_at(fresh.tools, thing="a"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0] == results[1]
    assert len(fresh.entries("thing.counted")) == 1


def test_rows_of_the_slower_of_two_threads_are_undone_with_its_record(fresh: Play) -> None:
    """What the second one wrote in its own transaction must not stay beside the first one's result."""
    both_inside = Barrier(2, timeout=10)

    @step(identity=("thing",), subject="{thing}")
    def note_twice(work: Work, thing: str) -> int:
        both_inside.wait()
        with work.write() as txn:
            work.note(txn, "thing.noted", {})
            return work.done(txn, "thing.counted", {}, 1)

    threads = [Thread(target=note_twice, args=(fresh.tools,), kwargs={"thing": "a"}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fresh.entries("thing.noted")) == 1


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (SourceUnavailable("x"), True),
        (Throttled("x", retry_after_seconds=2.0), 2.0),
        (Throttled("x", retry_after_seconds=900.0), LONGEST_WAIT_SECONDS),
        (Throttled("x"), True),
        (Refused("x"), False),
        (ValueError("x"), False),
    ],
    ids=["transient", "asked to wait", "asked to wait long", "asked to wait somehow", "refused", "bug"],
)
def test_wait_is_what_the_neighbour_asked_for_within_bounds(error: Exception, wait: bool | float) -> None:
    assert _worth_another_try(error) == wait
