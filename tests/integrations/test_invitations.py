"""Invitations parse back as what was meant, whatever strangers wrote. Add here when an invitation says something else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from configs.terms import Meeting, MeetingState
from integrations.invitations import Guest, Words, invitable, invitation, method_of

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MEETING = Meeting("REC-1", "REC-1.20260302T090000Z@app.example", 3, MeetingState.PLANNED, AT, AT + timedelta(minutes=30), "P-1", "d" * 64)
WORDS = Words("Example 2.1.0: evaluation meeting", "09:30 UTC\nRoom 5", "Room 5", "https://ui.example/memo")
GUESTS = (Guest("tech-lead", "tech@app.example"), Guest("counsel", "legal@app.example"))
STAMP = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def written(meeting: Meeting = MEETING, words: Words = WORDS, guests: tuple[Guest, ...] = GUESTS) -> str:
    return invitation(meeting, words, guests, "recall@app.example", STAMP, timedelta(minutes=10))


def read(text: str) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return calendar, event


def test_a_request_says_when_where_who_and_how_often_it_changed() -> None:
    calendar, event = read(written())
    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (MEETING.uid, 3, "CONFIRMED")
    assert (event["DTSTART"].dt, event["DTEND"].dt, event["DTSTAMP"].dt) == (AT, AT + timedelta(minutes=30), STAMP)
    assert "DTSTART:20260302T093000Z\r\n" in written()
    assert (event["SUMMARY"], event["DESCRIPTION"], event["LOCATION"], event["URL"]) == (
        WORDS.summary, WORDS.description, WORDS.where, WORDS.link,
    )  # fmt: skip
    assert event["ORGANIZER"] == "mailto:recall@app.example"
    assert [str(a) for a in event["ATTENDEE"]] == ["mailto:tech@app.example", "mailto:legal@app.example"]
    assert {(a.params["CN"], a.params["RSVP"], a.params["PARTSTAT"]) for a in event["ATTENDEE"]} == {
        ("tech-lead", "TRUE", "NEEDS-ACTION"), ("counsel", "TRUE", "NEEDS-ACTION"),
    }  # fmt: skip
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-10))


def test_a_cancellation_keeps_the_uid_and_rings_no_more() -> None:
    gone = replace(MEETING, state=MeetingState.CANCELLED, sequence=4)
    calendar, event = read(written(gone))
    assert (method_of(gone), calendar["METHOD"]) == ("CANCEL", "CANCEL")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (MEETING.uid, 4, "CANCELLED")
    assert not event.walk("VALARM")


def test_lines_are_folded_at_75_octets_and_end_with_crlf() -> None:
    text = written(words=replace(WORDS, description="漢字 и кириллица; a, b \\ c\n" * 60))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize(
    "hostile",
    [
        "x\r\nATTENDEE:mailto:evil@evil.example",
        "x\nEND:VEVENT\nBEGIN:VEVENT\nUID:other",
        "a\x00b\x07c\x1b[31m",
        "\u202egpj.exe\u2066",
        "half \ud83d",
        'quote " ; : , \\ ^n',
        "long " * 50_000,
    ],
    ids=["attendee", "second event", "control", "direction", "surrogate", "special", "long"],
)
def test_hostile_words_add_no_property_and_no_event(hostile: str) -> None:
    text = written(words=Words(hostile, hostile, hostile, hostile), guests=(Guest(hostile, "tech@app.example"),))
    _, event = read(text)
    assert [str(a) for a in (event["ATTENDEE"],)] == ["mailto:tech@app.example"]
    assert event["UID"] == MEETING.uid
    assert "URL" not in event
    assert not {c for c in str(event["SUMMARY"]) + str(event["DESCRIPTION"]) if ord(c) < 32 and c != "\n"}
    assert len(text) < 12_000


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_parses_back_to_one_event(summary: str, description: str, where: str, name: str) -> None:
    text = written(words=Words(summary, description, where), guests=(Guest(name, "tech@app.example"),))
    _, event = read(text)
    assert (event["UID"], event["SEQUENCE"], event["DTSTART"].dt) == (MEETING.uid, 3, AT)
    assert str(event["ATTENDEE"]) == "mailto:tech@app.example"
    assert {name for name in event if name.startswith("X-")} == set()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_an_address_that_is_not_one_mailbox_is_not_invited() -> None:
    bad = ("", "nobody", "a@b.example\r\nBcc: all@x.example", "a@b.example, c@d.example", "a b@c.example")
    assert invitable((*(Guest("x", one) for one in bad), GUESTS[0])) == GUESTS[:1]
