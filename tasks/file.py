"""Writes the dossier: everything about a recall in one HTML file.

Add here when the dossier needs another fact; rather in `integrations/pages/dossier.py` when it should look different.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from configs.terms import Recall
from integrations.ledger import brake
from integrations.ledger.book import Txn
from integrations.ledger.cases import judgement_of, recalls_in, the_issue, the_recall
from integrations.ledger.detectors import evidence_of
from integrations.ledger.forecasts import scores_of
from integrations.ledger.journal import entries_about, head_of, last_checkpoints
from integrations.ledger.keys import public_keys
from integrations.ledger.meetings import minutes_of
from integrations.ledger.readings import source_states
from integrations.ledger.reviews import reviews_of
from integrations.ledger.signing import proposals_of, signatures_on
from integrations.ledger.verify import verify
from integrations.ledger.wordings import frozen_notices, waves_frozen
from integrations.links import dossier_path
from integrations.pages.dossier import dossier
from integrations.pages.facts import CheckpointLine, DossierFacts, JournalLine, JournalProof, NoticeText, SourceLine, TimelineLine
from integrations.toolbox import Toolbox
from tasks.look import cell_lines, delivery_lines, effect_lines
from tasks.plan_lines import plan_changes, plan_lines
from tasks.review import cells_in_scope
from tasks.timeline import in_words

SHOWN_ENTRIES, SHOWN_CHECKPOINTS = 400, 20


def write_dossiers(tools: Toolbox, app: str = "") -> tuple[Path, ...]:
    """Writes the dossier of every recall of an app anew, each in one go; returns the paths."""
    with tools.book.read() as txn:
        ids = [recall.id for recall in recalls_in(txn, app=app)]
    return tuple(write_dossier(tools, recall_id) for recall_id in ids)


def write_dossier(tools: Toolbox, recall_id: str) -> Path:
    """Writes one recall's dossier; returns its path."""
    path = dossier_path(tools.settings.home_folder, recall_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(dossier(dossier_facts(tools, recall_id)))
    draft.replace(path)
    return path


def dossier_facts(tools: Toolbox, recall_id: str) -> DossierFacts:
    """Everything the dossier shows."""
    proof = _proof(tools, recall_id)
    with tools.book.read() as txn:
        recall = the_recall(txn, recall_id)
        issue, proposal = the_issue(txn, recall.issue_id), proposals_of(txn, recall_id)[-1]
        return DossierFacts(
            title=tools.settings.app(recall.app).title,
            made_at=tools.clock.now(),
            recall=recall,
            issue=issue,
            assessment=judgement_of(txn, issue.id)[1],
            proposal=proposal,
            signatures=signatures_on(txn, proposal.id),
            timeline=_timeline(txn, recall),
            sources=tuple(
                SourceLine(s.source, s.health, s.read_until, s.fresh_until, s.warning) for s in source_states(txn) if s.app == recall.app
            ),
            evidence=evidence_of(txn, recall.app, recall.platform, recall.version),
            alpha_halt=tools.policy.detection.alpha_halt,
            alpha_recall=tools.policy.detection.alpha_recall,
            notices=_notices(tools, txn, recall),
            deliveries=delivery_lines(txn, recall),
            effects=effect_lines(txn, recall),
            cells=cell_lines(cells_in_scope(txn, recall)),
            reviews=reviews_of(txn, recall_id),
            journal=proof,
            target_reach=tools.policy.reviewing.target_reach,
            score=next((s for s in scores_of(txn, recall.app) if s.recall_id == recall.id), None),
            plan=plan_lines(txn, recall),
            plan_history=plan_changes(txn, recall_id),
            minutes=minutes_of(txn, recall_id),
        )


def _timeline(txn: Txn, recall: Recall) -> tuple[TimelineLine, ...]:
    lines = [TimelineLine(e.at, said, e.actor) for e in entries_about(txn, recall, SHOWN_ENTRIES) if (said := in_words(e))]
    lines += [TimelineLine(b.at, f"brake {'engaged' if b.engaged else 'released'}: {b.reason}", b.person) for b in brake.history(txn)]
    return tuple(sorted(lines, key=lambda line: line.at))


def _notices(tools: Toolbox, txn: Txn, recall: Recall) -> tuple[NoticeText, ...]:
    channel = "/".join(tools.policy.notices.channels[recall.level])
    found = [frozen_notices(txn, recall.id, recall.revision, wave) for wave in waves_frozen(txn, recall.id, recall.revision)]
    return tuple(NoticeText(channel, n.locale, n.subject, n.text) for notices in found[:1] for n in notices.values())


def _proof(tools: Toolbox, recall_id: str) -> JournalProof:
    proof = verify(tools.settings.ledger_url, tools.keeper.files(tools.book.read), public_keys(tools.keeper.home))
    said = proof.fault or f"{proof.entries} entries verify, {proof.covered} of them under {proof.checkpoints} signed checkpoints"
    with tools.book.read() as txn:
        head = head_of(txn)
        entries = entries_about(txn, the_recall(txn, recall_id), SHOWN_ENTRIES)
        return JournalProof(
            is_good=proof.is_sound,
            verified=said,
            head_seq=head.seq,
            head_hash=head.hash.hex(),
            total=proof.entries,
            entries=tuple(JournalLine(e.seq, e.at, e.kind, e.hash) for e in entries),
            checkpoints=tuple(CheckpointLine(c.seq, c.at, c.line) for c in last_checkpoints(txn, SHOWN_CHECKPOINTS)),
        )
