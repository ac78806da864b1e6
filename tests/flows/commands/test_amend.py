"""`recall amend` and `recall withdraw` change a question; `recall roles` shows and asks who signs.

Add here when one of the three asks for something else; rather in `tests/tasks/test_amend.py` when it does something else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.errors import BadInput
from configs.terms import RecallState
from flows.commands.amend import start_from
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import PRODUCT, REASON, TECH, Play, reopened

NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)


def test_changed_proposal_is_open_as_the_next_revision(recall: Recall, proposed: Play) -> None:
    question = proposed.question()
    who = ["--person", PRODUCT[0], "--reason", REASON, "--code", proposed.code(*PRODUCT, question)]
    proposed.sign(*TECH, question=question)
    said = recall(
        "amend", question, *who, "--action", "partial", "--countries", "DE,FR", "--os", "14", "--devices", "Pixel 9", "--note", "N."
    )
    assert (said.status, said.err) == (0, "")
    assert "is open as revision 2; void are the signatures of tech-lead" in said.out
    assert proposed.recall().scope.countries == ("DE", "FR")
    assert proposed.code(*TECH, proposed.question()) != ""


def test_start_for_later_is_told_to_the_signers(recall: Recall, proposed: Play) -> None:
    question = proposed.question()
    who = ["--person", PRODUCT[0], "--reason", REASON, "--code", proposed.code(*PRODUCT, question)]
    told = recall("amend", question, *who, "--not-before", "20:00", "--json").json
    assert told["revision"] == 2
    assert "at the earliest" in proposed.mail("counsel")[-1].text


def test_proposal_that_is_not_there_is_named(recall: Recall, proposed: Play) -> None:
    said = recall("amend", "P-none", "--person", "tech-lead", "--reason", REASON, "--note", "x", "--code", "x")
    assert (said.status, "`recall status` lists the open ones" in said.err) == (3, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("20:00", datetime(2026, 3, 2, 20, tzinfo=UTC)),
        ("18:30", datetime(2026, 3, 3, 18, 30, tzinfo=UTC)),
        ("2026-03-02T20:00", datetime(2026, 3, 2, 20, tzinfo=UTC)),
        ("2026-03-02T20:00+02:00", datetime(2026, 3, 2, 18, tzinfo=UTC)),
    ],
)
def test_times_as_people_type_them(typed: str, meant: datetime) -> None:
    assert start_from(typed, NOW) == meant


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "20", "2026-13-01T00:00", "20:00:99"])
def test_what_is_no_time_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(BadInput, match="write 20:00"):
        start_from(typed, NOW)


def test_signature_and_then_the_proposal_are_withdrawn(recall: Recall, proposed: Play) -> None:
    question = proposed.question()
    proposed.sign(*TECH, question=question)
    mine = recall("withdraw", question, "--person", "tech-lead", "--reason", REASON, "--signature")
    assert (mine.status, "is void" in mine.out) == (0, True)
    assert recall("withdraw", question, "--person", "counsel", "--reason", REASON, "--json").json == {
        "question": question,
        "withdrawn": "question",
    }
    assert proposed.recall().state is RecallState.DECLINED
    again = recall("withdraw", question, "--person", "counsel", "--reason", REASON)
    assert (again.status, "recall brake" in again.err) == (4, True)


def test_signers_in_force_and_what_the_file_says_otherwise(recall: Recall, proposed: Play) -> None:
    assert "agreement 1, founded at" in recall("roles").out
    policy: Path = proposed.home / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("product-lead", "new-lead"), encoding="utf-8")
    reopened(proposed.home)
    shown = recall("roles")
    assert "product: 1 of product-lead" in shown.out
    assert "+ new-lead: product" in shown.out
    assert recall("tick", "advance").status == 0
    assert "names other signers than were agreed" in recall("status").out
    assert recall("status", "--json").json["roles"][0]["changes"].startswith("- product-lead")
    asked = recall("roles", "propose", "--person", "tech-lead", "--reason", REASON, "--json").json
    assert asked == {"question": "roles-1"}
    assert recall("roles", "--json").json["question"] == "roles-1"


def test_restored_signers_are_named_by_verify_for_good(recall: Recall, proposed: Play) -> None:
    policy: Path = proposed.home / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("product-lead", "new-lead"), encoding="utf-8")
    reopened(proposed.home)
    said = recall("roles", "restore", "--person", "new-lead", "--reason", REASON)
    assert "unless one of them objects" in said.out
    proposed.wait(hours=25)
    assert recall("tick", "advance").status == 0
    assert "product: 1 of new-lead" in recall("roles").out
    assert "whom nobody had signed for" in recall("verify").out


def test_asking_needs_a_person_and_a_reason(recall: Recall, proposed: Play) -> None:
    said = recall("roles", "propose")
    assert (said.status, "needs --person and --reason" in said.err) == (3, True)
