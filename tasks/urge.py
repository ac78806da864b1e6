"""The step that asks people for what an issue's level asks for and no proposal carries out: a halt, or a fix in the next version.

Add here when people are asked for something else; rather in `tasks/rules/ladder.py` when a level asks for something else, and in
`tasks/decide.py` when signatures are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from configs.terms import Issue, IssueState, Rung
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import issues_in, judgement_of, the_issue
from integrations.toolbox import Toolbox
from tasks.rules import plan
from tasks.rules.ladder import FOR_PEOPLE, IN_WORDS, action_for, strength
from tasks.run import all_of
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Urged:
    issue_id: str
    rung: Rung


@step(identity=("issue_id", "rung"), subject="{issue_id}")
def urge(work: Work, issue_id: str, rung: Rung) -> Urged:
    """Asks the operators for that rung of the issue's ladder."""
    with work.write() as txn:
        issue = the_issue(txn, issue_id)
        outbox.queue(txn, *plan.urged(issue, rung, IN_WORDS[rung], work.tools.policy))
        return work.done(txn, "people.urged", {"rung": rung.value, "level": issue.level.value}, Urged(issue_id, rung))


def urge_people(tools: Toolbox, app: str = "") -> tuple[Urged, ...]:
    """Asks for every open issue that stands on a rung for people and was not asked for there before."""
    with tools.book.read() as txn:
        found = [(issue.id, _rung(tools, txn, issue)) for issue in issues_in(txn, IssueState.OPEN, app=app)]
        due = [(issue_id, rung) for issue_id, rung in found if rung in FOR_PEOPLE and not _was_asked(txn, issue_id, rung)]
    return tuple(all_of(*(partial(urge, tools, issue_id=issue_id, rung=rung) for issue_id, rung in due)))


def _rung(tools: Toolbox, txn: Txn, issue: Issue) -> Rung:
    evidence, _, _ = judgement_of(txn, issue.id)
    return action_for(issue.level, strength(evidence), tools.policy)


def _was_asked(txn: Txn, issue_id: str, rung: Rung) -> bool:
    return any(e.target.startswith(plan.urged_target(rung, "")) for e in outbox.of_recall(txn, issue_id))
