"""Gathers from the ledger what a page shows: memo, progress, review, dossier.

Add here when a page needs another fact; rather in `integrations/pages` when it should look different.
"""

from __future__ import annotations

from configs.effects import DeliveryState
from configs.terms import InstalledBase, Issue, Option, Recall, Review, Signal
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import judgement_of, recalls_in, the_issue, the_recall
from integrations.ledger.deliveries import delivery_counts
from integrations.ledger.detectors import evidence_of
from integrations.ledger.readings import releases_of, signals_between, signals_named
from integrations.ledger.reviews import reviews_of
from integrations.ledger.signing import proposals_of
from integrations.ledger.stories import story_of
from integrations.links import form_link
from integrations.pages.facts import CellLine, DeliveryCount, EffectLine, ExplainFacts, MemoFacts, SignLink
from integrations.toolbox import Toolbox
from tasks.review import cells_in_scope
from tasks.rules.coverage import covering
from tasks.rules.decision import Exposure, options
from tasks.rules.ladder import IN_WORDS, action_for, strength
from tasks.rules.reconciliation import reconcile
from tasks.rules.words import read_closely

SHOWN_COMPLAINTS = 8

TOLD_STARS = 3
"""Stars up to which a review may be quoted as a complaint: three with "it crashes" tells as much as one."""


def memo_facts(tools: Toolbox, recall_id: str) -> MemoFacts:
    """What the signers read."""
    with tools.book.read() as txn:
        recall = the_recall(txn, recall_id)
        issue = the_issue(txn, recall.issue_id)
        _, assessment, _ = judgement_of(txn, issue.id)
        proposal = proposals_of(txn, recall_id)[-1]
        home, roles = tools.settings.home_folder, tools.policy.signoff.roles
        return MemoFacts(
            title=tools.settings.app(recall.app).title,
            issue=issue,
            assessment=assessment,
            proposal=proposal,
            options=_options(txn, recall, assessment.units),
            evidence=evidence_of(txn, recall.app, recall.platform, recall.version),
            alpha_halt=tools.policy.detection.alpha_halt,
            alpha_recall=tools.policy.detection.alpha_recall,
            complaints=complaints(tools, txn, issue),
            links=tuple(
                SignLink(name, role.needed, url)
                for name, role in roles.items()
                if (url := form_link(home, "sign-off", {"proposal": proposal.id, "role": name}))
            ),
        )


def _options(txn: Txn, recall: Recall, users: int | None) -> tuple[Option, ...]:
    """The rate of the last days goes on, as far as anyone knows."""
    proposal = proposals_of(txn, recall.id)[-1]
    released = next((r.released_at for r in releases_of(txn, recall.app, recall.platform) if r.version == recall.version), None)
    hours = max((proposal.opened_at - released).total_seconds() / 3600, 1.0) if released else None
    in_scope = sum(c.exposed for c in cells_in_scope(txn, recall)) or None
    exposure = Exposure(users, in_scope, users / hours if users is not None and hours else None)
    return options(exposure, now=proposal.opened_at, deadline=proposal.expires_at, recommended=proposal.action)


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
            examples=signals_named(txn, issue.app, issue.platform, [one for e in evidence for t in e.topics for one in t.examples]),
        )


def complaints(tools: Toolbox, txn: Txn, issue: Issue) -> tuple[Signal, ...]:
    """Newest understood complaints about the release, of every language in turn."""
    released = next((r.released_at for r in releases_of(txn, issue.app, issue.platform) if r.version == issue.version), issue.opened_at)
    signals = reversed(signals_between(txn, issue.app, issue.platform, released, txn.now))
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
