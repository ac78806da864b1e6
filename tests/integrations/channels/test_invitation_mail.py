"""An invitation goes through a real mail server as calendars expect it: a part they read, and a file for the others."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.integrations.channels.builders import a_message
from tests.integrations.channels.test_email import a_channel, mail_server
from tests.integrations.test_invitations import MEETING, written


def received(folder: Path, method: str = "REQUEST", **more: object) -> EmailMessage:
    with mail_server() as (inbox, port):
        list(a_channel(folder, port).send([a_message(calendar=written(), calendar_method=method, **more)]))
    (mail,) = inbox.mails
    return mail


def part(mail: EmailMessage, kind: str) -> EmailMessage:
    (found,) = (one for one in mail.walk() if one.get_content_type() == kind)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_the_calendar_is_an_alternative_with_its_method_and_a_file(tmp_path: Path, method: str) -> None:
    mail = received(tmp_path, method)
    assert mail.get_content_type() == "multipart/mixed"
    alternatives, file = mail.iter_parts()
    assert [p.get_content_type() for p in alternatives.iter_parts()] == ["text/plain", "text/calendar"]  # type: ignore[attr-defined]  # EmailMessage
    calendar = part(mail, "text/calendar")
    assert (calendar.get_param("method"), calendar.get_content_charset()) == (method, "utf-8")
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invitation.ics")  # type: ignore[attr-defined]  # as above
    assert calendar.get_payload(decode=True) == file.get_payload(decode=True) == written().encode()


def test_what_arrives_parses_back(tmp_path: Path) -> None:
    calendar = Calendar.from_ical(part(received(tmp_path), "text/calendar").get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    assert (event["UID"], event["DTSTART"].dt) == (MEETING.uid, MEETING.starts_at)


def test_the_words_and_headers_are_those_of_any_mail(tmp_path: Path) -> None:
    mail = received(tmp_path, text="Meet at 09:30.", html="<p>Meet.</p>", locale="zh")
    alternatives = next(iter(mail.iter_parts()))
    assert [p.get_content_type() for p in alternatives.iter_parts()] == ["text/plain", "text/html", "text/calendar"]  # type: ignore[attr-defined]
    assert "Meet at 09:30." in part(mail, "text/plain").get_content()
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == ("zh", "auto-generated")


def test_a_mail_without_an_invitation_is_as_before(tmp_path: Path) -> None:
    with mail_server() as (inbox, port):
        list(a_channel(tmp_path, port).send([a_message()]))
    assert inbox.mails[0].get_content_type() == "text/plain"
