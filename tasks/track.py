"""Steps that hold a plan against what has happened: mark what is reached, remind owners, say what is late.

Everything is worked out from the ledger at every tick, so that a tick that comes twice, late, or after a crash tells nobody twice.

Add here when a plan's owner must hear something else; rather in `tasks/rules/milestones.py` when "reached" or "late" means something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from configs.effects import Effect, EffectKind, EffectState
from configs.terms import Mark, Recall, RecallState
from configs.terms.planned import REPORT
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in, the_recall
from integrations.ledger.outbox import receipt_of
from integrations.ledger.plans import find_plan, mark_late, mark_reached, mark_reminded, marks_of
from integrations.ledger.reviews import reviews_of
from integrations.ledger.times import as_text, as_time
from integrations.ledger.wordings import waves_frozen
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.rules import plan
from tasks.rules.milestones import Happened, Tell, Telling, reached, tellings
from tasks.run import all_of
from tasks.step import Work, step

OPEN = (EffectState.QUEUED, EffectState.CLAIMED, EffectState.UNKNOWN)
GOING = (RecallState.APPROVED, RecallState.REVIEWING)


@dataclass(frozen=True, slots=True)
class Marked:
    """`at`: as text."""

    recall_id: str
    milestone: str
    at: str


@step(identity=("recall_id", "revision", "milestone"), subject="{recall_id}")
def mark_milestone(work: Work, recall_id: str, revision: int, milestone: str, filed: bool = False) -> Marked:
    """Writes down when a milestone was reached. `filed`: the dossier of the closed recall has just been written."""
    with work.write() as txn:
        recall, version = the_recall(txn, recall_id), find_plan(txn, recall_id)
        known = _happened(txn, recall, filed)
        at = reached(version.plan, known).get(milestone) if version and recall.revision == revision else None
        if at is None:
            return Marked(recall_id, milestone, "")
        mark_reached(txn, recall_id, revision, milestone, at)
        return work.done(txn, "milestone.reached", {"milestone": milestone, "at": as_text(at)}, Marked(recall_id, milestone, as_text(at)))


@step(identity=("recall_id", "revision", "milestone", "what", "due"), subject="{recall_id}")
def tell_owner(work: Work, recall_id: str, revision: int, milestone: str, what: Tell, due: datetime) -> Marked:
    """Tells a milestone's owner that it is due soon, or late; nothing when that is no longer so."""
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        wanted = next((t for t in _tellings(work.tools, txn, recall) if (t.name, t.what, t.due_at) == (milestone, what, due)), None)
        if wanted is None or recall.revision != revision:
            return Marked(recall_id, milestone, "")
        (mark_late if what is Tell.ALARM else mark_reminded)(txn, recall_id, revision, milestone, due)
        outbox.queue(txn, *plan.told_of(recall, wanted, in_force(work.tools, txn)))
        said = {"milestone": milestone, "due": as_text(due), "owner": wanted.owner}
        kind = "milestone.late" if what is Tell.ALARM else "milestone.due"
        return work.done(txn, kind, said, Marked(recall_id, milestone, as_text(due)))


def track_plans(tools: Toolbox, app: str = "") -> tuple[Marked, ...]:
    """Marks what is reached and tells owners what is due, for every recall that is being carried out."""
    with tools.book.read() as txn:
        going = [r for r in recalls_in(txn, *GOING, RecallState.CLOSED, app=app) if not _is_over(txn, r)]
        marking = [(r, name) for r in going for name in _unmarked(txn, r)]
    done = all_of(
        *(partial(mark_milestone, tools, recall_id=r.id, revision=r.revision, milestone=name) for r, name in marking),
    )
    with tools.book.read() as txn:
        telling = [(r, t) for r in going for t in _tellings(tools, txn, r)]
    told = all_of(
        *(partial(tell_owner, tools, recall_id=r.id, revision=r.revision, milestone=t.name, what=t.what, due=t.due_at) for r, t in telling),
    )
    return (*done, *told)


def mark_reports(tools: Toolbox, app: str = "") -> tuple[Marked, ...]:
    """Marks the report of every closed recall; call it once the dossiers are written."""
    with tools.book.read() as txn:
        closed = [r for r in recalls_in(txn, RecallState.CLOSED, app=app) if find_plan(txn, r.id) and not _is_over(txn, r)]
    return tuple(mark_milestone(tools, recall_id=r.id, revision=r.revision, milestone=REPORT, filed=True) for r in closed)


def _is_over(txn: Txn, recall: Recall) -> bool:
    """A closed recall whose report is written has nothing more to reach."""
    report = marks_of(txn, recall.id, recall.revision).get(REPORT)
    return recall.state is RecallState.CLOSED and report is not None and report.reached_at is not None


def _unmarked(txn: Txn, recall: Recall) -> Iterator[str]:
    version = find_plan(txn, recall.id)
    if version is None:
        return
    marks = marks_of(txn, recall.id, recall.revision)
    for name in reached(version.plan, _happened(txn, recall, filed=False)):
        if name not in marks or marks[name].reached_at is None:
            yield name


def _tellings(tools: Toolbox, txn: Txn, recall: Recall) -> tuple[Telling, ...]:
    version = find_plan(txn, recall.id)
    if version is None or recall.approved_at is None or recall.state not in (*GOING, RecallState.CLOSED):
        return ()
    before = timedelta(minutes=tools.policy.plan.remind_before_minutes[recall.level])
    only = (REPORT,) if recall.state is RecallState.CLOSED else ()
    marks = marks_of(txn, recall.id, recall.revision)
    for name, at in reached(version.plan, _happened(txn, recall, filed=False)).items():
        marks[name] = replace(marks.get(name, Mark(name)), reached_at=at)  # reached a moment ago, and not marked yet
    return tellings(version.plan, recall.approved_at, marks, txn.now, before, of=only)


def _happened(txn: Txn, recall: Recall, filed: bool) -> Happened:
    """What the ledger knows of the recall's present revision."""
    effects = [e for e in outbox.of_recall(txn, recall.id) if e.revision == recall.revision]
    waves = waves_frozen(txn, recall.id, recall.revision)
    return Happened(
        halted_at=_done_at(txn, [e for e in effects if e.kind is EffectKind.HALT_ROLLOUT]),
        waves_out=tuple(_settled_at(txn, [e for e in effects if e.target.startswith(plan.wave_target(wave))]) for wave in sorted(waves)),
        fixed_at=_done_at(txn, [e for e in effects if e.kind is EffectKind.PUBLISH_FIX and e.state is EffectState.DONE]),
        reviewed_at=tuple(review.at for review in reviews_of(txn, recall.id)),
        filed_at=txn.now if filed and recall.state is RecallState.CLOSED else None,
    )


def _done_at(txn: Txn, effects: Sequence[Effect]) -> datetime | None:
    """When the last of these was confirmed; None while one is not, or there is none."""
    if not effects or any(e.state is not EffectState.DONE for e in effects):
        return None
    return _last_receipt(txn, effects)


def _settled_at(txn: Txn, effects: Sequence[Effect]) -> datetime | None:
    """When the last chunk of a wave was settled; a wave that had nobody to tell is out at once, one that failed whole is not."""
    if not effects:
        return txn.now
    if any(e.state in OPEN for e in effects) or all(e.state is not EffectState.DONE for e in effects):
        return None
    return _last_receipt(txn, effects)


def _last_receipt(txn: Txn, effects: Sequence[Effect]) -> datetime:
    times = [as_time(str(receipt["at"])) for e in effects if (receipt := receipt_of(txn, e.key))]
    return max(times, default=txn.now)
