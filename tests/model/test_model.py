"""The search finds nothing in the shipped rules, everything in broken ones, and misses no part of the machine.

Add here when the machine must prove something else; rather in `judge.py` when it says what must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from configs.policy import Signoff
from configs.terms import Proposal, Signature, Verdict
from tasks.rules import signoff, standing
from tasks.rules.signoff import Asked, Outcome, OutcomeState
from tests.model.__main__ import told
from tests.model.explore import explore
from tests.model.people import ALONE, SMALL, TWO_HATS, Company
from tests.model.rules import Rules


@pytest.mark.parametrize("company", [SMALL, ALONE, TWO_HATS], ids=lambda company: company.name)
def test_no_path_goes_out_or_on_without_the_signatures_and_stop_is_one_action_away(company: Company) -> None:
    found = explore(company)
    assert not found.broken, told(found)
    assert found.states > 20_000


MUST_HAPPEN = (
    "signs the proposal as product: approve",
    "signs the proposal as legal: reject",
    "takes their signature on the proposal back",
    "withdraws the proposal",
    "changes the proposal to a later start",
    "changes the proposal to words",
    "a tick renews the proposal",
    "a tick proposes again",
    "a tick starts the recall",
    "claims send_notices",
    "drops send_notices",
    "the process of send_notices dies",
    "moves the recall on: proven",
    "engages the brake",
    "signs the release as tech: approve",
    "withdraws the release",
    "signs the change of signers as legal: approve",
    "a tick restores the signers",
)


def test_nothing_that_people_can_do_is_missing_in_the_search() -> None:
    """A search that never starts a recall would prove nothing."""
    moves = explore(SMALL).moves
    assert not [what for what in MUST_HAPPEN if not any(what in label for label in moves)]


# --- the search finds what is wrong ---------------------------------------------------------------------------------------


def forgets_a_role(question: Asked, given: Sequence[Signature], rules: Signoff, now: Any) -> Outcome:
    """Two roles are enough."""
    found = signoff.outcome(question, given, rules, now)
    one_less = found.state is OutcomeState.WAITING and len(found.missing) == 1 and found.missing[0].count == 1
    return replace(found, state=OutcomeState.APPROVED) if one_less else found


def counts_signatures(question: Asked, given: Sequence[Signature], rules: Signoff, now: Any) -> Outcome:
    """Not persons: one who holds two roles serves both (python-tuf, GHSA-pwqf-9h7j-7mv8)."""
    found = signoff.outcome(question, given, rules, now)
    enough = all(sum(s.role == role and s.verdict is Verdict.APPROVE for s in given) >= need.needed for role, need in rules.roles.items())
    return replace(found, state=OutcomeState.APPROVED) if enough and found.state is OutcomeState.WAITING else found


def lets_everyone_through(*_: object, **__: object) -> None:
    """No signature is refused."""


def lets_people_sign_again(question: Asked, given: Sequence[Signature], signature: Signature, *rest: Any, **options: Any) -> None:
    """Once in each role."""
    signoff.check_signature(question, [s for s in given if s.role == signature.role], signature, *rest, **options)


def forgets_who_wrote_it(question: Asked, given: Sequence[Signature], signature: Signature, *rest: Any, **options: Any) -> None:
    signoff.check_signature(question, given, signature, *rest, **options, proposed_by="nobody in particular")


def approves_alone(question: Asked, given: Sequence[Signature], rules: Signoff, now: Any) -> Outcome:
    found = signoff.outcome(question, given, rules, now)
    return replace(found, state=OutcomeState.APPROVED) if found.needs_another else found


def forgets_the_brake(*given: Any, braked: bool, **options: Any) -> standing.Standing:
    return standing.standing(*given, braked=False, **options)


def forgets_the_start(proposal: Proposal, now: object, *, held: bool) -> bool:
    return proposal.not_before is not None and held


BROKEN: dict[str, tuple[Company, Rules, str]] = {
    "two of three roles are enough": (SMALL, Rules(outcome=forgets_a_role), "without the required signatures"),
    "signatures are counted instead of people": (
        TWO_HATS,
        Rules(outcome=counts_signatures, check_signature=lets_people_sign_again),
        "who has signed",
    ),
    "no signature is refused": (ALONE, Rules(check_signature=lets_everyone_through), "a signature was taken"),
    "who changed the text signs alone": (
        ALONE,
        Rules(outcome=approves_alone, check_signature=forgets_who_wrote_it),
        "without the required signatures",
    ),
    "the brake holds nothing": (SMALL, Rules(standing=forgets_the_brake), "under the brake"),
    "the agreed time is forgotten": (SMALL, Rules(starts_later=forgets_the_start), "before the time that was agreed on"),
    "the brake does not hold a start": (SMALL, Rules(starts_later=lambda p, now, held: standing.starts_later(p, now, held=False)), "brake"),
    "nobody may brake": (SMALL, Rules(may_brake=lambda person, policy: False), "nobody can stop everything"),
    "everybody may brake": (SMALL, Rules(may_brake=lambda person, policy: True), "who may not"),
    "silence restores at once": (SMALL, Rules(is_restored=lambda change, now: True), "whom nobody signed for"),
    "anybody withdraws": (SMALL, Rules(check_withdrawal=lets_everyone_through), "withdrawn"),
}


@pytest.mark.parametrize(("company", "rules", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_rule_is_found_with_the_way_to_it(company: Company, rules: Rules, words: str) -> None:
    found = explore(company, rules)
    assert words in found.broken
    assert found.path[-1] == found.broken
    print(told(found))


def test_way_to_what_is_wrong_is_a_shortest_one_that_people_can_read() -> None:
    shown = told(explore(SMALL, Rules(outcome=forgets_a_role))).splitlines()
    assert shown[0].endswith("WRONG")
    assert [line.split(". ")[0].strip() for line in shown[1:]] == [str(n) for n in range(1, len(shown))]
    assert len(shown) == 4
    assert "signs" in shown[1]
    assert shown[-1].endswith("<- approved without the required signatures")


def test_search_knows_whom_the_rules_are_asked_with() -> None:
    """The model decides with the functions that the steps import, not with copies."""
    shipped: dict[str, Callable[..., object]] = {name: getattr(Rules(), name) for name in Rules.__dataclass_fields__}
    assert {rule.__module__.split(".")[:2] == ["tasks", "rules"] for rule in shipped.values()} == {True}
