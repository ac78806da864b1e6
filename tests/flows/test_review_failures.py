"""One thing that fails holds up nothing else in a tick, and the tick still says that it failed.

Add here when another failure must stay alone; rather in `test_hard_ends.py` when the process dies of it.
"""

from __future__ import annotations

import pytest

from configs.errors import LedgerFull, Refused, SourceUnavailable
from tasks.run import all_of


def _raise(error: Exception) -> None:
    raise error


def test_every_part_runs_and_the_first_failure_is_raised_at_the_end() -> None:
    ran: list[str] = []
    parts = (
        lambda: ran.append("a"),
        lambda: _raise(Refused("no")),
        lambda: ran.append("b"),
        lambda: _raise(SourceUnavailable("down")),
        lambda: ran.append("c"),
    )
    with pytest.raises(Refused, match="no"):
        all_of(*parts)
    assert ran == ["a", "b", "c"]


@pytest.mark.parametrize("error", [LedgerFull("no room"), ValueError("a bug")], ids=["ledger", "bug"])
def test_what_would_stop_the_rest_too_ends_it_at_once(error: Exception) -> None:
    ran: list[str] = []
    with pytest.raises(type(error)):
        all_of(lambda: ran.append("a"), lambda: _raise(error), lambda: ran.append("b"))
    assert ran == ["a"]


def test_without_failures_every_result_is_returned_in_order() -> None:
    assert all_of(lambda: 1, lambda: 2) == [1, 2]
