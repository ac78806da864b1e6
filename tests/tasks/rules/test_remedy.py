"""What may be taken as a fix by itself. Add here when a remedy is recognised in another way."""

from __future__ import annotations

import pytest

from configs.policy import Fix, Taken
from tasks.rules.remedy import is_patch_of, may_be_taken


@pytest.mark.parametrize(
    ("version", "recalled", "is_one"),
    [
        ("2.1.1", "2.1.0", True),
        ("2.1.0.1", "2.1.0", True),
        ("2.1.10", "2.1.9", True),
        ("4.2.2+900", "4.2.1+883", False),
        ("4.2.1+900", "4.2.1+883", True),
        ("2.2.0", "2.1.0", False),
        ("3.1.1", "2.1.0", False),
        ("2.1.0", "2.1.0", False),
        ("2.0.9", "2.1.0", False),
        ("43", "42", False),
        ("", "2.1.0", False),
    ],
)
def test_patch_shares_every_number_but_the_last(version: str, recalled: str, is_one: bool) -> None:
    assert is_patch_of(version, recalled) is is_one


@pytest.mark.parametrize(
    ("taken", "patch", "feature"),
    [(Taken.NONE, False, False), (Taken.PATCH, True, False), (Taken.NEWEST, True, True)],
)
def test_policy_says_what_is_taken_without_being_named(taken: Taken, patch: bool, feature: bool) -> None:
    fix = Fix(taken_by_itself=taken, update_priority=5)
    assert (may_be_taken("2.1.1", "2.1.0", fix), may_be_taken("2.2.0", "2.1.0", fix)) == (patch, feature)
    assert not may_be_taken("2.0.9", "2.1.0", fix)
