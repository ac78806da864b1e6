"""Every refusal of the decision: a clear error, one entry in the journal, and nothing changed.

Add here when another answer must be refused; rather in `rules/test_signoff.py` when it needs no ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from configs.errors import BadInput, NotFound, PolicyInvalid, RecallError, Refused, SignatureRefused
from configs.policies import load_policy
from configs.terms import Verdict
from integrations.ledger.signing import add_proposal, proposals_of
from tasks.amend import amend, unsign_now, withdraw
from tasks.decide import sign
from tasks.rules.standing import Amendment
from tasks.stop import ask_release, engage_brake
from tests.tasks.homes import COUNSEL, PRODUCT, REASON, TECH, Play

STATE = ("issues", "recalls", "proposals", "signatures", "void_signatures", "brake", "signoff_agreed", "deliveries")
"""Tables a refusal must leave alone; it may spend a code that was typed (`spent_codes`, and the message with the next one)."""


def state(play: Play) -> list[tuple[object, ...]]:
    with play.tools.book.read() as txn:
        return [row for table in STATE for row in sorted(txn.tuples(f"SELECT * FROM {table}"), key=repr)]


@dataclass(frozen=True)
class Attempt:
    """What somebody tries, after something was made ready, and how it must end."""

    what: Callable[[Play], object]
    error: type[RecallError]
    words: str
    before: Callable[[Play], object] = lambda play: None


def signing(**wrong: str) -> Callable[[Play], object]:
    """tech-lead approves with their code, but for what is named."""

    def attempt(play: Play) -> object:
        question = wrong.get("question") or play.question()
        given: Mapping[str, str] = {"person": TECH[0], "role": TECH[1], "reason": REASON, "code": play.code(*TECH, play.question())}
        said = {key: wrong.get(key, value) for key, value in given.items()}
        return sign(play.tools, proposal_id=question, verdict=Verdict.APPROVE, **said)

    return attempt


def changed_behind_its_digest(play: Play) -> None:
    with play.tools.book.write() as txn:
        txn.run("UPDATE proposals SET body_json = replace(body_json, 'Full recall', 'No recall') WHERE open = 1")


def with_old_digest(play: Play) -> None:
    """A signature row for another text lies there already: it must not count, and not be taken for this one."""
    with play.tools.book.write() as txn:
        txn.run("UPDATE proposals SET digest = 'x', body_json = replace(body_json, '\"digest\":\"', '\"digest\":\"0') WHERE open = 1")


ATTEMPTS: dict[str, Attempt] = {
    "unknown person": Attempt(signing(person="mallory"), SignatureRefused, "nobody of that name may sign; known: counsel"),
    "system account": Attempt(signing(person="release-bot"), SignatureRefused, "system accounts do not sign"),
    "on behalf of another": Attempt(signing(person="counsel on behalf of tech-lead"), SignatureRefused, "on behalf of another"),
    "role not held": Attempt(signing(role="legal"), SignatureRefused, "this person holds tech"),
    "no such role": Attempt(signing(role="king"), SignatureRefused, "there is no such role"),
    "reason too short": Attempt(signing(reason="ok"), SignatureRefused, "at least 10 are needed"),
    "reason of signs only": Attempt(signing(reason="........ !!! ........"), SignatureRefused, "0 letters and digits"),
    "wrong code": Attempt(signing(code="00000-00000"), SignatureRefused, "not the code"),
    "no code": Attempt(signing(code=""), SignatureRefused, "not the code"),
    "no such proposal": Attempt(signing(question="P-000000000000"), NotFound, "recall status"),
    "expired proposal": Attempt(signing(), SignatureRefused, "expired at", before=lambda play: play.wait(hours=5)),
    "text changed behind its digest": Attempt(
        signing(), SignatureRefused, "changed after it was put forward", before=changed_behind_its_digest
    ),
    "digest mismatch": Attempt(signing(), SignatureRefused, "not the code", before=with_old_digest),
    "closed by a rejection": Attempt(
        lambda play: sign(
            play.tools, proposal_id=proposal_of(play), person=TECH[0], role=TECH[1], verdict=Verdict.APPROVE, reason=REASON, code="x"
        ),
        SignatureRefused,
        "no longer open",
        before=lambda play: play.sign(*COUNSEL, verdict=Verdict.REJECT),
    ),
    "changed by a stranger": Attempt(
        lambda play: amend(play.tools, proposal_id=play.question(), person="mallory", change=Amendment(note="x"), reason=REASON, code="x"),
        SignatureRefused,
        "only who holds a role",
    ),
    "withdrawn by a stranger": Attempt(
        lambda play: withdraw(play.tools, question_id=play.question(), person="mallory", reason=REASON, request="1"),
        SignatureRefused,
        "only who holds a role",
    ),
    "withdrawn without a reason": Attempt(
        lambda play: withdraw(play.tools, question_id=play.question(), person="counsel", reason="", request="1"), BadInput, "at least 10"
    ),
    "a signature that was never given taken back": Attempt(
        lambda play: unsign_now(play.tools, question_id=play.question(), person="tech-lead", reason=REASON),
        SignatureRefused,
        "none of theirs",
        before=lambda play: play.sign(*PRODUCT),
    ),
    "a stop by somebody who may not": Attempt(
        lambda play: engage_brake(play.tools, person="counsel", reason=REASON, request="1"), SignatureRefused, "may not engage the brake"
    ),
    "a stop without a reason": Attempt(
        lambda play: engage_brake(play.tools, person="tech-lead", reason=" ", request="1"), BadInput, "needs a reason"
    ),
    "a release of nothing": Attempt(
        lambda play: ask_release(play.tools, person="tech-lead", reason=REASON, request="1"), Refused, "nothing to release"
    ),
}


def proposal_of(play: Play) -> str:
    with play.tools.book.read() as txn:
        return proposals_of(txn, play.recall_id_in(txn))[-1].id


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_refusal_is_clear_audited_and_changes_nothing(proposed: Play, attempt: Attempt) -> None:
    attempt.before(proposed)
    before, audited = state(proposed), len(proposed.entries("step.failed"))
    with pytest.raises(attempt.error, match=attempt.words):
        attempt.what(proposed)
    assert state(proposed) == before
    (entry,) = proposed.entries("step.failed")[audited:]
    assert entry.facts["error"] == attempt.error.__name__
    assert attempt.words.split(";")[0] in str(entry.facts["message"])


def test_two_pending_proposals_for_one_thing_are_refused_by_the_ledger_itself(proposed: Play) -> None:
    with proposed.tools.book.read() as txn:
        first = proposals_of(txn, proposed.recall_id_in(txn))[-1]
    before = state(proposed)
    with pytest.raises((RecallError, sqlite3.Error), match=r"(?i)unique|constraint"), proposed.tools.book.write() as txn:
        add_proposal(txn, replace(first, id="P-second", revision=2))
    assert state(proposed) == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("legal: {needed: 1}", "legal: {needed: 2}", "'legal' needs 2 signatures but 1 people hold it"),
        ("counsel: {roles: [legal]", "counsel: {roles: []", "'legal' needs 1 signatures but 0 people hold it"),
        ("counsel: {roles: [legal]", "counsel: {roles: [lawyer]", "roles that nobody defined: lawyer"),
        ("legal: {needed: 1}", "legal: {needed: 0}", "greater than or equal to 1"),
    ],
    ids=["more than hold the role", "nobody holds the role", "a role that is not there", "a role that needs nobody"],
)
def test_policy_without_a_roles_people_is_refused_when_it_loads(tmp_path: Path, old: str, new: str, words: str) -> None:
    built_in = (Path(__file__).parents[2] / "configs" / "policies" / "default.yaml").read_text(encoding="utf-8")
    file = tmp_path / "policy.yaml"
    assert old in built_in
    file.write_text(built_in.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyInvalid, match=words):
        load_policy(str(file))
