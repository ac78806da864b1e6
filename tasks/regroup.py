"""Steps by which a person joins two issues or parts one: what they say stays, and no later look undoes it.

Add here when people may regroup issues in another way; rather in `tasks/rules/regrouping.py` when it is about what they may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from configs.errors import BadInput
from configs.policy import Policy
from configs.terms import Evidence, IssueEntry, IssueState, Level, Scope
from integrations.ledger.book import Txn
from integrations.ledger.cases import issues_in, judgement_of, move_issue, open_issue, reassess_issue, recalls_in, the_issue
from integrations.ledger.outbox import queue
from integrations.ledger.stories import story_of, tell
from integrations.toolbox import Toolbox
from tasks.agreed import policy_in_force
from tasks.correlate import assessed
from tasks.rules import plan
from tasks.rules.issues import loud_of, new_issue, renewed
from tasks.rules.lifecycle import IssueEvent, moved_issue
from tasks.rules.regrouping import Halves, Word, check_merge, halves, merged, name_of, part_of, split
from tasks.rules.rulings import Case, scope_of
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Merged:
    """`level` of the issue that took the other one."""

    issue_id: str
    into: str
    level: Level


@dataclass(frozen=True, slots=True)
class Split:
    """`part`: id of the issue that was split off, with its level; `level_left`: of what stays."""

    issue_id: str
    part: str
    level: Level
    level_left: Level


@step(identity=("issue_id", "into"), subject="{issue_id}")
def merge_issues(work: Work, issue_id: str, into: str, person: str, reason: str) -> Merged:
    """Makes an issue a part of another one of its release; evidence that spoke for it speaks for that one from now on.

    Raises:
        NotFound: no such issue.
        Refused: by the table of `tasks/rules/regrouping.py`.
        BadInput: the person is unknown to the policy, the reason too short, or both issues are the same.
    """
    _check_person(policy_in_force(work.tools), person, reason, "merging issues")
    with work.write() as txn:
        issue, other = the_issue(txn, issue_id), the_issue(txn, into)
        check_merge(issue, other, recalls_in(txn, app=issue.app))
        case, target = Case(issue, story_of(txn, issue_id)), Case(other, story_of(txn, into))
        entries = merged(case, target, Word(person, reason, txn.now))
        move_issue(txn, issue, moved_issue(issue.state, IssueEvent.MERGED))
        tell(txn, entries)
        both = dict.fromkeys((*judgement_of(txn, into)[0], *judgement_of(txn, issue_id)[0]))
        level = _judged_anew(work.tools, txn, _with(target, entries), tuple(both), txn.now)
        return work.done(txn, "issue.merged", {"into": into, "reason": reason[:500]}, Merged(issue_id, into, level), actor=person)


@step(identity=("request",), subject="{issue_id}")
def split_issue(work: Work, issue_id: str, kind: str, scope: tuple[str, ...], person: str, reason: str, request: str) -> Split:
    """Makes a part of an issue one of its own: what is of that kind, or of users within that scope, now and from now on.

    `request` is the caller's own id for this call: what was merged again may be split again.

    Raises:
        NotFound: no such issue.
        Refused: it is settled, nothing of it is of that part, or all of it is.
        BadInput: the person is unknown to the policy, the reason too short, or the part cannot be read.
    """
    policy = work.tools.policy
    _check_person(policy_in_force(work.tools), person, reason, "splitting an issue")
    with work.write() as txn:
        case = Case(the_issue(txn, issue_id), story_of(txn, issue_id))
        part, word = part_of(case.issue, kind, scope), Word(person, reason, txn.now)
        evidence, _, _ = judgement_of(txn, issue_id)
        found = halves(case, part, evidence, loud_of(evidence, policy))
        key, wide = name_of(case, part, found.loud, (i.id for i in issues_in(txn, app=case.issue.app)))
        entries = split(case, part, key, found.loud, word)
        level = _opened(work.tools, txn, key, found, wide, word.at)
        tell(txn, entries)
        left = _judged_anew(work.tools, txn, _with(case, entries), found.left, txn.now)
        facts = {"part": key, "of": str(part), "reason": reason[:500]}
        return work.done(txn, "issue.split", facts, Split(issue_id, key, level, left), actor=person)


def _check_person(policy: Policy, person: str, reason: str, what: str) -> None:
    if person not in policy.signoff.people or len("".join(reason.split())) < policy.signoff.min_reason_characters:
        least = policy.signoff.min_reason_characters
        raise BadInput(f"{what} needs a person the policy knows, and a reason of at least {least} characters that says something")


def _with(case: Case, entries: Sequence[IssueEntry]) -> Case:
    """The case with its part of lines that were just told; only their order counts here."""
    last = max((e.seq for e in case.entries), default=0)
    mine = (replace(e, seq=last + n) for n, e in enumerate(entries, 1) if e.issue == case.issue.id)
    return replace(case, entries=(*case.entries, *mine))


def _opened(tools: Toolbox, txn: Txn, key: str, found: Halves, scope: Scope, at: datetime) -> Level:
    assessment = assessed(tools, txn, found.loud[0], found.taken, at)
    issue = new_issue(key, found.loud, scope, assessment, at)
    open_issue(txn, issue, found.taken, assessment, tools.policy.fingerprint)
    queue(txn, *plan.opened(issue, tools.policy))
    return issue.level


def _judged_anew(tools: Toolbox, txn: Txn, case: Case, evidence: tuple[Evidence, ...], at: datetime) -> Level:
    """Judges an open issue by the evidence it has now; one that people were asked about, or that is recalled, stands as it is."""
    issue = case.issue
    if issue.state is not IssueState.OPEN:
        return issue.level
    assessment = assessed(tools, txn, issue, evidence, at)
    now = renewed(issue, loud_of(evidence, tools.policy), scope_of(case) or Scope(issue.app, issue.platform, issue.version), assessment)
    reassess_issue(txn, now, evidence, assessment, tools.policy.fingerprint)
    return now.level
