"""What is predicted is kept with its proposal, learnt from the app's past, and compared with what happened. Add here when more is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.terms import Action, Assessment, Basis, Count, Dimension, Forecast, Harm, Level, Measure, Metric, Platform, Proposal, TakeUp
from integrations.ledger.cases import judgement_of
from integrations.ledger.forecasts import find_forecast, scores_of, sessions_after
from integrations.ledger.signing import proposals_of
from tasks.advance import advance_going
from tasks.decide import propose_again
from tasks.file import dossier_facts
from tasks.foresee import course_of, device_share, forecast_of, scored_before
from tasks.review import review_going
from tasks.timeline import in_words
from tests.tasks.homes import APP, START, Play
from tests.tasks.test_advance import carry_out
from tests.tasks.test_review import let_nights_pass


def asked_about(play: Play) -> tuple[Proposal, Assessment]:
    recall, issue = play.recall(), play.issue()
    with play.tools.book.read() as txn:
        return proposals_of(txn, recall.id)[-1], judgement_of(txn, issue.id)[1]


def kept(play: Play) -> Forecast:
    proposal = asked_about(play)[0]
    with play.tools.book.read() as txn:
        found = find_forecast(txn, proposal.id)
    assert found is not None
    return found


def closed(play: Play) -> Play:
    carry_out(play)
    advance_going(play.tools, APP)
    let_nights_pass(play, 2)
    review_going(play.tools, APP)
    advance_going(play.tools, APP)
    return play


def test_every_proposal_keeps_its_forecast_and_the_journal_its_figures(proposed: Play) -> None:
    found = kept(proposed)
    assert {p.action: p.exposure_hours is not None for p in found.predictions} == dict.fromkeys(Action, True)
    by_action = {p.action: p.exposure_hours or 0 for p in found.predictions}
    assert by_action[Action.FULL] < by_action[Action.MONITOR] == by_action[Action.NONE]
    (entry,) = proposed.entries("prediction.made")
    assert entry.facts["proposal"] == found.proposal_id
    assert entry.facts["exposure_hours"] == {action.value: round(hours) for action, hours in by_action.items()}


def test_the_course_is_what_the_ledger_knows(proposed: Play) -> None:
    course = kept(proposed).course
    assert course.users == course.in_scope
    assert course.users is not None
    assert course.ceiling is not None
    assert course.per_hour == pytest.approx(course.users / 6.08, rel=0.02), "out for six hours and five minutes"
    assert course.users < course.ceiling <= 1.5 * 1500
    assert (course.told, course.alone) == (TakeUp(48.0), TakeUp(144.0))


def test_a_renewed_proposal_is_predicted_anew(proposed: Play) -> None:
    first = kept(proposed)
    proposed.wait(hours=30)
    assert len(propose_again(proposed.tools, APP)) == 1
    second = kept(proposed)
    assert (second.proposal_id != first.proposal_id, second.at > first.at) == (True, True)


def test_a_closed_recall_scores_its_forecast_once_and_the_journal_tells(approved: Play) -> None:
    play = closed(approved)
    recall = play.recall()
    with play.tools.book.read() as txn:
        (found,) = scores_of(txn, APP)
        assert scored_before(txn, APP) == (found,)
        assert scored_before(txn, APP, recall.id) == ()
    exposure = found.lines[0]
    assert exposure.measure is Measure.EXPOSURE_HOURS
    assert exposure.error is not None
    assert [line.measure for line in found.lines[1:]] == [Measure.UPTAKE] * (len(found.lines) - 1)
    (entry,) = play.entries("recall.closed")
    assert entry.facts["prediction"][0]["predicted"] == round(exposure.predicted or 0)  # type: ignore[index]  # a list of lines
    assert in_words(entry).startswith("recall closed; the predicted exposure-hours were ")
    assert dossier_facts(play.tools, recall.id).score == found


def test_the_next_forecast_learns_from_the_closed_recall(approved: Play) -> None:
    play = closed(approved)
    proposal, assessment = asked_about(play)
    with play.tools.book.read() as txn:
        course = course_of(play.tools, txn, proposal.scope, assessment, proposal.opened_at)
    assert (course.told.basis, course.told.examples) == (Basis.RECALLS, 1)
    assert 0.5 <= course.told.half_life_hours < 48
    assert (course.fix_after_hours, course.fix_examples) == (pytest.approx(6, abs=0.5), 1), "published six hours after the signatures"


def test_a_proposal_without_a_kept_forecast_is_predicted_now(proposed: Play) -> None:
    expected = kept(proposed)
    with proposed.tools.book.write() as txn:
        txn.run("DELETE FROM forecasts")
    proposal, assessment = asked_about(proposed)
    with proposed.tools.book.read() as txn:
        assert forecast_of(proposed.tools, txn, proposal, assessment) == expected


def test_a_recall_of_before_forecasts_closes_without_a_score(approved: Play) -> None:
    with approved.tools.book.write() as txn:
        txn.run("DELETE FROM forecasts")
    play = closed(approved)
    (entry,) = play.entries("recall.closed")
    assert in_words(entry) == "recall closed"
    with play.tools.book.read() as txn:
        assert scores_of(txn, APP) == ()


def test_a_release_nobody_counts_installs_of_takes_the_assessments_units(proposed: Play) -> None:
    proposal, assessment = asked_about(proposed)
    other = replace(proposal.scope, version="9.9.9")
    with proposed.tools.book.read() as txn:
        course = course_of(proposed.tools, txn, other, replace(assessment, units=None), proposal.opened_at)
        counted = course_of(proposed.tools, txn, other, replace(assessment, units=500), proposal.opened_at)
    assert (course.users, course.in_scope, course.per_hour, course.ceiling) == (None, None, None, None)
    assert (counted.users, counted.in_scope, counted.per_hour) == (500, 500, None)
    assert assessment.harm in Harm
    assert assessment.level in Level


def sessions(dimension: Dimension, value: str, exposure: int, version: str = "2.1.0") -> Count:
    return Count("s", APP, Platform.ANDROID, version, Metric.CRASH, START, START + timedelta(hours=1), 0, exposure, dimension, value)


def test_a_devices_part_is_its_part_of_the_versions_sessions(proposed: Play) -> None:
    scope = replace(proposed.issue().scope, devices=("Pixel 8", "Pixel 7a"))
    counts = (
        sessions(Dimension.ALL, "", 200), sessions(Dimension.DEVICE, "Pixel 8", 30), sessions(Dimension.DEVICE, "Pixel 7a", 20),
        sessions(Dimension.DEVICE, "moto g84", 150), sessions(Dimension.ALL, "", 999, "2.0.0"),
    )  # fmt: skip
    assert device_share(counts, scope) == 0.25
    assert device_share((), scope) is None
    assert device_share((), replace(scope, devices=())) == 1.0


def test_take_up_is_read_from_everyones_sessions_only(proposed: Play) -> None:
    with proposed.tools.book.read() as txn:
        counts = sessions_after(txn, APP, Platform.ANDROID, START)
    assert {c.dimension for c in counts} == {Dimension.ALL}
    assert {c.version for c in counts} == {"2.0.0", "2.1.0"}
