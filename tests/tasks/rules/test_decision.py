"""Claims about what is put before the signers."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import Refused
from configs.policies import load_policy
from configs.terms import Action, Assessment, Harm, Issue, IssueKind, IssueState, Level, Platform, Proposal, Scope
from tasks.rules.decision import (
    Exposure,
    Wanted,
    compose_proposal,
    is_narrow,
    options,
    proposal_digest,
    proposal_id,
    recommended_action,
    share_in_words,
    should_propose,
)

POLICY = load_policy("default")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WIDE = Scope("com.example.app", Platform.ANDROID, "4.2.0")
NARROW = replace(WIDE, devices=("Pixel 8",))


def an_issue(scope: Scope = WIDE, reason: str = "Crash rate 3.1 times the control's.") -> Issue:
    return Issue(
        "I-1",
        scope.app,
        scope.platform,
        scope.version,
        IssueKind.CRASH,
        IssueState.OPEN,
        Level.HIGH,
        NOW - timedelta(hours=1),
        reason,
        scope,
    )


def an_assessment(level: Level = Level.HIGH, units: int | None = 120_000, reasons: tuple[str, ...] = ()) -> Assessment:
    return Assessment(level, Level.MEDIUM, Harm.REVERSIBLE_LOSS, Fraction(1, 40), Fraction(1, 12), units, units is None, reasons)


def a_proposal(issue: Issue | None = None, assessment: Assessment | None = None, **varied: object) -> Proposal:
    given: dict[str, object] = {"recall_id": "R-1", "revision": 1, "now": NOW, "policy": POLICY, "proposed_by": "recall"}
    return compose_proposal(issue or an_issue(), assessment or an_assessment(), **(given | varied))  # type: ignore[arg-type]  # varied by name


@pytest.mark.parametrize(
    ("level", "scope", "propose_from", "partial_below", "expected"),
    [
        (Level.LOW, WIDE, Level.HIGH, Level.SERIOUS, Action.NONE),
        (Level.LOW, NARROW, Level.HIGH, Level.SERIOUS, Action.NONE),
        (Level.MEDIUM, WIDE, Level.HIGH, Level.SERIOUS, Action.MONITOR),
        (Level.MEDIUM, NARROW, Level.HIGH, Level.SERIOUS, Action.MONITOR),
        (Level.HIGH, WIDE, Level.HIGH, Level.SERIOUS, Action.FULL),
        (Level.HIGH, NARROW, Level.HIGH, Level.SERIOUS, Action.PARTIAL),
        (Level.SERIOUS, WIDE, Level.HIGH, Level.SERIOUS, Action.FULL),
        (Level.SERIOUS, NARROW, Level.HIGH, Level.SERIOUS, Action.FULL),
        (Level.LOW, NARROW, Level.LOW, Level.MEDIUM, Action.PARTIAL),
        (Level.MEDIUM, NARROW, Level.LOW, Level.MEDIUM, Action.FULL),
        (Level.HIGH, NARROW, Level.SERIOUS, Level.LOW, Action.MONITOR),
    ],
)
def test_the_action_follows_the_table(level: Level, scope: Scope, propose_from: Level, partial_below: Level, expected: Action) -> None:
    risk = POLICY.risk.model_copy(update={"propose_from": propose_from, "partial_below": partial_below})
    assert recommended_action(level, scope, risk) is expected
    assert should_propose(level, risk) == (expected in (Action.PARTIAL, Action.FULL))


@given(st.sampled_from(Level), st.sampled_from(Level), st.sampled_from(Level), st.sampled_from(Level), st.booleans())
def test_a_higher_level_never_lowers_the_action(one: Level, other: Level, propose_from: Level, partial_below: Level, narrow: bool) -> None:
    risk = POLICY.risk.model_copy(update={"propose_from": propose_from, "partial_below": partial_below})
    lower, higher = sorted((one, other), key=lambda level: level.rank)
    order = list(Action)
    scope = NARROW if narrow else WIDE
    assert order.index(recommended_action(lower, scope, risk)) <= order.index(recommended_action(higher, scope, risk))


@pytest.mark.parametrize("part", ["countries", "os_versions", "devices"])
def test_naming_any_part_narrows_a_scope(part: str) -> None:
    assert is_narrow(replace(WIDE, **{part: ("x",)}))
    assert not is_narrow(WIDE)


def test_a_full_recall_reaches_everyone_however_narrow_the_evidence() -> None:
    proposal = a_proposal(an_issue(NARROW), an_assessment(Level.SERIOUS))
    assert proposal.action is Action.FULL
    assert proposal.scope == WIDE


def test_a_partial_recall_concerns_the_scope_of_the_evidence() -> None:
    proposal = a_proposal(an_issue(NARROW))
    assert proposal.action is Action.PARTIAL
    assert proposal.scope == NARROW


@pytest.mark.parametrize("level", Level)
def test_the_deadline_is_the_policys(level: Level) -> None:
    proposal = a_proposal(assessment=an_assessment(level), action=Action.FULL)
    assert proposal.expires_at - proposal.opened_at == timedelta(hours=POLICY.signoff.deadline_hours[level])
    assert proposal.policy_fingerprint == POLICY.fingerprint


@pytest.mark.parametrize("action", [None, Action.NONE, Action.MONITOR])
def test_what_needs_no_signatures_is_not_proposed(action: Action | None) -> None:
    with pytest.raises(Refused, match="needs no signatures"):
        a_proposal(assessment=an_assessment(Level.MEDIUM), action=action)


def test_a_person_may_propose_more_than_is_recommended() -> None:
    assert a_proposal(assessment=an_assessment(Level.LOW), action=Action.FULL).action is Action.FULL


def test_a_partial_recall_of_everybody_is_refused() -> None:
    with pytest.raises(Refused, match="names no countries"):
        a_proposal(action=Action.PARTIAL)


def test_proposing_again_gives_the_same_proposal() -> None:
    assert a_proposal() == a_proposal()


@pytest.mark.parametrize("other", [("I-2", "R-1", 1), ("I-1", "R-2", 1), ("I-1", "R-1", 2)])
def test_every_revision_of_every_recall_has_its_own_id(other: tuple[str, str, int]) -> None:
    assert proposal_id(*other) != proposal_id("I-1", "R-1", 1)
    assert a_proposal(now=NOW + timedelta(hours=1)).id == a_proposal().id


@pytest.mark.parametrize(
    "change",
    [
        {"id": "P-x"},
        {"issue_id": "I-2"},
        {"recall_id": "R-2"},
        {"revision": 2},
        {"action": Action.PARTIAL},
        {"level": Level.SERIOUS},
        {"scope": NARROW},
        {"summary": "All is well."},
        {"opened_at": NOW + timedelta(microseconds=1)},
        {"expires_at": NOW + timedelta(days=1)},
        {"policy_fingerprint": "0" * 16},
        {"proposed_by": "counsel"},
        {"plan_digest": "0" * 64},
        {"note": "Tell support first."},
        {"not_before": NOW + timedelta(hours=1)},
        {"amended_by": ("counsel",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_covers_every_field(change: dict[str, object]) -> None:
    proposal = a_proposal()
    assert proposal.digest == proposal_digest(proposal)
    assert proposal_digest(replace(proposal, **change)) != proposal.digest  # type: ignore[arg-type]  # one field by name
    assert set(proposal.__dataclass_fields__) == {
        "id", "issue_id", "recall_id", "revision", "action", "level", "scope", "summary", "opened_at", "expires_at",
        "policy_fingerprint", "proposed_by", "plan_digest", "digest", "note", "not_before", "amended_by",
    }  # fmt: skip


def test_a_proposal_from_before_a_field_came_keeps_its_digest() -> None:
    """An upgrade with a proposal open must not void what was signed."""
    silent = replace(a_proposal(), note="", not_before=None, amended_by=())
    assert proposal_digest(silent) == a_proposal().digest


@pytest.mark.parametrize("minutes", [0, -1, -60])
def test_a_proposal_scheduled_in_the_past_is_refused(minutes: int) -> None:
    with pytest.raises(Refused, match="has passed already"):
        a_proposal(wanted=Wanted(not_before=NOW + timedelta(minutes=minutes)))


def test_what_people_want_otherwise_stands_in_the_text_that_is_signed() -> None:
    wanted = Wanted(replace(WIDE, countries=("DE", "FR")), "Support is told first.", NOW + timedelta(hours=3), ("counsel",))
    found = a_proposal(action=Action.PARTIAL, wanted=wanted)
    assert (found.scope.countries, found.note, found.not_before, found.amended_by) == (
        ("DE", "FR"),
        wanted.note,
        wanted.not_before,
        ("counsel",),
    )
    assert f"Starts at {wanted.not_before:%Y-%m-%d %H:%M} UTC at the earliest. Note: Support is told first." in found.summary


def test_the_digest_is_sha256_over_canonical_json_that_anyone_can_write_down() -> None:
    text = "Vollständiger Rückruf"
    proposal = Proposal("P-1", "I-1", "R-1", 2, Action.PARTIAL, Level.HIGH, NARROW, text, NOW, NOW + timedelta(hours=4), "f" * 16, "recall")
    canonical = (
        '{"action":"partial","expires_at":"2026-03-02T13:00:00.000000+00:00","id":"P-1","issue_id":"I-1","level":"high",'
        '"opened_at":"2026-03-02T09:00:00.000000+00:00","policy_fingerprint":"ffffffffffffffff","proposed_by":"recall","recall_id":"R-1",'
        '"revision":2,"scope":{"app":"com.example.app","countries":[],"devices":["Pixel 8"],"os_versions":[],"platform":"android",'
        '"version":"4.2.0"},"summary":"Vollst\\u00e4ndiger R\\u00fcckruf"}'
    )
    assert proposal_digest(proposal) == hashlib.sha256(b"app-recall/proposal/v1\n" + canonical.encode()).hexdigest()


def test_the_digest_does_not_depend_on_the_time_zone_of_the_writer() -> None:
    proposal = a_proposal()
    elsewhere = replace(proposal, opened_at=proposal.opened_at.astimezone(timezone(timedelta(hours=8))))
    assert proposal_digest(elsewhere) == proposal.digest


def test_the_summary_says_what_whom_how_bad_and_why() -> None:
    said = a_proposal(an_issue(NARROW), an_assessment(reasons=("Crash on start.",))).summary
    for fact in (
        "Partial recall",
        "com.example.app 4.2.0",
        "Pixel 8",
        "Level high",
        "estimate medium",
        "8.4 %",
        "120,000",
        "3.1 times",
        "Crash on start.",
    ):
        assert fact in said


def test_the_summary_is_made_of_sentences() -> None:
    said = a_proposal(an_issue(reason="crash: 20 of 865"), an_assessment(reasons=("severity 2", "Sure?"))).summary
    assert said.endswith("crash: 20 of 865. severity 2. Sure?")


def test_unknown_units_are_said_to_be_unknown() -> None:
    assert "an unknown number of installs" in a_proposal(assessment=an_assessment(units=None)).summary
    assert "uncertain" in a_proposal(assessment=an_assessment(units=None)).summary


@given(st.text(max_size=2000))
def test_the_summary_is_one_short_line_without_hidden_characters(reason: str) -> None:
    said = a_proposal(an_issue(reason=reason + "\u202egnp.exe\u200b\ud800\n")).summary
    assert not set(said) & {"\n", "\r", "\u202e", "\u200b", "\ud800", "\x00"}
    assert len(said) <= 900
    said.encode("utf-8")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Fraction(0), "0 %"),
        (Fraction(1), "100 %"),
        (Fraction(1, 2), "50 %"),
        (Fraction(1, 12), "8.4 %"),
        (Fraction(1, 1000), "0.10 %"),
        (Fraction(1, 3_000_000), "0.000034 %"),
        (Fraction(1, 10**15), "0.00000001 %"),
        (Fraction(999, 1000), "100 %"),
    ],
)
def test_a_share_is_said_with_two_digits_never_too_small(share: Fraction, words: str) -> None:
    assert share_in_words(share) == words


# --- options --------------------------------------------------------------------------------------------------------------


def by_action(exposure: Exposure, hours: float = 4) -> dict[Action, tuple[int | None, int | None, int | None]]:
    found = options(exposure, now=NOW, deadline=NOW + timedelta(hours=hours), recommended=Action.FULL)
    return {o.action: (o.users_at_deadline, o.users_told, o.left_alone) for o in found}


def test_each_option_shows_where_it_leads_by_the_deadline() -> None:
    assert by_action(Exposure(10_000, 2_000, 500.0)) == {
        Action.NONE: (12_000, 0, 12_000),
        Action.MONITOR: (12_000, 0, 12_000),
        Action.PARTIAL: (10_000, 2_000, 8_000),
        Action.FULL: (10_000, 10_000, 0),
    }


def test_a_rollout_does_not_grow_beyond_its_ceiling_nor_shrink() -> None:
    assert by_action(Exposure(10_000, None, 500.0, ceiling=11_000))[Action.NONE][0] == 11_000
    assert by_action(Exposure(10_000, None, 500.0, ceiling=9_000))[Action.NONE][0] == 10_000
    assert by_action(Exposure(10_000, None, -500.0))[Action.NONE][0] == 10_000
    assert by_action(Exposure(10_000, None, 500.0), hours=-1)[Action.NONE][0] == 10_000


def test_unknown_exposure_stays_unknown() -> None:
    assert by_action(Exposure(None, None, None))[Action.FULL] == (None, None, None)
    assert by_action(Exposure(10_000, None, None)) == {
        Action.NONE: (None, 0, None),
        Action.MONITOR: (None, 0, None),
        Action.PARTIAL: (10_000, None, None),
        Action.FULL: (10_000, 10_000, 0),
    }


def test_one_option_is_marked_as_recommended() -> None:
    found = options(Exposure(1, 1, 1.0), now=NOW, deadline=NOW, recommended=Action.PARTIAL)
    assert [o.action for o in found if o.recommended] == [Action.PARTIAL]
    assert all(o.explanation for o in found)
