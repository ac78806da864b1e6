"""A person joins and parts issues: journaled, with reasons, and no tick undoes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from configs.effects import EffectKind
from configs.errors import BadInput, KeyReused, NotFound, RecallError, Refused
from configs.terms import Evidence, Issue, IssueChange, IssueKind, IssueState, Level, Metric, Suspect
from integrations.ledger.cases import issues_in, judgement_of, the_issue
from tasks.correlate import correlate_look
from tasks.decide import propose_due
from tasks.file import dossier_facts
from tasks.regroup import merge_issues, split_issue
from tasks.score import due_proposals
from tests.tasks.homes import APP, REASON, Play, reopened
from tests.tasks.rules.alarmed import ALL, AT, PIXEL_8, PIXEL_9, PIXELS, an_alarm
from tests.tasks.test_correlate import MILD, story

WHO = {"person": "tech-lead", "reason": REASON}
HOUR = timedelta(hours=1)
CRASH, HANG = an_alarm(), an_alarm(Metric.ANR)
PAYMENT = an_alarm(Metric.COMPLAINT, kind=IssueKind.PAYMENT, events=20, exposure=30)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, anew: Callable[..., Play]) -> Play:
    """A ledger in which nothing has happened, on each database."""
    if request.param == "sqlite":
        return anew()
    return anew(ledger=str(request.getfixturevalue("postgres_url")))


def look(play: Play, *alarms: Evidence, at: datetime = AT) -> tuple[str, ...]:
    """What one look at these alarms does; ids of the issues it opens."""
    with play.tools.book.write() as txn:
        found = [replace(alarm, at=at) for alarm in alarms]
        return correlate_look(play.tools, txn, found, found, at).opened


def issue(play: Play, key: str) -> Issue:
    with play.tools.book.read() as txn:
        return the_issue(txn, key)


def count(play: Play) -> int:
    with play.tools.book.read() as txn:
        return len(issues_in(txn))


def metrics(play: Play, key: str) -> set[Metric]:
    with play.tools.book.read() as txn:
        return {e.metric for e in judgement_of(txn, key)[0]}


def split(play: Play, key: str, request: str = "r1", *, kind: str = "", scope: tuple[str, ...] = (), **who: str) -> str:
    return split_issue(play.tools, issue_id=key, kind=kind, scope=scope, request=request, **(WHO | who)).part


# --- merging ------------------------------------------------------------------------------------------------------------


def test_merging_gives_evidence_and_level_to_the_other_issue_and_is_written_down(empty: Play) -> None:
    (crash,) = look(empty, an_alarm(events=6, exposure=2_000_000_000, ratio=1.2, ratio_high=1.3))
    (payment,) = look(empty, PAYMENT, at=AT + HOUR)
    before = issue(empty, crash).level
    merged = merge_issues(empty.tools, issue_id=payment, into=crash, **WHO)
    assert (merged.issue_id, merged.into, merged.level) == (payment, crash, Level.HIGH)
    assert before.rank < Level.HIGH.rank
    assert (issue(empty, payment).state, issue(empty, crash).level) == (IssueState.MERGED, Level.HIGH)
    assert metrics(empty, crash) == {Metric.CRASH, Metric.COMPLAINT}
    assert [(e.change, e.other, e.person, e.reason) for e in story(empty, payment)[1:]] == [
        (IssueChange.MERGED, crash, "tech-lead", REASON)
    ]
    assert [(e.change, e.other) for e in story(empty, crash)[1:]] == [(IssueChange.ABSORBED, payment)]
    (entry,) = empty.entries("issue.merged")
    assert (entry.subject, entry.actor, entry.facts["into"], entry.facts["reason"]) == (payment, "tech-lead", crash, REASON)


def test_no_later_look_undoes_a_merge(empty: Play) -> None:
    (crash,) = look(empty, CRASH)
    (payment,) = look(empty, PAYMENT, at=AT + HOUR)
    merge_issues(empty.tools, issue_id=payment, into=crash, **WHO)
    assert look(empty, CRASH, PAYMENT, at=AT + 2 * HOUR) == ()
    assert look(empty, an_alarm(Metric.TICKET, kind=IssueKind.PAYMENT), at=AT + 3 * HOUR) == ()
    assert count(empty) == 2
    assert [(e.change, e.metric) for e in story(empty, crash)[2:]] == [
        (IssueChange.CONFIRMED, Metric.COMPLAINT),
        (IssueChange.CONFIRMED, Metric.TICKET),
    ]
    assert len(story(empty, payment)) == 2


def test_level_of_what_was_merged_outlives_a_look_that_says_less(empty: Play) -> None:
    weak = an_alarm(events=6, exposure=2_000_000_000, ratio=1.2, ratio_high=1.3)
    (crash,) = look(empty, weak)
    (payment,) = look(empty, PAYMENT, at=AT + HOUR)
    merge_issues(empty.tools, issue_id=payment, into=crash, **WHO)
    look(empty, weak, at=AT + 2 * HOUR)
    assert issue(empty, crash).level is Level.HIGH
    assert due_proposals(empty.tools, APP) == (crash,)


def test_merging_the_same_again_changes_nothing(empty: Play) -> None:
    (crash,), (payment,) = look(empty, CRASH), look(empty, PAYMENT)
    first = merge_issues(empty.tools, issue_id=payment, into=crash, **WHO)
    assert merge_issues(empty.tools, issue_id=payment, into=crash, **WHO) == first
    assert len(empty.entries("issue.merged")) == 1
    with pytest.raises(KeyReused):
        merge_issues(empty.tools, issue_id=payment, into=crash, person="counsel", reason=REASON)


# --- splitting ----------------------------------------------------------------------------------------------------------


def test_a_kind_split_off_is_an_issue_of_its_own_from_then_on(empty: Play) -> None:
    (crash,) = look(empty, CRASH, HANG)
    part = split(empty, crash, kind="hang")
    assert (issue(empty, part).kind, issue(empty, part).state) == (IssueKind.HANG, IssueState.OPEN)
    assert (metrics(empty, part), metrics(empty, crash)) == ({Metric.ANR}, {Metric.CRASH})
    assert issue(empty, crash).reason.startswith("crash: ")
    assert "anr" not in issue(empty, crash).reason
    told = [len(story(empty, key)) for key in (crash, part)]
    assert look(empty, CRASH, HANG, at=AT + HOUR) == ()
    assert (metrics(empty, part), metrics(empty, crash)) == ({Metric.ANR}, {Metric.CRASH})
    assert [len(story(empty, key)) for key in (crash, part)] == told
    (entry,) = empty.entries("issue.split")
    assert (entry.subject, entry.actor, entry.facts["part"], entry.facts["of"]) == (crash, "tech-lead", part, "kind hang")


def test_a_scope_split_off_is_an_issue_of_its_own_from_then_on(empty: Play) -> None:
    model = an_alarm(Metric.ANR, scope=PIXEL_9)
    (crash,) = look(empty, CRASH, model)
    part = split(empty, crash, scope=("device=Pixel 9",))
    assert (issue(empty, part).scope, issue(empty, crash).scope.devices) == (PIXEL_9, ())
    assert look(empty, CRASH, model, an_alarm(Metric.TICKET, scope=PIXEL_9), at=AT + HOUR) == ()
    assert (metrics(empty, part), metrics(empty, crash)) == ({Metric.ANR, Metric.TICKET}, {Metric.CRASH})


def test_a_suspected_scope_can_be_split_off_before_it_is_sure(empty: Play) -> None:
    unsure = an_alarm(suspects=(Suspect(PIXEL_9, 0.4, log_evidence=6.0, ratio=8.0, ratio_low=3.0, ratio_high=20.0),))
    (crash,) = look(empty, unsure)
    part = split(empty, crash, scope=("device=Pixel 9",))
    with empty.tools.book.read() as txn:
        (evidence,) = judgement_of(txn, part)[0]
    assert (evidence.scope, evidence.log_evidence, evidence.ratio) == (PIXEL_9, 6.0, 8.0)
    assert metrics(empty, crash) == {Metric.CRASH}, "what only suspects the part stays"
    assert look(empty, an_alarm(scope=PIXEL_9), at=AT + HOUR) == ()
    assert story(empty, part)[-1].at == story(empty, part)[0].at, "it spoke for the part before"


def test_several_values_and_dimensions_are_one_scope(empty: Play) -> None:
    (crash,) = look(empty, CRASH, an_alarm(Metric.ANR, scope=PIXEL_8))
    part = split(empty, crash, scope=("device=Pixel 9", "device=Pixel 8"))
    assert issue(empty, part).scope == PIXELS


def test_what_was_split_off_can_be_merged_again_and_split_again(empty: Play) -> None:
    (crash,) = look(empty, CRASH, HANG)
    first = split(empty, crash, kind="hang")
    merge_issues(empty.tools, issue_id=first, into=crash, **WHO)
    look(empty, CRASH, HANG, at=AT + HOUR)
    assert metrics(empty, crash) == {Metric.CRASH, Metric.ANR}
    second = split(empty, crash, "r2", kind="hang")
    assert second != first
    assert look(empty, CRASH, HANG, at=AT + 2 * HOUR) == ()
    assert (metrics(empty, second), metrics(empty, crash)) == ({Metric.ANR}, {Metric.CRASH})


def test_operators_hear_of_what_was_split_off(empty: Play) -> None:
    (crash,) = look(empty, CRASH, HANG)
    part = split(empty, crash, kind="hang")
    assert [e.recall_id for e in empty.effects(EffectKind.TELL_OPERATORS)].count(part) == 1


# --- beside a recall ----------------------------------------------------------------------------------------------------


def test_issue_with_a_running_recall_takes_another_and_is_taken_by_none(proposed: Play) -> None:
    running = proposed.issue()
    at = running.opened_at + HOUR
    (payment,) = look(proposed, PAYMENT, at=at)
    with pytest.raises(Refused, match=f"its recall would be orphaned; merge {payment} into it instead"):
        merge_issues(proposed.tools, issue_id=running.id, into=payment, **WHO)
    merge_issues(proposed.tools, issue_id=payment, into=running.id, **WHO)
    assert issue(proposed, running.id).level is running.level, "what people were asked about stands as it was"
    assert propose_due(proposed.tools, APP) == ()
    timeline = [line.what for line in dossier_facts(proposed.tools, proposed.recall().id).timeline]
    assert f"{payment} merged into {running.id}: {REASON}" in timeline


def test_nothing_is_merged_into_an_issue_whose_recall_does_not_cover_it(anew: Callable[..., Play]) -> None:
    play = anew(MILD)
    (narrow,) = look(play, an_alarm(scope=PIXEL_9))
    (proposed,) = propose_due(play.tools, APP)
    assert play.recall_of(proposed.recall_id).scope == PIXEL_9
    (payment,) = look(play, PAYMENT, at=AT + HOUR)
    with pytest.raises(Refused, match="it would be left without a recall"):
        merge_issues(play.tools, issue_id=payment, into=narrow, **WHO)


def test_a_part_split_off_a_recalled_issue_leaves_its_recall_as_it_was_signed(proposed: Play) -> None:
    running = proposed.issue()
    with proposed.tools.book.read() as txn:
        kinds = {e.kind for e in judgement_of(txn, running.id)[0] if e.log_evidence > 3}
    other = next((k for k in kinds if k is not running.kind), None)
    recall = proposed.recall()
    if other is None:
        with pytest.raises(Refused, match="nothing would be left"):
            split(proposed, running.id, kind=running.kind.value)
    else:
        split(proposed, running.id, kind=other.value)
    assert (proposed.recall(), issue(proposed, running.id)) == (recall, running)
    assert propose_due(proposed.tools, APP) == ()


# --- refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [{"person": "mallory"}, {"person": "recall"}, {"reason": "no  no"}], ids=["unknown", "system", "no reason"])
def test_only_a_person_of_the_policy_with_a_reason_regroups(anew: Callable[..., Play], who: dict[str, str]) -> None:
    play = anew()
    (crash,), (payment,) = look(play, CRASH, HANG), look(play, PAYMENT)
    with pytest.raises(BadInput, match="a person the policy knows, and a reason of at least 10 characters"):
        merge_issues(play.tools, issue_id=payment, into=crash, **(WHO | who))
    with pytest.raises(BadInput, match="a person the policy knows"):
        split(play, crash, kind="hang", **who)
    assert (count(play), play.entries("issue.merged", "issue.split")) == (2, ())
    assert {e.facts["error"] for e in play.entries("step.failed")} == {"BadInput"}


def test_issues_of_other_releases_unknown_and_settled_ones_are_not_merged(anew: Callable[..., Play]) -> None:
    play = anew()
    (crash,), (payment,), (privacy,) = look(play, CRASH), look(play, PAYMENT), look(play, an_alarm(kind=IssueKind.PRIVACY))
    (older,) = look(play, an_alarm(version="2.0.0", scope=replace(ALL, version="2.0.0")))
    with pytest.raises(Refused, match=r"is of com\.example\.app 2\.1\.0 \(android\), ISS-.* of com\.example\.app 2\.0\.0"):
        merge_issues(play.tools, issue_id=crash, into=older, **WHO)
    with pytest.raises(BadInput, match="into itself"):
        merge_issues(play.tools, issue_id=crash, into=crash, **WHO)
    with pytest.raises(NotFound, match="recall status"):
        merge_issues(play.tools, issue_id=crash, into="ISS-nope", **WHO)
    merge_issues(play.tools, issue_id=payment, into=crash, **WHO)
    for issue_id, into in ((payment, privacy), (privacy, payment)):
        with pytest.raises(Refused, match=f"{payment} is merged: it is settled"):
            merge_issues(play.tools, issue_id=issue_id, into=into, **WHO)
    with pytest.raises(Refused, match="it is settled"):
        split(play, payment, kind="payment")


@pytest.mark.parametrize(
    ("part", "error", "words"),
    [
        (
            {"kind": "payment"},
            Refused,
            r"nothing ISS-.* rests on is of kind payment; it has anr \(hang\) for everyone who has it; crash \(crash\) for",
        ),
        ({"scope": ("device=Pixel 9",)}, Refused, "rests on is of devices Pixel 9"),
        ({"scope": ("Pixel 9",)}, BadInput, "'Pixel 9' is no scope; write country=..., os=..., device=..."),
        ({"scope": ("model=Pixel 9",)}, BadInput, "is no scope"),
        ({"scope": ("device=",)}, BadInput, "is no scope"),
        ({}, BadInput, "a kind or a scope"),
        ({"kind": "hang", "scope": ("os=15",)}, BadInput, "one of the two"),
    ],
    ids=["no such kind", "no such scope", "no dimension", "no such dimension", "no value", "neither", "both"],
)
def test_what_is_no_part_is_not_split_off(anew: Callable[..., Play], part: dict[str, object], error: type[RecallError], words: str) -> None:
    play = anew()
    (crash,) = look(play, CRASH, HANG)
    with pytest.raises(error, match=words):
        split(play, crash, **part)  # type: ignore[arg-type]  # the part by name
    assert count(play) == 1


def test_nothing_is_left_of_an_issue_that_is_split_off_whole(anew: Callable[..., Play]) -> None:
    play = anew()
    (crash,) = look(play, CRASH, an_alarm(Metric.TICKET, kind=IssueKind.CRASH))
    with pytest.raises(Refused, match="nothing would be left of it"):
        split(play, crash, kind="crash")


def test_a_home_opened_anew_remembers_what_was_said(empty: Play) -> None:
    (crash,) = look(empty, CRASH, HANG)
    part = split(empty, crash, kind="hang")
    empty.tools.book.close()
    again = Play(reopened(empty.home))
    assert look(again, HANG, at=AT + HOUR) == ()
    assert metrics(again, part) == {Metric.ANR}
    again.tools.book.close()
