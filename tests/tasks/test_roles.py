"""Who signs is itself signed for: the founding, the question, and the way out when nobody can sign.

Add here when agreeing has another step; rather in `rules/test_roles.py` when it is about what may be agreed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from configs.effects import EffectKind, EffectState
from configs.errors import BadInput, Refused, SignatureRefused
from configs.policy import Signoff
from configs.terms import RecallState, Verdict
from integrations.ledger.sections import agreements
from tasks.act import perform_due
from tasks.agreed import policy_in_force
from tasks.amend import withdraw
from tasks.roles import propose_roles, roles_now, settle_roles
from tasks.rules.signoff import OutcomeState
from tasks.stop import ask_release, engage_brake
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import COUNSEL, EVERYONE, PRODUCT, REASON, TECH, Play

_requests = count(1)
NEW = ("new-lead", "product")


def edited(play: Play, **changes: object) -> Play:
    """Somebody edits the policy file: product-lead is replaced, or what is named instead."""
    signoff = play.tools.policy.signoff
    people = {"new-lead" if name == "product-lead" else name: person for name, person in signoff.people.items()}
    people["new-lead"] = people["new-lead"].model_copy(update={"addresses": {"email": "new-lead@recall.example"}})
    section = Signoff.model_validate(
        signoff.model_dump(mode="json") | (changes or {"people": {n: p.model_dump() for n, p in people.items()}})
    )
    play.tools = replace(play.tools, policy=play.tools.policy.model_copy(update={"signoff": section}))
    return play


def ask(play: Play, person: str = "tech-lead", *, without_signatures: bool = False) -> str:
    question = propose_roles(
        play.tools, person=person, reason=REASON, request=f"r-{next(_requests)}", without_signatures=without_signatures
    )
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    return question


def in_force(play: Play) -> set[str]:
    return set(policy_in_force(play.tools).signoff.people)


def manners(play: Play) -> list[str]:
    with play.tools.book.read() as txn:
        return [one.manner for one in agreements(txn)]


# --- the founding -------------------------------------------------------------------------------------------------------


def test_first_tick_founds_with_the_files_section_and_says_by_whom(fresh: Play) -> None:
    settle_roles(fresh.tools)
    settle_roles(fresh.tools)
    assert manners(fresh) == ["founded"]
    (entry,) = fresh.entries("roles.founded")
    assert entry.facts["by"] == "nobody: this is the founding"
    assert "recall.example" not in repr(fresh.entries())


def test_file_may_change_freely_until_something_was_asked(fresh: Play) -> None:
    settle_roles(fresh.tools)
    edited(fresh)
    settle_roles(fresh.tools)
    assert manners(fresh) == ["founded", "founded"]
    bring_to_proposal(fresh.tools)
    assert "new-lead" in in_force(fresh)


def test_first_proposal_founds_where_no_tick_did(proposed: Play) -> None:
    assert manners(proposed) == ["founded"]


# --- the file says otherwise --------------------------------------------------------------------------------------------


def test_edited_file_changes_nobody_and_is_told_once(asked: Play) -> None:
    edited(asked)
    settle_roles(asked.tools)
    settle_roles(asked.tools)
    assert in_force(asked) == {person for person, _ in EVERYONE}
    told = [e for e in asked.effects(EffectKind.TELL_OPERATORS) if e.recall_id == "roles"]
    assert len(told) == 1
    assert "recall roles propose" in str(told[0].body["detail"])
    assert "+ new-lead: product" in str(told[0].body["detail"])
    assert perform_due(asked.tools, EffectKind.TELL_OPERATORS)
    assert [e.state for e in asked.effects(EffectKind.TELL_OPERATORS) if e.recall_id == "roles"] == [EffectState.DONE]


@pytest.mark.parametrize(
    "changes",
    [
        {"min_reason_characters": 1},
        {"deadline_hours": {"low": 1, "medium": 1, "high": 1, "serious": 1}},
        {"restore_after_hours": 1},
        {"roles": {"product": {"needed": 1}, "tech": {"needed": 1}, "legal": {"needed": 1}, "security": {"needed": 1}}},
    ],
    ids=["shorter reasons", "other deadlines", "a quicker way out", "another role"],
)
def test_every_part_of_the_section_is_protected(proposed: Play, changes: dict[str, object]) -> None:
    people = {n: p.model_dump() for n, p in proposed.tools.policy.signoff.people.items()}
    people["counsel"]["roles"] = ["legal", "security"] if "roles" in changes else ["legal"]
    before = policy_in_force(proposed.tools).signoff
    edited(proposed, **changes, people=people)
    assert policy_in_force(proposed.tools).signoff == before
    assert roles_now(proposed.tools).changes != ()


def test_redirected_address_gets_no_code(proposed: Play) -> None:
    """Where a code goes is a part of who signs: whoever edits the file could else sign as counsel."""
    people = {n: p.model_dump() for n, p in proposed.tools.policy.signoff.people.items()}
    people["counsel"]["addresses"] = {"email": "mallory@recall.example"}
    edited(proposed, people=people)
    engage_brake(proposed.tools, person="tech-lead", reason=REASON, request="b")
    ask_release(proposed.tools, person="tech-lead", reason=REASON, request="r")
    perform_due(proposed.tools, EffectKind.ASK_SIGNATURE)
    assert proposed.world.messages_to("mallory@recall.example") == ()
    assert proposed.code(*COUNSEL, "brake-1") != ""


# --- the question -------------------------------------------------------------------------------------------------------


def test_signers_in_force_agree_on_others(asked: Play) -> None:
    edited(asked)
    question = ask(asked)
    assert question == "roles-1"
    for person, role in EVERYONE:
        assert in_force(asked) == {name for name, _ in EVERYONE}
        last = asked.sign(person, role, question=question)
    assert last.state is OutcomeState.APPROVED
    assert in_force(asked) == {"new-lead", "tech-lead", "counsel"}
    assert manners(asked) == ["founded", "signed"]
    assert roles_now(asked.tools).changes == ()


def test_newcomer_may_not_sign_for_themselves(proposed: Play) -> None:
    edited(proposed)
    question = ask(proposed)
    with pytest.raises(SignatureRefused, match="nobody of that name"):
        proposed.sign(*NEW, question=question)


def test_one_rejection_leaves_the_signers_as_they_are(proposed: Play) -> None:
    edited(proposed)
    question = ask(proposed)
    proposed.sign(*PRODUCT, verdict=Verdict.REJECT, question=question)
    assert in_force(proposed) == {name for name, _ in EVERYONE}
    assert ask(proposed) == "roles-2"


def test_two_questions_about_the_signers_at_once_are_refused(proposed: Play) -> None:
    edited(proposed)
    ask(proposed)
    with pytest.raises(Refused, match="roles-1 is open already"):
        ask(proposed)


def test_signatures_on_open_questions_are_void_once_others_sign(asked: Play) -> None:
    """An agreement must neither decide what is open nor leave it with signatures of people who are gone."""
    open_one = asked.question()
    old = asked.code(*COUNSEL, open_one)
    asked.sign(*PRODUCT, question=open_one)
    asked.sign(*TECH, question=open_one)
    edited(asked)
    question = ask(asked)
    for person, role in EVERYONE:
        asked.sign(person, role, question=question)
    assert asked.recall().state is RecallState.PROPOSED
    perform_due(asked.tools, EffectKind.ASK_SIGNATURE)
    assert asked.code(*COUNSEL, open_one) != old
    assert asked.sign(*COUNSEL, question=open_one).missing == {"product": 1, "tech": 1}
    assert asked.sign(*TECH, question=open_one).missing == {"product": 1}
    with pytest.raises(SignatureRefused, match="nobody of that name"):
        asked.sign(*PRODUCT, question=open_one)
    assert asked.sign(*NEW, question=open_one).state is OutcomeState.APPROVED


@pytest.mark.parametrize(
    ("person", "reason"), [("mallory", REASON), ("new-lead", REASON), ("recall", REASON), ("tech-lead", "so")], ids=str
)
def test_wrong_asker_or_no_reason_asks_nothing(proposed: Play, person: str, reason: str) -> None:
    edited(proposed)
    with pytest.raises(BadInput):
        propose_roles(proposed.tools, person=person, reason=reason, request="x")
    assert roles_now(proposed.tools).question == ""


def test_nothing_to_change_is_refused(proposed: Play) -> None:
    with pytest.raises(Refused, match="edit its signoff section first"):
        ask(proposed)


# --- the way out --------------------------------------------------------------------------------------------------------


def test_nobody_reachable_ends_in_the_files_section_after_the_time_for_objections(asked: Play) -> None:
    edited(asked)
    ask(asked, "new-lead", without_signatures=True)
    asked.wait(hours=23)
    settle_roles(asked.tools)
    assert "new-lead" not in in_force(asked)
    asked.wait(hours=2)
    settle_roles(asked.tools)
    assert "new-lead" in in_force(asked)
    assert manners(asked) == ["founded", "restored"]
    assert [e.facts["question"] for e in asked.entries("roles.restored")] == ["roles-1"]


@pytest.mark.parametrize("how", ["reject", "withdraw"])
def test_one_signer_objects_and_nothing_is_restored(proposed: Play, how: str) -> None:
    edited(proposed)
    question = ask(proposed, "new-lead", without_signatures=True)
    if how == "reject":
        proposed.sign(*COUNSEL, verdict=Verdict.REJECT, question=question)
    else:
        withdraw(proposed.tools, question_id=question, person="counsel", reason=REASON, request="w")
    proposed.wait(hours=48)
    settle_roles(proposed.tools)
    assert in_force(proposed) == {name for name, _ in EVERYONE}


def test_signers_are_told_that_silence_agrees_this_once(proposed: Play) -> None:
    edited(proposed)
    ask(proposed, "new-lead", without_signatures=True)
    (mail,) = [m for m in proposed.mail("counsel") if "roles-1" in m.text]
    assert "without signatures, unless one of you objects" in mail.text
    assert "+ new-lead: product" in mail.text
