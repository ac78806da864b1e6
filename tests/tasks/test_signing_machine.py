"""A decision played at random on the real ledger, with signers at the same moment, and judged by a memory that knows no rule.

Add here when people can do something else to a question; rather in `tests/model` when it must hold on every path there is.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from configs.effects import EffectKind
from configs.errors import RecallError
from configs.terms import Action, RecallState, Verdict
from integrations.ledger.signing import proposals_of, signatures_on
from tasks.act import perform_due
from tasks.amend import amend, unsign_now, withdraw
from tasks.decide import propose_again, sign
from tasks.rules.standing import Amendment
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import APP, EVERYONE, REASON, START, Play, copy_home, make_home, reopened

_numbers = count(1)
SIGNERS = st.sampled_from(EVERYONE)
PLAYS: list[Callable[[], Play]] = []
"""How the machine gets a fresh proposal; the test puts it here, for hypothesis makes the machines itself."""

VERDICTS = st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT])


class Signing(RuleBasedStateMachine):
    """`given`: who counts on the open text, by what the answers said; `decided`: how it must have ended."""

    def __init__(self) -> None:
        super().__init__()
        self.play = PLAYS[-1]()
        self.given: dict[str, Verdict] = {}
        self.decided: RecallState | None = None
        self.recall_id = self.play.recall().id

    def teardown(self) -> None:
        self.play.tools.book.close()

    @property
    def is_open(self) -> bool:
        return self.decided is None

    def answer(self, person: str, role: str, verdict: Verdict) -> bool:
        question = self.play.question()
        code = self.play.code(person, role, question)
        try:
            sign(self.play.tools, proposal_id=question, person=person, role=role, verdict=verdict, reason=REASON, code=code)
        except RecallError:
            return False
        return True

    def count(self, person: str, verdict: Verdict) -> None:
        self.given[person] = verdict
        if verdict is Verdict.REJECT:
            self.decided = RecallState.DECLINED
        elif len(self.given) == len(EVERYONE):
            self.decided = RecallState.APPROVED

    def void(self) -> None:
        self.given.clear()
        perform_due(self.play.tools, EffectKind.ASK_SIGNATURE)

    # --- what people do ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.is_open)
    @rule(who=SIGNERS, verdict=VERDICTS)
    def one_signs(self, who: tuple[str, str], verdict: Verdict) -> None:
        first = who[0] not in self.given
        same = not first and self.given[who[0]] is verdict
        assert self.answer(*who, verdict) is (first or same)
        if first:
            self.count(who[0], verdict)

    @precondition(lambda self: self.is_open)
    @rule(twice=st.booleans())
    def everyone_left_approves_at_once(self, twice: bool) -> None:
        """The last signatures at the same moment, each perhaps twice."""
        left = [who for who in EVERYONE if who[0] not in self.given] * (2 if twice else 1)
        question = self.play.question()
        codes = {who: self.play.code(*who, question) for who in left}
        ready = Barrier(len(left), timeout=60)

        def one(who: tuple[str, str]) -> None:
            ready.wait()
            sign(self.play.tools, proposal_id=question, person=who[0], role=who[1], verdict=Verdict.APPROVE, reason=REASON, code=codes[who])

        with ThreadPoolExecutor(len(left)) as threads:
            list(threads.map(one, left))
        for person, _ in left:
            self.count(person, Verdict.APPROVE)

    @precondition(lambda self: self.is_open)
    @rule(who=SIGNERS)
    def one_takes_back(self, who: tuple[str, str]) -> None:
        try:
            unsign_now(self.play.tools, question_id=self.play.question(), person=who[0], reason=REASON)
        except RecallError:
            assert who[0] not in self.given
            return
        assert self.given.pop(who[0]) is Verdict.APPROVE
        perform_due(self.play.tools, EffectKind.ASK_SIGNATURE)

    @precondition(lambda self: self.is_open)
    @rule(who=SIGNERS, wide=st.booleans(), note=st.sampled_from(["", "Support is told first."]))
    def one_changes_the_text(self, who: tuple[str, str], wide: bool, note: str) -> None:
        question = self.play.question()
        change = Amendment(action=Action.FULL if wide else Action.PARTIAL, countries=None if wide else ("DE",), note=note)
        try:
            amend(self.play.tools, proposal_id=question, person=who[0], change=change, reason=REASON, code=self.play.code(*who, question))
        except RecallError:
            assert self.play.question() == question
            perform_due(self.play.tools, EffectKind.ASK_SIGNATURE)  # a refusal may have spent the code
            return
        assert who[0] not in self.given
        self.void()

    @precondition(lambda self: self.is_open)
    @rule()
    def time_runs_out(self) -> None:
        self.play.wait(hours=5)
        assert not self.answer(*EVERYONE[0], Verdict.APPROVE) or EVERYONE[0][0] in self.given
        propose_again(self.play.tools, APP)
        self.void()

    @precondition(lambda self: self.is_open)
    @rule(who=SIGNERS)
    def one_withdraws(self, who: tuple[str, str]) -> None:
        withdraw(self.play.tools, question_id=self.play.question(), person=who[0], reason=REASON, request=f"w{next(_numbers)}")
        self.decided = RecallState.DECLINED
        self.given.clear()

    @precondition(lambda self: not self.is_open)
    @rule(who=SIGNERS, verdict=VERDICTS)
    def one_comes_too_late(self, who: tuple[str, str], verdict: Verdict) -> None:
        """Their own answer again is what was recorded; anything else is refused. Either way nothing moves."""
        with self.play.tools.book.read() as txn:
            question = proposals_of(txn, self.recall_id)[-1].id
        code = self.play.code(*who, question)
        with suppress(RecallError):
            sign(self.play.tools, proposal_id=question, person=who[0], role=who[1], verdict=verdict, reason=REASON, code=code)

    # --- what must hold ---------------------------------------------------------------------------------------------------

    @invariant()
    def execution_is_started_exactly_when_everyone_agreed_and_once(self) -> None:
        started = int(self.decided is RecallState.APPROVED)
        assert self.play.recall().state is (self.decided or RecallState.PROPOSED)
        assert len(self.play.effects(EffectKind.HALT_ROLLOUT)) == started
        assert len(self.play.entries("recall.approved")) == started

    @invariant()
    def what_counts_is_what_was_given(self) -> None:
        if self.is_open:
            question = self.play.question()
            with self.play.tools.book.read() as txn:
                counted = {s.person: s.verdict for s in signatures_on(txn, question)}
            assert counted == self.given


def played(examples: int, fresh: Callable[[], Play]) -> None:
    PLAYS.append(fresh)
    quick = settings(max_examples=examples, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Signing, settings=quick)


def test_no_order_of_things_loses_doubles_or_forges_a_signature_on_sqlite(proposed_home: Path, quick_folder: Path) -> None:
    played(12, lambda: Play(reopened(copy_home(proposed_home, quick_folder / f"machine-{next(_numbers)}"))))


def test_no_order_of_things_loses_doubles_or_forges_a_signature_on_postgresql(
    request: pytest.FixtureRequest, postgres_server: str, quick_folder: Path
) -> None:
    import psycopg

    def fresh() -> Play:
        name = f"machine_{next(_numbers)}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        play = Play(reopened(make_home(quick_folder / name, ledger=f"{postgres_server}&options=-csearch_path%3D{name}")))
        play.world.advance(START)
        play.wait(hours=6, minutes=5)
        bring_to_proposal(play.tools)
        return play

    played(6, fresh)
