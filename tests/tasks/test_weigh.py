"""Weighing counts: what a release begins with, one evidence over its metrics, and states that cannot be read."""

from __future__ import annotations

from configs.settings import Adapter
from configs.terms import Evidence
from integrations.ledger.book import Txn
from integrations.ledger.detectors import detector_state, keep_state
from integrations.ledger.readings import releases_of
from tasks.poll import poll_app
from tasks.rules.together import TOGETHER, Together
from tasks.weigh import Weighed, weigh
from tests.tasks.homes import APP, BAD, Play


def weighed(play: Play, txn: Txn, **app: object) -> Weighed:
    place = play.tools.settings.app(APP).model_copy(update=app)
    return weigh(txn, play.tools.policy, place, releases_of(txn, APP, place.platform), play.world.now())


def polled(play: Play, hours: float = 6) -> Play:
    play.wait(hours=hours)
    poll_app(play.tools, APP, play.world.now())
    return play


def of_bad(found: Weighed) -> tuple[Evidence, ...]:
    return tuple(e for e in found.evidence if e.version == BAD)


def test_a_release_begins_once_with_the_policys_values_while_nothing_is_learnt(fresh: Play) -> None:
    with polled(fresh).tools.book.write() as txn:
        assert weighed(fresh, txn).began[f"{BAD} crash"] == {"margin": "0.05", "noise": "0.1", "phi": "1", "learnt_from": "0"}
        assert weighed(fresh, txn).began == {}


def test_sessions_of_one_user_are_not_taken_for_many_users(fresh: Play) -> None:
    by_session = Adapter(kind="sentry", name="vitals", options={"exposure": "sessions"})
    with polled(fresh).tools.book.write() as txn:
        assert weighed(fresh, txn, sources=(by_session,)).began[f"{BAD} crash"]["phi"] == "5"


def test_every_metric_of_a_release_tells_the_one_evidence_that_is_kept(fresh: Play) -> None:
    with polled(fresh, hours=12).tools.book.write() as txn:
        found = of_bad(weighed(fresh, txn))
        text = detector_state(txn, APP, fresh.tools.settings.app(APP).platform, BAD, TOGETHER)
    assert len(found) > 1
    assert text is not None
    assert {e.log_combined for e in found} == {Together.from_json(text).best}
    assert found[0].log_combined >= max(e.log_evidence for e in found)


def test_a_state_that_cannot_be_read_begins_the_whole_release_anew_with_the_same_result(fresh: Play) -> None:
    place = polled(fresh, hours=12).tools.settings.app(APP)
    with fresh.tools.book.write() as txn:
        before = weighed(fresh, txn)
        keep_state(txn, APP, place.platform, BAD, "anr", fresh.world.now(), "damaged")
        again = weighed(fresh, txn)
    assert of_bad(again) == of_bad(before)
    assert f"{BAD} crash" in again.began
