"""Gathers from the ledger what a page shows: memo, progress, review, dossier.

Add here when a page needs another fact; rather in `integrations/pages` when it should look different.
"""

from __future__ import annotations

from itertools import islice

from configs.catalogue import LOCALES
from configs.effects import DeliveryState
from configs.errors import NotFound
from configs.terms import Forecast, InstalledBase, Issue, Option, Proposal, Recall, Review, Signal
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import find_recall, judgement_of, recalls_in, the_issue, the_recall
from integrations.ledger.deliveries import delivery_counts
from integrations.ledger.detectors import evidence_of
from integrations.ledger.meetings import minutes_of
from integrations.ledger.readings import installed_of, releases_of, signals_between, signals_named
from integrations.ledger.records import loaded
from integrations.ledger.reviews import reviews_of
from integrations.ledger.signing import proposals_of, the_question
from integrations.ledger.stories import story_of
from integrations.ledger.widenings import BESIDE
from integrations.links import form_link
from integrations.pages.facts import CellLine, DeliveryCount, EffectLine, ExplainFacts, MemoCell, MemoFacts, SignLink
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.foresee import forecast_of, is_meant, scored_before, still_exposed
from tasks.plan_lines import plan_lines
from tasks.review import cells_in_scope
from tasks.rules.coverage import covering
from tasks.rules.decision import Exposure, options
from tasks.rules.keys import recall_id as recall_id_of
from tasks.rules.ladder import IN_WORDS, action_for, strength
from tasks.rules.predictions import exposure_hours, split
from tasks.rules.reconciliation import reconcile
from tasks.rules.routing import best_locale
from tasks.rules.scores import off_by
from tasks.rules.words import read_closely

SHOWN_COMPLAINTS = 8

LOOKED_THROUGH = 5000
"""The newest signals that complaints are looked for in: every signer's message waits for it."""

TOLD_STARS = 3
"""Stars up to which a review may be quoted as a complaint: three with "it crashes" tells as much as one."""


def memo_facts(tools: Toolbox, recall_id: str, proposal_id: str = "") -> MemoFacts:
    """What the signers read of a recall's newest proposal, or of the one named."""
    with tools.book.read() as txn:
        recall = the_recall(txn, recall_id)
        issue = the_issue(txn, recall.issue_id)
        judged, assessment, _ = judgement_of(txn, issue.id)
        proposal = _named(txn, proposal_id) if proposal_id else proposals_of(txn, recall_id)[-1]
        predicted = forecast_of(tools, txn, proposal, assessment)
        scores = scored_before(txn, recall.app, recall.id)
        return MemoFacts(
            title=tools.settings.app(recall.app).title,
            issue=issue,
            assessment=assessment,
            proposal=proposal,
            options=_options(proposal, predicted),
            evidence=evidence_of(txn, recall.app, recall.platform, recall.version),
            alpha_halt=tools.policy.detection.alpha_halt,
            alpha_recall=tools.policy.detection.alpha_recall,
            complaints=complaints(tools, txn, issue),
            links=_links(tools, txn, proposal) if the_question(txn, proposal.id)[2] else (),
            judged=judged,
            story=story_of(txn, issue.id),
            forecast=predicted,
            cells=_memo_cells(txn, proposal, predicted),
            scores=scores,
            usual_error=off_by(scores),
            horizon_days=tools.policy.risk.horizon_days,
            plan=plan_lines(txn, recall),
            minutes=minutes_of(txn, recall_id),
        )


def _named(txn: Txn, proposal_id: str) -> Proposal:
    """That proposal, also one that stands beside its recall until it is signed."""
    return loaded(Proposal, the_question(txn, proposal_id)[1])


def _links(tools: Toolbox, txn: Txn, proposal: Proposal) -> tuple[SignLink, ...]:
    """The form of each role, pre-filled; none where no server is known."""
    home, roles = tools.settings.home_folder, in_force(tools, txn).signoff.roles
    forms = ((name, role, form_link(home, "sign-off", {"proposal": proposal.id, "role": name})) for name, role in roles.items())
    return tuple(SignLink(name, role.needed, url) for name, role, url in forms if url)


def _options(proposal: Proposal, predicted: Forecast) -> tuple[Option, ...]:
    """The rate of the last days goes on, as far as anyone knows."""
    course = predicted.course
    users, in_scope = (None if n is None else round(n) for n in (course.users, course.in_scope))
    exposure = Exposure(users, in_scope, course.per_hour, None if course.ceiling is None else round(course.ceiling))
    return options(exposure, now=proposal.opened_at, deadline=proposal.expires_at, recommended=proposal.action)


def _memo_cells(txn: Txn, proposal: Proposal, predicted: Forecast) -> tuple[MemoCell, ...]:
    """Every cell with what the proposed action leads to in it, the largest first."""
    scope = proposal.scope
    cells = sorted(installed_of(txn, scope.app, scope.platform, scope.version), key=lambda c: (-still_exposed(c), c.country, c.os_version))
    meant = {id(c): is_meant(c, scope) for c in cells}
    course = predicted.course
    inside = sum(still_exposed(c) for c in cells if meant[id(c)])
    part = 0.0 if not inside or course.in_scope is None else course.in_scope / inside
    parts = split(course, [(float(n := still_exposed(c)), n * part if meant[id(c)] else 0.0) for c in cells])
    return tuple(
        MemoCell(c.country, c.os_version, still_exposed(c), exposure_hours(one, proposal.action, course.horizon_hours), meant[id(c)])
        for c, one in zip(cells, parts, strict=True)
    )


def memo_locale(wanted: str) -> str:
    """The language to show the memo in: the wanted one, a shorter form of it, else English."""
    return best_locale(wanted, LOCALES) or LOCALES[0]


def proposal_meant(tools: Toolbox, name: str) -> tuple[str, str]:
    """The recall and the proposal that a proposal's, issue's or recall's id means.

    Raises:
        NotFound: there is none; says where to look.
    """
    with tools.book.read() as txn:
        if name.startswith("P-"):
            about, _, _ = the_question(txn, name)
            return about.removeprefix(BESIDE), name
        recall = find_recall(txn, recall_id_of(the_issue(txn, name).id)) if name.startswith("ISS-") else the_recall(txn, name)
        if recall is None:
            raise NotFound(f"no recall of {name} was proposed, so there is no memo; `recall explain {name}` says why it has its level")
        return recall.id, ""


def explain_facts(tools: Toolbox, issue_id: str) -> ExplainFacts:
    """Why an issue has its level.

    Raises:
        NotFound: no such issue.
    """
    with tools.book.read() as txn:
        issue = the_issue(txn, issue_id)
        evidence, assessment, fingerprint = judgement_of(txn, issue_id)
        return ExplainFacts(
            title=tools.settings.app(issue.app).title,
            issue=issue,
            assessment=assessment,
            evidence=evidence,
            looks=evidence_of(txn, issue.app, issue.platform, issue.version),
            alpha_halt=tools.policy.detection.alpha_halt,
            alpha_recall=tools.policy.detection.alpha_recall,
            fingerprint=fingerprint,
            is_current=fingerprint == tools.policy.fingerprint,
            story=story_of(txn, issue_id),
            covered_by=covering(issue, recalls_in(txn, app=issue.app)),
            asks_for=IN_WORDS[action_for(assessment.level, strength(evidence), tools.policy)],
            complaints=complaints(tools, txn, issue),
            usual_error=off_by(scored_before(txn, issue.app)),
            examples=signals_named(txn, issue.app, issue.platform, [one for e in evidence for t in e.topics for one in t.examples]),
        )


def complaints(tools: Toolbox, txn: Txn, issue: Issue) -> tuple[Signal, ...]:
    """Newest understood complaints about the release, of every language in turn."""
    released = next((r.released_at for r in releases_of(txn, issue.app, issue.platform) if r.version == issue.version), issue.opened_at)
    signals = islice(reversed(signals_between(txn, issue.app, issue.platform, released, txn.now)), LOOKED_THROUGH)
    by_language: dict[str, list[Signal]] = {}
    for signal in signals:
        verdict = read_closely(signal, max(TOLD_STARS, tools.policy.words.low_stars_max))
        if verdict.is_complaint and signal.version in ("", issue.version):
            by_language.setdefault(verdict.language, []).append(signal)
    rounds = [found[i] for i in range(SHOWN_COMPLAINTS) for found in by_language.values() if i < len(found)]
    return tuple(rounds[:SHOWN_COMPLAINTS])


def effect_lines(txn: Txn, recall: Recall) -> tuple[EffectLine, ...]:
    """Every effect of a recall with what the neighbour answered."""
    effects = outbox.of_recall(txn, recall.id)
    return tuple(EffectLine(e.kind, e.target, e.state, e.attempts, _said(outbox.receipt_of(txn, e.key))) for e in effects)


def _said(receipt: dict[str, object] | None) -> str:
    shown = {k: v for k, v in (receipt or {}).items() if v not in ("", None)}
    return ", ".join(f"{k}: {v}" for k, v in shown.items())


def delivery_lines(txn: Txn, recall: Recall) -> tuple[DeliveryCount, ...]:
    """Notices by channel, language and state, over all waves."""
    sums: dict[tuple[str, str, str], int] = {}
    for (_, channel, locale, state), n in delivery_counts(txn, recall.id).items():
        sums[channel, locale, state] = sums.get((channel, locale, state), 0) + n
    return tuple(DeliveryCount(channel, locale, DeliveryState(state), n) for (channel, locale, state), n in sums.items())


def cell_lines(cells: list[InstalledBase]) -> tuple[CellLine, ...]:
    """The reconciliation of every cell."""
    return tuple(CellLine(c.country, c.os_version, reconcile(c)) for c in cells)


def review_facts(tools: Toolbox, recall_id: str) -> tuple[Recall, tuple[Review, ...], tuple[CellLine, ...]]:
    """A recall with its reviews and cells."""
    with tools.book.read() as txn:
        recall = the_recall(txn, recall_id)
        return recall, reviews_of(txn, recall_id), cell_lines(cells_in_scope(txn, recall))
