"""`recall split` makes a part of an issue one of its own, for good: shown, journaled, and refused with the way out."""

import pytest

from configs.terms import IssueKind, Metric
from flows.commands.arguments import KINDS
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import REASON, Play
from tests.tasks.rules.alarmed import PIXEL_9, an_alarm
from tests.tasks.test_regroup import CRASH, HANG, count, issue, look

BY = ("--person", "tech-lead", "--reason", REASON)


@pytest.fixture
def crash(fresh: Play) -> str:
    """Id of an issue of crashes, and of hangs of one model."""
    (opened,) = look(fresh, CRASH, an_alarm(Metric.ANR, scope=PIXEL_9))
    return opened


def test_the_kinds_it_takes_are_those_of_the_glossary() -> None:
    assert tuple(IssueKind) == KINDS


@pytest.mark.parametrize("part", [("--kind", "hang"), ("--scope", "device=Pixel 9")], ids=["kind", "scope"])
def test_a_part_is_an_issue_of_its_own_and_says_so(recall: Recall, fresh: Play, crash: str, part: tuple[str, str]) -> None:
    told = recall("split", crash, *part, *BY, "--json").json
    new = issue(fresh, told["part"])
    assert told == {"issue": crash, "level": issue(fresh, crash).level.value, "part": new.id, "part_level": new.level.value}
    assert new.kind is IssueKind.HANG


def test_people_read_both_ids(recall: Recall, fresh: Play, crash: str) -> None:
    said = recall("split", crash, "--kind", "hang", *BY)
    assert said.status == 0
    assert f"is split off from {crash}" in said.out
    assert count(fresh) == 2


def test_explain_shows_the_split_on_both_sides(recall: Recall, crash: str) -> None:
    part = recall("split", crash, "--kind", "hang", *BY, "--json").json["part"]
    for asked, word in ((crash, f"split off {part} hang"), (part, f"split from {crash} hang")):
        shown = recall("explain", asked).out
        assert all(found in shown for found in (word, "tech-lead", REASON))


@pytest.mark.parametrize(
    ("part", "status", "words"),
    [
        (("--kind", "payment"), 4, "rests on is of kind payment"),
        (("--scope", "device=Galaxy"), 4, "rests on is of devices Galaxy"),
        (("--scope", "Pixel 9"), 3, "'Pixel 9' is no scope; write country=..., os=..., device=..."),
    ],
    ids=["no such kind", "no such scope", "no scope"],
)
def test_what_is_no_part_is_refused(recall: Recall, fresh: Play, crash: str, part: tuple[str, str], status: int, words: str) -> None:
    said = recall("split", crash, *part, *BY)
    assert (said.status, said.out) == (status, "")
    assert words in said.err
    assert count(fresh) == 1


@pytest.mark.parametrize("given", [(), ("--kind", "hang", "--scope", "os=15"), ("--kind", "mood")], ids=["neither", "both", "no kind"])
def test_exactly_one_known_part_is_asked_for(
    recall: Recall, crash: str, given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        recall("split", crash, *given, *BY)
    assert ended.value.code == 2
    assert "usage: recall split" in capsys.readouterr().err


def test_an_unknown_issue_or_a_stranger_is_refused(recall: Recall, fresh: Play, crash: str) -> None:
    assert recall("split", "ISS-nope", "--kind", "hang", *BY).status == 3
    assert recall("split", crash, "--kind", "hang", "--person", "stranger", "--reason", REASON).status == 3
    assert count(fresh) == 1


def test_splitting_twice_says_that_it_is_done(recall: Recall, crash: str) -> None:
    assert recall("split", crash, "--kind", "hang", *BY).status == 0
    said = recall("split", crash, "--kind", "hang", *BY)
    assert said.status == 4
    assert "it has crash (crash) for everyone who has it" in said.err


def test_the_next_tick_does_not_undo_it(recall: Recall, fresh: Play, crash: str) -> None:
    part = recall("split", crash, "--kind", "hang", *BY, "--json").json["part"]
    look(fresh, HANG)
    assert count(fresh) == 2
    shown = recall("explain", part, "--json").json
    assert {e["metric"] for e in shown["evidence"]} == {"anr"}
