"""The two state machines, as one table each: which step exists, and what causes it. What the tables lack cannot happen.

Add here when a state or a cause is added; rather in `tasks/rules/signoff.py` when the quorum changes, in `tasks/rules/effectiveness.py`
when "may be closed" does, and in `tasks/rules/plan.py` when an approved recall does something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from configs.effects import EffectKind, EffectState
from configs.errors import TransitionRefused
from configs.terms import IssueState, RecallState
from tasks.rules.signoff import OutcomeState

_S = TypeVar("_S", bound=StrEnum)
_E = TypeVar("_E", bound=StrEnum)
_OPEN = frozenset({EffectState.QUEUED, EffectState.CLAIMED, EffectState.UNKNOWN})


class IssueEvent(StrEnum):
    """What moves an issue. WORSENED: a dismissed issue's level rose, or it concerns users nobody was asked about; DECLINED: the signers
    rejected the proposal; MERGED: into another.
    """

    PROPOSED = "proposed"
    DISMISSED = "dismissed"
    APPROVED = "approved"
    DECLINED = "declined"
    RECALL_CLOSED = "recall_closed"
    WORSENED = "worsened"
    MERGED = "merged"


ISSUE_TRANSITIONS: Mapping[tuple[IssueState, IssueEvent], IssueState] = {
    (IssueState.OPEN, IssueEvent.PROPOSED): IssueState.PROPOSED,
    (IssueState.OPEN, IssueEvent.DISMISSED): IssueState.DISMISSED,
    (IssueState.OPEN, IssueEvent.MERGED): IssueState.MERGED,
    (IssueState.PROPOSED, IssueEvent.APPROVED): IssueState.RECALLING,
    (IssueState.PROPOSED, IssueEvent.DECLINED): IssueState.DISMISSED,
    (IssueState.RECALLING, IssueEvent.RECALL_CLOSED): IssueState.CLOSED,
    (IssueState.DISMISSED, IssueEvent.WORSENED): IssueState.OPEN,
}
"""Closed and merged are final: the same problem in a later version is another issue. No way leads to RECALLING but through PROPOSED."""


class RecallEvent(StrEnum):
    """What moves a recall. Running out of time is not among them. PROPOSED_AGAIN: a declined problem got worse.

    WIDENED: every role has signed that a recall being carried out is for more users; it is carried out from the start for them.
    POSTPONED: every signature is there, for a start later on; TIME_CAME: that start; WITHDRAWN: one who may sign took the question back.
    """

    QUORUM = "quorum"
    REJECTION = "rejection"
    POSTPONED = "postponed"
    TIME_CAME = "time_came"
    WITHDRAWN = "withdrawn"
    CARRIED_OUT = "carried_out"
    PROVEN = "proven"
    PROPOSED_AGAIN = "proposed_again"
    WIDENED = "widened"


RECALL_TRANSITIONS: Mapping[tuple[RecallState, RecallEvent], RecallState] = {
    (RecallState.PROPOSED, RecallEvent.QUORUM): RecallState.APPROVED,
    (RecallState.PROPOSED, RecallEvent.POSTPONED): RecallState.SCHEDULED,
    (RecallState.PROPOSED, RecallEvent.REJECTION): RecallState.DECLINED,
    (RecallState.PROPOSED, RecallEvent.WITHDRAWN): RecallState.DECLINED,
    (RecallState.SCHEDULED, RecallEvent.TIME_CAME): RecallState.APPROVED,
    (RecallState.SCHEDULED, RecallEvent.WITHDRAWN): RecallState.DECLINED,
    (RecallState.APPROVED, RecallEvent.CARRIED_OUT): RecallState.REVIEWING,
    (RecallState.REVIEWING, RecallEvent.PROVEN): RecallState.CLOSED,
    (RecallState.DECLINED, RecallEvent.PROPOSED_AGAIN): RecallState.PROPOSED,
    (RecallState.APPROVED, RecallEvent.WIDENED): RecallState.APPROVED,
    (RecallState.REVIEWING, RecallEvent.WIDENED): RecallState.APPROVED,
}
"""Closed is final; declined stands until the problem gets worse, and then every signature is asked for anew. An expired proposal leaves
the recall PROPOSED: it is overdue, is escalated, and is put forward again as the next revision; neither approval nor refusal is ever read
into silence."""


@dataclass(frozen=True, slots=True)
class EffectCount:
    """How many effects of a kind are in a state."""

    kind: EffectKind
    state: EffectState
    count: int


@dataclass(frozen=True, slots=True)
class RecallFacts:
    """What the ledger knows of a recall. `effects`: of the current revision, later waves of notices left out.

    `fix_published`: the store confirmed it. `may_close`: what `tasks.rules.effectiveness` answered for its reviews. `starts_later`: the
    time agreed for the start lies ahead, or, where it has come, the brake holds the start.
    """

    signatures: OutcomeState
    effects: tuple[EffectCount, ...] = ()
    fix_published: bool = False
    may_close: bool = False
    starts_later: bool = False

    def count(self, kind: EffectKind, *states: EffectState) -> int:
        """Effects of that kind in these states; in any state when none is named."""
        return sum(e.count for e in self.effects if e.kind is kind and (not states or e.state in states))


def moved_issue(state: IssueState, event: IssueEvent) -> IssueState:
    """The state after the event. Raises TransitionRefused when there is no such step from here."""
    return _moved("issue", ISSUE_TRANSITIONS, state, event)


def moved_recall(state: RecallState, event: RecallEvent) -> RecallState:
    """The state after the event. Raises TransitionRefused when there is no such step from here."""
    return _moved("recall", RECALL_TRANSITIONS, state, event)


def next_recall_state(state: RecallState, facts: RecallFacts) -> RecallState | None:
    """The state that the facts call for now; None when there is nothing to do but wait, or the state is final.

    Raises:
        TransitionRefused: the facts call for a step that the table does not have.
    """
    event = recall_event(state, facts)
    return None if event is None else moved_recall(state, event)


def recall_event(state: RecallState, facts: RecallFacts) -> RecallEvent | None:
    """What has happened to a recall in this state.

    | state     | facts                                                    | event       |
    |-----------|----------------------------------------------------------|-------------|
    | proposed  | signatures approved, may start now                       | quorum      |
    | proposed  | signatures approved, for later                           | postponed   |
    | proposed  | signatures rejected                                      | rejection   |
    | proposed  | signatures waiting or expired                            | none        |
    | scheduled | the agreed time has come, and the brake holds nothing    | time came   |
    | scheduled | anything less                                            | none        |
    | approved  | halts confirmed, first notices out, fix published        | carried out |
    | approved  | anything less                                            | none        |
    | reviewing | reviews say it may close                                 | proven      |
    | reviewing | anything less                                            | none        |
    | declined, closed | any                                               | none        |
    """
    if state is RecallState.PROPOSED:
        approved = RecallEvent.POSTPONED if facts.starts_later else RecallEvent.QUORUM
        return {OutcomeState.APPROVED: approved, OutcomeState.REJECTED: RecallEvent.REJECTION}.get(facts.signatures)
    if state is RecallState.SCHEDULED:
        return None if facts.starts_later else RecallEvent.TIME_CAME
    if state is RecallState.APPROVED:
        return None if waits_for(state, facts) else RecallEvent.CARRIED_OUT
    if state is RecallState.REVIEWING and facts.may_close:
        return RecallEvent.PROVEN
    return None


def is_overdue(state: RecallState, facts: RecallFacts) -> bool:
    """Whether the signers' time ran out without a decision: escalate and propose again, decide nothing."""
    return state is RecallState.PROPOSED and facts.signatures is OutcomeState.EXPIRED


def waits_for(state: RecallState, facts: RecallFacts) -> tuple[str, ...]:
    """What still keeps a recall in this state, for people; empty when nothing does (or the state is final).

    A halt that failed keeps it APPROVED: users still receive the build, and a person has to see to it. A chunk of notices that failed
    does not, as long as one went out: its users count as unreached in every review.
    """
    if state is RecallState.PROPOSED:
        return {OutcomeState.WAITING: ("signatures",), OutcomeState.EXPIRED: ("a new revision: time ran out",)}.get(facts.signatures, ())
    if state is RecallState.SCHEDULED:
        return ("the agreed time, and a released brake",) if facts.starts_later else ()
    if state is RecallState.APPROVED:
        found = (
            _plan_gap(facts),
            _halt_gap(facts),
            _notice_gap(facts),
            "" if facts.fix_published else "the fixed version is not published",
        )
        return tuple(gap for gap in found if gap)
    return ("reviews that say it worked",) if state is RecallState.REVIEWING and not facts.may_close else ()


def _plan_gap(facts: RecallFacts) -> str:
    laid = facts.count(EffectKind.HALT_ROLLOUT) + facts.count(EffectKind.SEND_NOTICES)
    return "" if laid else "its plan is not laid yet"


def _halt_gap(facts: RecallFacts) -> str:
    waiting = facts.count(EffectKind.HALT_ROLLOUT, *_OPEN)
    failed = facts.count(EffectKind.HALT_ROLLOUT, EffectState.FAILED)
    said = [f"halts not confirmed: {waiting}"] * bool(waiting) + [f"halts failed, a person must see to them: {failed}"] * bool(failed)
    return "; ".join(said)


def _notice_gap(facts: RecallFacts) -> str:
    waiting = facts.count(EffectKind.SEND_NOTICES, *_OPEN)
    if waiting:
        return f"chunks of first notices not out: {waiting}"
    failed, done = (facts.count(EffectKind.SEND_NOTICES, s) for s in (EffectState.FAILED, EffectState.DONE))
    return "every chunk of first notices failed" if failed and not done else ""


def _moved(what: str, table: Mapping[tuple[_S, _E], _S], state: _S, event: _E) -> _S:
    if (state, event) in table:
        return table[state, event]
    possible = ", ".join(e for s, e in table if s is state) or "nothing: this state is final"
    raise TransitionRefused(
        f"{what} in state '{state}' knows no event '{event}'; from here: {possible}", state=state.value, event=event.value
    )
