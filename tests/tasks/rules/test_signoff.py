"""Claims about single signatures and what they say together, after the vectors of mozilla-releng/balrog's sign-off."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from configs.errors import PolicyInvalid, SignatureRefused
from configs.policies import load_policy
from configs.policy import Signoff
from configs.terms import Signature, Verdict
from tasks.rules.signoff import Missing, Outcome, OutcomeState, check_signature, outcome
from tests.tasks.rules.signoff_builders import ANN, EXPIRES, HOLDERS, LEA, NOW, OPENED, TOM, a_proposal, a_signoff, reject, sign

# --- what is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signature", "given", "reason"),
    [
        (sign("eve", "product"), [], "nobody of that name may sign; known: ann, lea, noa, pia, tim, tom"),
        (sign("ann ", "product"), [], "nobody of that name"),
        (sign("Ann", "product"), [], "nobody of that name"),
        (sign("\u0430nn", "product"), [], "nobody of that name"),
        (sign("ann", "tech"), [], "holds product"),
        (sign("noa", "tech"), [], "holds no role"),
        (sign("ann", "chief"), [], "no such role; roles: product, tech, legal"),
        (sign("ann", "product"), [ANN], "signed already, as 'product'"),
        (sign("tom", "legal"), [TOM], "signed already, as 'tech'; one person, one role"),
        (reject("tom", "tech"), [TOM], "signed already"),
        (sign("ann", "product", digest="0" * 64), [], "another text"),
        (sign("ann", "product", proposal_id="P-2"), [], "another proposal"),
        (sign("ann", "product", reason="ok"), [], "2 letters and digits; at least 10"),
        (sign("ann", "product", reason="\u200b" * 20 + " ...  -- !!"), [], "0 letters and digits"),
        (sign("ann", "product", at=OPENED - timedelta(seconds=1)), [], "before the proposal"),
        (sign("ann", "product", at=NOW + timedelta(seconds=1)), [], "in the future"),
        (sign("ann", "product", at=EXPIRES), [], "expired"),
        (sign("ann on behalf of tom", "tech"), [], "on behalf of another"),
        (sign("ann for tom", "tech"), [], "on behalf of another"),
        (sign("system", "tech"), [], "system accounts"),
        (sign("Prefect", "tech"), [], "system accounts"),
        (sign("release-bot", "tech"), [], "system accounts"),
        (sign("dependabot[bot]", "tech"), [], "system accounts"),
        (sign("pia", "product"), [ANN, TOM, LEA], "already approved"),
        (reject("pia", "product"), [ANN, TOM, LEA], "already approved.*recall brake"),
        (sign("pia", "product"), [reject("ann", "product")], "already rejected"),
    ],
)  # fmt: skip
def test_a_signature_is_refused_with_its_reason(signature: Signature, given: list[Signature], reason: str) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        check_signature(a_proposal(), given, signature, a_signoff(), NOW)


@pytest.mark.parametrize("given", [[], [ANN], [ANN, TOM]], ids=["first", "second", "third"])
@pytest.mark.parametrize("verdict", Verdict)
def test_a_right_signature_is_accepted(given: list[Signature], verdict: Verdict) -> None:
    check_signature(a_proposal(), given, sign("lea", "legal", verdict), a_signoff(), NOW, actor="lea")


def test_signing_as_somebody_else_is_refused() -> None:
    with pytest.raises(SignatureRefused, match="on behalf of another"):
        check_signature(a_proposal(), [], ANN, a_signoff(), NOW, actor="tom")


def test_a_system_account_is_refused_even_when_the_policy_lists_it() -> None:
    signoff = a_signoff(HOLDERS | {"ci": ("product",)})
    with pytest.raises(SignatureRefused, match="system accounts"):
        check_signature(a_proposal(), [], sign("ci", "product"), signoff, NOW)
    assert outcome(a_proposal(), [sign("ci", "product"), TOM, LEA], signoff, NOW).state is OutcomeState.WAITING


@pytest.mark.parametrize("now", [EXPIRES, EXPIRES + timedelta(days=1)])
def test_nobody_signs_after_the_deadline(now: datetime) -> None:
    with pytest.raises(SignatureRefused, match="expired at 2026-03-02 13:00 UTC"):
        check_signature(a_proposal(), [], ANN, a_signoff(), now)


def test_a_superseded_proposal_is_not_signed() -> None:
    with pytest.raises(SignatureRefused, match="newest revision"):
        check_signature(a_proposal(), [], ANN, a_signoff(), NOW, is_open=False)


def test_a_proposal_edited_behind_its_digest_is_not_signed() -> None:
    edited = replace(a_proposal(), summary="Nothing to see here.")
    with pytest.raises(SignatureRefused, match="changed after it was put forward"):
        check_signature(edited, [], ANN, a_signoff(), NOW)
    assert outcome(edited, [ANN, TOM, LEA], a_signoff(), NOW).approved_by == ()


def test_whoever_proposes_may_not_be_the_only_signer() -> None:
    signoff = a_signoff(tech=1, holders={"tom": ("tech",), "tim": ("tech",)})
    proposal = a_proposal(proposed_by="tom")
    alone = sign("tom", "tech", digest=proposal.digest)
    with pytest.raises(SignatureRefused, match="only one who signs"):
        check_signature(proposal, [], alone, signoff, NOW)
    with pytest.raises(SignatureRefused, match="only one who signs"):
        check_signature(a_proposal(), [], TOM, signoff, NOW, proposed_by="tom")
    found = outcome(proposal, [alone], signoff, NOW)
    assert (found.state, found.needs_another) == (OutcomeState.WAITING, True)
    check_signature(proposal, [], sign("tim", "tech", digest=proposal.digest), signoff, NOW)
    check_signature(proposal, [], reject("tom", "tech", digest=proposal.digest), signoff, NOW)


def test_whoever_proposes_may_sign_beside_others() -> None:
    proposal = a_proposal(proposed_by="tom")
    given = [replace(s, digest=proposal.digest) for s in (ANN, LEA)]
    mine = replace(TOM, digest=proposal.digest)
    check_signature(proposal, given, mine, a_signoff(), NOW)
    assert outcome(proposal, [*given, mine], a_signoff(), NOW).state is OutcomeState.APPROVED


# --- what the signatures say together -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signatures", "now", "state", "missing"),
    [
        ([], NOW, OutcomeState.WAITING, {"product": 1, "tech": 1, "legal": 1}),
        ([ANN], NOW, OutcomeState.WAITING, {"tech": 1, "legal": 1}),
        ([ANN, TOM, LEA], NOW, OutcomeState.APPROVED, {}),
        ([ANN, TOM, LEA], EXPIRES, OutcomeState.APPROVED, {}),
        ([ANN, TOM], EXPIRES, OutcomeState.EXPIRED, {"legal": 1}),
        ([], EXPIRES + timedelta(days=365), OutcomeState.EXPIRED, {"product": 1, "tech": 1, "legal": 1}),
        ([reject("ann", "product")], NOW, OutcomeState.REJECTED, {"product": 1, "tech": 1, "legal": 1}),
        ([reject("ann", "product")], EXPIRES, OutcomeState.REJECTED, {"product": 1, "tech": 1, "legal": 1}),
        ([ANN, TOM, LEA, reject("pia", "product")], NOW, OutcomeState.REJECTED, {}),
        ([ANN, TOM, LEA, reject("pia", "product", at=EXPIRES)], EXPIRES, OutcomeState.APPROVED, {}),
        ([ANN, TOM, sign("lea", "legal", at=EXPIRES)], EXPIRES, OutcomeState.EXPIRED, {"legal": 1}),
        ([ANN, TOM, sign("tom", "legal")], NOW, OutcomeState.WAITING, {"legal": 1}),
        ([ANN, ANN, ANN], NOW, OutcomeState.WAITING, {"tech": 1, "legal": 1}),
        ([ANN, sign("pia", "product"), TOM], NOW, OutcomeState.WAITING, {"legal": 1}),
        ([ANN, TOM, sign("lea", "legal", digest="0" * 64)], NOW, OutcomeState.WAITING, {"legal": 1}),
        ([ANN, TOM, sign("lea", "legal", proposal_id="P-0")], NOW, OutcomeState.WAITING, {"legal": 1}),
        ([ANN, TOM, sign("eve", "legal")], NOW, OutcomeState.WAITING, {"legal": 1}),
        ([ANN, TOM, sign("tim", "legal")], NOW, OutcomeState.WAITING, {"legal": 1}),
        ([reject("eve", "legal")], NOW, OutcomeState.WAITING, {"product": 1, "tech": 1, "legal": 1}),
    ],
)
def test_the_outcome_follows_the_table(signatures: list[Signature], now: datetime, state: OutcomeState, missing: dict[str, int]) -> None:
    found = outcome(a_proposal(), signatures, a_signoff(), now)
    assert found.state is state
    assert {m.role: m.count for m in found.missing} == missing


def test_the_outcome_names_who_signed() -> None:
    found = outcome(a_proposal(), [ANN, reject("tom", "tech"), sign("eve", "legal")], a_signoff(), NOW)
    assert found == Outcome(
        OutcomeState.REJECTED, (Missing("tech", 1), Missing("legal", 1)), (ANN,), (reject("tom", "tech"),), needs_another=False
    )


def test_a_change_that_touches_two_needs_needs_both() -> None:
    holders = {f"r{n}": ("relman",) for n in range(3)} | {f"e{n}": ("releng",) for n in range(3)}
    signoff = a_signoff(holders, relman=3, releng=2)
    relmen = [sign(f"r{n}", "relman") for n in range(3)]
    engineers = [sign(f"e{n}", "releng") for n in range(2)]
    assert outcome(a_proposal(), relmen, signoff, NOW).missing == (Missing("releng", 2),)
    assert outcome(a_proposal(), relmen[:2] + engineers, signoff, NOW).missing == (Missing("relman", 1),)
    assert outcome(a_proposal(), relmen + engineers, signoff, NOW).state is OutcomeState.APPROVED


def test_editing_a_proposal_removes_the_signatures_given_before() -> None:
    edited = a_proposal(summary="Full recall, told by e-mail only.")
    assert outcome(edited, [ANN, TOM, LEA], a_signoff(), NOW).approved_by == ()
    again = replace(ANN, digest=edited.digest)
    check_signature(edited, [ANN, TOM], again, a_signoff(), NOW)


def test_whoever_lost_the_role_no_longer_counts() -> None:
    now_holders = HOLDERS | {"lea": ()}
    assert outcome(a_proposal(), [ANN, TOM, LEA], a_signoff(now_holders), NOW).missing == (Missing("legal", 1),)


@pytest.mark.parametrize(
    ("needed", "holders"),
    [
        (4, {"a": ("tech",), "b": ("tech",), "c": ("tech",)}),
        (3, {"a": ("tech",), "b": ("tech",), "c": ()}),
    ],
    ids=["4 where 3 hold the role", "the role removed from one of exactly 3"],
)
def test_requiring_more_than_hold_the_role_is_refused(needed: int, holders: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValidationError, match=f"needs {needed} signatures but"):
        a_signoff(holders, tech=needed)


@pytest.mark.parametrize("needed", [0, -1])
def test_a_role_that_needs_nobody_is_refused(needed: int) -> None:
    with pytest.raises(ValidationError):
        a_signoff(tech=needed)


def test_no_roles_at_all_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        Signoff.model_validate(a_signoff().model_dump() | {"roles": {}, "people": {}})


def test_a_policy_file_that_nobody_can_satisfy_is_refused_on_load(tmp_path: Path) -> None:
    built_in = (Path(__file__).parents[3] / "configs" / "policies" / "default.yaml").read_text(encoding="utf-8")
    file = tmp_path / "strict.yaml"
    file.write_text(built_in.replace("legal: {needed: 1}", "legal: {needed: 2}"), encoding="utf-8")
    with pytest.raises(PolicyInvalid, match=r"strict\.yaml:\d+: signoff: .*'legal' needs 2 signatures but 1 people hold it"):
        load_policy(str(file))
