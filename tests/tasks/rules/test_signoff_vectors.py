"""The nine vectors of mozilla-releng/balrog's sign-off, one table, each row named after its vector.

Add here when a vector has another row; rather in `test_signoff.py` when our own rules say more than the vectors do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from configs.errors import BadInput, Refused, SignatureRefused
from configs.policies import load_policy
from configs.policy import Signoff
from configs.terms import Level, Signature
from tasks.rules.decision import Wanted
from tasks.rules.roles import RolesChange, is_founding, section_digest
from tasks.rules.signoff import BrakeRelease, OutcomeState, check_signature, may_brake, outcome
from tasks.rules.standing import Amendment, amended, check_withdrawal
from tests.tasks.rules.signoff_builders import ANN, HOLDERS, LEA, NOW, OPENED, TOM, a_proposal, a_signoff, sign
from tests.tasks.rules.test_decision import a_proposal as a_composed_one

RELENG = {f"r{n}": ("relman",) for n in range(3)} | {f"e{n}": ("releng",) for n in range(2)}
BOTH = a_signoff(RELENG, relman=3, releng=2)
RELMEN = [sign(f"r{n}", "relman") for n in range(3)]
ENGINEERS = [sign(f"e{n}", "releng") for n in range(2)]
EXACTLY_THREE: dict[str, tuple[str, ...]] = {"a": ("tech",), "b": ("tech",), "c": ("tech",)}
RELEASE = BrakeRelease(7, "The store's incident is over.", OPENED, "ann")
CHANGE = RolesChange(1, section_digest(a_signoff()), "Lea leads legal now.", OPENED, "ann")


@dataclass(frozen=True)
class Says:
    """What a vector's signatures amount to."""

    state: OutcomeState
    signatures: list[Signature]
    signoff: Signoff


OUTCOMES: dict[str, Says] = {
    "1 two things are touched: relman 3 and releng 2 approve": Says(OutcomeState.APPROVED, [*RELMEN, *ENGINEERS], BOTH),
    "1 two things are touched: one relman less": Says(OutcomeState.WAITING, [*RELMEN[:2], *ENGINEERS], BOTH),
    "1 two things are touched: one releng less": Says(OutcomeState.WAITING, [*RELMEN, *ENGINEERS[:1]], BOTH),
    "1 two things are touched: the other's people do not serve": Says(
        OutcomeState.WAITING, [*RELMEN, ENGINEERS[0], sign("r0", "releng")], BOTH
    ),
    "2 none required: passes without": Says(OutcomeState.APPROVED, [], a_signoff().model_copy(update={"roles": {}})),
    "2 required and none given: nothing passes": Says(OutcomeState.WAITING, [], a_signoff()),
    "3 one user counts under one role only": Says(OutcomeState.WAITING, [ANN, TOM, sign("tom", "legal")], a_signoff()),
    "4 editing removes the signatures given before": Says(
        OutcomeState.WAITING, [replace(s, digest="0" * 64) for s in (ANN, TOM, LEA)], a_signoff()
    ),
}


@pytest.mark.parametrize("says", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_vector_says(says: Says) -> None:
    assert outcome(a_proposal(), says.signatures, says.signoff, NOW).state is says.state


def _check(signature: Signature, given: list[Signature], signoff: Signoff | None = None, actor: str = "") -> None:
    check_signature(a_proposal(), given, signature, signoff or a_signoff(), NOW, actor=actor)


def _scheduled_in_the_past() -> None:
    a_composed_one(wanted=Wanted(not_before=OPENED - timedelta(minutes=1)))


def _amended_into_the_past() -> None:
    past = Amendment(not_before=NOW - timedelta(hours=1))
    _, wanted = amended(a_proposal(), past, "ann", load_policy("default"), NOW)
    a_composed_one(wanted=wanted, now=NOW)


REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "3 a second signature under another role": (lambda: _check(sign("tom", "legal"), [TOM]), SignatureRefused, "one person, one role"),
    "3 a second signature under the same role": (lambda: _check(TOM, [TOM]), SignatureRefused, "signed already"),
    "3 on behalf of another, by name": (lambda: _check(sign("ann on behalf of tom", "tech"), []), SignatureRefused, "on behalf of"),
    "3 on behalf of another, by login": (lambda: _check(TOM, [], actor="ann"), SignatureRefused, "on behalf of"),
    "3 a system account": (lambda: _check(sign("release-bot", "tech"), []), SignatureRefused, "system accounts"),
    "3 a system account that the policy lists": (
        lambda: _check(sign("ci", "product"), [], a_signoff(HOLDERS | {"ci": ("product",)})),
        SignatureRefused,
        "system accounts",
    ),
    "5 four required where three hold the role": (lambda: a_signoff(EXACTLY_THREE, tech=4), ValidationError, "needs 4 signatures but 3"),
    "5 the role taken from one of exactly three needed": (
        lambda: a_signoff(EXACTLY_THREE | {"c": ()}, tech=3),
        ValidationError,
        "needs 3 signatures but 2",
    ),
    "5 one of exactly three needed taken out": (
        lambda: a_signoff({"a": ("tech",), "b": ("tech",)}, tech=3),
        ValidationError,
        "needs 3 signatures but 2",
    ),
    "7 one scheduled in the past": (_scheduled_in_the_past, Refused, "has passed already"),
    "7 one changed to a start in the past": (_amended_into_the_past, Refused, "has passed already"),
    "9 no reason for a withdrawal": (
        lambda: check_withdrawal(a_proposal(), "ann", " .. ", a_signoff(), waits=True),
        BadInput,
        "at least 10",
    ),
    "9 no reason for a rejection": (lambda: _check(replace(TOM, reason="no"), []), SignatureRefused, "at least 10"),
}
"""Vector 7's two pending proposals for one thing, and vector 9's stop without a reason, are in `tests/tasks/test_refusals.py`: it takes
the ledger to refuse them.
"""


@pytest.mark.parametrize(("attempt", "error", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_vector_is_refused(attempt: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        attempt()


@pytest.mark.parametrize(("person", "may"), [("tech-lead", True), ("counsel", False), ("scheduler", False)])
def test_vector_6_the_stop_needs_the_permission_of_one_alone(person: str, may: bool) -> None:
    assert may_brake(person, load_policy("default")) is may


@pytest.mark.parametrize("question", [RELEASE, CHANGE], ids=["6 enabling again", "8 changing who must sign"])
def test_vector_needs_full_signatures(question: BrakeRelease | RolesChange) -> None:
    given = [replace(s, proposal_id=question.id, digest=question.digest) for s in (ANN, TOM, LEA)]
    for many in range(3):
        assert outcome(question, given[:many], a_signoff(), NOW).state is OutcomeState.WAITING
        check_signature(question, given[:many], given[many], a_signoff(), NOW)
    assert outcome(question, given, a_signoff(), NOW).state is OutcomeState.APPROVED


@pytest.mark.parametrize(
    "weaker", [a_signoff({"tim": ("tech",)}, tech=1), a_signoff(HOLDERS | {"eve": ("legal",)})], ids=["fewer roles", "another person"]
)
def test_vector_8_an_edited_file_changes_nobody_once_something_was_asked(weaker: Signoff) -> None:
    assert not is_founding(a_signoff(), weaker, asked_before=True)


def test_vector_1_holds_whatever_the_order_of_signing() -> None:
    kept: list[Signature] = []
    for signature in [ENGINEERS[0], RELMEN[0], ENGINEERS[1], RELMEN[1], RELMEN[2]]:
        assert outcome(a_proposal(), kept, BOTH, NOW).state is OutcomeState.WAITING
        check_signature(a_proposal(), kept, signature, BOTH, NOW)
        kept.append(signature)
    assert outcome(a_proposal(), kept, BOTH, NOW).state is OutcomeState.APPROVED


@pytest.mark.parametrize("level", Level)
def test_vector_2_no_level_of_the_policy_passes_without_signatures(level: Level) -> None:
    policy = load_policy("default")
    found = outcome(a_proposal(level=level), [], policy.signoff, NOW)
    assert (found.state, {m.role: m.count for m in found.missing}) == (OutcomeState.WAITING, {"product": 1, "tech": 1, "legal": 1})
