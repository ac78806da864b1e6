"""Steps of the emergency stop: one permitted person engages it, every role's signature releases it.

Add here when stopping or starting again must do more; rather in `tasks/act.py` when another kind of effect must be held.
"""

from __future__ import annotations

from configs.errors import BadInput, Refused, SignatureRefused
from configs.policy import Policy
from integrations.ledger import brake
from integrations.ledger.book import Txn
from integrations.ledger.outbox import queue
from integrations.ledger.records import dumped
from integrations.ledger.signing import add_question, close_proposal, find_question, the_question
from tasks.agreed import founded
from tasks.rules import plan
from tasks.rules.signoff import BrakeRelease, may_brake
from tasks.step import Work, step


@step(identity=("request",), subject="{person}")
def engage_brake(work: Work, person: str, reason: str, request: str) -> int:
    """Stops everything at once: from here on nothing is sent or published; returns the number of this stop.

    `request` is the caller's own id for this call. No store is asked here, so none can delay or prevent the stop; `tasks/standstill.py`
    halts and proves each. Stopping again closes the question for the release of the stop before: what was signed for that one
    releases nothing.

    Raises:
        SignatureRefused: the person may not brake.
        BadInput: the reason is too short.
    """
    with work.write() as txn:
        _check_braker(founded(work.tools, txn), person, reason)
        _close_release(txn)
        number = brake.engage(txn, person, reason).id
        for app in work.tools.settings.apps:
            said = f"{person}: {reason[:300]}"
            queue(txn, *plan.app_news(plan.brake_id(number), "braked", app.id, app.platform, said, work.tools.policy))
        return work.done(txn, "brake.engaged", {"brake": number, "reason": reason[:500]}, number, actor=person)


def _close_release(txn: Txn) -> None:
    before = brake.latest(txn)
    if before is not None and before.engaged and find_question(txn, f"brake-{before.id}"):
        close_proposal(txn, f"brake-{before.id}")


def _check_braker(policy: Policy, person: str, reason: str) -> None:
    if not may_brake(person, policy):
        able = ", ".join(sorted(name for name in policy.signoff.people if may_brake(name, policy)))
        raise SignatureRefused(f"{person!r} may not engage the brake; those who may: {able or 'nobody, by policy'}")
    if len("".join(reason.split())) < policy.signoff.min_reason_characters:
        raise BadInput(f"a stop needs a reason of at least {policy.signoff.min_reason_characters} characters")


@step(identity=("request",), subject="{person}")
def ask_release(work: Work, person: str, reason: str, request: str) -> str:
    """Puts the question "may effects go on again?" to every role; returns its id, which is signed as a proposal is.

    `request` is the caller's own id for this call: the same words may ask again, about another stop.

    Raises:
        Refused: the brake is not engaged, or somebody rejected its release already.
        BadInput: the reason is too short, or the person is unknown.
    """
    with work.write() as txn:
        policy = founded(work.tools, txn)
        if person not in policy.signoff.people or len("".join(reason.split())) < policy.signoff.min_reason_characters:
            raise BadInput("releasing the brake needs a person the policy knows, and a reason that says something")
        engaged = brake.latest(txn)
        if engaged is None or not engaged.engaged:
            raise Refused("the brake is not engaged; there is nothing to release")
        question = BrakeRelease(engaged.id, reason, txn.now, person)
        if find_question(txn, question.id):
            _check_open(txn, question.id)
        else:
            add_question(txn, question.id, question.id, question.digest, dumped(question))
            queue(txn, *plan.questions(question.id, question.id, 1, policy))
        return work.done(txn, "brake.release_asked", {"question": question.id, "reason": reason[:500]}, question.id, actor=person)


def _check_open(txn: Txn, question: str) -> None:
    if not the_question(txn, question)[2]:
        raise Refused(
            f"the release of {question} was rejected or withdrawn, and that stands; once all agree, engage the brake again and ask for its"
            " release"
        )
