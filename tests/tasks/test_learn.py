"""Learning at night: from releases that are over and that nobody had to recall, once each; what begins afterwards uses it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from configs.settings import Adapter
from configs.terms import Count, Health, Metric, Platform, Reading, Release
from integrations.ledger.detectors import detector_state
from integrations.ledger.readings import store_reading
from tasks.learn import learn_due, learnt_of
from tasks.poll import poll_app
from tasks.rules.learnt import Learnt
from tasks.score import score_app
from tasks.weigh import weigh
from tests.tasks.homes import APP, BAD, START, Play

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
VERSIONS = [f"1.{n}.0" for n in range(8)]
RATIOS = [1.0, 1.5, 0.7, 1.4, 0.65, 1.5, 0.7, 1.0]


def a_past(seed: int = 1) -> Reading:
    """A release every ten days, each beside the one before for eight; how much worse or better each was than it stands above."""
    chance, counts, releases = np.random.default_rng(seed), [], []
    for number, version in enumerate(VERSIONS):
        released = START - (len(VERSIONS) - number) * 10 * DAY
        releases.append(Release(APP, Platform.ANDROID, version, released))
        if number:
            for hour in range(0, 8 * 24, 6):
                start = released + hour * HOUR
                counts += [*_bucket(chance, VERSIONS[number - 1], start, 1.0), *_bucket(chance, version, start, RATIOS[number])]
    return Reading("past", START - 99 * DAY, START, START, Health.HEALTHY, counts=tuple(counts), releases=tuple(releases))


def _bucket(chance: np.random.Generator, version: str, start: datetime, ratio: float) -> Iterator[Count]:
    events = int(chance.poisson(100 * ratio))
    yield Count("past", APP, Platform.ANDROID, version, Metric.CRASH, start, start + 6 * HOUR, events, 10_000)


def taught(play: Play) -> Learnt:
    with play.tools.book.read() as txn:
        return learnt_of(txn, play.tools.settings.app(APP), Metric.CRASH)


def with_past(play: Play) -> Play:
    with play.tools.book.write() as txn:
        store_reading(txn, APP, a_past())
    return play


def test_healthy_releases_that_are_over_teach_once(fresh: Play) -> None:
    learn_due(with_past(fresh).tools)
    learnt = taught(fresh)
    assert [x.version for x in learnt.lessons] == VERSIONS[1:]
    for lesson, ratio in zip(learnt.lessons, RATIOS[1:], strict=True):
        assert abs(lesson.log_ratio - math.log(ratio)) < 0.15
    assert len(fresh.entries("detector.learnt")) == 1
    fresh.wait(hours=24)
    learn_due(fresh.tools)
    assert taught(fresh) == learnt
    assert len(fresh.entries("detector.learnt")) == 1


def test_nothing_to_learn_from_leaves_no_entry(fresh: Play) -> None:
    learn_due(fresh.tools)
    assert fresh.entries("detector.learnt") == ()
    assert taught(fresh) == Learnt()


def test_what_was_learnt_is_frozen_in_releases_that_begin_and_journaled(fresh: Play) -> None:
    learn_due(with_past(fresh).tools)
    now, policy = fresh.world.now(), fresh.tools.policy.detection
    poll_app(fresh.tools, APP, now)
    score_app(fresh.tools, app=APP, until=now)
    wide = taught(fresh).margin(policy)
    assert wide > 0.3 > policy.margin
    began = fresh.entries("release.scored")[0].facts["began"]
    assert isinstance(began, dict)
    assert began[f"{BAD} crash"]["margin"] == f"{wide:.4g}"
    assert began[f"{BAD} anr"]["margin"] == f"{policy.margin:.4g}"
    with fresh.tools.book.read() as txn:
        text = detector_state(txn, APP, Platform.ANDROID, BAD, "crash")
    assert text is not None
    assert f'"margin":{wide}' in text


def test_a_release_with_an_issue_teaches_nothing(fresh: Play) -> None:
    now = fresh.world.now()
    poll_app(fresh.tools, APP, now)
    assert score_app(fresh.tools, app=APP, until=now).opened
    fresh.wait(hours=10 * 24)
    poll_app(fresh.tools, APP, fresh.world.now())
    learn_due(fresh.tools)
    assert BAD not in {x.version for x in taught(fresh).lessons}


def test_a_source_of_sessions_teaches_how_clustered_they_are_and_the_next_release_begins_with_it(fresh: Play) -> None:
    learn_due(with_past(fresh).tools)
    place = fresh.tools.settings.app(APP)
    by_session = place.model_copy(update={"sources": (Adapter(kind="sentry", name="past", options={"exposure": "sessions"}),)})
    policy, known = fresh.tools.policy.detection, taught(fresh)
    phi = known.phi(policy, "past")
    assert phi != policy.phi_sessions
    release = Release(APP, Platform.ANDROID, "1.8.0", START)
    counts = [c for version in ("1.7.0", "1.8.0") for c in _bucket(np.random.default_rng(1), version, START, 1.0)]
    with fresh.tools.book.write() as txn:
        store_reading(txn, APP, Reading("past", START, START, START, Health.HEALTHY, counts=tuple(counts), releases=(release,)))
        began = weigh(txn, fresh.tools.policy, by_session, (release,), START + DAY).began["1.8.0 crash"]
    assert began["phi"] == f"{phi:.4g}"
    assert began["margin"] == f"{known.margin(policy, phi):.4g}"
    assert began["noise"] == f"{known.noise(policy, phi):.4g}"
