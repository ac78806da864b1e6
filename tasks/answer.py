"""The desk behind signed links: what a link's page shows, and its answer, which ends in the same step as every other signature.

Add here when the page of a link needs another fact or does something else; rather in `integrations/web` when it looks otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from configs.errors import NotFound, SignatureRefused
from configs.terms import Proposal, Signature, Verdict
from integrations.ledger.book import Txn
from integrations.ledger.signing import proposals_of, signatures_on
from integrations.ledger.void import turn_of
from integrations.toolbox import Toolbox
from integrations.web.facts import Page, Standing
from tasks.agreed import in_force
from tasks.asked import the_asked
from tasks.decide import sign
from tasks.look import memo_facts
from tasks.rules.roles import RolesChange
from tasks.rules.routing import locale_for
from tasks.rules.signoff import Asked, BrakeRelease, outcome
from tasks.rules.tickets import NO_LINK, Ticket, form_key, form_key_fits, ticket_of


@dataclass(frozen=True, slots=True)
class _Seen:
    """A link that is ours, and its question as the ledger has it."""

    ticket: Ticket
    about: str
    question: Asked
    is_open: bool
    is_newest_link: bool
    signatures: tuple[Signature, ...]

    @property
    def own(self) -> Signature | None:
        """The signature of the link's person."""
        return next((s for s in self.signatures if s.person == self.ticket.person), None)


@dataclass(frozen=True, slots=True)
class SigningDesk:
    """Keeps `integrations.web.facts.Desk`. `opened`: the toolbox of the settings and policy as they are now."""

    opened: Callable[[], Toolbox]

    def look(self, token: str) -> Page:
        """The question of that link.

        Raises:
            SignatureRefused: no link of ours, whole and unaltered.
        """
        tools = self.opened()
        with tools.book.read() as txn:
            page = _page(tools, txn, _seen(tools, txn, token), token)
        if page.proposal is None or page.standing is not Standing.OPEN:
            return page
        return replace(page, options=memo_facts(tools, page.proposal.recall_id).options)

    def answer(self, token: str, key: str, verdict: Verdict, reason: str) -> None:
        """Signs with the link as proof.

        Raises:
            SignatureRefused: no link of ours, not from its own form, or what the step refuses.
            KeyReused: they signed already, with another answer.
        """
        tools = self.opened()
        if not form_key_fits(key, tools.secret, token):
            raise SignatureRefused("this answer does not come from the link's own form; open the link again and answer there")
        ticket = ticket_of(token, tools.secret)
        sign(tools, proposal_id=ticket.question, person=ticket.person, role=ticket.role, verdict=verdict, reason=reason, code=token)


def _seen(tools: Toolbox, txn: Txn, token: str) -> _Seen:
    ticket = ticket_of(token, tools.secret)
    try:
        about, question, is_open = the_asked(txn, ticket.question)
    except NotFound:
        raise SignatureRefused(NO_LINK) from None
    is_newest = ticket.turn == turn_of(txn, ticket.question, ticket.person) and ticket.digest == question.digest
    return _Seen(ticket, about, question, is_open, is_newest, signatures_on(txn, ticket.question))


def _page(tools: Toolbox, txn: Txn, seen: _Seen, token: str) -> Page:
    question, ticket, policy = seen.question, seen.ticket, in_force(tools, txn)
    person = policy.signoff.people.get(ticket.person)
    result = outcome(question, seen.signatures, policy.signoff, txn.now)
    return Page(
        locale=locale_for(person.locale if person else "", policy.notices),
        standing=_standing(tools, txn, seen),
        question=question.id,
        role=ticket.role,
        person=ticket.person,
        digest=question.digest,
        now=txn.now,
        key=form_key(tools.secret, token),
        min_reason=policy.signoff.min_reason_characters,
        opened_at=question.opened_at,
        expires_at=question.expires_at,
        missing={one.role: one.count for one in result.missing},
        signature=seen.own,
        newest=_newest(txn, seen),
        proposal=question if isinstance(question, Proposal) else None,
        app_title=tools.settings.app(question.scope.app).title if isinstance(question, Proposal) else "",
        reason=question.reason if isinstance(question, (BrakeRelease, RolesChange)) else "",
        asked_by=question.proposed_by,
    )


def _standing(tools: Toolbox, txn: Txn, seen: _Seen) -> Standing:
    """The first that applies."""
    expires = seen.question.expires_at
    person = in_force(tools, txn).signoff.people.get(seen.ticket.person)
    if seen.own is not None:
        return Standing.SIGNED
    if not seen.is_open:
        return Standing.RENEWED if _newest(txn, seen) != seen.question.id else Standing.DECIDED
    if expires is not None and txn.now >= expires:
        return Standing.EXPIRED
    if person is None or not person.signs_as(seen.ticket.role):
        return Standing.GONE
    return Standing.OPEN if seen.is_newest_link and not seen.ticket.is_over(txn.now) else Standing.REPLACED


def _newest(txn: Txn, seen: _Seen) -> str:
    """The question that stands in this one's place, or its own id."""
    newest = [p.id for p in proposals_of(txn, seen.about)][-1:] if isinstance(seen.question, Proposal) else []
    return newest[0] if newest else seen.question.id
