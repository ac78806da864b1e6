"""The decision memo: what product, tech and legal read in a minute before they sign, in English, Chinese or Russian.

It is made of blocks, so that the artifact, the page, the mail and the terminal say the same. Sentences stand in the catalogues; what the
rules wrote in English, and what is signed, is quoted as it is and marked.

Add here when signers need another fact; rather in `integrations/pages/dossier.py` when it is for those who look back, and in
`configs/templates/memo.*.yaml` when a sentence should read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from configs.catalogue import Catalogue, catalogue
from configs.terms import Level, Scope
from configs.wording import country_name
from integrations.pages.blocks import (
    LONGEST_WORDS,
    Badge,
    Block,
    Door,
    Facts,
    Grid,
    Heading,
    Page,
    Para,
    Points,
    Quote,
    Tiles,
    Title,
    Tone,
    plain,
)
from integrations.pages.blocks_as_markdown import as_markdown
from integrations.pages.facts import MemoCell, MemoFacts, SignLink
from integrations.pages.memo_options import earlier, how_predicted, options, proposed_prediction, why
from integrations.pages.memo_plan import minuted, planned
from integrations.pages.memo_risk import happened, history, risk, voices

SHOWN_CELLS = 8
"""The largest cells; the others are summed up."""

SHOWN_NAMES = 12
"""Countries, versions or devices that a scope names one by one."""

LONGEST_WAY = 2000
"""Characters of an address with the form's parameters in it."""

SUMMARY = 1000
"""Characters of the signed text; a proposal's own is shorter."""


def decision_memo(facts: MemoFacts, locale: str = "en") -> str:
    """The memo as markdown, with the health chart inlined."""
    return as_markdown(memo(facts, locale))


def memo(facts: MemoFacts, locale: str = "en") -> Page:
    """The memo as blocks: the decision first, then what it rests on."""
    say = catalogue(locale)
    return (
        *_lead(facts, say),
        *why(facts, say),
        *options(facts, say),
        *happened(facts, say),
        *voices(facts, say),
        *risk(facts, say),
        *_whom(facts, say),
        *planned(facts, say),
        *minuted(facts, say),
        *history(facts, say),
        *how_predicted(facts, say),
        *earlier(facts, say),
        *_signing(facts, say),
        *_signed(facts, say),
        *_own_words(facts, say),
    )


def _lead(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    proposal, level = facts.proposal, facts.assessment.level
    action = say(f"action.{proposal.action.value}")
    named = {"app": plain(facts.title), "version": plain(facts.issue.version), "action": action}
    yield Title(say("title", **named))
    word = "lead.uncertain" if facts.assessment.uncertain else "lead.level"
    yield Badge(say(word, level=say(f"level.{level.value}")), Tone.BAD if level in (Level.HIGH, Level.SERIOUS) else Tone.USUAL)
    store = say(f"store.{proposal.scope.platform.value}")
    yield Para(say("lead.proposed", store=store, scope=scope_said(proposal.scope, say), **named), Tone.LEAD)
    yield Para(say("lead.decide_by", moment=say.moment(proposal.expires_at)))
    yield Tiles(tuple(_tiles(facts, say)))


def _tiles(facts: MemoFacts, say: Catalogue) -> Iterator[tuple[str, str]]:
    known = facts.forecast.course if facts.forecast else None
    users = known.users if known else facts.assessment.units
    yield say.people(users), say("tile.users")
    yield say.people(known.per_hour if known else None), say("tile.per_hour")
    found = proposed_prediction(facts)
    if found is not None:
        yield say.rough(found.hour_exposure), say("tile.hour_exposure")
        yield say.people(found.hour_harmed_most), say("tile.hour_harmed")


def scope_said(scope: Scope, say: Catalogue) -> str:
    """Whom a scope concerns, as the language says it."""
    countries = [plain(country_name(code, say.locale)) for code in scope.countries[:SHOWN_NAMES]]
    systems = [say("scope.os_name", os=plain(os)) for os in scope.os_versions[:SHOWN_NAMES]]
    parts = ([plain(device) for device in scope.devices[:SHOWN_NAMES]], systems, countries)
    named = [say.listed(names) for names in parts if names]
    return say.listed(named, "list.and") if named else say("scope.everyone")


# --- whom it concerns -----------------------------------------------------------------------------------------------------


def _whom(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    scope = facts.proposal.scope
    yield Heading(say("scope.title"))
    yield Facts(
        (
            (say("scope.app"), say.aside(plain(facts.title), plain(scope.app))),
            (say("scope.version"), plain(scope.version)),
            (say("scope.store"), say(f"store.{scope.platform.value}")),
            (say("scope.countries"), _names([country_name(c, say.locale) for c in scope.countries], say)),
            (say("scope.os"), _names(scope.os_versions, say)),
            (say("scope.devices"), _names(scope.devices, say)),
        )
    )
    if facts.cells:
        header = (say("scope.where"), say("scope.users"), say("scope.exposure"))
        yield Grid(header, tuple(_cell_rows(facts, say)))


def _names(names: tuple[str, ...] | list[str], say: Catalogue) -> str:
    if not names:
        return say("scope.all")
    more = f" +{len(names) - SHOWN_NAMES}" if len(names) > SHOWN_NAMES else ""
    return say.listed([plain(name) for name in names[:SHOWN_NAMES]]) + more


def _cell_rows(facts: MemoFacts, say: Catalogue) -> Iterator[tuple[str, ...]]:
    for cell in facts.cells[:SHOWN_CELLS]:
        country = plain(country_name(cell.country, say.locale)) if cell.country else say("scope.unknown")
        where = say.listed([country, say("scope.os_name", os=plain(cell.os_version) or say("scope.unknown"))], "list.beside")
        yield where, say.number(cell.users), _hours(cell, say)
    rest = facts.cells[SHOWN_CELLS:]
    if rest:
        hours = [cell.exposure_hours for cell in rest]
        known = sum(h for h in hours if h is not None) if None not in hours else None
        yield say.count("scope.others", len(rest)), say.number(sum(c.users for c in rest)), say.rough(known)


def _hours(cell: MemoCell, say: Catalogue) -> str:
    said = say.rough(cell.exposure_hours)
    return said if cell.is_meant else say.aside(said, say("scope.not_in"))


# --- signing --------------------------------------------------------------------------------------------------------------


def _signing(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    if facts.links:
        yield Heading(say("sign.title"))
        yield from (_door(one, say) for one in facts.links)
        yield Para(say("sign.rule"), Tone.FAINT)


def _door(one: SignLink, say: Catalogue) -> Door:
    return Door(say.count("sign.as", one.needed, role=plain(one.role)), plain(one.url, LONGEST_WAY))


def _signed(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    proposal = facts.proposal
    who = say("signed.proposal_is", id=plain(proposal.id), revision=str(proposal.revision), person=plain(proposal.proposed_by))
    yield Heading(say("signed.title"))
    yield Para(say("signed.note"), Tone.FAINT)
    yield Quote(say("list.quoted", words=plain(proposal.summary, SUMMARY)), "", "en")
    yield Facts(
        (
            (say("signed.proposal"), who),
            (say("signed.digest"), plain(proposal.digest)),
            (say("signed.policy"), plain(proposal.policy_fingerprint)),
        )
    )


def _own_words(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """What the rules wrote down, in English, for whoever wants to check the sums."""
    said = dict.fromkeys(plain(text, LONGEST_WORDS) for text in (facts.issue.reason, *facts.assessment.reasons) if text.strip())
    if said:
        yield Heading(say("words.title"))
        yield Para(say("words.note"), Tone.FAINT)
        yield Points(tuple(said))
