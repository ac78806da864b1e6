"""Messages to our own people: the question for a signature with its one-time code, and news for operators.

Add here when our people must hear something else; rather in `tasks/send.py` when users must.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from math import ceil

from configs.effects import DeliveryState, Effect, EffectState, Message, Receipt
from configs.errors import Ambiguous, BadInput, ChannelUnavailable, NeighbourRefused, RecallError
from configs.notice import News, ProposalFacts, ReleaseFacts, RolesFacts, StatusFacts
from configs.policy import Person, Signoff
from configs.terms import Platform, Proposal
from configs.wording import render, stage_words
from integrations.contracts import Channel
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.signing import signatures_on, the_question
from integrations.ledger.void import turn_of
from integrations.links import dossier_link, form_link, sign_address
from integrations.toolbox import Toolbox
from tasks.agreed import in_force, kept_section, policy_in_force
from tasks.asked import the_asked
from tasks.outcome import Outcome
from tasks.rules.codes import code_for
from tasks.rules.deadlines import contacts
from tasks.rules.roles import RolesChange, in_words
from tasks.rules.routing import locale_for
from tasks.rules.signoff import BrakeRelease
from tasks.rules.tickets import Ticket, token_for
from tasks.step import Work


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who is asked, in which role, with their code and the address of the form ("" where no UI is known)."""

    person: str
    role: str
    code: str = field(repr=False)
    link: str
    sign_link: str = field(default="", repr=False)


def ask_signature(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Asks one person in one role, on the first of their channels that is set up; the code is made here and kept nowhere."""
    tools, person, role = work.tools, str(effect.body["person"]), str(effect.body["role"])
    asked = policy_in_force(tools).signoff.people.get(person)
    if asked is None:
        raise BadInput(f"{person!r} is no longer in the policy; nobody was asked for {role!r} in their place")
    with work.read() as txn:
        is_open = the_question(txn, str(effect.body["question"]))[2]
        has_signed = person in {s.person for s in signatures_on(txn, str(effect.body["question"]))}
        turn = turn_of(txn, str(effect.body["question"]), person)
    if not is_open or has_signed:
        return Outcome(EffectState.CANCELLED, {"reason": "they signed already" if is_open else "the question is not open any more"})
    if turn != effect.body.get("turn", 0):
        return Outcome(EffectState.CANCELLED, {"reason": "a later message has the code that is good now"})
    channel, address = reachable(tools, person, asked)
    locale = locale_for(asked.locale, tools.policy.notices)
    said = _question(work, str(effect.body["question"]), role, person, turn, locale)
    stage = str(effect.body.get("stage", ""))
    subject = f"{stage_words(stage, locale)}: {said.subject}" if stage else said.subject
    return sent_once(channel, Message(effect.key, address, subject, said.text, said.html, locale=locale, urgent=True), in_doubt)


def reachable(tools: Toolbox, name: str, person: Person) -> tuple[Channel, str]:
    """The first of a person's channels that is set up, and their address on it. Raises BadInput where there is none."""
    for channel, address in person.addresses.items():
        if channel in tools.channels:
            return tools.channels[channel], address
    raise BadInput(f"{name!r} has no address on a channel of the settings ({', '.join(tools.channels)}); add one to the policy")


@dataclass(frozen=True, slots=True)
class Said:
    """A message in words: `html` is "" where the text is all there is."""

    subject: str
    text: str = field(repr=False)
    html: str = field(default="", repr=False)


def _question(work: Work, question_id: str, role: str, person: str, turn: int, locale: str) -> Said:
    """The question, with its code and the link to the form, and, of a recall, the memo below it."""
    tools = work.tools
    with work.read() as txn:
        about, question, _ = the_asked(txn, question_id)
        changes = in_words(*_sections(tools, txn, question)) if isinstance(question, RolesChange) else ()
    link = form_link(tools.settings.home_folder, "sign-off", {"proposal": question_id, "role": role, "person": person})
    code = code_for(tools.secret, question.digest, role, person, turn)
    until = ceil(question.expires_at.timestamp()) if question.expires_at else 0
    own = sign_address(tools.settings.web, token_for(tools.secret, Ticket(question_id, question.digest, role, person, until, turn)))
    if isinstance(question, Proposal):
        return _about_recall(tools, question, Addressed(person, role, code, link, own), locale)
    if isinstance(question, RolesChange):
        without = f"{question.restored_at:%Y-%m-%d %H:%M} UTC" if question.restored_at else ""
        roles = RolesFacts(question_id, question.reason, question.proposed_by, changes, without, person, role, code, link)
        return _said("roles", roles, locale)
    assert isinstance(question, BrakeRelease)
    return _said("release", ReleaseFacts(about, question.reason, question.proposed_by, person, role, code, link, own), locale)


def _said(template: str, facts: ProposalFacts | ReleaseFacts | RolesFacts, locale: str) -> Said:
    subject, _, rest = render(template, facts, locale).partition("\n")
    return Said(subject.strip(), rest.strip())


def _about_recall(tools: Toolbox, proposal: Proposal, asked: Addressed, locale: str) -> Said:
    """The question with the memo below it, as text and as HTML; alone, with the summary, where no memo can be made: it must go out."""
    from integrations.pages.blocks import Letter, Title  # pages draw, and news need no picture
    from integrations.pages.blocks_as_html import as_mail
    from integrations.pages.blocks_as_text import as_text
    from integrations.pages.memo import memo
    from tasks.look import memo_facts, memo_locale

    known, facts = memo_locale(locale), _proposal_facts(tools, proposal, asked)
    try:
        page = memo(replace(memo_facts(tools, proposal.recall_id, proposal.id), links=(), evidence=()), known)
    except RecallError as err:
        logging.getLogger("recall").warning("memo of %s left out of a question: %s", proposal.id, err)
        return _said("proposal", facts, locale)
    said = _said("proposal", replace(facts, summary=""), locale)
    html = as_mail((Title(said.subject), Letter(said.text, asked.link), *page), known)
    return Said(said.subject, f"{said.text}\n\n{as_text(page, known)}", html)


def _sections(tools: Toolbox, txn: Txn, change: RolesChange) -> tuple[Signoff, Signoff]:
    return in_force(tools, txn).signoff, kept_section(tools, txn, change.section)


def _proposal_facts(tools: Toolbox, proposal: Proposal, asked: Addressed) -> ProposalFacts:
    return ProposalFacts(
        proposal_id=proposal.id,
        recall_id=proposal.recall_id,
        app_title=tools.settings.app(proposal.scope.app).title,
        version=proposal.scope.version,
        platform=proposal.scope.platform,
        level=proposal.level,
        action=proposal.action,
        summary=proposal.summary,
        person=asked.person,
        role=asked.role,
        code=asked.code,
        link=asked.link,
        expires_at=proposal.expires_at,
        sign_link=asked.sign_link,
    )


def tell_operators(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Tells the operators' channel one piece of news."""
    tools, name = work.tools, str(effect.body["channel"])
    if name not in tools.channels:
        raise BadInput(
            f"operator channel {name!r} is not in the settings ({', '.join(tools.channels)}); add it there, or drop it from the policy"
        )
    locale = tools.policy.notices.default_locale
    text = render("status", news_facts(work, effect), locale)
    subject, _, rest = text.partition("\n")
    to_contact = effect.body.get("to") == "contact"
    addresses = contacts(policy_in_force(tools).signoff) if to_contact else tools.policy.notices.operator_channels
    address = addresses.get(name) or ("contact" if to_contact else "operators")
    message = Message(effect.key, address, subject.strip(), rest.strip(), locale=locale)
    return sent_once(tools.channels[name], message, in_doubt)


def news_facts(work: Work, effect: Effect) -> StatusFacts:
    """What a piece of news is about."""
    app_id, version = str(effect.body.get("app", "")), str(effect.body.get("version", ""))
    platform = Platform(str(effect.body.get("platform", Platform.ANDROID)))
    if effect.recall_id.startswith("REC-"):
        with work.read() as txn:
            recall = the_recall(txn, effect.recall_id)
        app_id, version, platform = recall.app, recall.version, recall.platform
    return StatusFacts(
        recall_id=effect.recall_id,
        app_title=work.tools.settings.app(app_id).title if app_id else "",
        version=version,
        platform=platform,
        news=News(str(effect.body["what"])),
        detail=str(effect.body.get("detail", "")),
        link=dossier_link(work.tools.settings.home_folder, effect.recall_id),
    )


def sent_once(channel: Channel, message: Message, in_doubt: bool) -> Outcome:
    """Sends one message at most once: what may have gone out already is looked up, and where nobody can tell, a person must."""
    receipt = channel.lookup([message.key]).get(message.key) if in_doubt and channel.can_lookup else None
    if in_doubt and not channel.can_lookup:
        raise NeighbourRefused(f"an earlier try may have reached {channel.name}, which cannot be asked; check by hand whether it arrived")
    if receipt is None:
        receipt = next(iter(channel.send([message])), None)
    if receipt is None or receipt.state is DeliveryState.UNKNOWN:
        raise Ambiguous(f"{channel.name} gave no answer for a message; it will be looked up before anything else")
    return _judged(channel, receipt)


def _judged(channel: Channel, receipt: Receipt) -> Outcome:
    if receipt.state is DeliveryState.DEFERRED:
        raise ChannelUnavailable(f"{channel.name} asked to try later: {receipt.detail}")
    state = EffectState.DONE if receipt.state is DeliveryState.ACCEPTED else EffectState.FAILED
    return Outcome(
        state, {"channel": channel.name, "state": receipt.state.value, "provider_id": receipt.provider_id, "reason": receipt.detail}
    )
