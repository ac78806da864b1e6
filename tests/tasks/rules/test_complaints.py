"""When what people write opens an issue: for a release that broke something, and not for bursts of opinion."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import BadInput
from configs.policies import load_policy
from configs.terms import Evidence, Harm, Health, IssueKind, Level, Metric, Platform, Signal, SignalKind
from tasks.rules.complaints import ComplaintState, assess, fold, is_alarm, level_of_complaints, load_state, look
from tests.tasks.rules.written import (
    BROKEN,
    CRASH,
    DAY,
    GRUMBLE,
    MONEY,
    NOW,
    POLICY,
    PRAISE,
    START,
    UGLY,
    a_release,
    a_signal,
    after_quiet_past,
    many,
    quiet_past,
    seen,
)

PAST = after_quiet_past()
RISK = load_policy("default").risk


def an_ordinary_day() -> list[Signal]:
    return [*many(PRAISE, 9, NOW, stars=5), *many(GRUMBLE, 2, NOW, stars=2)]


def test_a_flood_of_crashes_after_a_release_raises_one_alarm_the_same_day() -> None:
    (alarm,) = seen([*an_ordinary_day(), *many(CRASH, 20, NOW)], state=PAST).alarms
    assert (alarm.version, alarm.kind, alarm.metric, alarm.health) == ("2.0", IssueKind.CRASH, Metric.COMPLAINT, Health.DEGRADED)
    assert (alarm.events, alarm.exposure) == (20, 31)
    assert alarm.reason.startswith("20 of 22 low-star reviews (31 in all) in 1 day speak of")
    assert "after 2.0 of 2025-04-12" in alarm.reason


def test_a_trickle_raises_the_alarm_within_a_week() -> None:
    state, alarmed = PAST, []
    for n in range(7):
        day = NOW + n * DAY
        come = [*many(PRAISE, 9, day, stars=5), *many(BROKEN, 4, day)]
        at = day + DAY
        looked = look(fold(state, come, at, POLICY), (a_release(),), at, POLICY)
        state, alarmed = looked.state, [*alarmed, *looked.alarms]
    assert [a.kind for a in alarmed] == [IssueKind.BREAKAGE]


@pytest.mark.parametrize(
    "burst",
    [
        pytest.param([*many(UGLY, 200, NOW)], id="a redesign is hated"),
        pytest.param([*many(UGLY, 150, NOW), *many(BROKEN, 30, NOW)], id="a hated redesign, some mention trouble by the way"),
        pytest.param([*many("Boycott this government propaganda number {}", 90, NOW)], id="politics"),
        pytest.param([*many(PRAISE, 120, NOW, stars=5), *many(GRUMBLE, 20, NOW), *many(BROKEN, 5, NOW)], id="more reviews of every sort"),
        pytest.param(
            [a_signal("Whenever I write a letter the screen goes blank, fix it now", at=NOW) for _ in range(60)], id="one text 60 times"
        ),
        pytest.param([*many("No funciona la aplicación desde ayer, por favor {}", 80, NOW)], id="a language that is not understood"),
        pytest.param([*many(CRASH, 6, NOW)], id="fewer than min_complaints"),
    ],
)
def test_what_shows_no_broken_release_raises_nothing(burst: list[Signal]) -> None:
    looked = seen([*an_ordinary_day(), *burst], state=PAST)
    assert looked.alarms == ()
    assert looked.evidence[0].health in {Health.HEALTHY, Health.UNKNOWN}


def test_copies_of_a_text_count_once() -> None:
    text = "Whenever I write a letter the screen goes blank, fix it now"
    state = fold(PAST, [a_signal(text, at=NOW) for _ in range(35)], NOW + DAY, POLICY)
    assert state.days[-1].reviews == state.days[-1].complaints == 1


def test_short_texts_are_no_copies() -> None:
    state = fold(PAST, [a_signal("Crashes!", at=NOW) for _ in range(5)], NOW + DAY, POLICY)
    assert state.days[-1].complaints == 5


# --- attribution --------------------------------------------------------------------------------------------------------


def test_the_release_on_sale_when_the_rise_began_is_named() -> None:
    releases = (a_release("1.9", NOW - 9 * DAY), a_release("2.0", NOW), a_release("2.1", NOW + DAY))
    assert seen(many(CRASH, 30, NOW), *releases, state=PAST).alarms[0].version == "2.0"


@pytest.mark.parametrize(("age_days", "named"), [(0, True), (12, True), (13, False), (300, False)])
def test_a_release_is_named_up_to_max_lag_days_after_it_came_out(age_days: int, named: bool) -> None:
    looked = seen(many(CRASH, 30, NOW), a_release("2.0", NOW - age_days * DAY), state=PAST)
    assert bool(looked.alarms) is named
    assert looked.evidence[0].version == ("2.0" if named else "")


def test_without_a_release_list_versions_are_known_from_the_reviews() -> None:
    state = fold(PAST, many(CRASH, 30, NOW, version="7.1"), NOW + DAY, POLICY)
    assert look(state, (), NOW + DAY, POLICY).alarms[0].version == "7.1"


def test_other_apps_releases_and_reviews_do_not_count() -> None:
    other = replace(a_release(), app="bank")
    assert seen(many(CRASH, 30, NOW), other, state=PAST).alarms == ()
    assert seen([replace(s, app="bank") for s in many(CRASH, 30, NOW)], state=PAST).alarms == ()


# --- quiet, and not too quiet -------------------------------------------------------------------------------------------


def days_of(text: str, number: int, days: range, *releases: object, state: ComplaintState = PAST) -> tuple[ComplaintState, list[Evidence]]:
    alarms: list[Evidence] = []
    for n in days:
        day = NOW + n * DAY
        come = [*many(PRAISE, 9, day, stars=5), *many(text, number, day)]
        looked = look(fold(state, come, day + DAY, POLICY), releases, day + DAY, POLICY)  # type: ignore[arg-type]  # releases
        state, alarms = looked.state, [*alarms, *looked.alarms]
    return state, alarms


def test_one_issue_a_release_though_the_trouble_lasts() -> None:
    _, alarms = days_of(CRASH, 15, range(12), a_release())
    assert len(alarms) == 1


def test_the_same_trouble_going_on_over_the_next_release_raises_no_second_issue() -> None:
    _, alarms = days_of(CRASH, 15, range(14), a_release(), a_release("2.1", NOW + 5 * DAY))
    assert [a.version for a in alarms] == ["2.0"]


def test_a_next_release_that_breaks_something_else_raises_its_own() -> None:
    releases = (a_release(), a_release("2.1", NOW + 5 * DAY))
    state, first = days_of(BROKEN, 15, range(5), *releases)
    _, second = days_of(CRASH, 15, range(7, 12), *releases, state=state)
    assert [(a.version, a.kind) for a in (*first, *second)] == [("2.0", IssueKind.BREAKAGE), ("2.1", IssueKind.CRASH)]


def test_lasting_harm_of_the_same_release_raises_its_own() -> None:
    state, first = days_of(CRASH, 15, range(3), a_release())
    _, second = days_of(MONEY, 15, range(3, 6), a_release(), state=state)
    assert [a.kind for a in (*first, *second)] == [IssueKind.CRASH, IssueKind.PAYMENT]


def test_days_of_an_alarm_are_not_usual() -> None:
    state, _ = days_of(CRASH, 15, range(4), a_release())
    assert set(state.unusual) >= {(NOW + n * DAY).date() for n in range(4)}


# --- what is not known --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 1, 10])
def test_too_short_a_past_is_unknown_and_never_an_alarm(days: int) -> None:
    state = fold(ComplaintState("shop", Platform.IOS), quiet_past(days), START + days * DAY, POLICY)
    at = START + (days + 1) * DAY
    looked = look(fold(state, many(CRASH, 30, START + days * DAY), at, POLICY), (a_release(at=START),), at, POLICY)
    assert looked.evidence[0].health is Health.UNKNOWN
    assert looked.alarms == ()


def test_quiet_days_are_healthy_and_speak_of_the_release_on_sale() -> None:
    (evidence,) = assess(fold(PAST, an_ordinary_day(), NOW + DAY, POLICY), (a_release(),), NOW + DAY, POLICY)
    assert (evidence.health, evidence.version, evidence.log_evidence) == (Health.HEALTHY, "2.0", 0.0)


# --- folding ------------------------------------------------------------------------------------------------------------


def test_folding_again_up_to_the_same_moment_changes_nothing() -> None:
    come = many(CRASH, 5, NOW)
    once = fold(PAST, come, NOW + DAY, POLICY)
    assert fold(once, come, NOW + DAY, POLICY) is once
    assert fold(once, come, NOW, POLICY) is once


def test_signals_not_yet_due_are_left_for_the_next_fold() -> None:
    assert fold(PAST, many(CRASH, 5, NOW + DAY), NOW + DAY, POLICY).days == PAST.days


@pytest.mark.parametrize(("late_by", "counted_on"), [(timedelta(hours=30), NOW), (20 * DAY, NOW - 20 * DAY)])
def test_the_late_count_where_they_arrive_unless_they_are_history(late_by: timedelta, counted_on: object) -> None:
    state = fold(PAST, [a_signal(CRASH, at=NOW - late_by)], NOW + DAY, POLICY)
    changed = {d.day for d in state.days} - {d.day for d in PAST.days} or {d.day for d in state.days if d not in PAST.days}
    assert changed == {counted_on.date()}  # type: ignore[attr-defined]  # a datetime, given as a parameter


def test_folding_in_pieces_is_folding_at_once() -> None:
    past = list(quiet_past())
    state = ComplaintState("shop", Platform.IOS)
    for n in range(1, 41):
        upto = START + n * DAY
        state = fold(state, [s for s in past if upto - DAY <= s.at < upto], upto, POLICY)
    assert state.days == fold(ComplaintState("shop", Platform.IOS), past, NOW, POLICY).days


def test_old_days_are_forgotten() -> None:
    later = NOW + 400 * DAY
    assert fold(PAST, many(PRAISE, 1, later, stars=5), later + DAY, POLICY).days[0].day == later.date()


def test_a_state_survives_json() -> None:
    state, _ = days_of(CRASH, 15, range(3), a_release())
    state = fold(state, many(CRASH, 2, NOW + 3 * DAY, version="2.0"), NOW + 4 * DAY, POLICY)
    assert load_state(state.dump()) == state
    assert load_state(ComplaintState("shop", Platform.IOS).dump()) == ComplaintState("shop", Platform.IOS)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', '{"format": 2, "app": "a", "platform": "tv"}'])
def test_a_damaged_state_says_what_to_do(text: str) -> None:
    with pytest.raises(BadInput, match="fold the app's signals again"):
        load_state(text)


# --- properties ---------------------------------------------------------------------------------------------------------


def among_opinions(kind: str) -> st.SearchStrategy[tuple[str, list[str]]]:
    return st.tuples(st.just(kind), st.lists(st.sampled_from([kind, UGLY, GRUMBLE]), max_size=60))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([CRASH, BROKEN, MONEY]).flatmap(among_opinions))
def test_one_more_complaint_of_the_kind_never_lowers_the_evidence(come: tuple[str, list[str]]) -> None:
    """Of the same kind: one of another kind is one more review in which this kind is not spoken of."""
    kind, texts = come
    signals = [a_signal(text, at=NOW) for text in texts]
    before = assess(fold(PAST, signals, NOW + DAY, POLICY), (a_release(),), NOW + DAY, POLICY)[0]
    after = assess(fold(PAST, [*signals, a_signal(kind, at=NOW)], NOW + DAY, POLICY), (a_release(),), NOW + DAY, POLICY)[0]
    assert after.log_evidence >= before.log_evidence - 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([CRASH, BROKEN, UGLY, GRUMBLE, MONEY]), max_size=60), st.sampled_from([CRASH, BROKEN, MONEY]))
def test_one_more_complaint_of_any_malfunction_never_silences_an_alarm(texts: list[str], more: str) -> None:
    signals = [a_signal(text, at=NOW) for text in texts]
    before = seen(signals, state=PAST)
    if before.alarms:
        assert seen([*signals, a_signal(more, at=NOW)], state=PAST).alarms


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(0, 4))
def test_a_burst_of_opinion_of_any_size_raises_nothing(opinions: int, complaints: int) -> None:
    come = [*an_ordinary_day(), *many(UGLY, opinions, NOW), *many(BROKEN, complaints, NOW)]
    assert seen(come, state=PAST).alarms == ()


# --- level --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("harm", "events", "level"),
    [
        (Harm.ANNOYANCE, 10, Level.LOW),
        (Harm.ANNOYANCE, 50, Level.MEDIUM),
        (Harm.REVERSIBLE_LOSS, 10, Level.MEDIUM),
        (Harm.REVERSIBLE_LOSS, 50, Level.HIGH),
        (Harm.IRREVERSIBLE_LOSS, 10, Level.HIGH),
        (Harm.DANGER, 90, Level.HIGH),
    ],
)
def test_reviews_alone_never_show_more_than_high(harm: Harm, events: int, level: Level) -> None:
    evidence = Evidence("shop", Platform.IOS, "2.0", Metric.COMPLAINT, NOW, Health.DEGRADED, 9.0, events, 100, 5, 1000)
    assert level_of_complaints(evidence, harm) is level


def test_an_alarm_needs_a_release_to_recall() -> None:
    evidence = Evidence("shop", Platform.IOS, "2.0", Metric.COMPLAINT, NOW, Health.DEGRADED, 50.0, 90, 100, 5, 1000)
    assert is_alarm(evidence, POLICY)
    assert not is_alarm(replace(evidence, version=""), POLICY)
    assert not is_alarm(replace(evidence, log_evidence=1.0), POLICY)


# --- voices, languages, copies, topics ----------------------------------------------------------------------------------


def tickets(text: str, number: int, day: datetime) -> list[Signal]:
    return [replace(s, source="desk", kind=SignalKind.TICKET, stars=None) for s in many(text, number, day)]


def with_tickets(days: int) -> ComplaintState:
    """The quiet past, with two tickets a day in its last days."""
    past = [*quiet_past(), *(s for n in range(days) for s in tickets(BROKEN, 2, NOW - (n + 1) * DAY))]
    return fold(ComplaintState("shop", Platform.IOS), past, NOW, POLICY)


def test_tickets_count_as_complaints_though_they_have_no_stars() -> None:
    (alarm,) = seen([*an_ordinary_day(), *tickets(CRASH, 25, NOW)], state=with_tickets(35)).alarms
    assert (alarm.kind, alarm.events, alarm.exposure) == (IssueKind.CRASH, 25, 36)
    assert "25 of 27 low-star reviews and tickets (36 in all)" in alarm.reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Payment failed but the money is gone from my card, case {}", IssueKind.PAYMENT),
        ("My account was hacked last night, case {}", IssueKind.ACCOUNT),
        ("All my photos are gone, case {}", IssueKind.DATA_LOSS),
        ("I can see someone else's messages, case {}", IssueKind.PRIVACY),
        ("支付失败，钱却扣了 {}", IssueKind.PAYMENT),
        ("账号被盗了 {}", IssueKind.ACCOUNT),
        ("Взломали аккаунт, обращение {}", IssueKind.ACCOUNT),
        ("Пропали все фотографии, обращение {}", IssueKind.DATA_LOSS),
    ],
)
def test_the_harm_of_tickets_is_that_of_their_kind(text: str, kind: IssueKind) -> None:
    (alarm,) = seen([*an_ordinary_day(), *tickets(text, 25, NOW)], state=with_tickets(35)).alarms
    assert alarm.kind is kind
    assert level_of_complaints(alarm, RISK.harm_of_kind[alarm.kind]) is Level.HIGH


@pytest.mark.parametrize(("days", "heard"), [(1, False), (13, False), (20, True)])
def test_a_voice_without_usual_days_is_not_heard_yet(days: int, heard: bool) -> None:
    """A help desk connected yesterday brings tickets where none ever came: no rise, or every new source would be an alarm."""
    looked = seen([*an_ordinary_day(), *tickets(CRASH, 25, NOW)], state=with_tickets(days))
    assert bool(looked.alarms) is heard


def test_a_new_voice_does_not_silence_the_old_one() -> None:
    (alarm,) = seen([*an_ordinary_day(), *many(CRASH, 20, NOW), *tickets(BROKEN, 200, NOW)], state=with_tickets(1)).alarms
    assert (alarm.kind, alarm.events) == (IssueKind.CRASH, 20)


def test_other_languages_are_counted_and_said_to_be_not_understood() -> None:
    others = many("No funciona la aplicación desde ayer, por favor {}", 7, NOW)
    (alarm,) = seen([*an_ordinary_day(), *many(CRASH, 20, NOW), *others], state=PAST).alarms
    assert (alarm.events, alarm.exposure) == (20, 38)
    assert "7 in other languages counted, not understood" in alarm.reason


def test_a_wave_of_copies_is_told_beside_the_alarm_and_does_not_count() -> None:
    wave = [
        a_signal(f"Ever since {n} the letters in the compose window freeze, and nobody at the company cares", at=NOW) for n in range(35)
    ]
    (alarm,) = seen([*an_ordinary_day(), *many(CRASH, 20, NOW), *wave], state=PAST).alarms
    assert alarm.events == 20
    assert f"34 copies of other texts left out; one text came 35 times, first as {wave[0].id}" in alarm.reason


def test_what_is_new_is_named_in_the_evidence() -> None:
    (alarm,) = seen([*an_ordinary_day(), *many(CRASH, 20, NOW)], state=PAST).alarms
    assert alarm.topics[0].texts == 20
    assert alarm.topics[0].label in CRASH.lower()
    assert f"new: {alarm.topics[0].label} (20, usually 0.0; {alarm.topics[0].examples[0]})" in alarm.reason


def test_new_words_alone_alarm_nobody() -> None:
    looked = seen([*an_ordinary_day(), *many(UGLY, 60, NOW)], state=PAST)
    assert looked.alarms == ()
    assert looked.evidence[0].topics
