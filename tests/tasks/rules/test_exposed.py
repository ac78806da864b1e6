"""Users are counted, or taken as few as they can well be, and that is said."""

from dataclasses import replace
from fractions import Fraction

import pytest

from configs.policies import load_policy
from configs.terms import Evidence, Health, Metric, Platform, Scope
from tasks.rules.exposed import Known, Users, exposed_users, known_use
from tests.tasks.rules.counts import APP, NEW, START

RISK = load_policy("default").risk
EVERYONE = Scope(APP, Platform.ANDROID, NEW)
CRASHES = Evidence(APP, Platform.ANDROID, NEW, Metric.CRASH, START, Health.DEGRADED, 9.0, 200, 21_000, 100, 20_000, scope=EVERYONE)
ON_ONE_MODEL = replace(CRASHES, exposure=2_100, scope=replace(EVERYONE, devices=("Pixel 8",)))
HANGS = replace(CRASHES, metric=Metric.ANR, health=Health.HEALTHY, scope=None)


def users(evidence: Evidence, units: int | None, *others: Evidence, days: float = 7) -> Users:
    return exposed_users(evidence, known_use((evidence, *others), units, days), RISK)


def test_installs_are_the_users_but_never_more_than_sessions() -> None:
    assert users(CRASHES, 7_000) == Users(Fraction(7_000))
    assert users(CRASHES, 50_000) == Users(Fraction(21_000))


def test_a_parts_sessions_are_shared_out_as_everyones_are() -> None:
    assert users(ON_ONE_MODEL, 7_000, HANGS) == Users(Fraction(700))
    assert users(ON_ONE_MODEL, 50_000, HANGS) == Users(Fraction(2_100))


@pytest.mark.parametrize(
    ("evidence", "units", "days", "number"),
    [(CRASHES, None, 7, 1_000), (CRASHES, 0, 7, 1_000), (CRASHES, None, 0.1, 7_000), (ON_ONE_MODEL, 7_000, 7, 100)],
    ids=["nobody counts installs", "no install counted", "the first hours", "a part, and nobody counts everyone's sessions"],
)
def test_else_the_same_few_users_are_taken_to_come_every_day(evidence: Evidence, units: int | None, days: float, number: int) -> None:
    found = users(evidence, units, days=days)
    assert found.number == number
    assert found.doubt == f"uncertain: nobody counts the users; {evidence.exposure} sessions are taken as {number} of them"


@pytest.mark.parametrize("metric", [Metric.LOW_STARS, Metric.TICKET])
def test_who_writes_is_one_person(metric: Metric) -> None:
    assert users(replace(CRASHES, metric=metric), None) == Users(Fraction(21_000))
    assert users(replace(CRASHES, metric=metric), 10) == Users(Fraction(21_000))


def test_everyones_sessions_are_those_of_the_metric_with_most() -> None:
    low_stars = replace(HANGS, metric=Metric.LOW_STARS, exposure=10**6)
    assert known_use((ON_ONE_MODEL, HANGS, low_stars), 5, 2.0) == Known(5, 21_000, 2.0)
    assert known_use((ON_ONE_MODEL,), None, 2.0) == Known(None, 0, 2.0)
