"""Claims about the two state machines."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.effects import EffectKind, EffectState
from configs.errors import TransitionRefused
from configs.terms import IssueState, RecallState
from tasks.rules.lifecycle import (
    ISSUE_TRANSITIONS,
    RECALL_TRANSITIONS,
    EffectCount,
    IssueEvent,
    RecallEvent,
    RecallFacts,
    is_overdue,
    moved_issue,
    moved_recall,
    next_recall_state,
    waits_for,
)
from tasks.rules.signoff import OutcomeState

HALT, NOTICE = EffectKind.HALT_ROLLOUT, EffectKind.SEND_NOTICES
DONE, QUEUED, CLAIMED, UNKNOWN, FAILED, CANCELLED = (
    EffectState.DONE,
    EffectState.QUEUED,
    EffectState.CLAIMED,
    EffectState.UNKNOWN,
    EffectState.FAILED,
    EffectState.CANCELLED,
)


def facts(*effects: tuple[EffectKind, EffectState, int], fix: bool = True, signatures: OutcomeState = OutcomeState.APPROVED) -> RecallFacts:
    return RecallFacts(signatures, tuple(EffectCount(*e) for e in effects), fix_published=fix)


some_facts = st.builds(
    RecallFacts,
    signatures=st.sampled_from(OutcomeState),
    effects=st.lists(
        st.builds(EffectCount, st.sampled_from(EffectKind), st.sampled_from(EffectState), st.integers(min_value=0, max_value=3)), max_size=5
    ).map(tuple),
    fix_published=st.booleans(),
    may_close=st.booleans(),
    starts_later=st.booleans(),
)


@pytest.mark.parametrize(
    ("state", "signatures", "expected"),
    [
        (RecallState.PROPOSED, OutcomeState.APPROVED, RecallState.APPROVED),
        (RecallState.PROPOSED, OutcomeState.REJECTED, RecallState.DECLINED),
        (RecallState.PROPOSED, OutcomeState.WAITING, None),
        (RecallState.PROPOSED, OutcomeState.EXPIRED, None),
        (RecallState.DECLINED, OutcomeState.APPROVED, None),
        (RecallState.CLOSED, OutcomeState.APPROVED, None),
    ],
)
def test_signatures_move_only_a_proposed_recall(state: RecallState, signatures: OutcomeState, expected: RecallState | None) -> None:
    assert next_recall_state(state, RecallFacts(signatures, may_close=True, fix_published=True)) is expected


@pytest.mark.parametrize(
    ("effects", "fix", "carried_out"),
    [
        ([(HALT, DONE, 1), (NOTICE, DONE, 3)], True, True),
        ([(HALT, DONE, 1), (NOTICE, DONE, 3)], False, False),
        ([(HALT, QUEUED, 1), (NOTICE, DONE, 3)], True, False),
        ([(HALT, CLAIMED, 1), (NOTICE, DONE, 3)], True, False),
        ([(HALT, UNKNOWN, 1), (NOTICE, DONE, 3)], True, False),
        ([(HALT, FAILED, 1), (HALT, DONE, 2), (NOTICE, DONE, 3)], True, False),
        ([(HALT, CANCELLED, 1), (HALT, DONE, 1), (NOTICE, DONE, 3)], True, True),
        ([(HALT, DONE, 1), (NOTICE, DONE, 2), (NOTICE, QUEUED, 1)], True, False),
        ([(HALT, DONE, 1), (NOTICE, DONE, 2), (NOTICE, UNKNOWN, 1)], True, False),
        ([(HALT, DONE, 1), (NOTICE, DONE, 2), (NOTICE, FAILED, 1)], True, True),
        ([(HALT, DONE, 1), (NOTICE, FAILED, 2)], True, False),
        ([(HALT, DONE, 1)], True, True),
        ([(NOTICE, DONE, 1)], True, True),
        ([], True, False),
        ([(EffectKind.ASK_SIGNATURE, DONE, 3)], True, False),
    ],
    ids=[
        "all done",
        "no fix",
        "halt queued",
        "halt claimed",
        "halt unknown",
        "one halt of three failed",
        "a halt cancelled by a newer plan",
        "a chunk queued",
        "a chunk unknown",
        "a chunk failed",
        "every chunk failed",
        "nobody to tell",
        "nothing to halt",
        "no plan",
        "only the signers were asked",
    ],
)
def test_a_recall_is_reviewed_once_it_is_carried_out(
    effects: list[tuple[EffectKind, EffectState, int]], fix: bool, carried_out: bool
) -> None:
    found = next_recall_state(RecallState.APPROVED, facts(*effects, fix=fix))
    assert found is (RecallState.REVIEWING if carried_out else None)


@pytest.mark.parametrize("may_close", [True, False])
def test_a_recall_closes_only_when_its_reviews_say_so(may_close: bool) -> None:
    found = next_recall_state(RecallState.REVIEWING, RecallFacts(OutcomeState.APPROVED, may_close=may_close))
    assert found is (RecallState.CLOSED if may_close else None)


@given(st.lists(some_facts, max_size=12))
def test_no_path_reaches_approved_without_quorum(history: list[RecallFacts]) -> None:
    state = RecallState.PROPOSED
    had_quorum = False
    for now in history:
        had_quorum = had_quorum or (state is RecallState.PROPOSED and now.signatures is OutcomeState.APPROVED)
        state = next_recall_state(state, now) or state
        assert had_quorum or state in (RecallState.PROPOSED, RecallState.DECLINED)


@given(st.sampled_from(RecallState), some_facts)
def test_a_recall_moves_exactly_when_it_waits_for_nothing(state: RecallState, now: RecallFacts) -> None:
    final = state in (RecallState.DECLINED, RecallState.CLOSED)
    assert (next_recall_state(state, now) is not None) == (not final and not waits_for(state, now))


@given(some_facts)
def test_time_running_out_decides_nothing(now: RecallFacts) -> None:
    expired = RecallFacts(OutcomeState.EXPIRED, now.effects, now.fix_published, now.may_close)
    assert next_recall_state(RecallState.PROPOSED, expired) is None
    assert is_overdue(RecallState.PROPOSED, expired)
    assert not is_overdue(RecallState.APPROVED, expired)


def test_every_way_into_approved_begins_with_all_signatures() -> None:
    assert [key for key, to in RECALL_TRANSITIONS.items() if to is RecallState.APPROVED] == [
        (RecallState.PROPOSED, RecallEvent.QUORUM),
        (RecallState.SCHEDULED, RecallEvent.TIME_CAME),
        (RecallState.APPROVED, RecallEvent.WIDENED),
        (RecallState.REVIEWING, RecallEvent.WIDENED),
    ]
    assert [key for key, to in RECALL_TRANSITIONS.items() if to is RecallState.SCHEDULED] == [(RecallState.PROPOSED, RecallEvent.POSTPONED)]


@pytest.mark.parametrize(
    ("state", "signatures", "starts_later", "expected"),
    [
        (RecallState.PROPOSED, OutcomeState.APPROVED, True, RecallState.SCHEDULED),
        (RecallState.PROPOSED, OutcomeState.REJECTED, True, RecallState.DECLINED),
        (RecallState.PROPOSED, OutcomeState.WAITING, True, None),
        (RecallState.PROPOSED, OutcomeState.EXPIRED, False, None),
        (RecallState.SCHEDULED, OutcomeState.APPROVED, True, None),
        (RecallState.SCHEDULED, OutcomeState.APPROVED, False, RecallState.APPROVED),
    ],
)
def test_a_start_agreed_for_later_waits_for_its_time(
    state: RecallState, signatures: OutcomeState, starts_later: bool, expected: RecallState | None
) -> None:
    assert next_recall_state(state, RecallFacts(signatures, starts_later=starts_later)) is expected


@pytest.mark.parametrize("state", [RecallState.PROPOSED, RecallState.SCHEDULED])
def test_what_is_not_started_yet_can_be_withdrawn(state: RecallState) -> None:
    assert moved_recall(state, RecallEvent.WITHDRAWN) is RecallState.DECLINED


@pytest.mark.parametrize(("state", "event"), [pair for pair in product(RecallState, RecallEvent) if pair not in RECALL_TRANSITIONS])
def test_a_recall_step_that_the_table_lacks_is_refused(state: RecallState, event: RecallEvent) -> None:
    with pytest.raises(TransitionRefused, match=f"'{state}'.*'{event}'"):
        moved_recall(state, event)


@pytest.mark.parametrize(("state", "event"), [pair for pair in product(IssueState, IssueEvent) if pair not in ISSUE_TRANSITIONS])
def test_an_issue_step_that_the_table_lacks_is_refused(state: IssueState, event: IssueEvent) -> None:
    with pytest.raises(TransitionRefused, match="from here"):
        moved_issue(state, event)


def test_an_issue_is_recalled_only_after_it_was_proposed() -> None:
    path = [IssueEvent.PROPOSED, IssueEvent.APPROVED, IssueEvent.RECALL_CLOSED]
    state, seen = IssueState.OPEN, []
    for event in path:
        state = moved_issue(state, event)
        seen.append(state)
    assert seen == [IssueState.PROPOSED, IssueState.RECALLING, IssueState.CLOSED]


def test_a_dismissed_issue_that_worsens_is_open_again() -> None:
    assert moved_issue(moved_issue(IssueState.PROPOSED, IssueEvent.DECLINED), IssueEvent.WORSENED) is IssueState.OPEN


def test_what_a_recall_waits_for_is_said_in_words() -> None:
    said = waits_for(RecallState.APPROVED, facts((HALT, FAILED, 1), (HALT, QUEUED, 2), (NOTICE, UNKNOWN, 4), fix=False))
    assert said == (
        "halts not confirmed: 2; halts failed, a person must see to them: 1",
        "chunks of first notices not out: 4",
        "the fixed version is not published",
    )
