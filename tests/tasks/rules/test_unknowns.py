"""What is unknown alarms after its patience, then now and then, and once when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.terms import Evidence, Health, Metric, Platform
from tasks.rules.unknowns import SHOWN, Doubt, Seen, Watched, dumped, in_words, is_news, loaded, release_doubt, watch
from tests.tasks.rules.counts import APP, HOUR, NEW, POLICY, START

RULES = load_policy("default").unknown
PATIENCE = timedelta(hours=6)
DOUBT = Doubt("source vitals", "down", "mend it", PATIENCE)
OTHER = replace(DOUBT, subject="crash of 4.2.0")
WATCHED = Watched(DOUBT.subject, DOUBT.why, DOUBT.way_out, START)


def told_at(at: float) -> Watched:
    return replace(WATCHED, told_at=START + at * HOUR)


@pytest.mark.parametrize(
    ("before", "doubts", "after_hours", "told", "over"),
    [
        ((), (), 0, 0, 0),
        ((), (DOUBT,), 0, 0, 0),
        ((WATCHED,), (DOUBT,), 5.9, 0, 0),
        ((WATCHED,), (DOUBT,), 6, 1, 0),
        ((WATCHED,), (replace(DOUBT, patience=None),), 600, 0, 0),
        ((), (replace(DOUBT, patience=timedelta(0)),), 0, 1, 0),
        ((told_at(6),), (DOUBT,), 29.9, 0, 0),
        ((told_at(6),), (DOUBT,), 30, 1, 0),
        ((WATCHED,), (), 7, 0, 0),
        ((told_at(6),), (), 7, 0, 1),
    ],
    ids=["nothing", "new", "patient", "due", "needs nobody", "at once", "told", "again", "over untold", "over"],
)
def test_who_hears_when(before: tuple[Watched, ...], doubts: tuple[Doubt, ...], after_hours: float, told: int, over: int) -> None:
    found = watch(before, doubts, START + after_hours * HOUR, RULES)
    assert (len(found.told), len(found.over), len(found.watched)) == (told, over, len(doubts))


def test_one_message_names_what_will_soon_be_due_too() -> None:
    before = (WATCHED, Watched(OTHER.subject, "stale", "mend it", START + 2 * HOUR))
    assert [one.subject for one in watch(before, (DOUBT, OTHER), START + 6 * HOUR, RULES).told] == [OTHER.subject, DOUBT.subject]
    late = (WATCHED, replace(before[1], since=START + 5 * HOUR))
    assert [one.subject for one in watch(late, (DOUBT, OTHER), START + 6 * HOUR, RULES).told] == [DOUBT.subject]


def test_since_stays_and_the_reason_is_the_newest() -> None:
    (one,) = watch((WATCHED,), (replace(DOUBT, why="503"),), START + HOUR, RULES).watched
    assert (one.since, one.why) == (START, "503")


def test_only_other_numbers_in_a_reason_are_no_news() -> None:
    before = (replace(WATCHED, why="stale since 10:00"),)
    assert not is_news(before, watch(before, (replace(DOUBT, why="stale since 10:05"),), START + HOUR, RULES))
    assert is_news(before, watch(before, (replace(DOUBT, why="does not answer"),), START + HOUR, RULES))
    assert is_news(before, watch(before, (), START + HOUR, RULES))


@given(st.lists(st.booleans(), max_size=120))
def test_while_it_lasts_people_hear_at_most_once_a_period(unknown: list[bool]) -> None:
    state: tuple[Watched, ...] = ()
    messages = []
    for hour, is_unknown in enumerate(unknown):
        seen = watch(state, (DOUBT,) if is_unknown else (), START + hour * HOUR, RULES)
        again = watch(seen.watched, (DOUBT,) if is_unknown else (), START + hour * HOUR, RULES)
        assert (again.watched, again.told, again.over) == (seen.watched, (), ())
        assert not (seen.told and seen.over)
        messages += [hour] * len(seen.told)
        state = loaded(dumped(seen.watched))
        assert state == seen.watched
    assert all(later - earlier >= 7 for earlier, later in pairwise(messages))


# --- a release's metric ----------------------------------------------------------------------------------------------------------

AT = START + timedelta(days=3)
EVIDENCE = Evidence(APP, Platform.ANDROID, NEW, Metric.CRASH, AT, Health.UNKNOWN, 0.0, 30, 3000, 60, 6000, reason="stale")
SEEN = Seen(EVIDENCE, AT - 10 * HOUR, HOUR, {}, timedelta(days=3))
FRESH = AT - HOUR
THIN = replace(EVIDENCE, exposure=3, control_exposure=9000)
QUIET = replace(EVIDENCE, events=0, control_events=1)


@pytest.mark.parametrize(
    ("varied", "alarms"),
    [
        ({}, True),
        ({"age": HOUR}, True),
        ({"evidence": THIN}, True),
        ({"evidence": THIN, "age": timedelta(hours=47)}, False),
        ({"evidence": THIN, "age": timedelta(hours=1), "aside": {"more events than exposure": 4}}, True),
        ({"evidence": QUIET, "folded_until": FRESH}, False),
        ({"evidence": QUIET}, True),
        ({"folded_until": None}, True),
        ({"is_expected": False}, False),
        ({"is_expected": False, "aside": {"more events than exposure": 4}}, True),
    ],
    ids=[
        "stale", "stale and young", "thin", "thin and young", "contradictory and young", "nobody crashes", "nobody crashes, stale",
        "never folded", "superseded", "superseded and contradictory",
    ],
)  # fmt: skip
def test_which_unknown_release_needs_somebody(varied: dict[str, object], alarms: bool) -> None:
    doubt = release_doubt(replace(SEEN, **varied), POLICY, RULES)  # type: ignore[arg-type]  # a test builder
    assert doubt is not None
    assert (doubt.subject, doubt.patience) == (f"crash of {NEW}", timedelta(hours=7) if alarms else None)
    assert doubt.way_out


@pytest.mark.parametrize("health", [Health.HEALTHY, Health.DEGRADED])
def test_what_is_known_is_no_doubt(health: Health) -> None:
    assert release_doubt(replace(SEEN, evidence=replace(EVIDENCE, health=health)), POLICY, RULES) is None


def test_rows_put_aside_are_named_as_a_contradiction() -> None:
    evidence = replace(EVIDENCE, reason="30 of 3000 against 60 of 6000; probability at most 1; stale")
    doubt = release_doubt(replace(SEEN, evidence=evidence, aside={"more events than exposure; look": 4}), POLICY, RULES)
    assert doubt is not None
    assert doubt.why == "contradictory, 4 rows put aside: more events than exposure; stale"


def test_a_message_says_what_since_when_why_and_what_to_do_and_ends() -> None:
    said = in_words([replace(WATCHED, subject=f"source {n}", why="down " * 100) for n in range(SHOWN + 3)]).splitlines()
    assert said[0].startswith("source 0: unknown since 2026-03-02 00:00 UTC: down down")
    assert said[0].endswith("What to do: mend it")
    assert said[-1] == "and 3 more; see `recall status`"
    assert len(said) == SHOWN + 1
    assert in_words([WATCHED], over=True) == "source vitals: known again; it was unknown since 2026-03-02 00:00 UTC"
