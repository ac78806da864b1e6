"""Starting again after a stop: whose word counts, and for which stop.

Add here when releasing the brake has another condition; rather in `rules/test_signoff.py` when a signature is judged otherwise.
"""

from __future__ import annotations

from itertools import count

import pytest

from configs.effects import EffectKind
from configs.errors import Refused, SignatureRefused
from configs.terms import Verdict
from integrations.ledger import brake
from tasks.act import perform_due
from tasks.rules.signoff import OutcomeState
from tasks.stop import ask_release, engage_brake
from tests.tasks.homes import COUNSEL, EVERYONE, PRODUCT, TECH, Play

_requests = count(1)
WHY = "The notice names the wrong version."


def stop(play: Play, request: str = "first") -> str:
    return f"brake-{engage_brake(play.tools, person=TECH[0], reason=WHY, request=request)}"


def ask(play: Play) -> str:
    question = ask_release(play.tools, person=TECH[0], reason="Looked at it again: all is right.", request=f"ask-{next(_requests)}")
    perform_due(play.tools, EffectKind.ASK_SIGNATURE)
    return question


def is_engaged(play: Play) -> bool:
    with play.tools.book.read() as txn:
        return brake.is_engaged(txn)


def test_every_roles_signature_releases_the_brake(proposed: Play) -> None:
    stop(proposed)
    question = ask(proposed)
    states = [proposed.sign(person, role, question=question).state for person, role in EVERYONE]
    assert states == [OutcomeState.WAITING, OutcomeState.WAITING, OutcomeState.APPROVED]
    assert not is_engaged(proposed)


def test_asking_twice_is_one_question(proposed: Play) -> None:
    stop(proposed)
    assert ask(proposed) == ask(proposed)
    assert len([e for e in proposed.effects(EffectKind.ASK_SIGNATURE) if e.recall_id.startswith("brake-")]) == len(EVERYONE)


def test_rejected_release_says_how_to_go_on(proposed: Play) -> None:
    stop(proposed)
    proposed.sign(*COUNSEL, verdict=Verdict.REJECT, question=ask(proposed))
    with pytest.raises(Refused, match="engage the brake again"):
        ask(proposed)
    assert is_engaged(proposed)


def test_after_a_rejection_another_stop_can_be_released(proposed: Play) -> None:
    stop(proposed)
    proposed.sign(*COUNSEL, verdict=Verdict.REJECT, question=ask(proposed))
    second = stop(proposed, "second")
    assert ask(proposed) == second
    for person, role in EVERYONE:
        proposed.sign(person, role, question=second)
    assert not is_engaged(proposed)


def test_signatures_for_an_earlier_stop_release_no_later_one(proposed: Play) -> None:
    stop(proposed)
    first = ask(proposed)
    proposed.sign(*PRODUCT, question=first)
    proposed.sign(*TECH, question=first)
    stop(proposed, "second")
    with pytest.raises(SignatureRefused, match="no longer open"):
        proposed.sign(*COUNSEL, question=first)
    assert is_engaged(proposed)
