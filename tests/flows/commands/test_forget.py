"""`recall forget`: a person is gone from the ledger, and what was done still verifies."""

from __future__ import annotations

import pytest

from configs.effects import EffectKind
from tasks.act import perform_due
from tasks.notify import freeze_due
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import APP, EVERYONE, Play

WHO = ("--person", "product-lead", "--reason", "They asked for it.")


@pytest.fixture
def approved(proposed: Play) -> Play:
    """Everyone has signed."""
    question = proposed.question()
    for person, role in EVERYONE:
        proposed.sign(person, role, question=question)
    return proposed


def someone(play: Play) -> tuple[str, str]:
    """A contact who is to be written to: id and address."""
    scope = play.recall().scope
    found = next(c for c in play.tools.contacts[APP].exposed(scope) if c.version == scope.version and "email" in c.addresses)
    return found.subject, found.addresses["email"]


def test_who_is_forgotten_gets_nothing_and_is_found_nowhere(recall: Recall, approved: Play) -> None:
    freeze_due(approved.tools, APP)
    subject, address = someone(approved)
    assert recall("forget", subject, *WHO, "--json").json == {"was_known": True, "addresses": 1}
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    assert address not in {to for to, _ in approved.outbox().values()}
    assert not [name for name, row in approved.tables() if subject in map(str, row)]
    assert recall("verify").status == 0


def test_forgetting_twice_or_nobody_is_no_error(recall: Recall, approved: Play) -> None:
    assert recall("forget", "nobody", *WHO, "--json").json == {"was_known": False, "addresses": 0}
    assert "knows nobody" in recall("forget", "nobody", *WHO).out


@pytest.mark.parametrize("changed", [{"--person": "stranger"}, {"--reason": "no"}], ids=["unknown person", "no reason"])
def test_without_a_name_or_reason_nothing_is_erased(recall: Recall, approved: Play, changed: dict[str, str]) -> None:
    given = dict(zip(WHO[::2], WHO[1::2], strict=True)) | changed
    said = recall("forget", "anyone", *[part for pair in given.items() for part in pair])
    assert (said.status, said.out) == (3, "")
