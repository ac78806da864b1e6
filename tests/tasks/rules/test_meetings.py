"""When people meet about a proposal, when a meeting falls away, and what minutes must hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import BadInput, Refused
from configs.plans import Ends
from configs.policies import load_policy
from configs.terms import Action, Level, Meeting, MeetingState, Minutes, Platform, Proposal, RecallState, Scope
from tasks.rules.meetings import LONGEST_WORDS, cancelled, check_minutes, meeting_for, one_line

POLICY = load_policy("default")
RULES = POLICY.plan
NOW = datetime(2026, 3, 2, 6, 5, tzinfo=UTC)
SCOPE = Scope("com.example.app", Platform.ANDROID, "2.1.0")
PROPOSAL = Proposal("P-1", "I-1", "REC-1", 1, Action.FULL, Level.HIGH, SCOPE, "s", NOW, NOW + timedelta(hours=4), "f", "recall", "a" * 64)
HELD = meeting_for(PROPOSAL, None, RULES, NOW)
RENEWED = replace(PROPOSAL, id="P-2", revision=2, digest="b" * 64)


def held(**varied: object) -> Meeting:
    assert HELD is not None
    return replace(HELD, **varied)  # type: ignore[arg-type]  # fields by name


def test_the_first_meeting_is_the_policys_time_after_the_proposal() -> None:
    times = RULES.meeting[Level.HIGH]
    meeting = held()
    assert meeting.starts_at == NOW + timedelta(minutes=times.starts_after_minutes)
    assert meeting.ends_at - meeting.starts_at == timedelta(minutes=times.lasts_minutes)
    assert (meeting.sequence, meeting.state, meeting.digest) == (0, MeetingState.PLANNED, PROPOSAL.digest)
    assert meeting.uid == "REC-1.20260302T060500Z@recall.example"


def test_the_same_text_needs_no_other_meeting() -> None:
    assert meeting_for(PROPOSAL, HELD, RULES, NOW + timedelta(days=9)) is None


@pytest.mark.parametrize(
    ("known", "minutes", "start"),
    [
        (held(), 20, held().starts_at),
        (held(), 61, NOW + timedelta(minutes=121)),
        (held(state=MeetingState.CANCELLED, sequence=1), 20, NOW + timedelta(minutes=80)),
    ],
    ids=["not begun", "begun", "cancelled"],
)
def test_another_text_keeps_the_uid_and_raises_the_sequence(known: Meeting, minutes: int, start: datetime) -> None:
    changed = meeting_for(RENEWED, known, RULES, NOW + timedelta(minutes=minutes))
    assert changed is not None
    assert (changed.uid, changed.sequence, changed.starts_at) == (known.uid, known.sequence + 1, start)
    assert (changed.state, changed.proposal_id, changed.digest) == (MeetingState.PLANNED, "P-2", RENEWED.digest)


def test_a_text_amended_in_place_changes_the_meeting_too() -> None:
    changed = meeting_for(replace(PROPOSAL, digest="c" * 64), HELD, RULES, NOW)
    assert changed is not None
    assert changed.sequence == 1


@pytest.mark.parametrize(
    ("state", "rejected", "ends"),
    [
        (RecallState.APPROVED, False, Ends.APPROVED),
        (RecallState.REVIEWING, False, Ends.APPROVED),
        (RecallState.DECLINED, True, Ends.DECLINED),
        (RecallState.DECLINED, False, Ends.WITHDRAWN),
        (RecallState.PROPOSED, False, Ends.WITHDRAWN),
    ],
)
def test_a_meeting_is_cancelled_by_the_ends_the_policy_names(state: RecallState, rejected: bool, ends: Ends) -> None:
    gone = cancelled(held(), state, rejected, RULES, NOW)
    assert gone is not None
    assert (gone.uid, gone.sequence, gone.state) == (held().uid, 1, MeetingState.CANCELLED)
    others = RULES.model_copy(update={"meeting_cancelled_by": tuple(e for e in Ends if e is not ends)})
    assert cancelled(held(), state, rejected, others, NOW) is None


def test_a_meeting_that_has_begun_or_is_cancelled_stays_as_it_is() -> None:
    assert cancelled(held(), RecallState.DECLINED, True, RULES, held().starts_at) is None
    assert cancelled(held(state=MeetingState.CANCELLED), RecallState.DECLINED, True, RULES, NOW) is None


@given(st.lists(st.tuples(st.sampled_from(["text", "cancel", "tick"]), st.integers(0, 200)), max_size=20))
def test_whatever_happens_the_uid_stays_and_the_sequence_only_rises(happenings: list[tuple[str, int]]) -> None:
    meeting, proposal, now, seen = held(), PROPOSAL, NOW, [held().sequence]
    for number, (what, minutes) in enumerate(happenings):
        now += timedelta(minutes=minutes)
        if what == "text":
            proposal = replace(proposal, digest=f"{number}")
        wanted = (
            cancelled(meeting, RecallState.DECLINED, True, RULES, now) if what == "cancel" else meeting_for(proposal, meeting, RULES, now)
        )
        if wanted is not None:
            meeting = wanted
            seen.append(meeting.sequence)
        assert meeting.uid == held().uid
        assert meeting.starts_at < meeting.ends_at
    assert seen == list(range(len(seen)))


# --- minutes --------------------------------------------------------------------------------------------------------------

MINUTES = Minutes("REC-1", "P-1", 1, NOW, "counsel", ("counsel", "tech-lead"), ("The rate tripled.",), "Recall everyone.")


def test_sound_minutes_pass() -> None:
    check_minutes(MINUTES, (), POLICY.signoff)
    check_minutes(replace(MINUTES, number=2, correction="tech-lead had left before."), (MINUTES,), POLICY.signoff)


@pytest.mark.parametrize(
    ("change", "earlier", "error", "said"),
    [
        ({"person": "mallory"}, (), BadInput, "nobody of the policy is called 'mallory'"),
        ({"attended": ("counsel", "eve")}, (), BadInput, "'eve'"),
        ({"attended": ()}, (), BadInput, "who attended"),
        ({"arguments": ()}, (), BadInput, "at least one argument"),
        ({"decision": ""}, (), BadInput, "what was decided"),
        ({"arguments": ("x",) * 51}, (), BadInput, "too many"),
        ({}, (MINUTES,), Refused, "entered by counsel; --correct"),
        ({"correction": "Because it was wrong."}, (), Refused, "no minutes about P-1 to correct"),
        ({"correction": "oops"}, (MINUTES,), Refused, "at least 10 letters"),
    ],
    ids=lambda value: "" if not isinstance(value, str) else value,
)
def test_what_is_refused(change: dict[str, object], earlier: tuple[Minutes, ...], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        check_minutes(replace(MINUTES, **change), earlier, POLICY.signoff)  # type: ignore[arg-type]  # fields by name


def test_words_are_kept_on_one_line_without_what_hides() -> None:
    assert one_line("a\r\nb\x00c\u202ed \ud83d") == "a b c d"
    assert len(one_line("x" * 9999)) == LONGEST_WORDS
