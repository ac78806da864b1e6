"""The harm class comes from whatever evidence has enough to say, the worst counts, and words alone stay at most high."""

import math
from dataclasses import replace

import pytest

from configs.terms import Evidence, Harm, Health, IssueKind, Level, Metric
from tasks.rules.harm import harms_shown
from tasks.rules.issues import judged
from tests.tasks.rules.risky import EVIDENCE, POLICY, UNKNOWN, an_evidence

ENOUGH = math.log(1 / POLICY.words.alpha)


def written(kind: IssueKind = IssueKind.DATA_LOSS, **varied: object) -> Evidence:
    """40 of 400 reviews say it, surely more than usual; name what differs."""
    found = an_evidence(metric=Metric.COMPLAINT, kind=kind, events=40, exposure=400, log_evidence=ENOUGH + 1, reason="40 say so")
    return replace(found, **varied)  # type: ignore[arg-type]  # varied by name


@pytest.mark.parametrize(
    ("kind", "harm"),
    [
        (IssueKind.CRASH, 2),
        (IssueKind.HANG, 1),
        (IssueKind.BREAKAGE, 2),
        (IssueKind.DATA_LOSS, 3),
        (IssueKind.PAYMENT, 3),
        (IssueKind.ACCOUNT, 3),
        (IssueKind.PRIVACY, 3),
        (IssueKind.SAFETY, 4),
        (IssueKind.DISPLEASURE, 1),
    ],
)
@pytest.mark.parametrize("metric", Metric)
def test_each_kind_has_its_class_whatever_shows_it(kind: IssueKind, harm: int, metric: Metric) -> None:
    (shown,) = harms_shown([written(kind, metric=metric)], POLICY)
    assert shown.harm is Harm(harm)
    assert str(shown) == f"harm class {harm} from {metric}: {kind.value.replace('_', ' ')}"


def test_every_kind_is_in_the_table() -> None:
    assert set(POLICY.risk.harm_of_kind) == set(IssueKind)


@pytest.mark.parametrize(
    "evidence",
    [
        written(log_evidence=ENOUGH - 0.01),
        written(version=""),
        written(health=Health.UNKNOWN),
        UNKNOWN,
        an_evidence(health=Health.HEALTHY),
    ],
    ids=["too faint", "no release to blame", "unknown words", "unknown counts", "healthy"],
)
def test_what_is_not_enough_shows_no_harm(evidence: Evidence) -> None:
    assert harms_shown([evidence], POLICY) == ()


def test_the_worst_class_comes_first() -> None:
    shown = harms_shown([EVIDENCE, written(IssueKind.DISPLEASURE), written(IssueKind.SAFETY), written()], POLICY)
    assert [int(s.harm) for s in shown] == [4, 3, 2, 1]


# --- with the counts ----------------------------------------------------------------------------------------------------

MILD = an_evidence(events=4, exposure=20_000, kind=IssueKind.CRASH)


def test_lost_data_in_reviews_raise_what_the_counts_say_and_the_reasons_say_from_where() -> None:
    counted = judged([MILD], [MILD], 50_000, POLICY, 7)
    both = judged([MILD, written()], [MILD], 50_000, POLICY, 7)
    assert counted.level.rank < both.level.rank
    assert (both.level, both.harm, both.uncertain) == (Level.HIGH, Harm.IRREVERSIBLE_LOSS, True)
    assert both.reasons[0] == "harm class 3 from complaint: data loss; harm class 2 from crash: crash"
    assert "complaint: 40 say so; reviews alone never show more than high" in both.reasons
    assert any(reason.startswith("crash: 4 of 20000 harmed") for reason in both.reasons)


def test_counts_that_say_more_than_the_words_decide() -> None:
    loud = an_evidence(events=4_000)
    both = judged([loud, written()], [loud], 50_000, POLICY, 7)
    assert (both.level, both.harm) == (Level.SERIOUS, Harm.REVERSIBLE_LOSS)
    assert both.flips == judged([loud], [loud], 50_000, POLICY, 7).flips


def test_at_equal_levels_the_counts_decide() -> None:
    counted = judged([EVIDENCE], [EVIDENCE], 50_000, POLICY, 7)
    both = judged([EVIDENCE, written()], [EVIDENCE, written()], 50_000, POLICY, 7)
    assert counted.level is both.level is Level.HIGH
    assert (both.harm, both.flips) == (Harm.REVERSIBLE_LOSS, counted.flips)


def test_words_alone_never_show_more_than_high() -> None:
    found = judged([written(IssueKind.SAFETY, events=400)], [written(IssueKind.SAFETY, events=400)], 3_000_000, POLICY, 7)
    assert (found.level, found.harm, found.uncertain, found.further_harm) == (Level.HIGH, Harm.DANGER, True, None)


def test_faint_words_beside_counts_change_nothing() -> None:
    faint = written(log_evidence=0.1)
    assert judged([EVIDENCE, faint], [EVIDENCE], 50_000, POLICY, 7) == judged([EVIDENCE], [EVIDENCE], 50_000, POLICY, 7)


def test_the_judgement_says_what_is_to_come() -> None:
    found = judged([EVIDENCE], [EVIDENCE], 50_000, POLICY, 7)
    assert found.further_harm is not None
    assert found.further_harm > 0
