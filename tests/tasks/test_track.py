"""A plan is held against what happened: marked once, reminded once, alarmed once, whatever ticks and crashes do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.effects import EffectKind, EffectState
from configs.terms import Level, Mark, RecallState
from configs.terms.planned import REPORT
from integrations.ledger.book import Txn
from integrations.ledger.cases import move_recall, the_recall
from integrations.ledger.plans import find_plan, mark_reached, marks_of
from integrations.ledger.signing import proposals_of
from integrations.ledger.times import as_text
from tasks.act import perform_due
from tasks.agreed import put_in_force
from tasks.file import write_dossier
from tasks.notify import freeze_due
from tasks.replan import change_plan
from tasks.rules.milestones import Tell, due_at
from tasks.step import Work
from tasks.timeline import in_words
from tasks.track import mark_reports, tell_owner, track_plans
from tests.tasks.homes import EVERYONE, TECH, Play

REMIND, TELL = EffectKind.REMIND, EffectKind.TELL_OPERATORS


def marks(play: Play) -> dict[str, Mark]:
    recall = play.recall()
    with play.tools.book.read() as txn:
        return marks_of(txn, recall.id, recall.revision)


def due(play: Play, name: str) -> timedelta:
    """How long from now until a milestone is due."""
    recall = play.recall()
    with play.tools.book.read() as txn:
        version = find_plan(txn, recall.id)
    assert version is not None
    assert recall.approved_at is not None
    (one,) = (one for one in version.plan.milestones if one.name == name)
    return due_at(one, recall.approved_at) - play.world.now()


def wait_until(play: Play, name: str, before_minutes: float = 0) -> None:
    play.wait(seconds=(due(play, name) - timedelta(minutes=before_minutes)).total_seconds())


def told(play: Play, kind: EffectKind = REMIND) -> list[str]:
    return sorted(e.target for e in play.effects(kind) if e.body.get("milestone"))


def test_the_plan_is_laid_with_the_proposal_and_named_by_its_digest(proposed: Play) -> None:
    with proposed.tools.book.read() as txn:
        recall_id = proposed.recall_id_in(txn)
        version, proposal = find_plan(txn, recall_id), proposals_of(txn, recall_id)[-1]
    assert version is not None
    assert (version.number, version.digest) == (1, proposal.plan_digest)
    assert version.plan.scope == proposal.scope
    assert [one.name for one in version.plan.milestones] == ["halt", "notices", "fix", "follow_up_1", "check", "report"]


def test_nothing_is_due_before_the_verdict(proposed: Play) -> None:
    proposed.wait(hours=1)
    assert track_plans(proposed.tools) == ()


def test_what_is_reached_is_marked_once_with_its_own_time(approved: Play) -> None:
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    halted = approved.world.now()
    approved.wait(minutes=2)
    for _ in range(3):
        track_plans(approved.tools)
    assert marks(approved)["halt"].reached_at == halted
    (entry,) = approved.entries("milestone.reached")
    assert (entry.facts["at"], in_words(entry)) == (as_text(halted), "milestone reached: halt")


def test_notices_are_reached_when_every_chunk_of_the_first_wave_is_settled(approved: Play) -> None:
    freeze_due(approved.tools)
    track_plans(approved.tools)
    assert "notices" not in marks(approved)
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    track_plans(approved.tools)
    assert marks(approved)["notices"].reached_at == approved.world.now()


def test_the_owner_is_reminded_once_before_and_alarmed_once_after(approved: Play) -> None:
    wait_until(approved, "halt", before_minutes=approved.tools.policy.plan.remind_before_minutes[approved.recall().level])
    for _ in range(3):
        track_plans(approved.tools)
    assert [t.split(" ")[:2] for t in told(approved)] == [["halt", "remind"]]
    wait_until(approved, "halt")
    for _ in range(3):
        track_plans(approved.tools)
        approved.wait(minutes=1)
    assert [t.split(" ")[:2] for t in told(approved)] == [["halt", "alarm"], ["halt", "remind"]]
    assert [t.split(" ")[:2] for t in told(approved, TELL)] == [["halt", "alarm"]]
    perform_due(approved.tools, REMIND, TELL)
    mails = [m for m in approved.mail(TECH[0]) if "milestone" in m.subject.lower()]
    assert len(mails) == 2
    assert "LATE" in mails[1].subject
    assert "tech sees to it" in mails[1].text
    assert any("LATE" in m.subject for m in approved.world.messages_to("operators"))


def test_a_tick_that_comes_too_late_for_the_reminder_only_alarms(approved: Play) -> None:
    wait_until(approved, "halt", before_minutes=-1)
    track_plans(approved.tools)
    assert [t.split(" ")[:2] for t in told(approved)] == [["halt", "alarm"]]


def test_a_reached_milestone_never_alarms_even_in_the_tick_that_sees_it(approved: Play) -> None:
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    wait_until(approved, "halt", before_minutes=-5)
    track_plans(approved.tools)
    assert told(approved) == []


def test_a_reminder_that_was_overtaken_is_not_sent(approved: Play) -> None:
    wait_until(approved, "halt", before_minutes=1)
    track_plans(approved.tools)
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    track_plans(approved.tools)
    perform_due(approved.tools, REMIND)
    assert {e.state for e in approved.effects(REMIND)} == {EffectState.CANCELLED}


class Crash(BaseException):
    """The process dies."""


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_crash_around_the_write_tells_nobody_twice_and_loses_nothing(approved: Play, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    wait_until(approved, "halt")
    done = Work.done

    def dying(self: Work, txn: Txn, kind: str, *args: object, **more: object) -> object:
        result = done(self, txn, kind, *args, **more)  # type: ignore[arg-type]  # passed on as it is
        if kind == "milestone.late" and at == "before":
            raise Crash
        return result

    monkeypatch.setattr(Work, "done", dying)
    if at == "before":
        with pytest.raises(Crash):
            track_plans(approved.tools)
        assert told(approved) == []
    monkeypatch.setattr(Work, "done", done)
    for _ in range(2):
        track_plans(approved.tools)
    assert [t.split(" ")[:2] for t in told(approved)] == [["halt", "alarm"]]


def test_two_ticks_at_once_tell_once(approved: Play) -> None:
    wait_until(approved, "halt")
    recall = approved.recall()
    at = approved.world.now() + due(approved, "halt")
    given = {"recall_id": recall.id, "revision": recall.revision, "milestone": "halt", "what": Tell.ALARM, "due": at}
    assert tell_owner(approved.tools, **given) == tell_owner(approved.tools, **given)  # type: ignore[arg-type]  # by name
    assert len(told(approved)) == 1


def test_a_moved_milestone_is_told_of_its_new_time(approved: Play) -> None:
    wait_until(approved, "notices")
    track_plans(approved.tools)
    asked = {"milestone": "notices", "person": "product-lead", "reason": "The wording is being mended."}
    change_plan(approved.tools, recall_id=approved.recall().id, number=2, after_minutes=120, **asked)  # type: ignore[arg-type]  # by name
    track_plans(approved.tools)
    assert len([t for t in told(approved) if t.startswith("notices alarm")]) == 1
    wait_until(approved, "notices")
    track_plans(approved.tools)
    assert len([t for t in told(approved) if t.startswith("notices alarm")]) == 2


def test_every_holder_of_the_owners_role_is_told(approved: Play) -> None:
    policy = approved.tools.policy
    people = {**policy.signoff.people, "tech-deputy": policy.signoff.people[TECH[0]]}
    signoff = policy.signoff.model_copy(update={"people": people})
    with approved.tools.book.write() as txn:
        put_in_force(approved.tools, txn, signoff, "signed")
    wait_until(approved, "halt")
    track_plans(approved.tools)
    assert {e.body["person"] for e in approved.effects(REMIND)} == {"tech-lead", "tech-deputy"}


def test_whom_only_the_policy_file_names_is_told_nothing(approved: Play) -> None:
    policy = approved.tools.policy
    people = {**policy.signoff.people, "tech-deputy": policy.signoff.people[TECH[0]]}
    signoff = policy.signoff.model_copy(update={"people": people})
    wait_until(approved, "halt")
    track_plans(replace(approved.tools, policy=policy.model_copy(update={"signoff": signoff})))
    assert {e.body["person"] for e in approved.effects(REMIND)} == {"tech-lead"}


def closed(play: Play) -> Play:
    with play.tools.book.write() as txn:
        for state in (RecallState.REVIEWING, RecallState.CLOSED):
            move_recall(txn, the_recall(txn, play.recall_id_in(txn)), state)
    return play


def test_the_report_is_reached_when_the_closed_recalls_dossier_is_written(approved: Play) -> None:
    mark_reports(approved.tools)
    assert REPORT not in marks(approved), "an open recall has no report"
    write_dossier(closed(approved).tools, approved.recall().id)
    for _ in range(2):
        mark_reports(approved.tools)
    assert marks(approved)[REPORT].reached_at is not None
    approved.wait(days=99)
    assert track_plans(approved.tools) == ()


def test_a_closed_recall_without_report_is_late_with_nothing_else(approved: Play) -> None:
    closed(approved)
    approved.wait(days=99)
    track_plans(approved.tools)
    assert {t.split(" ")[0] for t in told(approved)} == {REPORT}


def test_the_first_time_a_milestone_is_reached_counts(approved: Play) -> None:
    recall, first = approved.recall(), approved.world.now()
    with approved.tools.book.write() as txn:
        mark_reached(txn, recall.id, recall.revision, "halt", first)
        mark_reached(txn, recall.id, recall.revision, "halt", first + timedelta(hours=1))
    assert marks(approved)["halt"].reached_at == first


def test_it_works_on_each_database(asked: Play) -> None:
    question = asked.question()
    for person, role in EVERYONE:
        asked.sign(person, role, question=question)
    wait_until(asked, "halt")
    for _ in range(2):
        track_plans(asked.tools)
    perform_due(asked.tools, EffectKind.HALT_ROLLOUT)
    track_plans(asked.tools)
    halt = marks(asked)["halt"]
    assert halt.late_for is not None
    assert halt.reached_at == asked.world.now()
    assert len(told(asked)) == 1


def test_levels_have_their_own_time_for_reminders(approved: Play) -> None:
    assert approved.recall().level in (Level.HIGH, Level.SERIOUS)
    before = approved.tools.policy.plan.remind_before_minutes[approved.recall().level]
    wait_until(approved, "notices", before_minutes=before + 1)
    track_plans(approved.tools)
    assert not [t for t in told(approved) if t.startswith("notices")]
