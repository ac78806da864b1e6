"""Steps that publish the remedy: find the fixed version in the store, or take the one a person names, and queue its roll-out.

The signatures on the recall cover publishing the fix; without an approved recall nothing here does anything. What is taken without
anybody naming it is the policy's choice.

Add here when a remedy is found in another way; rather in `tasks/performers.py` when it is published in another way.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

from configs.effects import EffectKind, EffectState, RolloutState
from configs.errors import BadInput, NeighbourRefused, Refused, Transient
from configs.terms import Recall, RecallState
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import name_fix, recalls_in, the_recall
from integrations.toolbox import Toolbox
from tasks.act import due_effects
from tasks.agreed import policy_in_force
from tasks.rules import plan
from tasks.rules.detection import is_older
from tasks.rules.remedy import may_be_taken
from tasks.step import Work, step

NOT_COMING = (EffectState.FAILED, EffectState.CANCELLED)
READY = (RolloutState.DRAFT, RolloutState.IN_PROGRESS, RolloutState.COMPLETED)


@dataclass(frozen=True, slots=True)
class Fix:
    """`version` is "" while the store has no newer one."""

    recall_id: str
    version: str


@step(identity=("recall_id", "revision", "version"), subject="{recall_id}")
def queue_fix(work: Work, recall_id: str, revision: int, version: str) -> Fix:
    """Names the version that mends the recalled one, and queues its publication."""
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        if recall.state is not RecallState.APPROVED or _has_fix(txn, recall):
            return Fix(recall_id, recall.fixed_version)
        name_fix(txn, recall_id, version)
        outbox.queue(txn, plan.fix(recall, version, work.tools.policy.fix.update_priority))
        return work.done(txn, "fix.named", {"version": version}, Fix(recall_id, version))


@step(identity=("recall_id", "version"), subject="{recall_id}")
def name_fix_by_hand(work: Work, recall_id: str, version: str, person: str, reason: str) -> Fix:
    """Takes the version a person names as the fix of an approved recall, and queues its publication.

    Raises:
        NotFound: no such recall.
        Refused: the recall is not approved or has its fix, the version is not newer, or the store does not have it ready.
        BadInput: the person is unknown to the policy, or the reason too short.
    """
    policy = policy_in_force(work.tools)
    if person not in policy.signoff.people or len("".join(reason.split())) < policy.signoff.min_reason_characters:
        raise BadInput("naming a fix needs a person the policy knows, and a reason that says something")
    with work.read() as txn:
        named = the_recall(txn, recall_id)
    _check_ready(work.tools, named, version)
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        if recall.state is not RecallState.APPROVED or _has_fix(txn, recall):
            raise Refused(f"{recall_id} is {recall.state} and its fix is {recall.fixed_version or 'not wanted'}; nothing to name")
        name_fix(txn, recall_id, version)
        outbox.queue(txn, plan.fix(recall, version, policy.fix.update_priority))
        return work.done(txn, "fix.named", {"version": version, "reason": reason[:500]}, Fix(recall_id, version), actor=person)


def _check_ready(tools: Toolbox, recall: Recall, version: str) -> None:
    listed = tools.store_of(recall.app).rollouts(recall.app, recall.platform)
    ready = [r.version for r in listed if r.state in READY and is_older(recall.version, r.version)]
    if version not in ready:
        raise Refused(f"{version!r} cannot be the fix of {recall.version}: newer and ready in the store are {', '.join(ready) or 'none'}")


def queue_fixes(tools: Toolbox, app: str = "") -> tuple[Fix, ...]:
    """For every approved recall without a fix: looks for one in the store, and queues it when it is there."""
    with tools.book.read() as txn:
        waiting, bad = _without_fix(txn, app), _bad_versions(txn)
    found = [(recall, _newest_fix(tools, recall, bad)) for recall in waiting]
    return tuple(queue_fix(tools, recall_id=r.id, revision=r.revision, version=version) for r, version in found if version)


def is_fix_due(tools: Toolbox, app: str = "") -> bool:
    """Whether an approved recall still waits for its fix to be named or published, and something can be done about it now."""
    with tools.book.read() as txn:
        waiting, bad = _without_fix(txn, app), _bad_versions(txn)
    return bool(due_effects(tools, EffectKind.PUBLISH_FIX)) or any(_newest_fix(tools, recall, bad) for recall in waiting)


def _without_fix(txn: Txn, app: str) -> list[Recall]:
    """Approved recalls whose fix is not queued under their present revision; one whose fix the store refused waits for another."""
    return [recall for recall in recalls_in(txn, RecallState.APPROVED, app=app) if not _has_fix(txn, recall)]


def _has_fix(txn: Txn, recall: Recall) -> bool:
    mine = [e for e in outbox.of_recall(txn, recall.id) if e.kind is EffectKind.PUBLISH_FIX]
    return any(e.revision == recall.revision and e.state not in NOT_COMING for e in mine)


def _bad_versions(txn: Txn) -> frozenset[tuple[str, str]]:
    """(app, version) of what mends nothing: versions under a recall of their own, and fixes the store refused."""
    recalls = recalls_in(txn)
    under_recall = {(r.app, r.version) for r in recalls if r.state is not RecallState.DECLINED}
    effects = (e for r in recalls for e in outbox.of_recall(txn, r.id) if e.kind is EffectKind.PUBLISH_FIX and e.state in NOT_COMING)
    return frozenset(under_recall | {(str(e.body["app"]), str(e.body["version"])) for e in effects})


def _newest_fix(tools: Toolbox, recall: Recall, bad: Collection[tuple[str, str]]) -> str:
    """The store's newest sound version that the policy takes as a fix by itself; "" while there is none, or the store does not say."""
    try:
        listed = tools.store_of(recall.app).rollouts(recall.app, recall.platform)
    except (Transient, NeighbourRefused) as err:  # one silent store must not hold up the tick for every other recall
        logging.getLogger("recall").warning("looking for the fix of %s: %s", recall.id, err)
        return ""
    fix = tools.policy.fix
    sound = (r.version for r in listed if r.state in READY and (recall.app, r.version) not in bad)
    return next((version for version in sound if may_be_taken(version, recall.version, fix)), "")
