"""One cause is one issue, tick by tick: what confirms it, what opens another, and when that one is recalled too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from configs.effects import EffectKind
from configs.errors import TransitionRefused
from configs.terms import Evidence, Health, Issue, IssueChange, IssueEntry, IssueKind, IssueState, Level, Metric, RecallState, Verdict
from integrations.ledger.cases import issues_in, judgement_of, move_issue, recalls_in
from integrations.ledger.stories import story_of
from tasks.act import perform_due
from tasks.correlate import Correlated, correlate_look
from tasks.decide import propose, propose_again, propose_due
from tasks.file import dossier_facts
from tasks.score import due_proposals
from tests.tasks.homes import APP, BAD, EAGER, SMALL, START, Play, make_home, reopened
from tests.tasks.reviewed import settings, write_reviews
from tests.tasks.rules.alarmed import PIXEL_9, an_alarm
from tests.tasks.rules.written import CRASH, MONEY
from tests.tasks.test_score import watch

BEGIN = START + timedelta(hours=8)
"""When people begin to write: two hours after the crashes were seen."""

ONE_MODEL = SMALL.model_copy(update={"users": 3000, "crash_ratio": 1.0, "worst_device_ratio": 30.0, "anr_ratio": 1.0})
MILD: Mapping[str, Mapping[str, object]] = {
    **EAGER,
    "risk": {"harm_of_kind": {**dict.fromkeys(IssueKind, 1), IssueKind.PAYMENT: 3}, "propose_from": "low"},
}
"""One model crashes, and is to be recalled as a part."""


@pytest.fixture
def written(quick_folder: Path, tmp_path: Path) -> Callable[..., Play]:
    """A rehearsal in which people begin to write so at BEGIN."""

    def make(text: str, number: int = 40, **options: object) -> Play:
        write_reviews(tmp_path / "home", text, number, BEGIN)
        play = Play(reopened(make_home(tmp_path / "home", **settings(), **options)))  # type: ignore[arg-type]  # settings by name
        play.world.advance(START)
        return play

    return make


def issues(play: Play) -> dict[IssueKind, Issue]:
    with play.tools.book.read() as txn:
        return {issue.kind: issue for issue in issues_in(txn)}


def story(play: Play, issue: str) -> list[IssueEntry]:
    with play.tools.book.read() as txn:
        return list(story_of(txn, issue))


def recalled(play: Play) -> list[str]:
    with play.tools.book.read() as txn:
        return [recall.issue_id for recall in recalls_in(txn)]


def ticks(play: Play, number: int, hours: float = 3) -> None:
    for _ in range(number):
        play.wait(hours=hours)
        watch(play)
        propose_due(play.tools, APP)


# --- one cause ----------------------------------------------------------------------------------------------------------


def test_people_who_write_of_the_crash_confirm_the_issue_that_counts_opened(written: Callable[..., Play]) -> None:
    play = written(CRASH)
    ticks(play, 4)
    (issue,) = issues(play).values()
    opened, confirmed = story(play, issue.id)
    assert (opened.change, opened.metric, opened.source, opened.at) == (
        IssueChange.OPENED, Metric.CRASH, "vitals", START + timedelta(hours=6),
    )  # fmt: skip
    assert (confirmed.change, confirmed.metric, confirmed.kind) == (IssueChange.CONFIRMED, Metric.COMPLAINT, IssueKind.CRASH)
    assert "reviews" in confirmed.source
    assert "the same cause (malfunction)" in confirmed.reason
    assert recalled(play) == [issue.id]


def test_counts_confirm_the_issue_that_people_wrote_of_first(written: Callable[..., Play]) -> None:
    late = SMALL.model_copy(update={"crash_ratio": 1.8, "worst_device_ratio": 1.8, "anr_ratio": 1.0, "users": 3000})
    play = written(CRASH, scenario=late)
    while len([e for i in issues(play).values() for e in story(play, i.id)]) < 2:
        assert play.wait(hours=3) < START + timedelta(days=3)
        watch(play)
    (issue,) = issues(play).values()
    assert [(e.change.value, e.metric) for e in story(play, issue.id)] == [("opened", Metric.COMPLAINT), ("confirmed", Metric.CRASH)]
    with play.tools.book.read() as txn:
        evidence = judgement_of(txn, issue.id)[0]
    assert {e.metric for e in evidence if e.health is Health.DEGRADED} >= {Metric.COMPLAINT, Metric.CRASH}
    assert "complaint: " in issue.reason
    assert "crash: " in issue.reason


def test_what_was_told_stands_in_the_journal_of_that_look(written: Callable[..., Play]) -> None:
    play = written(CRASH)
    ticks(play, 4)
    told = [line for entry in play.entries("release.scored") for line in entry.facts["told"]]  # type: ignore[attr-defined]  # a list
    assert [(line["change"], line["metric"]) for line in told] == [("opened", "crash"), ("confirmed", "complaint")]
    assert all(line["issue"] == play.issue().id and line["reason"] for line in told)


def test_the_dossier_tells_what_confirmed_the_issue(written: Callable[..., Play]) -> None:
    play = written(CRASH)
    ticks(play, 4)
    told = [line.what for line in dossier_facts(play.tools, play.recall().id).timeline]
    assert told[0] == f"issue {play.issue().id} opened"
    (confirmed,) = (line for line in told if "confirms" in line)
    assert confirmed.startswith(f"complaint confirms {play.issue().id} as crash: the same cause (malfunction)")


def test_every_further_look_tells_nothing_new(written: Callable[..., Play]) -> None:
    play = written(CRASH)
    ticks(play, 4)
    before = story(play, play.issue().id)
    ticks(play, 4, hours=1)
    assert story(play, play.issue().id) == before


# --- another cause ------------------------------------------------------------------------------------------------------


def test_another_cause_is_opened_and_judged_but_not_recalled_beside_a_recall_that_covers_it(written: Callable[..., Play]) -> None:
    play = written(MONEY)
    ticks(play, 5)
    found = issues(play)
    crash, payment = found[IssueKind.CRASH], found[IssueKind.PAYMENT]
    assert (crash.state, payment.state, payment.level) == (IssueState.PROPOSED, IssueState.OPEN, Level.HIGH)
    assert story(play, payment.id)[0].reason == f"{crash.id} is of another cause (malfunction)"
    assert recalled(play) == [crash.id]
    assert due_proposals(play.tools, APP) == ()
    with play.tools.book.read() as txn:
        assert {e.metric for e in judgement_of(txn, payment.id)[0]} == {Metric.COMPLAINT}, "each issue rests on its own evidence"
    with pytest.raises(TransitionRefused, match="is covered by REC-"):
        propose(play.tools, issue_id=payment.id)


def test_the_further_issue_is_proposed_once_the_recall_that_covered_it_is_declined(written: Callable[..., Play]) -> None:
    play = written(MONEY)
    ticks(play, 4)
    propose_again(play.tools, APP)
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    play.sign("counsel", "legal", Verdict.REJECT)
    ticks(play, 1)
    found = issues(play)
    assert found[IssueKind.PAYMENT].state is IssueState.PROPOSED
    assert found[IssueKind.CRASH].state is IssueState.DISMISSED
    assert recalled(play) == [found[IssueKind.CRASH].id, found[IssueKind.PAYMENT].id]


def test_a_further_issue_beyond_the_recall_of_a_part_gets_a_recall_of_its_own(written: Callable[..., Play]) -> None:
    play = written(MONEY, scenario=ONE_MODEL, policy=MILD)
    ticks(play, 8)
    found = issues(play)
    with play.tools.book.read() as txn:
        recalls = {recall.issue_id: recall for recall in recalls_in(txn)}
    part, all_of_it = recalls[found[IssueKind.CRASH].id], recalls[found[IssueKind.PAYMENT].id]
    assert (part.scope.devices, all_of_it.scope.devices) == (("Pixel 8",), ())
    assert {part.state, all_of_it.state} == {RecallState.PROPOSED}
    assert len(recalls) == 2, "one cause never has two"


def test_operators_hear_once_that_an_issue_grew_beyond_its_recall(anew: Callable[..., Play]) -> None:
    play = anew(MILD)
    part = an_alarm(scope=PIXEL_9, at=START)
    look(play, part)
    propose_due(play.tools, APP)
    signed = play.issue()
    for hours in (1, 2, 3):
        look(play, an_alarm(at=START + timedelta(hours=hours)))
    told = [e for e in play.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("outgrown/")]
    assert [(e.recall_id, e.body["what"]) for e in told] == [(play.recall().id, "needs_person")]
    assert "concerns everyone who has it" in str(told[0].body["detail"])
    assert play.issue() == signed, "what people were asked about stands as it was"
    assert story(play, signed.id)[-1].change is IssueChange.WIDENED
    assert recalled(play) == [signed.id]
    assert {e.state.value for e in play.effects(EffectKind.TELL_OPERATORS)} == {"queued"}
    perform_due(play.tools, EffectKind.TELL_OPERATORS)
    assert {e.state.value for e in play.effects(EffectKind.TELL_OPERATORS)} == {"done"}


# --- judged by its own evidence -----------------------------------------------------------------------------------------


def look(play: Play, *alarms: Evidence) -> Correlated:
    with play.tools.book.write() as txn:
        return correlate_look(play.tools, txn, alarms, alarms, alarms[0].at)


def test_a_source_that_shows_less_harm_never_lowers_the_level(fresh: Play) -> None:
    words = an_alarm(Metric.COMPLAINT, version=BAD, events=20, exposure=30)
    look(fresh, words)
    high = fresh.issue()
    counts = an_alarm(at=words.at + timedelta(hours=1), version=BAD, events=6, exposure=2_000_000_000, ratio=1.2, ratio_high=1.3)
    look(fresh, counts)
    assert (high.level, fresh.issue().level) == (Level.HIGH, Level.HIGH)
    assert fresh.issue().reason == f"crash: {counts.reason}; complaint: {words.reason}"


def test_a_dismissed_issue_that_gets_worse_is_reopened_with_the_reason(fresh: Play) -> None:
    mild = an_alarm(Metric.COMPLAINT, version=BAD, events=10, exposure=50)
    look(fresh, mild)
    opened = fresh.issue()
    with fresh.tools.book.write() as txn:
        move_issue(txn, opened, IssueState.DISMISSED)
    again = an_alarm(Metric.COMPLAINT, version=BAD, events=10, exposure=50, at=mild.at + timedelta(hours=1))
    assert look(fresh, again).opened == ()
    worse = an_alarm(Metric.COMPLAINT, version=BAD, events=40, exposure=50, at=mild.at + timedelta(hours=2))
    assert look(fresh, worse).opened == (fresh.issue().id,)
    assert fresh.issue().state is IssueState.OPEN
    assert story(fresh, fresh.issue().id)[-1].change is IssueChange.REOPENED


def test_a_recall_declined_for_a_part_is_proposed_again_when_everyone_is_concerned(anew: Callable[..., Play]) -> None:
    play = anew(MILD)
    look(play, an_alarm(scope=PIXEL_9, at=START))
    propose_due(play.tools, APP)
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    play.sign("counsel", "legal", Verdict.REJECT)
    assert look(play, an_alarm(scope=PIXEL_9, at=START + timedelta(hours=1))).opened == ()
    assert play.issue().state is IssueState.DISMISSED
    assert look(play, an_alarm(at=START + timedelta(hours=2))).opened == (play.issue().id,)
    (told,) = (e for e in play.effects(EffectKind.TELL_OPERATORS) if e.target.startswith("reopened/"))
    assert "is open again: " in str(told.body["detail"])
    propose_due(play.tools, APP)
    assert (play.recall().revision, play.recall().scope.devices) == (2, ())
    assert [e.change for e in story(play, play.issue().id)] == [IssueChange.OPENED, IssueChange.WIDENED, IssueChange.REOPENED]
