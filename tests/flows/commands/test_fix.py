"""`recall fix` names the remedy where nothing is taken by itself. Add here when the command asks for something else."""

from tests.flows.commands.conftest import Recall
from tests.tasks.homes import REASON, Play


def test_unknown_recall_is_named_with_the_way_out(recall: Recall, fresh: Play) -> None:
    said = recall("fix", "REC-none", "2.1.1", "--person", "tech-lead", "--reason", REASON)
    assert (said.status, "`recall status` lists them" in said.err) == (3, True)


def test_recall_that_nobody_signed_takes_no_fix(recall: Recall, proposed: Play) -> None:
    said = recall("fix", proposed.recall().id, "2.1.1", "--person", "tech-lead", "--reason", REASON, "--json")
    assert said.status == 4
    assert said.out == ""
