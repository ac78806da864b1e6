"""The meeting follows its proposal: invited, changed, cancelled, each once. Add here when something else happens about meetings."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from icalendar import Calendar, Event

from configs.effects import EffectKind, EffectState, Message
from configs.errors import BadInput, NotFound, Refused
from configs.terms import Meeting, MeetingState, Verdict
from integrations.ledger.meetings import find_meeting, minutes_about, minutes_of
from integrations.toolbox import Toolbox
from tasks.act import perform_due
from tasks.agreed import put_in_force
from tasks.decide import propose_again
from tasks.look import memo_facts
from tasks.meet import enter_minutes, meet_due
from tasks.timeline import in_words
from tests.tasks.homes import COUNSEL, EVERYONE, TECH, Play
from tests.tasks.neighbours import DeafChannel, with_channel

INVITE = EffectKind.INVITE


@pytest.fixture
def box() -> DeafChannel:
    return DeafChannel()


@pytest.fixture
def tools(proposed: Play, box: DeafChannel) -> Toolbox:
    return with_channel(proposed.tools, box)


def meeting(play: Play) -> Meeting:
    with play.tools.book.read() as txn:
        found = find_meeting(txn, play.recall_id_in(txn))
    assert found is not None
    return found


def events(messages: list[Message]) -> Iterator[tuple[str, Event]]:
    for message in messages:
        calendar = Calendar.from_ical(message.calendar)
        assert isinstance(calendar, Calendar)
        (event,) = calendar.walk("VEVENT")
        assert isinstance(event, Event)
        yield str(calendar["METHOD"]), event


def tick(tools: Toolbox) -> None:
    meet_due(tools)
    perform_due(tools, INVITE)


def test_everyone_who_may_sign_is_invited_once_with_the_same_event(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    for _ in range(3):
        tick(tools)
    people = proposed.tools.policy.signoff.people
    assert sorted(m.to for m in box.sent) == sorted(p.addresses["email"] for p in people.values())
    found = list(events(box.sent))
    assert {method for method, _ in found} == {"REQUEST"}
    for _, event in found:
        assert (event["UID"], event["SEQUENCE"]) == (meeting(proposed).uid, 0)
        assert event["DTSTART"].dt == meeting(proposed).starts_at
        assert sorted(str(a) for a in event["ATTENDEE"]) == sorted(f"mailto:{p.addresses['email']}" for p in people.values())
        assert proposed.question() in event["DESCRIPTION"]
    assert [e.facts["sequence"] for e in proposed.entries("meeting.arranged")] == [0]


def test_the_mail_says_when_and_where_without_a_calendar_too(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    tick(tools)
    (message,) = (m for m in box.sent if m.to.startswith("tech"))
    assert (message.calendar_method, message.urgent) == ("REQUEST", True)
    assert "evaluation meeting" in message.subject
    assert f"{meeting(proposed).starts_at:%Y-%m-%d %H:%M} UTC" in message.text
    assert proposed.tools.policy.plan.meeting_place in message.text


def test_a_renewed_proposal_keeps_the_uid_and_raises_the_sequence(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    tick(tools)
    first = meeting(proposed)
    proposed.wait(hours=5)
    propose_again(tools)
    tick(tools)
    changed = meeting(proposed)
    assert (changed.uid, changed.sequence, changed.proposal_id) == (first.uid, 1, proposed.question())
    assert changed.starts_at > proposed.world.now()
    assert [event["SEQUENCE"] for _, event in events(box.sent)] == [0, 0, 0, 1, 1, 1]
    assert len({str(event["UID"]) for _, event in events(box.sent)}) == 1


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.REJECT])
def test_a_decision_before_the_start_cancels(proposed: Play, tools: Toolbox, box: DeafChannel, verdict: Verdict) -> None:
    tick(tools)
    question = proposed.question()
    for person, role in EVERYONE if verdict is Verdict.APPROVE else (COUNSEL,):
        proposed.sign(person, role, verdict, question=question)
    for _ in range(2):
        tick(tools)
    gone = list(events(box.sent))[3:]
    assert [(method, event["SEQUENCE"], event["UID"]) for method, event in gone] == [("CANCEL", 1, meeting(proposed).uid)] * 3
    assert meeting(proposed).state is MeetingState.CANCELLED


def test_a_decision_after_the_start_cancels_nothing(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    tick(tools)
    proposed.world.advance(meeting(proposed).starts_at)
    question = proposed.question()
    for person, role in EVERYONE:
        proposed.sign(person, role, question=question)
    tick(tools)
    assert [method for method, _ in events(box.sent)] == ["REQUEST"] * 3
    assert meeting(proposed).state is MeetingState.PLANNED


def test_nobody_is_uninvited_who_was_never_invited(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    meet_due(tools)
    proposed.sign(*COUNSEL, Verdict.REJECT)
    tick(tools)
    assert box.sent == []
    assert {e.state for e in proposed.effects(INVITE)} == {EffectState.CANCELLED}


def test_an_invitation_that_was_overtaken_is_not_sent(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    meet_due(tools)
    proposed.wait(hours=5)
    propose_again(tools)
    tick(tools)
    assert [event["SEQUENCE"] for _, event in events(box.sent)] == [1, 1, 1]


def test_an_invitation_to_a_meeting_that_is_over_is_not_sent(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    meet_due(tools)
    proposed.world.advance(meeting(proposed).ends_at)
    perform_due(tools, INVITE)
    assert box.sent == []


def test_the_ledger_holds_no_address(proposed: Play, tools: Toolbox) -> None:
    tick(tools)
    uid = meeting(proposed).uid
    assert not [row for row in proposed.tables() if "@recall.example" in repr(row).replace(uid, "")]


def test_it_works_on_each_database(asked: Play) -> None:
    tick(asked.tools)
    asked.sign(*COUNSEL, Verdict.REJECT)
    tick(asked.tools)
    assert meeting(asked).sequence == 1
    assert {e.state for e in asked.effects(INVITE)} == {EffectState.DONE}


# --- minutes --------------------------------------------------------------------------------------------------------------

Enter = Callable[..., int]


@pytest.fixture
def enter(proposed: Play) -> Enter:
    def run(**varied: object) -> int:
        given: dict[str, object] = {
            "proposal_id": proposed.question(),
            "person": "counsel",
            "attended": ("counsel", "tech-lead", "counsel"),
            "arguments": ("The rate tripled.", " The fix\nis ready. "),
            "decision": "Recall everyone.",
        }
        return enter_minutes(proposed.tools, **{**given, **varied}).number  # type: ignore[arg-type]  # by name

    return run


def test_minutes_are_kept_audited_and_in_the_memo(proposed: Play, enter: Enter) -> None:
    assert enter() == 1
    with proposed.tools.book.read() as txn:
        (kept,) = minutes_of(txn, proposed.recall_id_in(txn))
    assert kept.attended == ("counsel", "tech-lead")
    assert kept.arguments == ("The rate tripled.", "The fix is ready.")
    assert memo_facts(proposed.tools, proposed.recall().id).minutes == (kept,)
    (entry,) = proposed.entries("minutes.entered")
    assert (entry.actor, in_words(entry)) == ("counsel", "minutes entered: Recall everyone.")


def test_a_second_entry_is_refused_and_a_correction_keeps_the_first(proposed: Play, enter: Enter) -> None:
    enter()
    assert enter() == 1, "the same call again is the same entry"
    with pytest.raises(Refused, match="--correct"):
        enter(decision="Recall nobody.")
    assert enter(decision="Recall Germany.", correction="The scope was misheard.") == 2
    question = proposed.question()
    with proposed.tools.book.read() as txn:
        entries = minutes_about(txn, question)
    assert [one.decision for one in entries] == ["Recall everyone.", "Recall Germany."]


def test_minutes_of_nothing_or_of_strangers_are_refused(enter: Enter) -> None:
    with pytest.raises(NotFound):
        enter(proposal_id="P-none")
    with pytest.raises(BadInput, match="'mallory'"):
        enter(attended=("mallory",))


def test_a_person_without_mailbox_gets_the_words_where_they_are(proposed: Play, tools: Toolbox, box: DeafChannel) -> None:
    policy = tools.policy
    people = dict(policy.signoff.people)
    people[TECH[0]] = people[TECH[0]].model_copy(update={"addresses": {"email": "tech-room"}})
    signoff = policy.signoff.model_copy(update={"people": people})
    with tools.book.write() as txn:
        put_in_force(tools, txn, signoff, "signed")
    tick(replace(tools, policy=policy.model_copy(update={"signoff": signoff})))
    assert sorted(m.to for m in box.sent)[-1] == "tech-room"
    for _, event in events(box.sent):
        assert len(event["ATTENDEE"]) == 2
