"""Messages to our own people: the question for a signature with its one-time code, and news for operators.

Add here when our people must hear something else; rather in `tasks/send.py` when users must.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from configs.effects import DeliveryState, Effect, EffectState, Message, Receipt
from configs.errors import Ambiguous, BadInput, ChannelUnavailable, NeighbourRefused
from configs.notice import News, ProposalFacts, ReleaseFacts, StatusFacts
from configs.policy import Person
from configs.terms import Platform, Proposal
from configs.wording import render, stage_words
from integrations.contracts import Channel
from integrations.ledger.attempts import code_round
from integrations.ledger.cases import the_recall
from integrations.ledger.records import loaded
from integrations.ledger.signing import signatures_on, the_question
from integrations.links import dossier_link, form_link, sign_address
from integrations.toolbox import Toolbox
from tasks.outcome import Outcome
from tasks.rules.codes import code_for
from tasks.rules.deadlines import contacts
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
    asked = tools.policy.signoff.people.get(person)
    if asked is None:
        raise BadInput(f"{person!r} is no longer in the policy; nobody was asked for {role!r} in their place")
    with work.read() as txn:
        is_open = the_question(txn, str(effect.body["question"]))[2]
        has_signed = person in {s.person for s in signatures_on(txn, str(effect.body["question"]))}
    if not is_open or has_signed:
        return Outcome(EffectState.CANCELLED, {"reason": "they signed already" if is_open else "the question is not open any more"})
    channel, address = _reachable(tools, person, asked)
    locale = locale_for(asked.locale, tools.policy.notices)
    subject, text = _question(work, str(effect.body["question"]), role, person, locale)
    if stage := str(effect.body.get("stage", "")):
        subject = f"{stage_words(stage, locale)}: {subject}"
    return sent_once(channel, Message(effect.key, address, subject, text, locale=locale, urgent=True), in_doubt)


def _reachable(tools: Toolbox, name: str, person: Person) -> tuple[Channel, str]:
    for channel, address in person.addresses.items():
        if channel in tools.channels:
            return tools.channels[channel], address
    raise BadInput(f"{name!r} has no address on a channel of the settings ({', '.join(tools.channels)}); add one to the policy")


def _question(work: Work, question_id: str, role: str, person: str, locale: str) -> tuple[str, str]:
    """Subject and text of the question, with its code and the link to the form."""
    tools = work.tools
    with work.read() as txn:
        about, body, _ = the_question(txn, question_id)
        round_now = code_round(txn, question_id, person)
    link = form_link(tools.settings.home_folder, "sign-off", {"proposal": question_id, "role": role, "person": person})
    question: Proposal | BrakeRelease = loaded(Proposal, body) if about.startswith("REC-") else loaded(BrakeRelease, body)
    code = code_for(tools.secret, question.digest, role, person, round_now)
    ticket = Ticket(
        question_id, question.digest, role, person, ceil(question.expires_at.timestamp()) if question.expires_at else 0, round_now
    )
    own = sign_address(tools.settings.web, token_for(tools.secret, ticket))
    if isinstance(question, Proposal):
        facts: ProposalFacts | ReleaseFacts = _proposal_facts(tools, question, Addressed(person, role, code, link, own))
    else:
        facts = ReleaseFacts(question.id, question.reason, question.proposed_by, person, role, code, link, own)
    text = render("proposal" if isinstance(facts, ProposalFacts) else "release", facts, locale)
    subject, _, rest = text.partition("\n")
    return subject.strip(), rest.strip()


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
    text = render("status", _news(work, effect), locale)
    subject, _, rest = text.partition("\n")
    to_contact = effect.body.get("to") == "contact"
    addresses = contacts(tools.policy.signoff) if to_contact else tools.policy.notices.operator_channels
    address = addresses.get(name) or ("contact" if to_contact else "operators")
    message = Message(effect.key, address, subject.strip(), rest.strip(), locale=locale)
    return sent_once(tools.channels[name], message, in_doubt)


def _news(work: Work, effect: Effect) -> StatusFacts:
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
