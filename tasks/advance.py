"""The step that moves a recall to its next state once everything the state waits for has happened.

Add here when moving on has another consequence; rather in `tasks/rules/lifecycle.py` when a state waits for something else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from configs.effects import EffectKind, EffectState
from configs.terms import IssueState, Recall, RecallState
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import move_issue, move_recall, recalls_in, the_issue, the_recall
from integrations.ledger.reviews import reviews_of
from integrations.ledger.widenings import close_widenings
from integrations.ledger.wordings import waves_frozen
from integrations.toolbox import Toolbox
from tasks.rules import plan
from tasks.rules.effectiveness import may_close
from tasks.rules.lifecycle import EffectCount, RecallFacts, next_recall_state, waits_for
from tasks.rules.signoff import OutcomeState
from tasks.step import Work, step

FIRST_WAVE = 0
GOING = (RecallState.APPROVED, RecallState.REVIEWING)


@dataclass(frozen=True, slots=True)
class Advanced:
    """`waits_for`: what still keeps the recall where it is."""

    recall_id: str
    state: RecallState
    waits_for: tuple[str, ...]


@step(identity=("recall_id", "row_version"), subject="{recall_id}")
def advance_recall(work: Work, recall_id: str, row_version: int) -> Advanced:
    """Moves an approved or reviewed recall on when it is due; `row_version` is that of the row the caller saw."""
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        facts = recall_facts(work.tools, txn, recall)
        state = next_recall_state(recall.state, facts)
        if state is None or recall.row_version != row_version:
            return Advanced(recall_id, recall.state, waits_for(recall.state, facts))
        move_recall(txn, recall, state)
        said: dict[str, object] = {"from": recall.state.value}
        if state is RecallState.CLOSED:
            close_widenings(txn, recall.id)
            said |= _scored(work, txn, recall)
            move_issue(txn, the_issue(txn, recall.issue_id), IssueState.CLOSED)
            outbox.queue(txn, *plan.news(recall.id, recall.revision, "closed", work.tools.policy))
        return work.done(txn, f"recall.{state.value}", said, Advanced(recall_id, state, ()))


def _scored(work: Work, txn: Txn, recall: Recall) -> dict[str, object]:
    from tasks.foresee import score_forecast  # it needs the reviews, whose step needs this file

    return score_forecast(work, txn, recall)


def recall_facts(tools: Toolbox, txn: Txn, recall: Recall) -> RecallFacts:
    """What the ledger knows of a recall that has been decided."""
    effects = [e for e in outbox.of_recall(txn, recall.id) if e.revision == recall.revision]
    counted = Counter((e.kind, e.state) for e in effects if e.kind is not EffectKind.SEND_NOTICES or _is_first_wave(e.target))
    if FIRST_WAVE not in waves_frozen(txn, recall.id, recall.revision):
        counted[EffectKind.SEND_NOTICES, EffectState.QUEUED] += 1
    return RecallFacts(
        signatures=OutcomeState.APPROVED,
        effects=tuple(EffectCount(kind, state, n) for (kind, state), n in counted.items()),
        fix_published=counted[EffectKind.PUBLISH_FIX, EffectState.DONE] > 0,
        may_close=may_close(reviews_of(txn, recall.id), tools.policy.reviewing),
    )


def _is_first_wave(target: str) -> bool:
    return target.startswith(plan.wave_target(FIRST_WAVE))


def going_recalls(tools: Toolbox, app: str = "") -> tuple[Recall, ...]:
    """Recalls that are being carried out or reviewed."""
    with tools.book.read() as txn:
        return recalls_in(txn, *GOING, app=app)


def advance_going(tools: Toolbox, app: str = "") -> tuple[Advanced, ...]:
    """Moves every recall that is due."""
    due = []
    for recall in going_recalls(tools, app):
        with tools.book.read() as txn:
            if next_recall_state(recall.state, recall_facts(tools, txn, recall)) is not None:
                due.append(recall)
    return tuple(advance_recall(tools, recall_id=r.id, row_version=r.row_version) for r in due)
