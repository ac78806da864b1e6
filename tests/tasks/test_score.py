"""Judging: an alarm opens one issue, another look renews it, and how often it was looked at changes nothing that counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from configs.terms import Evidence, Health, IssueKind, IssueState, Level, Metric
from integrations.ledger.cases import judgement_of
from integrations.ledger.detectors import detector_state, evidence_of
from tasks.poll import poll_app
from tasks.rules.complaints_state import ComplaintState, load_state
from tasks.score import Scored, due_proposals, score_app
from tests.tasks.homes import APP, BAD, SMALL, Play


def watch(play: Play) -> Scored:
    """One look at everything there is by now."""
    now = play.world.now()
    poll_app(play.tools, APP, now)
    return score_app(play.tools, app=APP, until=now)


def newest(play: Play) -> dict[str, Evidence]:
    with play.tools.book.read() as txn:
        found = evidence_of(txn, APP, play.tools.settings.app(APP).platform, BAD)
    return {e.metric.value: e for e in found}


def test_alarm_opens_one_issue_with_its_reason_and_level(fresh: Play) -> None:
    scored = watch(fresh)
    issue = fresh.issue()
    assert scored.opened == (issue.id,)
    assert scored.health[BAD] is Health.DEGRADED
    assert (issue.version, issue.state) == (BAD, IssueState.OPEN)
    assert issue.kind in (IssueKind.CRASH, IssueKind.HANG)
    assert issue.level.rank >= Level.HIGH.rank
    assert [e.facts["opened"] for e in fresh.entries("release.scored")] == [[issue.id]]


def test_level_stands_with_its_evidence_and_the_policy_it_was_judged_by(fresh: Play) -> None:
    watch(fresh)
    issue = fresh.issue()
    with fresh.tools.book.read() as txn:
        evidence, assessment, fingerprint = judgement_of(txn, issue.id)
    assert assessment.level is issue.level
    assert {e.version for e in evidence} == {BAD}
    assert fingerprint == fresh.tools.policy.fingerprint


def test_what_an_older_release_remembered_of_words_is_read_anew(fresh: Play) -> None:
    def remembered() -> ComplaintState:
        with fresh.tools.book.read() as txn:
            return load_state(detector_state(txn, APP, fresh.tools.settings.app(APP).platform, "", Metric.COMPLAINT.value) or "")

    watch(fresh)
    before = remembered()
    assert before.days
    with fresh.tools.book.write() as txn:
        txn.run("UPDATE detectors SET state_json = :old WHERE metric = :metric", old='{"format":1}', metric=Metric.COMPLAINT.value)
    fresh.wait(minutes=5)
    watch(fresh)
    assert remembered().days[: len(before.days)] == before.days


def test_second_look_renews_the_issue_and_opens_none(fresh: Play) -> None:
    first = watch(fresh)
    opened = fresh.issue()
    fresh.wait(hours=6)
    second = watch(fresh)
    assert (second.opened, second.renewed) == ((), first.opened)
    assert fresh.issue().opened_at == opened.opened_at
    assert fresh.issue().row_version == opened.row_version + 1


def test_same_look_twice_changes_nothing(fresh: Play) -> None:
    first = watch(fresh)
    entries, issue = len(fresh.entries()), fresh.issue()
    assert score_app(fresh.tools, app=APP, until=fresh.world.now()) == first
    assert (len(fresh.entries()), fresh.issue()) == (entries, issue)


def test_issue_before_the_signers_is_not_judged_anew_behind_their_backs(proposed: Play) -> None:
    before = proposed.issue()
    proposed.wait(hours=1)
    watch(proposed)
    assert proposed.issue() == before


def test_healthy_release_opens_no_issue(anew: Callable[..., Play]) -> None:
    healthy = SMALL.model_copy(update={"crash_ratio": 1.0, "worst_device_ratio": 1.0, "anr_ratio": 1.0})
    play = anew(scenario=healthy)
    for _ in range(6):
        play.wait(hours=6)
        assert watch(play).opened == ()
    assert watch(play).health.get(BAD) is not Health.DEGRADED


def test_one_poll_of_all_history_says_what_many_polls_said(anew: Callable[..., Play]) -> None:
    """What happened is judged, not how often somebody looked: replay and live agree on evidence and counts."""
    mild = SMALL.model_copy(update={"crash_ratio": 1.5, "worst_device_ratio": 1.5})
    often, once = anew(scenario=mild), anew(scenario=mild)
    for _ in range(6):
        often.wait(hours=6)
        watch(often)
    once.wait(hours=36)
    watch(once)
    live, replayed = newest(often), newest(once)
    assert live.keys() == replayed.keys() != set()
    for metric, evidence in live.items():
        assert replace(evidence, looks=0, health=Health.UNKNOWN, reason="") == replace(
            replayed[metric], looks=0, health=Health.UNKNOWN, reason=""
        )


def test_issue_bad_enough_is_due_for_a_proposal_until_it_is_proposed(fresh: Play) -> None:
    assert due_proposals(fresh.tools, APP) == ()
    watch(fresh)
    assert due_proposals(fresh.tools, APP) == (fresh.issue().id,)
    assert due_proposals(fresh.tools, "com.example.other") == ()


def test_level_below_the_policys_is_never_proposed(anew: Callable[..., Play]) -> None:
    harmless = {"harm_of_kind": dict.fromkeys(IssueKind, 1), "propose_from": "serious"}
    play = anew({"risk": harmless})
    assert play.tools.policy.risk.propose_from is Level.SERIOUS
    play.wait(hours=6)
    watch(play)
    assert play.issue().level is not Level.SERIOUS
    assert due_proposals(play.tools, APP) == ()


def test_before_anything_was_read_nothing_is_said(fresh: Play) -> None:
    scored = score_app(fresh.tools, app=APP, until=fresh.world.now() - timedelta(hours=3))
    assert scored == Scored((), (), {})
