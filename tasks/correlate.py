"""What one look at a release does to its issues: alarms confirm or open them, each is judged anew, and its history is told.

Add here when a look changes an issue in another way; rather in `tasks/rules/correlation.py` when alarms are joined otherwise, and in
`tasks/regroup.py` when a person joins or parts issues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from configs.terms import Assessment, Evidence, Issue, IssueChange, IssueEntry, IssueState, Platform
from integrations.ledger.book import Txn
from integrations.ledger.cases import find_recall, issues_in, judgement_of, move_issue, open_issue, reassess_issue, recalls_in, the_issue
from integrations.ledger.outbox import queue
from integrations.ledger.readings import installed_of, releases_of
from integrations.ledger.stories import sources_of, story_of, tell
from integrations.toolbox import Toolbox
from tasks.rules import plan
from tasks.rules.blame import blamed
from tasks.rules.correlation import Group, cases_after, correlate, home_of
from tasks.rules.coverage import not_asked, outgrown
from tasks.rules.issues import kept, new_issue, renewed, speaking, weighed
from tasks.rules.keys import recall_id
from tasks.rules.lifecycle import IssueEvent, moved_issue
from tasks.rules.reconciliation import total
from tasks.rules.rulings import Case


@dataclass(frozen=True, slots=True)
class Correlated:
    """Ids of issues `opened` (or opened again) and `renewed`; `told`: what their histories got."""

    opened: tuple[str, ...]
    renewed: tuple[str, ...]
    told: tuple[IssueEntry, ...]

    def facts(self) -> list[dict[str, str]]:
        """The told lines as the journal keeps them."""
        return [as_facts(entry) for entry in self.told]


def as_facts(entry: IssueEntry) -> dict[str, str]:
    """A line of history for the journal."""
    evidence = {"metric": entry.metric.value} if entry.metric else {}
    kind = {"kind": entry.kind.value} if entry.kind else {}
    return {"issue": entry.issue, "change": entry.change.value, "source": entry.source, "reason": entry.reason[:300], **evidence, **kind}


@dataclass(frozen=True, slots=True)
class _Look:
    """Within which transaction, and up to when."""

    tools: Toolbox
    txn: Txn
    until: datetime


@dataclass(frozen=True, slots=True)
class _Done:
    """What a look did to one issue. `is_open_anew`: people have to look at it, or to look again."""

    issue: str
    is_open_anew: bool
    told: tuple[IssueEntry, ...]


def correlate_look(tools: Toolbox, txn: Txn, evidence: Sequence[Evidence], alarms: Sequence[Evidence], until: datetime) -> Correlated:
    """Joins a look's alarms to the issues of their releases, and opens, renews or reopens each of those."""
    look, done = _Look(tools, txn, until), list[_Done]()
    recalls = {recall: the_issue(txn, recall.issue_id).kind for a in alarms[:1] for recall in recalls_in(txn, app=a.app)}
    alarms = [blamed(alarm, evidence, recalls) for alarm in alarms]
    for version in dict.fromkeys(a.version for a in alarms):
        mine = [a for a in alarms if a.version == version]
        done += _release_judged(look, mine, [e for e in evidence if e.version == version and e not in mine])
    return Correlated(
        opened=tuple(one.issue for one in done if one.is_open_anew),
        renewed=tuple(one.issue for one in done if not one.is_open_anew),
        told=tuple(entry for one in done for entry in one.told),
    )


def cases_of(txn: Txn, app: str, platform: Platform, version: str) -> tuple[Case, ...]:
    """Every issue of a release with its history, oldest first."""
    same = (i for i in issues_in(txn, app=app) if (i.platform, i.version) == (platform, version))
    return tuple(Case(issue, story_of(txn, issue.id)) for issue in same)


def assessed(tools: Toolbox, txn: Txn, of: Evidence | Issue, evidence: Sequence[Evidence], at: datetime) -> Assessment:
    """The risk of that evidence for whoever has the release now; `of`: anything that names the release."""
    return weighed(evidence, _units(txn, of), tools.policy, _days_out(txn, of, at))


def _release_judged(look: _Look, alarms: Sequence[Evidence], silent: Sequence[Evidence]) -> list[_Done]:
    """Every issue the alarms speak for; evidence that raises no alarm goes with those of its cause."""
    first, policy = alarms[0], look.tools.policy.correlation
    cases = cases_of(look.txn, first.app, first.platform, first.version)
    groups = correlate(alarms, cases, look.until, policy)
    after = cases_after(cases, groups, look.until)
    homes = [(home_of(evidence, after, look.until, policy), evidence) for evidence in silent]
    known = {case.issue.id: case.issue for case in cases}
    return [_judged(look, group, known.get(group.issue_id), [e for home, e in homes if home == group.issue_id]) for group in groups]


def _judged(look: _Look, group: Group, known: Issue | None, silent: Sequence[Evidence]) -> _Done:
    tools, txn = look.tools, look.txn
    entries = tuple(replace(e, source=_sources(look, e, group)) for e in group.entries)
    before = judgement_of(txn, known.id)[0] if known else ()
    evidence = kept(before, (*group.alarms, *silent), tools.policy)
    assessment = assessed(tools, txn, group.alarms[0], evidence, look.until)
    if known is None:
        issue = new_issue(group.issue_id, group.alarms, group.scope, assessment, look.until)
        open_issue(txn, issue, evidence, assessment, tools.policy.fingerprint)
        queue(txn, *plan.opened(issue, tools.policy))
        tell(txn, entries)
        return _Done(issue.id, is_open_anew=True, told=entries)
    issue = renewed(known, speaking(evidence, group.alarms, tools.policy), group.scope, assessment)
    again = _followed(look, known, issue)
    if known.state is IssueState.OPEN or again:
        moved = replace(issue, row_version=known.row_version + len(again))
        reassess_issue(txn, moved, evidence, assessment, tools.policy.fingerprint)
    tell(txn, (*entries, *again))
    return _Done(known.id, is_open_anew=bool(again), told=(*entries, *again))


def _followed(look: _Look, known: Issue, now: Issue) -> tuple[IssueEntry, ...]:
    """What follows for an issue that people decided about: one they dismissed is opened again when they were never asked about this much.

    One that is proposed or being recalled stands as it is, and people hear when it has grown beyond its recall.
    """
    recall = find_recall(look.txn, recall_id(known.id))
    if known.state in (IssueState.PROPOSED, IssueState.RECALLING) and recall and (said := outgrown(now, recall)):
        queue(look.txn, *plan.outgrown(recall, said, look.tools.policy))
    if known.state is not IssueState.DISMISSED or not (why := not_asked(known, now, recall)):
        return ()
    move_issue(look.txn, known, moved_issue(known.state, IssueEvent.WORSENED))
    queue(look.txn, *plan.reopened(now, why, look.until, look.tools.policy))
    return (IssueEntry(known.id, IssueChange.REOPENED, look.until, why),)


def _sources(look: _Look, entry: IssueEntry, group: Group) -> str:
    """Who delivered what the line rests on, as far as the ledger can tell."""
    found = next((a for a in group.alarms if (a.metric, a.kind) == (entry.metric, entry.kind)), None)
    return sources_of(look.txn, found, timedelta(days=look.tools.policy.words.windows_days[-1])) if found else ""


def _units(txn: Txn, of: Evidence | Issue) -> int | None:
    """Installs that have the version, as last counted; None when nobody counts them."""
    cells = installed_of(txn, of.app, of.platform, of.version)
    return total(cells).exposed if cells else None


def _days_out(txn: Txn, of: Evidence | Issue, until: datetime) -> float:
    released = next((r.released_at for r in releases_of(txn, of.app, of.platform) if r.version == of.version), until)
    return max((until - released).total_seconds() / 86400, 1 / 24)
