"""What an issue rests on, and what its level is when several sources speak for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.terms import Evidence, Health, IssueKind, Level, Metric
from tasks.rules.issues import alarming, judged, kept, loud_of, speaking, weighed
from tests.tasks.rules.alarmed import AT, DAY, an_alarm

POLICY = load_policy("default")
WORDS = an_alarm(Metric.COMPLAINT, events=20, exposure=30)
RARE = an_alarm(events=6, exposure=2_000_000_000, ratio=1.2, ratio_high=1.3)
FAINT = an_alarm(Metric.ANR, log_evidence=0.0, health=Health.HEALTHY)
MURMUR = an_alarm(Metric.COMPLAINT, log_evidence=1.0, events=9, exposure=99)


def level(*evidence: Evidence) -> Level:
    return weighed(evidence, 100_000, POLICY, 1.0).level


def test_the_worst_of_counts_and_words_decides() -> None:
    assert level(RARE).rank < Level.HIGH.rank
    assert level(WORDS) is level(RARE, WORDS) is level(WORDS, RARE) is Level.HIGH
    assert level(an_alarm(), WORDS) is level(an_alarm()) is Level.SERIOUS


def test_one_source_is_judged_as_it_always_was() -> None:
    for evidence in ((RARE, FAINT), (WORDS,), (an_alarm(),)):
        alarms = alarming(evidence, POLICY) or evidence
        assert weighed(evidence, 100, POLICY, 1.0) == judged(evidence, alarms, 100, POLICY, 1.0)


@pytest.mark.parametrize("evidence", [(FAINT,), (MURMUR,), (), (replace(FAINT, health=Health.UNKNOWN),)])
def test_what_raises_no_alarm_is_low_whatever_it_is(evidence: tuple[Evidence, ...]) -> None:
    assert level(*evidence) is Level.LOW


def test_the_harms_come_first_then_the_reasons_of_the_worst_then_the_others() -> None:
    reasons = weighed((RARE, replace(WORDS, reason="many write")), 100_000, POLICY, 1.0).reasons
    assert reasons[0] == "harm class 2 from crash: crash; harm class 2 from complaint: breakage"
    assert reasons[1].startswith("complaint: many write")
    assert reasons[2].startswith("crash: 6 of ")


@given(st.permutations([RARE, WORDS, FAINT, an_alarm(Metric.TICKET), replace(WORDS, kind=IssueKind.PAYMENT)]), st.integers(1, 5))
def test_more_evidence_never_lowers_the_level(evidence: list[Evidence], number: int) -> None:
    assert level(*evidence[: number - 1]).rank <= level(*evidence[:number]).rank if number > 1 else True


def test_what_is_loud_comes_counts_first_and_the_strongest_before_the_others() -> None:
    strong = an_alarm(Metric.ANR, log_evidence=99.0)
    louder = replace(WORDS, kind=IssueKind.HANG, log_evidence=200.0)
    assert loud_of((WORDS, FAINT, RARE, MURMUR, strong, louder), POLICY) == (strong, RARE, louder, WORDS)


@pytest.mark.parametrize(
    ("before", "now", "rests_on"),
    [
        ([WORDS], [RARE], [RARE, WORDS]),
        ([RARE], [FAINT], [FAINT]),
        ([MURMUR], [RARE], [RARE]),
        ([WORDS], [replace(WORDS, at=AT + DAY)], [replace(WORDS, at=AT + DAY)]),
        ([WORDS], [replace(MURMUR, at=AT + DAY)], [replace(MURMUR, at=AT + DAY), WORDS]),
        ([WORDS], [replace(WORDS, kind=IssueKind.HANG)], [replace(WORDS, kind=IssueKind.HANG), WORDS]),
        ([], [], []),
    ],
    ids=["words hold", "counts are said anew", "a murmur passes", "words said anew", "words die down", "another kind", "nothing"],
)
def test_an_issue_rests_on_what_is_said_now_and_what_was_written(
    before: list[Evidence], now: list[Evidence], rests_on: list[Evidence]
) -> None:
    assert kept(before, now, POLICY) == tuple(rests_on)


def test_words_that_hold_speak_after_the_looks_own_alarms() -> None:
    assert speaking((RARE, FAINT, WORDS, MURMUR), (RARE,), POLICY) == (RARE, WORDS)
    assert speaking((WORDS,), (WORDS,), POLICY) == (WORDS,)
