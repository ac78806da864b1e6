"""Steps of the emergency stop: one permitted person engages it, every role's signature releases it.

Add here when stopping or starting again must do more; rather in `tasks/act.py` when another kind of effect must be held.
"""

from __future__ import annotations

from dataclasses import dataclass

from configs.effects import RolloutState
from configs.errors import Ambiguous, BadInput, Refused, SignatureRefused, Transient
from configs.policy import Policy
from integrations.ledger import brake
from integrations.ledger.book import Txn
from integrations.ledger.outbox import queue
from integrations.ledger.records import dumped
from integrations.ledger.signing import add_question, close_proposal, find_question, the_question
from integrations.toolbox import Toolbox
from tasks.agreed import founded
from tasks.rules import plan
from tasks.rules.signoff import BrakeRelease, may_brake
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Braked:
    """`brake_id` counts every stop; `halting` names the roll-outs that are being stopped, `unread` the stores that did not answer."""

    brake_id: int
    halting: tuple[str, ...]
    unread: tuple[str, ...]


def engage_brake(tools: Toolbox, person: str, reason: str, request: str) -> Braked:
    """Stops everything at once: holds what is waiting to go out, then halts every roll-out in progress.

    `request` is the caller's own id for this call. The stop holds before any store is asked, so none can delay or prevent it; the halts
    follow as effects and are tried until their store confirms them. Stopping again closes the question for the release of the stop
    before: what was signed for that one releases nothing.

    Raises:
        SignatureRefused: the person may not brake.
        BadInput: the reason is too short.
    """
    number = hold_effects(tools, person=person, reason=reason, request=request)
    halting, unread = _queued_halts(tools, number)
    return Braked(number, halting, unread)


@step(identity=("request",), subject="{person}")
def hold_effects(work: Work, person: str, reason: str, request: str) -> int:
    """Engages the brake; returns its number. Asks no neighbour."""
    with work.write() as txn:
        _check_braker(founded(work.tools, txn), person, reason)
        _close_release(txn)
        number = brake.engage(txn, person, reason).id
        for app in work.tools.settings.apps:
            queue(txn, *plan.app_news(f"brake-{number}", "braked", app.id, app.platform, f"{person}: {reason[:300]}", work.tools.policy))
        return work.done(txn, "brake.engaged", {"brake": number, "reason": reason[:500]}, number, actor=person)


@step(identity=("brake_id", "app"), subject="brake-{brake_id}")
def halt_app(work: Work, brake_id: int, app: str) -> tuple[str, ...]:
    """Queues the halt of every roll-out of an app that is in progress; returns which."""
    place = work.tools.settings.app(app)
    listed = work.tools.store_of(app).rollouts(app, place.platform)
    versions = [r.version for r in listed if r.state is RolloutState.IN_PROGRESS]
    with work.write() as txn:
        queue(txn, *(plan.halt(f"brake-{brake_id}", app, place.platform, version, 1) for version in versions))
        return work.done(txn, "brake.halting", {"app": app, "versions": versions}, tuple(f"{app} {version}" for version in versions))


def _queued_halts(tools: Toolbox, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is being halted, and the apps whose store could not be read; one store costs the others nothing."""
    halting: list[str] = []
    unread: list[str] = []
    for app in tools.settings.apps:
        try:
            halting += halt_app(tools, brake_id=number, app=app.id)
        except (Transient, Ambiguous, Refused, BadInput):
            unread.append(app.id)
    return tuple(halting), tuple(unread)


def halt_unread(tools: Toolbox) -> tuple[str, ...]:
    """Asks the stores again that an engaged brake could not read so far; returns the apps that are still unread."""
    with tools.book.read() as txn:
        now = brake.latest(txn)
    if now is None or not now.engaged:
        return ()
    if all(halt_app.is_done(tools, brake_id=now.id, app=app.id) for app in tools.settings.apps):
        return ()
    return _queued_halts(tools, now.id)[1]


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
