"""Plans: made in order, changed in order, and held against what has happened without telling anybody twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import BadInput, Refused
from configs.plans import out_of_order
from configs.policies import load_policy
from configs.terms import Action, Level, Mark, Milestone, Plan, Platform, Scope
from tasks.rules.milestones import (
    Happened,
    Tell,
    Wish,
    changed,
    differences,
    due_at,
    in_words,
    plan_digest,
    planned,
    reached,
    standing,
    tellings,
)

POLICY = load_policy("default")
SCOPE = Scope("com.example.app", Platform.ANDROID, "2.1.0")
AT = datetime(2026, 3, 2, 7, tzinfo=UTC)
PLAN = planned(Action.FULL, Level.SERIOUS, SCOPE, POLICY)
NAMES = tuple(one.name for one in PLAN.milestones)
OWNERS = {*POLICY.signoff.roles, *POLICY.signoff.people}
BEFORE = timedelta(minutes=10)

levels = st.sampled_from(list(Level))
wishes = st.builds(
    Wish, st.sampled_from(NAMES), st.one_of(st.none(), st.integers(-5, 40_000)), st.sampled_from(["", "tech", "counsel", "nobody"])
)


@given(levels, st.lists(st.floats(0.01, 13.0), max_size=4))
def test_no_milestone_of_a_made_plan_is_due_before_one_it_comes_after(level: Level, days: list[float]) -> None:
    assert list(out_of_order(POLICY.plan.milestones_at(level, tuple(days)))) == []


@given(levels, st.lists(wishes, max_size=12))
def test_no_change_brings_a_plan_out_of_order_and_history_keeps_every_step(level: Level, asked: list[Wish]) -> None:
    history = [planned(Action.FULL, level, SCOPE, POLICY)]
    for wish in asked:
        try:
            history.append(changed(history[-1], wish, OWNERS))
        except (BadInput, Refused):
            continue
    for before, after in pairwise(history):
        assert list(out_of_order(after.milestones)) == []
        assert list(differences(before, after))
        assert plan_digest(before) != plan_digest(after)
        assert [one.name for one in after.milestones] == [one.name for one in before.milestones]


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        (Wish("party", 10), BadInput, "no milestone 'party'; it has halt, notices"),
        (Wish("halt", 20, "nobody"), BadInput, "neither a role nor a person"),
        (Wish("halt", 0), BadInput, "at least a minute"),
        (Wish("halt", -3), BadInput, "at least a minute"),
        (Wish("halt"), Refused, "due 15 min after the verdict and tech's already"),
        (Wish("halt", 61), Refused, "notices .60 minutes after the verdict. comes after halt"),
        (Wish("report", 60), Refused, "comes after"),
    ],
    ids=["unknown", "owner", "zero", "negative", "nothing", "order", "report first"],
)
def test_what_is_refused(wish: Wish, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        changed(PLAN, wish, OWNERS)


def test_what_is_reached_is_not_moved() -> None:
    with pytest.raises(Refused, match="lies behind"):
        changed(PLAN, Wish("halt", 30), OWNERS, reached=("halt",))


def test_a_change_is_told_in_words() -> None:
    after = changed(PLAN, Wish("fix", 2880, "tech-lead"), OWNERS)
    assert list(differences(PLAN, after)) == ["fix due 2 d after the verdict instead of 1 d", "fix seen to by tech-lead instead of tech"]
    wider = planned(Action.PARTIAL, Level.SERIOUS, replace(SCOPE, countries=("DE",)), POLICY)
    assert list(differences(PLAN, wider)) == ["now a plan of a partial recall"]


@given(st.integers(1, 100_000))
def test_a_span_in_words_is_the_same_span(minutes: int) -> None:
    number, unit = in_words(minutes).split(" ")
    assert int(number) * {"min": 1, "h": 60, "d": 1440}[unit] == minutes


def test_the_digest_covers_milestones_scope_action_and_the_widening_rule() -> None:
    others = (
        replace(PLAN, action=Action.PARTIAL),
        replace(PLAN, scope=replace(SCOPE, countries=("DE",))),
        replace(PLAN, widen=replace(PLAN.widen, e_outside=21.0)),
        changed(PLAN, Wish("halt", 16), OWNERS),
        changed(PLAN, Wish("halt", None, "counsel"), OWNERS),
    )
    assert len({plan_digest(one) for one in (PLAN, *others)}) == 1 + len(others)


# --- what has happened ----------------------------------------------------------------------------------------------------

HALTED, OUT, AGAIN, FIXED, NIGHT, FILED = (AT + timedelta(hours=h) for h in range(1, 7))


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (Happened(), {}),
        (Happened(halted_at=HALTED), {"halt": HALTED}),
        (Happened(waves_out=(OUT, None)), {"notices": OUT}),
        (Happened(waves_out=(OUT, AGAIN, FILED, FILED)), {"notices": OUT, "follow_up_1": AGAIN, "follow_up_2": FILED}),
        (Happened(reviewed_at=(AT, NIGHT)), {}),
        (Happened(fixed_at=FIXED, reviewed_at=(AT, HALTED)), {"fix": FIXED}),
        (Happened(fixed_at=FIXED, reviewed_at=(FILED, AT, NIGHT)), {"fix": FIXED, "check": NIGHT}),
        (Happened(filed_at=FILED), {"report": FILED}),
    ],
    ids=["nothing", "halted", "first wave", "a wave the plan has not", "review without fix", "review before fix", "check", "report"],
)
def test_reached_is_what_the_ledger_knows(happened: Happened, expected: dict[str, datetime]) -> None:
    assert reached(PLAN, happened) == expected


def told(marks: Mapping[str, Mark], now: datetime, plan: Plan = PLAN) -> list[tuple[str, Tell]]:
    return [(t.name, t.what) for t in tellings(plan, AT, marks, now, BEFORE)]


@pytest.mark.parametrize(
    ("minutes", "mark", "expected"),
    [
        (4, Mark("halt"), []),
        (5, Mark("halt"), [Tell.REMIND]),
        (14, Mark("halt", reminded_for=AT + timedelta(minutes=15)), []),
        (14, Mark("halt", reminded_for=AT + timedelta(minutes=13)), [Tell.REMIND]),
        (15, Mark("halt", reminded_for=AT + timedelta(minutes=15)), [Tell.ALARM]),
        (15, Mark("halt"), [Tell.ALARM]),
        (49, Mark("halt", late_for=AT + timedelta(minutes=15)), []),
        (49, Mark("halt", reached_at=AT), []),
    ],
    ids=["early", "soon", "reminded", "moved since", "late", "a tick too late for a reminder", "told already", "reached"],
)
def test_an_owner_is_told_once_a_due_time(minutes: int, mark: Mark, expected: list[Tell]) -> None:
    found = [what for name, what in told({"halt": mark}, AT + timedelta(minutes=minutes)) if name == "halt"]
    assert found == expected


ticks = st.lists(st.integers(0, 30_000), max_size=40)


@given(ticks, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 30_000)), st.data())
def test_however_ticks_fall_nobody_is_told_twice_and_nothing_reached_alarms(
    minutes: list[int], happens: dict[str, int], drawn: st.DataObject
) -> None:
    """Ticks come in any number, doubled, late; a crash loses what its tick would have told, never what was written down."""
    marks: dict[str, Mark] = {}
    heard: list[tuple[str, Tell, datetime]] = []
    for minute in sorted(minutes):
        now = AT + timedelta(minutes=minute)
        for name, at in happens.items():
            if at <= minute:
                marks[name] = replace(marks.get(name, Mark(name)), reached_at=AT + timedelta(minutes=at))
        for telling in tellings(PLAN, AT, marks, now, BEFORE):
            assert marks.get(telling.name, Mark(telling.name)).reached_at is None
            assert (telling.due_at <= now) == (telling.what is Tell.ALARM)
            if drawn.draw(st.booleans()):
                continue  # the process died before it wrote that down: the next tick tells it
            mark = marks.get(telling.name, Mark(telling.name))
            is_late = telling.what is Tell.ALARM
            marks[telling.name] = replace(mark, late_for=telling.due_at) if is_late else replace(mark, reminded_for=telling.due_at)
            heard.append((telling.name, telling.what, telling.due_at))
    assert len(heard) == len(set(heard))


@given(st.integers(0, 30_000))
def test_a_late_milestone_is_never_passed_over(minute: int) -> None:
    now = AT + timedelta(minutes=minute)
    late = {one.name for one in PLAN.milestones if due_at(one, AT) <= now}
    assert {name for name, what in told({}, now) if what is Tell.ALARM} == late


def test_only_the_report_of_a_closed_recall_can_be_late() -> None:
    assert [t.name for t in tellings(PLAN, AT, {}, AT + timedelta(days=99), BEFORE, of=("report",))] == ["report"]


@pytest.mark.parametrize(
    ("verdict", "mark", "now", "said"),
    [
        (None, None, AT, "after the verdict"),
        (AT, None, AT, "waits"),
        (AT, None, AT + timedelta(minutes=15), "late"),
        (AT, Mark("halt", AT + timedelta(minutes=15)), AT, "reached"),
        (AT, Mark("halt", AT + timedelta(minutes=75)), AT, "reached 1 h late"),
        (AT, Mark("halt", AT + timedelta(minutes=15, seconds=9)), AT, "reached 1 min late"),
        (AT, None, None, "not reached"),
    ],
)
def test_how_a_milestone_stands(verdict: datetime | None, mark: Mark | None, now: datetime | None, said: str) -> None:
    assert standing(Milestone("halt", 15, "tech"), verdict, mark, now) == said
