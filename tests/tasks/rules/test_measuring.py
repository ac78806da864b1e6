"""Figures of reading, by hand."""

import pytest

from configs.terms import IssueKind
from tasks.rules.measuring import Labels, agreed, agreement, kappa, labels_of, macro, scores
from tasks.rules.words import WordsVerdict

A, B, NONE = frozenset({"crash"}), frozenset({"crash", "hang"}), frozenset({"none"})
TRUTH: dict[str, Labels] = {"1": A, "2": B, "3": NONE, "4": NONE}
GIVEN: dict[str, Labels] = {"1": A, "2": A, "3": B, "4": NONE}


def test_every_label_is_scored_by_itself() -> None:
    crash, hang, none = scores(TRUTH, GIVEN)
    assert (crash.label, crash.right, crash.wrong, crash.missed) == ("crash", 2, 1, 0)
    assert (crash.precision, crash.recall) == (pytest.approx(2 / 3), 1.0)
    assert (hang.precision, hang.recall, hang.texts) == (0.0, 0.0, 1)
    assert (none.precision, none.recall, none.texts) == (1.0, 0.5, 2)


def test_a_rare_label_weighs_as_much_as_a_frequent_one() -> None:
    assert macro(scores(TRUTH, GIVEN)) == (pytest.approx((2 / 3 + 0 + 1) / 3), pytest.approx(0.5))


def test_kappa_is_what_is_left_of_agreement_beyond_chance() -> None:
    """20 yes and 15 no of 50 alike, 5 and 10 not: 0.7 seen, 0.5 by chance."""
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(pairs) == pytest.approx(0.4)


@pytest.mark.parametrize(("pairs", "value"), [([], 1.0), ([(False, False)] * 3, 1.0), ([(True, False), (False, True)], -1.0)])
def test_kappa_at_its_edges(pairs: list[tuple[bool, bool]], value: float) -> None:
    assert kappa(pairs) == pytest.approx(value)


def test_two_readings_are_compared_on_what_both_have_read() -> None:
    found = agreement(TRUTH, {key: GIVEN[key] for key in ("1", "2")})
    assert (found.texts, found.equal, found.kappa["crash"], found.kappa["hang"]) == (2, 0.5, 1.0, 0.0)
    assert agreed(TRUTH, GIVEN) == {"1": A, "4": NONE}


def test_a_verdict_has_the_labels_people_use() -> None:
    said = WordsVerdict("en", True, frozenset({IssueKind.CRASH}), suggestion=False, opinion=True, is_complaint=True)
    assert labels_of(said) == {"crash", "opinion"}
    assert labels_of(WordsVerdict("fr", False, frozenset(), False, False, False)) == {"none"}
