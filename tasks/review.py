"""The step of the nightly review: reconcile the installed base, judge the fix, write the night down.

Add here when a night looks at something else; rather in `tasks/rules/effectiveness.py` when the verdict changes.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from configs.effects import EffectKind, EffectState
from configs.policy import Reviewing
from configs.terms import Dimension, InstalledBase, Metric, Recall, Review
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in, the_recall
from integrations.ledger.readings import counts_after, installed_of, releases_of
from integrations.ledger.reviews import add_review, reviews_of
from integrations.ledger.times import as_time
from integrations.toolbox import Toolbox
from tasks.advance import going_recalls
from tasks.rules.before_after import in_scope_beside, segment_of
from tasks.rules.detection import is_older
from tasks.rules.effectiveness import Comparison, Night, Tally, compared
from tasks.rules.effectiveness import review as judged
from tasks.rules.ratio_of_ratios import RatioOfRatios
from tasks.run import all_of
from tasks.step import Work, step


@step(identity=("recall_id", "night"), subject="{recall_id} · {night}")
def review_recall(work: Work, recall_id: str, night: str) -> Review:
    """Answers "did it work" for one night: reach over all cells, and the fixed version's rate against the last good one's."""
    with work.write() as txn:
        recall = the_recall(txn, recall_id)
        released = fix_published_at(txn, recall)
        seen = Night(
            recall_id=recall_id,
            night=night,
            at=txn.now,
            cells=cells_in_scope(txn, recall),
            rates=_rates(txn, recall, released),
            hours_since_fix=(txn.now - released).total_seconds() / 3600 if released else None,
            earlier=reviews_of(txn, recall_id),
            beside=_beside(txn, recall, work.tools.policy.reviewing),
        )
        found = judged(seen, work.tools.policy.reviewing)
        add_review(txn, found)
        parts = found.reconciliation
        sums = {n: getattr(parts, n) for n in ("exposed", "fixed", "blocked", "uninstalled", "dormant", "unreached")}
        said = {"night": night, "verdict": found.verdict.value, "reasons": list(found.reasons), "reconciliation": sums}
        return work.done(txn, "recall.reviewed", said, found)


def cells_in_scope(txn: Txn, recall: Recall) -> list[InstalledBase]:
    """The recalled version's installed base inside the recall's scope. Cells know country and OS version; devices are not told apart."""
    scope = recall.scope
    return [
        cell
        for cell in installed_of(txn, recall.app, recall.platform, recall.version)
        if (not scope.countries or cell.country in scope.countries) and (not scope.os_versions or cell.os_version in scope.os_versions)
    ]


def _rates(txn: Txn, recall: Recall, since: datetime | None) -> Comparison:
    """Crashes of the fixed and of the last good version since the fix came out."""
    if since is None or not recall.fixed_version:
        return Comparison(Tally(), Tally(), concurrent=False)
    counts = counts_after(txn, recall.app, recall.platform, Metric.CRASH, since)
    return compared(counts, recall.fixed_version, last_good(txn, recall), Metric.CRASH)


def _beside(txn: Txn, recall: Recall, policy: Reviewing) -> RatioOfRatios | None:
    """Those in the recall's scope, before and after, beside those outside; None without a fix, or when the recall is about everyone."""
    released = [r.released_at for r in releases_of(txn, recall.app, recall.platform) if r.version == recall.version]
    if not recall.fixed_version or not released or segment_of(recall.scope)[0] is Dimension.ALL:
        return None
    counts = counts_after(txn, recall.app, recall.platform, Metric.CRASH, released[0])
    return in_scope_beside(counts, recall.scope, recall.fixed_version, Metric.CRASH, policy.alpha)


def last_good(txn: Txn, recall: Recall) -> str:
    """The newest version before the recalled one that was not recalled itself; "" when there is none."""
    bad = {r.version for r in recalls_in(txn, app=recall.app)}
    older = [r for r in releases_of(txn, recall.app, recall.platform) if is_older(r.version, recall.version) and r.version not in bad]
    return max(older, key=lambda r: r.released_at).version if older else ""


def fix_published_at(txn: Txn, recall: Recall) -> datetime | None:
    """When the store confirmed the fix, by its receipt; None while it has not."""
    done = [e.key for e in outbox.of_recall(txn, recall.id) if e.kind is EffectKind.PUBLISH_FIX and e.state is EffectState.DONE]
    times = [as_time(str(receipt["at"])) for key in done if (receipt := outbox.receipt_of(txn, key))]
    return max(times, default=None)


def review_going(tools: Toolbox, app: str = "") -> tuple[Review, ...]:
    """Reviews every recall that is being carried out, once a UTC night."""
    night = f"{tools.clock.now():%Y-%m-%d}"
    return tuple(all_of(*(partial(review_recall, tools, recall_id=recall.id, night=night) for recall in going_recalls(tools, app))))
