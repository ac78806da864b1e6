"""The three things people decide on, each with its every move: the recall, the brake, and who signs. A move is one transaction.

A crash lies between any two moves: whatever a process has not committed did not happen, and what it had claimed is in doubt. So a crash
is either no move at all or the move that leaves a claim in doubt.

Add here when people or ticks can do something else; rather in `question.py` when it can be done with every question.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from configs.effects import EffectKind, EffectState
from configs.terms import Action, Assessment, Harm, Issue, IssueKind, IssueState, Level, Platform, Proposal, RecallState, Scope
from tasks.rules.decision import Wanted
from tasks.rules.lifecycle import EffectCount, RecallEvent, RecallFacts
from tasks.rules.roles import RolesChange
from tasks.rules.signoff import BrakeRelease, OutcomeState
from tasks.rules.standing import Amendment, Standing
from tests.model.people import MACHINE, STRANGER
from tests.model.question import OPENED, SIGNED, WHY, Answers, Move, Table

START = OPENED + timedelta(hours=2)
TIMES = (SIGNED, OPENED + timedelta(hours=3), OPENED + timedelta(hours=5))
"""In time; after the start that was agreed on; after the deadline."""

SCOPE = Scope("com.example.app", Platform.ANDROID, "4.2.0")
ISSUE = Issue("I-1", SCOPE.app, SCOPE.platform, SCOPE.version, IssueKind.CRASH, IssueState.OPEN, Level.HIGH, OPENED, "It crashes.", SCOPE)
ASSESSED = Assessment(Level.HIGH, Level.HIGH, Harm.REVERSIBLE_LOSS, Fraction(1, 10), Fraction(1, 5), 1000, False)
EXECUTING = (RecallState.APPROVED, RecallState.REVIEWING, RecallState.CLOSED)
KINDS = (EffectKind.HALT_ROLLOUT, EffectKind.SEND_NOTICES, EffectKind.PUBLISH_FIX)
STATES = {"queued": EffectState.QUEUED, "claimed": EffectState.CLAIMED, "doubt": EffectState.UNKNOWN, "done": EffectState.DONE,
          "dropped": EffectState.CANCELLED}  # fmt: skip


class Case(NamedTuple):
    """A recall with its newest proposal. `later`: a start is agreed on; `effects`: of halt, notices and fix, "" while there is none."""

    state: RecallState = RecallState.PROPOSED
    phase: int = 0
    later: bool = False
    answers: Answers = ()
    authors: tuple[str, ...] = ()
    effects: tuple[str, str, str] = ("", "", "")


class Brake(NamedTuple):
    """The emergency stop with the question of its release: "", "open" or "closed"."""

    engaged: bool = False
    question: str = ""
    answers: Answers = ()
    authors: tuple[str, ...] = ()


class Roles(NamedTuple):
    """The question who signs from now on. `waits`: 0 for signatures, 1 for objections, 2 when the time for them is over."""

    question: str = ""
    waits: int = 0
    answers: Answers = ()
    authors: tuple[str, ...] = ()


AGREED, NOT_AGREED = Roles("agreed"), Roles()
"""What is left of the question: after the first the other section is in force, and there is no question either way."""


# --- the recall -----------------------------------------------------------------------------------------------------------


def case_moves(table: Table, case: Case, at: int, braked: bool) -> Iterator[Move]:
    """Everything that can be done about the recall, and everything that is tried in vain."""
    for move in _case_moves(table, case, at, braked):
        to = move.to
        assert isinstance(to, Case)
        yield move._replace(to=settled_case(table, to, at))


def settled_case(table: Table, case: Case, at: int) -> Case:
    """The state that stands for all that differ from it in names only."""
    answers, authors = table.settled(at, case.answers, case.authors)
    return case._replace(answers=answers, authors=authors if table.company.may_be_alone(at) else ())


def _case_moves(table: Table, case: Case, at: int, braked: bool) -> Iterator[Move]:
    proposal = _proposal(table, at, case.later, case.authors)
    waits = case.state in (RecallState.PROPOSED, RecallState.SCHEDULED)
    yield from _signing(table, case, proposal, at)
    for label, against in table.withdrawals(at, proposal, case.answers, case.authors, waits=waits):
        state = table.rules.moved_recall(case.state, RecallEvent.WITHDRAWN) if waits else case.state
        yield Move(label, Case(state), against)
    if case.state is RecallState.PROPOSED:
        yield from _changing(table, case, proposal, at)
    if waits and case.phase < (1 if case.state is RecallState.SCHEDULED else 2):
        yield Move("time passes", case._replace(phase=case.phase + (1 if case.later else 2)))
    if case.state is RecallState.SCHEDULED:
        yield from _starting(table, case, proposal, braked)
    if case.state is RecallState.DECLINED:
        again = table.rules.moved_recall(case.state, RecallEvent.PROPOSED_AGAIN)
        yield Move("the problem got worse, a tick proposes again", Case(again))
    if case.state in EXECUTING:
        yield from _carrying_out(table, case, braked)


def _signing(table: Table, case: Case, proposal: Proposal, at: int) -> Iterator[Move]:
    now, is_open = TIMES[case.phase], case.state is RecallState.PROPOSED
    for label, after, outcome, against in table.answers(at, proposal, case.answers, case.authors, now, is_open):
        facts = RecallFacts(outcome, starts_later=table.rules.starts_later(proposal, now, held=False))
        event = table.rules.recall_event(case.state, facts) if is_open else None
        state = table.rules.moved_recall(case.state, event) if event else case.state
        wrong = against or _started_wrong(case, state, outcome)
        yield Move(label, _decided(case, state) if event else case._replace(answers=after), wrong)
    for label, after in table.taken_back(at, proposal, case.answers, case.authors, now, is_open):
        yield Move(label, case._replace(answers=after), "" if is_open else "taken back after it was decided")


def _started_wrong(case: Case, state: RecallState, outcome: OutcomeState) -> str:
    if state in (*EXECUTING, RecallState.SCHEDULED) and case.state not in EXECUTING:
        if outcome is not OutcomeState.APPROVED:
            return "started without an approval"
        if state is not RecallState.SCHEDULED and case.later and case.phase == 0:
            return "started before the time that was agreed on"
    return ""


def _decided(case: Case, state: RecallState) -> Case:
    """Answers and authors have served; what is approved has its halt queued."""
    if state is RecallState.SCHEDULED:
        return Case(state, case.phase, case.later)
    return Case(state, effects=("queued", "", "")) if state in EXECUTING else Case(state)


def _changing(table: Table, case: Case, proposal: Proposal, at: int) -> Iterator[Move]:
    """Another text, and the same again once its time is over."""
    now, policy = TIMES[case.phase], table.company.policies[at]
    changes = {
        "words": Amendment(note="Support is told first."),
        "a later start": Amendment(not_before=now + timedelta(hours=1)),
        "a start at once": Amendment(at_once=True),
        "a start in the past": Amendment(not_before=now - timedelta(hours=1)),
    }
    for person in table.those_who_differ(at, case.answers, case.authors):
        for what, change in changes.items():
            label = f"{person} changes the proposal to {what}"

            def attempt(person: str = person, change: Amendment = change) -> Wanted:
                old = table.rules.check_amendment(proposal, person, WHY, table.signoff(at), now, is_open=True)
                action, wanted = table.rules.amended(old, change, person, policy, now)
                _composed(table, at, wanted, action, now)
                return wanted  # type: ignore[no-any-return]  # the rule's own

            wanted = table.tried(label, attempt)
            if wanted is not None:
                wrong = person in (STRANGER, MACHINE) or what == "a start in the past" or case.phase == 2
                new = Case(later=wanted.not_before is not None, authors=wanted.amended_by)
                yield Move(label, new, "the text was changed by the wrong person or to the wrong time" if wrong else "")
    if case.phase == 2:
        wanted = table.rules.kept(proposal, now)
        _composed(table, at, wanted, proposal.action, now)
        yield Move("time is over, a tick renews the proposal", Case(later=wanted.not_before is not None, authors=wanted.amended_by))


def _starting(table: Table, case: Case, proposal: Proposal, braked: bool) -> Iterator[Move]:
    facts = RecallFacts(OutcomeState.APPROVED, starts_later=table.rules.starts_later(proposal, TIMES[case.phase], held=braked))
    event = table.rules.recall_event(case.state, facts)
    if event is not None:
        wrong = "started before the time that was agreed on" if case.phase == 0 else "started under the brake" if braked else ""
        yield Move("a tick starts the recall", _decided(case, table.rules.moved_recall(case.state, event)), wrong)


def _carrying_out(table: Table, case: Case, braked: bool) -> Iterator[Move]:
    for place, kind in enumerate(KINDS):
        yield from _effect_moves(table, case, place, kind, braked)
    for may_close in (False, True):
        event = table.rules.recall_event(case.state, _facts(case, may_close))
        if event is not None:
            to = case._replace(state=table.rules.moved_recall(case.state, event))
            yield Move(f"a tick moves the recall on: {event}", to, "" if to.state in EXECUTING else "moved back")


def _effect_moves(table: Table, case: Case, place: int, kind: EffectKind, braked: bool) -> Iterator[Move]:
    found, name = case.effects[place], kind.value

    def now(state: str) -> Case:
        return case._replace(effects=(*case.effects[:place], state, *case.effects[place + 1 :]))  # type: ignore[arg-type]  # three again

    follow_up = kind is EffectKind.SEND_NOTICES and case.state is RecallState.REVIEWING and found == "done"
    if follow_up or (not found and case.state is RecallState.APPROVED):
        yield Move(f"a tick queues {name}", now("queued"))
    if found in ("queued", "doubt"):
        stands = table.rules.standing(kind, 1, braked=braked, state=case.state, decided=1)
        held = kind is not EffectKind.HALT_ROLLOUT and (braked or case.state is RecallState.CLOSED)
        if stands is Standing.STANDS:
            yield Move(f"a tick claims {name}", now("claimed"), f"{name} went out under the brake, or after the case" if held else "")
        if stands is Standing.DROPPED:
            yield Move(f"a tick drops {name}", now("dropped"))
        stale = table.rules.standing(kind, 0, braked=braked, state=case.state, decided=1)
        if kind is not EffectKind.HALT_ROLLOUT and stale is Standing.STANDS:
            yield Move(f"a tick claims {name} of an older revision", now("claimed"), "an older revision was carried out")
    if found == "claimed":
        yield Move(f"{name} is done, its receipt written", now("done"))
        yield Move(f"the process of {name} dies, before or after the call", now("doubt"))


def _facts(case: Case, may_close: bool) -> RecallFacts:
    """As `tasks.advance.recall_facts` counts: a wave that is not frozen counts as queued."""
    counts = [EffectCount(kind, STATES[state], 1) for kind, state in zip(KINDS, case.effects, strict=True) if state]
    unfrozen = [] if case.effects[1] else [EffectCount(EffectKind.SEND_NOTICES, EffectState.QUEUED, 1)]
    return RecallFacts(OutcomeState.APPROVED, (*counts, *unfrozen), fix_published=case.effects[2] == "done", may_close=may_close)


def _proposal(table: Table, at: int, later: bool, authors: tuple[str, ...]) -> Proposal:
    return _kept_proposal(table.rules.compose_proposal, table.company, at, Wanted(not_before=START if later else None, amended_by=authors))


@lru_cache(maxsize=4096)
def _kept_proposal(compose: object, company: object, at: int, wanted: Wanted) -> Proposal:
    return _compose(compose, company.policies[at], wanted, Action.FULL, OPENED)  # type: ignore[attr-defined]


def _composed(table: Table, at: int, wanted: Wanted, action: Action, now: object) -> Proposal:
    return _compose(table.rules.compose_proposal, table.company.policies[at], wanted, action, now)


def _compose(compose: object, policy: object, wanted: Wanted, action: Action, now: object) -> Proposal:
    fixed = {"recall_id": "REC-1", "revision": 1, "policy": policy, "proposed_by": "recall"}
    return compose(ISSUE, ASSESSED, **fixed, now=now, action=action, wanted=wanted)  # type: ignore[operator, no-any-return]


# --- the brake ------------------------------------------------------------------------------------------------------------


def brake_moves(table: Table, brake: Brake, at: int) -> Iterator[Move]:
    """Everything that can be done about the emergency stop."""
    signoff, policy = table.signoff(at), table.company.policies[at]
    for person in table.those_who_differ(at, brake.answers, brake.authors):
        if table.rules.may_brake(person, policy):
            permitted = person != MACHINE and person in signoff.people and signoff.people[person].may_brake
            yield Move(f"{person} engages the brake", Brake(True), "" if permitted else "braked by somebody who may not")
        if brake.engaged and not brake.question and person in signoff.people:
            yield Move(f"{person} asks for the release", _settled_brake(table, Brake(True, "open", (), (person,)), at))
    if not brake.question:
        return
    question = BrakeRelease(1, WHY, OPENED, *(brake.authors or ("somebody",)))
    is_open = brake.question == "open"
    for label, after, outcome, against in table.answers(at, question, brake.answers, brake.authors, SIGNED, is_open):
        to = {OutcomeState.APPROVED: Brake(), OutcomeState.REJECTED: Brake(True, "closed")}.get(outcome, brake._replace(answers=after))
        yield Move(label, _settled_brake(table, to, at), against)
    for label, after in table.taken_back(at, question, brake.answers, brake.authors, SIGNED, is_open):
        yield Move(label, _settled_brake(table, brake._replace(answers=after), at))
    for label, against in table.withdrawals(at, question, brake.answers, brake.authors, waits=is_open):
        yield Move(label, Brake(True, "closed"), against)


def _settled_brake(table: Table, brake: Brake, at: int) -> Brake:
    answers, authors = table.settled(at, brake.answers, brake.authors)
    return brake._replace(answers=answers, authors=authors if table.company.may_be_alone(at) else ())


# --- who signs ------------------------------------------------------------------------------------------------------------


def roles_moves(table: Table, roles: Roles, at: int) -> Iterator[Move]:
    """Everything that can be done about who signs; a move to AGREED from an open question puts the other section in force."""
    if not roles.question:
        for person in table.those_who_differ(at, (), ()):
            if person in table.signoff(at).people and not table.rules.is_system_name(person):
                yield Move(f"{person} asks who signs from now on", _settled_roles(table, Roles("open", 0, (), (person,)), at))
            if not table.rules.is_system_name(person):
                yield Move(f"{person} asks to restore", _settled_roles(table, Roles("open", 1, (), (person,)), at))
        return
    later = OPENED + timedelta(hours=24)
    question = RolesChange(1, "s" * 64, WHY, OPENED, *(roles.authors or ("somebody",)), restored_at=later if roles.waits else None)
    now = later if roles.waits == 2 else SIGNED
    for label, after, outcome, against in table.answers(at, question, roles.answers, roles.authors, now, True):
        if outcome is OutcomeState.REJECTED:
            yield Move(label, NOT_AGREED, against)
        elif outcome is OutcomeState.APPROVED:
            yield Move(label, AGREED, against)
        else:
            yield Move(label, _settled_roles(table, roles._replace(answers=after), at), against)
    for label, after in table.taken_back(at, question, roles.answers, roles.authors, now, True):
        yield Move(label, _settled_roles(table, roles._replace(answers=after), at))
    for label, against in table.withdrawals(at, question, roles.answers, roles.authors, waits=True):
        yield Move(label, NOT_AGREED, against)
    if roles.waits == 1:
        yield Move("the time for objections passes", roles._replace(waits=2))
    if table.rules.is_restored(question, now):
        yield Move("a tick restores the signers", AGREED, "" if roles.waits == 2 else "others sign whom nobody signed for")


def _settled_roles(table: Table, roles: Roles, at: int) -> Roles:
    answers, authors = table.settled(at, roles.answers, roles.authors)
    return roles._replace(answers=answers, authors=authors if table.company.may_be_alone(at) else ())


def others_sign(table: Table, case: Case, brake: Brake, at: int) -> tuple[Case, Brake]:
    """What an agreement does to what is open, under the section that is in force then: every signature is void."""
    return settled_case(table, case._replace(answers=()), at), _settled_brake(table, brake._replace(answers=()), at)
