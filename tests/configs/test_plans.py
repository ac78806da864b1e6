"""The policy's plans: complete, owned, in order, and refused otherwise with the way out."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from pydantic import ValidationError

from configs.plans import out_of_order, predecessors
from configs.policies import load_policy
from configs.policy import Policy
from configs.terms import Level, Milestone

DEFAULT = load_policy("default").model_dump(mode="json")


def a_policy(**changes: object) -> Policy:
    return Policy.model_validate({**DEFAULT, "plan": {**DEFAULT["plan"], **changes}})


def milestones(level: str, **changes: Mapping[str, object]) -> dict[str, object]:
    given = {name: dict(values) for name, values in DEFAULT["plan"]["milestones"].items()}
    return {**given, level: {**given[level], **changes}}


def test_every_level_has_a_plan_with_one_follow_up_a_wave() -> None:
    policy = load_policy("default")
    for level in Level:
        names = [one.name for one in policy.plan.milestones_at(level, policy.notices.follow_up_after_days)]
        assert names == ["halt", "notices", "fix", "follow_up_1", "follow_up_2", "check", "report"]


def test_a_worse_level_is_never_later() -> None:
    plans = [load_policy("default").plan.milestones_at(level, (2, 5)) for level in Level]
    for milder, worse in pairwise(plans):
        assert all(b.after_minutes <= a.after_minutes for a, b in zip(milder, worse, strict=True))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"milestones": milestones("high", halt={"after_minutes": 500, "owner": "tech"})}, "milestones.high: notices .240 minutes"),
        ({"milestones": milestones("low", fix={"after_minutes": 9000, "owner": "nobody"})}, "low: nobody is neither a role nor a person"),
        ({"milestones": milestones("low", party={"after_minutes": 5, "owner": "tech"})}, "milestones.low must name halt"),
        ({"milestones": {}}, "milestones lacks high, low, medium, serious"),
        ({"meeting": {}}, "meeting lacks"),
        ({"follow_up_owner": "nobody"}, "nobody is neither"),
        ({"organizer": "two@x.example\r\nATTENDEE:y"}, "organizer"),
        ({"widen_from_share_outside": 2}, "widen_from_share_outside"),
        ({"meeting_cancelled_by": ["forgotten"]}, "meeting_cancelled_by"),
    ],
    ids=["order", "owner", "unknown milestone", "no plan", "no meeting", "follow-up owner", "organizer", "widen", "ends"],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_policy(**change)


def test_a_report_before_the_last_follow_up_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"report .* comes after follow_up_1"):
        Policy.model_validate({**DEFAULT, "notices": {**DEFAULT["notices"], "follow_up_after_days": [40]}})


def test_a_person_may_see_to_a_milestone() -> None:
    policy = a_policy(milestones=milestones("serious", halt={"after_minutes": 5, "owner": "tech-lead"}))
    assert policy.plan.milestones_at(Level.SERIOUS, ())[0] == Milestone("halt", 5, "tech-lead")


def test_the_plan_is_part_of_the_fingerprint() -> None:
    assert a_policy(follow_up_within_minutes=5).fingerprint != load_policy("default").fingerprint


def test_what_a_milestone_comes_after() -> None:
    names = ("halt", "notices", "fix", "follow_up_1", "follow_up_2", "check", "report")
    expected = [(), ("halt",), ("halt",), ("notices",), ("follow_up_1",), ("fix",), ("check", "follow_up_1", "follow_up_2")]
    assert [predecessors(name, names) for name in names] == expected
    late = (Milestone("halt", 9, "tech"), Milestone("notices", 8, "tech"))
    assert list(out_of_order(late)) == ["notices (8 minutes after the verdict) comes after halt (9 minutes)"]
