"""Which version people mean who write about the app while a fix is spreading: words name no version, counts do.

| alarm by | about               | cause              | counts of that cause, of the fix | taken to mean     |
|----------|---------------------|--------------------|----------------------------------|-------------------|
| counts   | any                 | any                | any                              | its own version   |
| words    | the fix of a recall | the recall's cause | some healthy, none degraded      | the recalled one  |
| words    | the fix of a recall | the recall's cause | none yet, unknown, or degraded   | the fix           |
| words    | the fix of a recall | another            | any                              | the fix           |
| words    | any other version   | any                | any                              | its own version   |

Most of those who write still have the recalled version; where counts can tell the two apart and call the fix healthy, it is not to blame.
Crash counts say nothing of payments: words of those are about the fix.

Add here when an alarm is laid to another version; rather in `complaints.py` when words are laid to a release in the first place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from configs.terms import Evidence, Health, IssueKind, Metric, Recall, RecallState, Scope
from tasks.rules.rulings import cause_of


def blamed(alarm: Evidence, evidence: Sequence[Evidence], recalls: Mapping[Recall, IssueKind]) -> Evidence:
    """The alarm, about the version that people mean. `recalls`: of the app, each with the kind of its issue."""
    mended = next((recall for recall, kind in recalls.items() if _is_mended(alarm, recall, kind)), None)
    if alarm.metric is not Metric.COMPLAINT or mended is None or not _is_well(alarm, evidence):
        return alarm
    why = f"taken for {mended.version}, which {alarm.version} mends: counts call {alarm.version} healthy, and words name no version"
    scope = replace(alarm.scope or Scope(alarm.app, alarm.platform, alarm.version), version=mended.version)
    return replace(alarm, version=mended.version, scope=scope, reason=f"{alarm.reason}; {why}")


def _is_mended(alarm: Evidence, recall: Recall, kind: IssueKind) -> bool:
    """Whether the alarm's version is the remedy of that recall, and the trouble is what was recalled."""
    same_app = (recall.app, recall.platform, recall.fixed_version) == (alarm.app, alarm.platform, alarm.version)
    return same_app and recall.state is not RecallState.DECLINED and cause_of(kind) == cause_of(alarm.kind)


def _is_well(alarm: Evidence, evidence: Sequence[Evidence]) -> bool:
    same = (e for e in evidence if e.version == alarm.version and cause_of(e.kind) == cause_of(alarm.kind))
    counted = {e.health for e in same if e.metric is not Metric.COMPLAINT}
    return Health.HEALTHY in counted and Health.DEGRADED not in counted
