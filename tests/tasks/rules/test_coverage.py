"""When a release's further issue needs a recall of its own: the table of `tasks/rules/coverage.py`."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.terms import Action, Issue, IssueKind, Level, Recall, RecallState, Scope
from tasks.rules.coverage import covering, needing_recall, not_asked, outgrown
from tests.tasks.rules.alarmed import ALL, AT, OS_15, PIXEL_8, PIXEL_9, PIXELS, an_issue

RISK = load_policy("default").risk
PAYMENT = an_issue("ISS-2", kind=IssueKind.PAYMENT)


def a_recall(**varied: object) -> Recall:
    going = RecallState.APPROVED
    recall = Recall("REC-1", "ISS-1", ALL.app, ALL.platform, ALL.version, 1, going, Level.HIGH, Action.FULL, ALL, AT)
    return replace(recall, **varied)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("recall", "issue", "covers"),
    [
        (a_recall(), PAYMENT, True),
        (a_recall(state=RecallState.PROPOSED), PAYMENT, True),
        (a_recall(state=RecallState.REVIEWING), PAYMENT, True),
        (a_recall(state=RecallState.CLOSED), PAYMENT, True),
        (a_recall(state=RecallState.DECLINED), PAYMENT, False),
        (a_recall(), replace(PAYMENT, level=Level.MEDIUM), True),
        (a_recall(), replace(PAYMENT, level=Level.SERIOUS), False),
        (a_recall(), replace(PAYMENT, scope=PIXEL_9), True),
        (a_recall(scope=PIXELS), replace(PAYMENT, scope=PIXEL_9), True),
        (a_recall(scope=PIXEL_9), PAYMENT, False),
        (a_recall(scope=PIXEL_9), replace(PAYMENT, scope=PIXEL_8), False),
        (a_recall(scope=PIXEL_9), replace(PAYMENT, scope=OS_15), False),
        (a_recall(version="2.0.0"), PAYMENT, False),
        (a_recall(app="other"), PAYMENT, False),
        (a_recall(issue_id="ISS-2", state=RecallState.DECLINED), PAYMENT, False),
        (a_recall(issue_id="ISS-2"), PAYMENT, False),
    ],
    ids=[
        "approved", "proposed", "reviewing", "closed", "declined", "lower level", "higher level", "a part", "a part of a part",
        "more users", "other users", "users that overlap", "another release", "another app", "its own, declined", "its own",
    ],
)  # fmt: skip
def test_recall_covers_an_issue_of_the_release(recall: Recall, issue: Issue, covers: bool) -> None:
    assert (covering(issue, [recall]) is recall) is covers


def test_without_a_recall_the_gravest_and_widest_is_proposed_and_covers_the_others() -> None:
    narrow, wide = an_issue("ISS-a", scope=PIXEL_9), an_issue("ISS-b", opened_at=AT + timedelta(hours=1))
    grave = an_issue("ISS-c", level=Level.SERIOUS, scope=PIXEL_8, opened_at=AT + timedelta(hours=2))
    assert needing_recall([narrow, wide], [], RISK) == (wide,)
    assert needing_recall([narrow, wide, grave], [], RISK) == (grave,), "at this level its recall concerns everyone"


def test_parts_that_cover_each_other_not_are_both_proposed() -> None:
    one, other = an_issue("ISS-a", scope=PIXEL_8), an_issue("ISS-b", scope=PIXEL_9)
    assert needing_recall([other, one], [], RISK) == (one, other)


def test_issues_of_other_releases_cover_nothing_here() -> None:
    older = an_issue("ISS-a", version="2.0.0", scope=replace(ALL, version="2.0.0"))
    assert set(needing_recall([an_issue(), older], [], RISK)) == {an_issue(), older}


@pytest.mark.parametrize(
    ("issue", "said"),
    [
        (an_issue(scope=PIXEL_9), ""),
        (an_issue(scope=PIXEL_9, level=Level.MEDIUM), ""),
        (
            an_issue(),
            "REC-1 is for devices Pixel 9 at level high; ISS-1 concerns everyone who has it at level high by now",
        ),
        (
            an_issue(scope=PIXEL_9, level=Level.SERIOUS),
            "REC-1 is for devices Pixel 9 at level high; ISS-1 concerns devices Pixel 9 at level serious by now",
        ),
    ],
    ids=["covered", "milder", "wider", "graver"],
)
def test_an_issue_that_grew_beyond_its_own_recall_is_said(issue: Issue, said: str) -> None:
    assert outgrown(issue, a_recall(scope=PIXEL_9)) == said


@pytest.mark.parametrize(
    ("now", "declined", "why"),
    [
        (an_issue(), a_recall(), ""),
        (an_issue(level=Level.MEDIUM), a_recall(), ""),
        (an_issue(level=Level.SERIOUS), a_recall(), "dismissed at level high, and at level serious people have not been asked"),
        (an_issue(), a_recall(scope=PIXEL_9), "dismissed for devices Pixel 9, and for everyone who has it people have not been asked"),
        (an_issue(scope=PIXEL_8), a_recall(scope=PIXELS), ""),
        (an_issue(), None, "dismissed for devices Pixel 9, and for everyone who has it people have not been asked"),
    ],
    ids=["the same", "milder", "graver", "more users than asked about", "fewer", "never recalled"],
)
def test_a_dismissed_issue_is_looked_at_again_only_for_what_nobody_was_asked(now: Issue, declined: Recall | None, why: str) -> None:
    assert not_asked(an_issue(scope=PIXEL_9), now, declined) == why


@given(
    st.lists(st.tuples(st.sampled_from([Level.HIGH, Level.SERIOUS]), st.sampled_from([ALL, PIXEL_8, PIXEL_9, PIXELS, OS_15])), max_size=5),
    st.randoms(use_true_random=False),
)
def test_everybody_hurt_is_covered_and_the_order_does_not_matter(drawn: list[tuple[Level, Scope]], draw: object) -> None:
    due = [an_issue(f"ISS-{n}", level=level, scope=scope) for n, (level, scope) in enumerate(drawn)]
    chosen = needing_recall(due, [], RISK)
    draw.shuffle(due)  # type: ignore[attr-defined]  # hypothesis' Random
    assert needing_recall(due, [], RISK) == chosen
    recalls = [a_recall(issue_id=i.id, level=i.level, scope=ALL if i.level is Level.SERIOUS else i.scope) for i in chosen]
    assert all(i in chosen or covering(i, recalls) for i in due)
    assert needing_recall(due, [*recalls], RISK) in ((), chosen), (
        "an issue is not covered by its own recall; its state says that it is proposed"
    )
