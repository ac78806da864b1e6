"""Properties of the quorum (one person's two signatures counted twice is python-tuf's GHSA-pwqf-9h7j-7mv8), and the brake."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import SignatureRefused
from configs.policies import load_policy
from configs.policy import Person, Signoff
from configs.terms import Signature, Verdict
from tasks.rules.signoff import BrakeRelease, OutcomeState, check_signature, is_system_name, may_brake, outcome
from tests.tasks.rules.signoff_builders import ANN, EXPIRES, HOLDERS, LEA, NOW, OPENED, TOM, a_proposal, a_signoff, reject, sign

# --- properties -----------------------------------------------------------------------------------------------------------

some_signatures = st.lists(
    st.builds(
        sign,
        person=st.sampled_from([*HOLDERS, "eve", "system"]),
        role=st.sampled_from(["product", "tech", "legal", "chief"]),
        verdict=st.sampled_from(Verdict),
        digest=st.sampled_from([a_proposal().digest, a_proposal().digest, a_proposal().digest, "0" * 64]),
        at=st.sampled_from([NOW, OPENED, EXPIRES, EXPIRES - timedelta(seconds=1)]),
        reason=st.sampled_from(["The crash rate tripled.", "ok"]),
    ),
    max_size=10,
)
some_needs = st.fixed_dictionaries({"product": st.integers(1, 2), "tech": st.integers(1, 2), "legal": st.integers(1, 2)})


def accepted(attempts: list[Signature], signoff: Signoff) -> list[Signature]:
    kept: list[Signature] = []
    for attempt in attempts:
        try:
            check_signature(a_proposal(), kept, attempt, signoff, max(NOW, attempt.at))
        except SignatureRefused:
            continue
        kept.append(attempt)
    return kept


def covers(signatures: list[Signature], signoff: Signoff) -> bool:
    """Judged without the rule: are there enough distinct holders, each used for one role only?"""
    used = {s.person for s in signatures if s.verdict is Verdict.APPROVE}
    by_role = {role: {s.person for s in signatures if s.role == role and s.verdict is Verdict.APPROVE} for role in signoff.roles}
    enough = all(len(by_role[role]) >= rule.needed for role, rule in signoff.roles.items())
    return enough and len(used) >= sum(rule.needed for rule in signoff.roles.values())


@given(some_signatures, some_needs)
def test_no_sequence_of_accepted_signatures_approves_without_distinct_people_for_every_role(
    attempts: list[Signature], needs: dict[str, int]
) -> None:
    signoff = a_signoff(**needs)
    kept = accepted(attempts, signoff)
    found = outcome(a_proposal(), kept, signoff, NOW)
    assert len({s.person for s in kept}) == len(kept)
    assert (found.state is OutcomeState.APPROVED) == (covers(kept, signoff) and all(s.verdict is Verdict.APPROVE for s in kept))


@given(some_signatures, some_needs, st.sampled_from([NOW, EXPIRES]))
def test_what_was_never_checked_does_not_approve_either(rows: list[Signature], needs: dict[str, int], now: datetime) -> None:
    signoff = a_signoff(**needs)
    if outcome(a_proposal(), rows, signoff, now).state is OutcomeState.APPROVED:
        assert covers([s for s in rows if s.person in HOLDERS and s.role in HOLDERS[s.person] and s.at < EXPIRES], signoff)


@given(st.permutations([ANN, TOM, LEA, reject("pia", "product")]), st.integers(0, 4))
def test_the_order_of_recorded_signatures_does_not_matter(signatures: list[Signature], many: int) -> None:
    some = signatures[:many]
    backwards = outcome(a_proposal(), some[::-1], a_signoff(), NOW)
    assert backwards.state is outcome(a_proposal(), some, a_signoff(), NOW).state


@given(some_signatures, some_needs)
def test_waiting_longer_never_approves(attempts: list[Signature], needs: dict[str, int]) -> None:
    kept = accepted(attempts, a_signoff(**needs))
    before = outcome(a_proposal(), kept, a_signoff(**needs), NOW).state
    after = outcome(a_proposal(), kept, a_signoff(**needs), EXPIRES + timedelta(days=9)).state
    assert after is before or (before, after) == (OutcomeState.WAITING, OutcomeState.EXPIRED)


# --- the brake ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "may"), [("product-lead", True), ("tech-lead", True), ("counsel", False), ("eve", False), ("system", False)]
)
def test_one_permitted_person_may_stop_everything(person: str, may: bool) -> None:
    assert may_brake(person, load_policy("default")) is may


def test_a_system_account_may_not_brake_even_when_listed() -> None:
    policy = load_policy("default")
    people = {**policy.signoff.people, "ci": Person(roles=(), may_brake=True)}
    assert not may_brake("ci", policy.model_copy(update={"signoff": policy.signoff.model_copy(update={"people": people})}))


def test_starting_again_needs_every_role_and_never_expires() -> None:
    release = BrakeRelease(7, "The store's incident is over.", OPENED, "ann")
    late = OPENED + timedelta(days=400)
    given = [replace(s, proposal_id=release.id, digest=release.digest) for s in (ANN, TOM, LEA)]
    for many in range(3):
        check_signature(release, given[:many], given[many], a_signoff(), late)
        assert outcome(release, given[:many], a_signoff(), late).state is OutcomeState.WAITING
    assert outcome(release, given, a_signoff(), late).state is OutcomeState.APPROVED


@pytest.mark.parametrize(
    "other",
    [
        BrakeRelease(8, "The store's incident is over.", OPENED, "ann"),
        BrakeRelease(7, "Just because.", OPENED, "ann"),
        BrakeRelease(7, "The store's incident is over.", NOW, "ann"),
        BrakeRelease(7, "The store's incident is over.", OPENED, "tom"),
    ],
    ids=["another stop", "another reason", "another time", "another asker"],
)
def test_signatures_for_one_release_do_not_serve_another(other: BrakeRelease) -> None:
    assert other.digest != BrakeRelease(7, "The store's incident is over.", OPENED, "ann").digest


@pytest.mark.parametrize("name", ["system", " Root ", "deploy.bot", "ana_service", "dependabot[bot]", "CI"])
def test_a_machine_is_told_by_its_name(name: str) -> None:
    assert is_system_name(name)


@pytest.mark.parametrize("name", ["abbot", "lucia", "robot-fan", "", "systematic-sam"])
def test_a_person_is_not_taken_for_a_machine(name: str) -> None:
    assert not is_system_name(name)
