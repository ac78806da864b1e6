"""An invitation to a meeting as an iCalendar file (RFC 5545, 5546), for people's calendars.

The library folds lines and escapes text; here strangers' text loses what no calendar may hold: control and direction characters, halves
of characters, and more words than anyone reads.

Add here when an invitation says something else; rather in `integrations/channels/mime.py` when the mail around it changes, and in
`tasks/rules/meetings.py` when it is about when people meet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from configs.terms import Meeting, MeetingState
from integrations.channels.mime import Unmailable, mailbox

PRODUCT = "-//app-recall//evaluation meeting//EN"

LONGEST_SUMMARY, LONGEST_DESCRIPTION = 200, 4000
"""Characters."""

LINK = re.compile(r"https?://[!-~]{1,2000}")

_QUOTED = str.maketrans({'"': "'", "^": " ", "\n": " "})
"""A parameter's value has no way to hold a double quote (RFC 5545, 3.2)."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom to invite; the address is left out where it is shown."""

    name: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Words:
    """What the invitation says. `link`: where to read more, "" where there is none."""

    summary: str
    description: str
    where: str
    link: str = ""


def method_of(meeting: Meeting) -> str:
    """What a calendar is asked to do with it."""
    return "REQUEST" if meeting.state is MeetingState.PLANNED else "CANCEL"


def invitation(meeting: Meeting, words: Words, guests: tuple[Guest, ...], organizer: str, stamp: datetime, alert: timedelta) -> str:
    """The file's text, lines folded and ended by CRLF. `stamp`: when it was made; `alert`: how long before the start calendars remind."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method_of(meeting))
    calendar.add_component(_event(meeting, words, guests, organizer, stamp, alert))
    made: bytes = calendar.to_ical()
    return made.decode("utf-8")


def _event(meeting: Meeting, words: Words, guests: tuple[Guest, ...], organizer: str, stamp: datetime, alert: timedelta) -> Event:
    is_planned = meeting.state is MeetingState.PLANNED
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("summary", clean(words.summary, LONGEST_SUMMARY).replace("\n", " "))
    event.add("description", clean(words.description, LONGEST_DESCRIPTION))
    event.add("location", clean(words.where, LONGEST_SUMMARY).replace("\n", " "))
    event.add("status", "CONFIRMED" if is_planned else "CANCELLED")
    event.add("transp", "OPAQUE" if is_planned else "TRANSPARENT")
    event.add("organizer", _address(Guest("app-recall", organizer)))
    if LINK.fullmatch(words.link):
        event.add("url", words.link)
    for guest in guests:
        event.add("attendee", _attendee(guest), encode=False)
    if is_planned:
        event.add_component(_alarm(words, alert))
    return event


def _alarm(words: Words, alert: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", clean(words.summary, LONGEST_SUMMARY).replace("\n", " "))
    alarm.add("trigger", -alert)
    return alarm


def invitable(guests: tuple[Guest, ...]) -> tuple[Guest, ...]:
    """Those whose address is one mailbox; an address that could smuggle in a second line is none."""
    return tuple(guest for guest in guests if _is_mailbox(guest.address))


def _is_mailbox(address: str) -> bool:
    try:
        return bool(mailbox(address))
    except Unmailable:
        return False


def _address(guest: Guest) -> vCalAddress:
    found = vCalAddress(f"mailto:{mailbox(guest.address)}")
    found.params["CN"] = vText(clean(guest.name, 100).translate(_QUOTED))
    return found


def _attendee(guest: Guest) -> vCalAddress:
    found = _address(guest)
    found.params["CUTYPE"] = vText("INDIVIDUAL")
    found.params["ROLE"] = vText("REQ-PARTICIPANT")
    found.params["PARTSTAT"] = vText("NEEDS-ACTION")
    found.params["RSVP"] = vText("TRUE")
    return found


def clean(text: str, longest: int) -> str:
    """The text without control, direction and half characters; line breaks stay, in one form."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in lines)
    return seen if len(seen) <= longest else seen[: longest - 1] + "…"
