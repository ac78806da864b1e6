"""`recall sign` counts a signature once, and says why it does not count one."""

import pytest

from configs.terms import RecallState
from tests.flows.commands.conftest import Recall, Said
from tests.tasks.homes import EVERYONE, REASON, TECH, Play


def signed(recall: Recall, play: Play, person: str, role: str, *more: str, code: str | None = None, verdict: str = "approve") -> Said:
    code = play.code(person, role, play.question()) if code is None else code
    given = ["--person", person, "--role", role, "--verdict", verdict, "--reason", REASON, "--code", code]
    return recall("sign", play.question(), *given, *more)


def test_each_signature_says_what_is_still_missing(recall: Recall, proposed: Play) -> None:
    question, last = proposed.question(), ""
    for person, role in EVERYONE:
        code = proposed.code(person, role, question)
        said = recall("sign", question, "--person", person, "--role", role, "--verdict", "approve", "--reason", REASON, "--code", code)
        assert said.status == 0
        last = said.out
        assert ("still needs" in last) is ((person, role) != EVERYONE[-1])
    assert "approved" in last
    assert proposed.recall().state is RecallState.APPROVED


def test_json_tells_state_and_what_is_missing(recall: Recall, proposed: Play) -> None:
    told = signed(recall, proposed, *TECH, "--json").json
    assert told == {"proposal": proposed.question(), "state": "waiting", "missing": {"product": 1, "legal": 1}}


@pytest.mark.parametrize(
    ("person", "role", "code", "words"),
    [
        ("tech-lead", "tech", "AAAAA-AAAAA", "not the code of 'tech-lead'"),
        ("tech-lead", "legal", "AAAAA-AAAAA", "legal"),
        ("stranger", "tech", "AAAAA-AAAAA", "stranger"),
    ],
    ids=["wrong code", "role not held", "unknown person"],
)
def test_a_signature_that_does_not_count_is_refused(recall: Recall, proposed: Play, person: str, role: str, code: str, words: str) -> None:
    said = signed(recall, proposed, person, role, code=code)
    assert (said.status, said.out) == (4, "")
    assert words in said.err
    assert recall("status", "--json").json["proposals"][0]["signatures"] == 0


def test_the_same_answer_again_changes_nothing_and_another_is_refused(recall: Recall, proposed: Play) -> None:
    code = proposed.code(*TECH, proposed.question())
    first, again = (signed(recall, proposed, *TECH, code=code) for _ in range(2))
    assert first.out == again.out
    other = signed(recall, proposed, *TECH, code=code, verdict="reject")
    assert other.status == 4
    assert recall("status", "--json").json["proposals"][0]["signatures"] == 1


def test_an_unknown_proposal_is_named(recall: Recall, proposed: Play) -> None:
    said = recall("sign", "P-nope", "--person", "tech-lead", "--role", "tech", "--verdict", "approve", "--reason", REASON, "--code", "x")
    assert said.status == 3
    assert "no proposal 'P-nope'" in said.err


def test_without_a_code_and_without_a_terminal_it_says_where_the_code_is(recall: Recall, proposed: Play) -> None:
    said = signed(recall, proposed, *TECH, code="")
    assert said.status == 3
    assert "in your own message" in said.err
