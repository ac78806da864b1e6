"""Messages about meetings and milestones to single people of ours: invitations with their calendar file, reminders, and what is late.

Add here when one person must hear something else about a plan or a meeting; rather in `tasks/messages.py` when it asks for a signature,
and in `integrations/invitations.py` when the calendar file looks different.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from configs.effects import Effect, EffectState, Message
from configs.errors import BadInput
from configs.notice import News, StatusFacts
from configs.policy import Person
from configs.terms import Meeting, MeetingState, Proposal
from configs.wording import render
from integrations.contracts import Channel
from integrations.invitations import Guest, Words, invitable, invitation, method_of
from integrations.ledger.meetings import find_meeting
from integrations.ledger.plans import marks_of
from integrations.ledger.records import loaded
from integrations.ledger.signing import the_question
from integrations.links import memo_link
from integrations.toolbox import Toolbox
from tasks.agreed import policy_in_force
from tasks.messages import news_facts, reachable, sent_once
from tasks.outcome import Outcome
from tasks.rules.milestones import utc
from tasks.rules.routing import locale_for
from tasks.step import Work


def invite(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Invites one person to a recall's meeting, or takes the invitation back; what is no longer so is not sent."""
    tools, name = work.tools, str(effect.body["person"])
    person = _known(tools, name)
    with work.read() as txn:
        meeting = find_meeting(txn, effect.recall_id)
        if meeting is None or meeting.sequence != effect.body["sequence"]:
            return Outcome(EffectState.CANCELLED, {"reason": "the meeting was changed meanwhile"})
        if txn.now >= meeting.ends_at:
            return Outcome(EffectState.CANCELLED, {"reason": "the meeting is over"})
        proposal = loaded(Proposal, the_question(txn, meeting.proposal_id)[1])
    channel, address = _by_mail(tools, name, person)
    return sent_once(channel, _invitation(work, effect, meeting, proposal, address, person), in_doubt)


def _invitation(work: Work, effect: Effect, meeting: Meeting, proposal: Proposal, address: str, person: Person) -> Message:
    tools, locale = work.tools, locale_for(person.locale, work.tools.policy.notices)
    rules, link = tools.policy.plan, memo_link(tools.settings.home_folder, meeting.recall_id)
    subject, text = _words(tools, meeting, proposal, link, locale)
    file = invitation(
        meeting,
        Words(subject, text, rules.meeting_place, link),
        _guests(tools),
        rules.organizer,
        tools.clock.now(),
        timedelta(minutes=rules.alert_before_minutes),
    )
    return Message(effect.key, address, subject, text, locale=locale, urgent=True, calendar=file, calendar_method=method_of(meeting))


def _words(tools: Toolbox, meeting: Meeting, proposal: Proposal, link: str, locale: str) -> tuple[str, str]:
    when = f"{utc(meeting.starts_at)} – {meeting.ends_at:%H:%M} UTC"
    facts = StatusFacts(
        recall_id=meeting.recall_id,
        app_title=tools.settings.app(proposal.scope.app).title,
        version=proposal.scope.version,
        platform=proposal.scope.platform,
        news=News.MEETING if meeting.state is MeetingState.PLANNED else News.MEETING_CANCELLED,
        detail=f"{when}\n{tools.policy.plan.meeting_place}\n\n{proposal.id}: {proposal.summary}",
        link=link,
    )
    subject, _, text = render("status", facts, locale).partition("\n")
    return subject.strip(), text.strip()


def _guests(tools: Toolbox) -> tuple[Guest, ...]:
    """Everyone who may sign and has a mailbox."""
    people = policy_in_force(tools).signoff.people.items()
    mailboxes = (Guest(name, address) for name, person in people if person.roles and (address := _mailbox_of(tools, person)[1]))
    return invitable(tuple(mailboxes))


def _by_mail(tools: Toolbox, name: str, person: Person) -> tuple[Channel, str]:
    """Where a person gets mail; else where they get anything, for the words alone tell when and where, too."""
    channel, address = _mailbox_of(tools, person)
    return (channel, address) if channel is not None else reachable(tools, name, person)


def _mailbox_of(tools: Toolbox, person: Person) -> tuple[Channel | None, str]:
    found = ((tools.channels[name], address) for name, address in person.addresses.items() if name in tools.channels and "@" in address)
    return next(found, (None, ""))


def remind(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Reminds one person of a milestone, or tells them that it is late; once it is reached, nobody is told any more."""
    tools, name = work.tools, str(effect.body["person"])
    person = _known(tools, name)
    with work.read() as txn:
        mark = marks_of(txn, effect.recall_id, effect.revision).get(str(effect.body["milestone"]))
    if mark is not None and mark.reached_at is not None:
        return Outcome(EffectState.CANCELLED, {"reason": "it is reached"})
    channel, address = reachable(tools, name, person)
    locale = locale_for(person.locale, tools.policy.notices)
    facts = replace(news_facts(work, effect), link=memo_link(tools.settings.home_folder, effect.recall_id))
    subject, _, text = render("status", facts, locale).partition("\n")
    return sent_once(channel, Message(effect.key, address, subject.strip(), text.strip(), locale=locale), in_doubt)


def _known(tools: Toolbox, name: str) -> Person:
    person = policy_in_force(tools).signoff.people.get(name)
    if person is None:
        raise BadInput(f"{name!r} is no longer in the policy; nobody was told in their place")
    return person
