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
from integrations.ledger.cases import find_recall, issues_in, judgement_of, move_issue, open_issue, reassess_issue, the_recall
from integrations.ledger.outbox import queue
from integrations.ledger.readings import installed_of, releases_of
from integrations.ledger.stories import sources_of, story_of, tell
from integrations.toolbox import Toolbox
from tasks.rules import plan
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


def correlate_look(tools: Toolbox, txn: Txn, evidence: Sequence[Evidence], alarms: Sequence[Evidence], until: datetime) -> Correlated:
    """Joins a look's alarms to the issues of their releases, and opens, renews or reopens each of those."""
    opened: list[str] = []
    renewed_ids: list[str] = []
    told: list[IssueEntry] = []
    for version in dict.fromkeys(a.version for a in alarms):
        mine = [a for a in alarms if a.version == version]
        silent = [e for e in evidence if e.version == version and e not in mine]
        for issue, is_open_anew, entries in _release_judged(tools, txn, mine, silent, until):
            (opened if is_open_anew else renewed_ids).append(issue)
            told += entries
    return Correlated(tuple(opened), tuple(renewed_ids), tuple(told))


def cases_of(txn: Txn, app: str, platform: Platform, version: str) -> tuple[Case, ...]:
    """Every issue of a release with its history, oldest first."""
    same = (i for i in issues_in(txn, app=app) if (i.platform, i.version) == (platform, version))
    return tuple(Case(issue, story_of(txn, issue.id)) for issue in same)


def assessed(tools: Toolbox, txn: Txn, issue: Evidence | Issue, evidence: Sequence[Evidence], at: datetime) -> Assessment:
    """The risk of that evidence for whoever has the release now."""
    return weighed(evidence, _units(txn, issue), tools.policy, _days_out(txn, issue, at))


def _release_judged(
    tools: Toolbox, txn: Txn, alarms: Sequence[Evidence], silent: Sequence[Evidence], until: datetime
) -> list[tuple[str, bool, tuple[IssueEntry, ...]]]:
    """For every issue the alarms speak for: its id, whether people have to look at it (again), and what its history got."""
    first, policy = alarms[0], tools.policy
    cases = cases_of(txn, first.app, first.platform, first.version)
    groups = correlate(alarms, cases, until, policy.correlation)
    after = cases_after(cases, groups, until)
    shared: dict[str, list[Evidence]] = {}
    for evidence in silent:
        shared.setdefault(home_of(evidence, after, until, policy.correlation), []).append(evidence)
    known = {case.issue.id: case.issue for case in cases}
    return [_judged(tools, txn, group, known.get(group.issue_id), shared.get(group.issue_id, ()), until) for group in groups]


def _judged(
    tools: Toolbox, txn: Txn, group: Group, known: Issue | None, silent: Sequence[Evidence], until: datetime
) -> tuple[str, bool, tuple[IssueEntry, ...]]:
    entries = tuple(replace(e, source=_sources(tools, txn, e, group)) for e in group.entries)
    before = judgement_of(txn, known.id)[0] if known else ()
    evidence = kept(before, (*group.alarms, *silent), tools.policy)
    assessment = assessed(tools, txn, group.alarms[0], evidence, until)
    if known is None:
        issue = new_issue(group.issue_id, group.alarms, group.scope, assessment, until)
        queue(txn, *plan.opened(issue, tools.policy))
        is_open_anew = open_issue(txn, issue, evidence, assessment, tools.policy.fingerprint)
    else:
        issue, entry = _renewed(tools, txn, group, known, evidence, assessment, until)
        entries, is_open_anew = (*entries, *entry), bool(entry)
    tell(txn, entries)
    return issue.id, is_open_anew, entries


def _renewed(
    tools: Toolbox, txn: Txn, group: Group, known: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, until: datetime
) -> tuple[Issue, tuple[IssueEntry, ...]]:
    """An open issue is judged anew; a dismissed one is opened again when it is worse or wider; any other stands as people decided it."""
    issue = renewed(known, speaking(evidence, group.alarms, tools.policy), group.scope, assessment)
    if known.state is IssueState.OPEN:
        reassess_issue(txn, issue, evidence, assessment, tools.policy.fingerprint)
    elif known.state in (IssueState.PROPOSED, IssueState.RECALLING):
        _tell_if_outgrown(tools, txn, issue)
    why = not_asked(known, issue, find_recall(txn, recall_id(issue.id))) if known.state is IssueState.DISMISSED else ""
    if not why:
        return issue, ()
    move_issue(txn, known, moved_issue(known.state, IssueEvent.WORSENED))
    worse = replace(issue, state=IssueState.OPEN, row_version=known.row_version + 1)
    reassess_issue(txn, worse, evidence, assessment, tools.policy.fingerprint)
    return worse, (IssueEntry(known.id, IssueChange.REOPENED, until, why),)


def _tell_if_outgrown(tools: Toolbox, txn: Txn, issue: Issue) -> None:
    recall = the_recall(txn, recall_id(issue.id))
    said = outgrown(issue, recall)
    if said:
        queue(txn, *plan.outgrown(recall, said, tools.policy))


def _sources(tools: Toolbox, txn: Txn, entry: IssueEntry, group: Group) -> str:
    """Who delivered what the line rests on, as far as the ledger can tell."""
    found = next((a for a in group.alarms if (a.metric, a.kind) == (entry.metric, entry.kind)), None)
    return sources_of(txn, found, timedelta(days=tools.policy.words.windows_days[-1])) if found else ""


def _units(txn: Txn, of: Evidence | Issue) -> int | None:
    """Installs that have the version, as last counted; None when nobody counts them."""
    cells = installed_of(txn, of.app, of.platform, of.version)
    return total(cells).exposed if cells else None


def _days_out(txn: Txn, of: Evidence | Issue, until: datetime) -> float:
    released = next((r.released_at for r in releases_of(txn, of.app, of.platform) if r.version == of.version), until)
    return max((until - released).total_seconds() / 86400, 1 / 24)
