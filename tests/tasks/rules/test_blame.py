"""Words about a fix are about what it mends, where counts call the fix healthy. Add here when blame is laid otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from configs.terms import Action, Evidence, Health, IssueKind, Level, Metric, Recall, RecallState
from tasks.rules.blame import blamed
from tests.tasks.rules.alarmed import ALL, AT, an_alarm

FIX = "2.1.1"
RECALL = Recall("REC-1", "ISS-1", ALL.app, ALL.platform, ALL.version, 1, RecallState.CLOSED, Level.HIGH, Action.FULL, ALL, AT, FIX)
WORDS = an_alarm(Metric.COMPLAINT, version=FIX, scope=replace(ALL, version=FIX), kind=IssueKind.BREAKAGE)


def counted(*healths: Health) -> tuple[Evidence, ...]:
    return tuple(an_alarm(version=FIX, health=health, log_evidence=0.0) for health in healths)


def meant(
    alarm: Evidence = WORDS,
    evidence: tuple[Evidence, ...] = counted(Health.HEALTHY),
    recall: Recall = RECALL,
    kind: IssueKind = IssueKind.CRASH,
) -> str:
    return blamed(alarm, evidence, {recall: kind}).version


def test_words_about_a_healthy_fix_mean_what_it_mends_and_say_so() -> None:
    found = blamed(WORDS, counted(Health.HEALTHY, Health.UNKNOWN), {RECALL: IssueKind.CRASH})
    assert (found.version, found.scope) == (ALL.version, ALL)
    assert found.reason.endswith("taken for 2.1.0, which 2.1.1 mends: counts call 2.1.1 healthy, and words name no version")


@pytest.mark.parametrize(
    "varied",
    [
        {"evidence": ()},
        {"evidence": counted(Health.UNKNOWN)},
        {"evidence": counted(Health.HEALTHY, Health.DEGRADED)},
        {"evidence": (an_alarm(health=Health.HEALTHY),)},
        {"evidence": (replace(WORDS, health=Health.HEALTHY),)},
        {"alarm": replace(WORDS, kind=IssueKind.PAYMENT)},
        {"alarm": replace(WORDS, kind=IssueKind.PAYMENT), "kind": IssueKind.PAYMENT},
        {"alarm": an_alarm(version=FIX)},
        {"recall": replace(RECALL, state=RecallState.DECLINED)},
        {"recall": replace(RECALL, fixed_version="2.1.2")},
        {"recall": replace(RECALL, app="com.example.other")},
    ],
    ids=[
        "no counts",
        "unknown",
        "degraded too",
        "another version's",
        "words",
        "cause",
        "a cause not counted",
        "by counts",
        "declined",
        "other fix",
        "other app",
    ],
)
def test_everything_else_is_about_the_fix_itself(varied: dict[str, object]) -> None:
    assert meant(**varied) == FIX  # type: ignore[arg-type]  # arguments by name
