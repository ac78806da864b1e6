"""Whether a release's further issue needs a recall of its own, or is covered by the one there is.

Add here when another recall of the same release is asked for; rather in `tasks/rules/issues.py` when it is about the issue alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from configs.policy import Risk
from configs.terms import Issue, Level, Recall, RecallState, Scope
from tasks.rules.decision import concerned, recommended_action, scope_in_words
from tasks.rules.scopes import holds, width


def covering(issue: Issue, recalls: Iterable[Recall]) -> Recall | None:
    """The recall that already does for the issue's users all that one of its own would; None when there is none.

    One cause never has two recalls: an issue has one, and whatever is of its cause is that issue. For another cause:

    | recall of the same release | its scope         | its level         | covers |
    |----------------------------|-------------------|-------------------|--------|
    | none, or declined          |                   |                   | no     |
    | any other state            | holds the issue's | the issue's or up | yes    |
    | any other state            | holds the issue's | lower             | no     |
    | any other state            | does not hold it  | any               | no     |

    A closed one covers too: its users have left the release, or were told to. A declined one covers nobody: each cause is asked about.
    """
    same = (r for r in recalls if (r.app, r.platform, r.version) == (issue.app, issue.platform, issue.version))
    alive = (r for r in same if r.state is not RecallState.DECLINED and r.issue_id != issue.id)
    return next((r for r in alive if _covers(r.scope, r.level, issue)), None)


def outgrown(issue: Issue, recall: Recall) -> str:
    """What an issue's own recall does not cover of it by now, in a sentence; "" while it covers all of it.

    Nothing follows by itself: one cause has one recall, and what was signed is what is done. People must hear of it.
    """
    if _covers(recall.scope, recall.level, issue):
        return ""
    signed = f"{recall.id} is for {scope_in_words(recall.scope)} at level {recall.level}"
    return f"{signed}; {issue.id} concerns {scope_in_words(issue.scope)} at level {issue.level} by now"


def not_asked(known: Issue, now: Issue, declined: Recall | None) -> str:
    """Why a dismissed issue is to be looked at again, in a clause; "" while it is nothing but what people dismissed.

    | level than when dismissed | users than those of the declined recall | looked at again |
    |---------------------------|------------------------------------------|-----------------|
    | higher                    | any                                      | yes             |
    | the same or lower         | more, or others                          | yes             |
    | the same or lower         | the same or fewer                        | no              |
    """
    if now.level.rank > known.level.rank:
        return f"dismissed at level {known.level}, and at level {now.level} people have not been asked"
    asked = declined.scope if declined else known.scope
    if holds(asked, now.scope):
        return ""
    return f"dismissed for {scope_in_words(asked)}, and for {scope_in_words(now.scope)} people have not been asked"


def needing_recall(due: Sequence[Issue], recalls: Sequence[Recall], risk: Risk) -> tuple[Issue, ...]:
    """Of the issues that are due for a proposal those that no recall covers, the gravest and widest first.

    What the first one's recall will cover is not proposed beside it.
    """
    chosen: list[Issue] = []
    planned: list[tuple[Scope, Level]] = []
    for issue in sorted(due, key=lambda i: (-i.level.rank, *(-n for n in width(i.scope)), i.opened_at, i.id)):
        if covering(issue, recalls) or any(_covers(scope, level, issue) for scope, level in planned):
            continue
        chosen.append(issue)
        planned.append((concerned(issue.scope, recommended_action(issue.level, issue.scope, risk)), issue.level))
    return tuple(chosen)


def _covers(scope: Scope, level: Level, issue: Issue) -> bool:
    same = replace(scope, app=issue.app, platform=issue.platform, version=issue.version) == scope
    return same and level.rank >= issue.level.rank and holds(scope, issue.scope)
