"""What the memo is given: the proposal's own forecast, cells that add up to it, and ways to sign only while it can be signed."""

from __future__ import annotations

import pytest

from configs.errors import NotFound
from configs.terms import Action
from integrations.links import keep_addresses
from tasks.decide import propose_again
from tasks.look import memo_facts, memo_locale, proposal_meant
from tests.tasks.homes import EVERYONE, Play


def proposed_hours(play: Play, proposal: str = "") -> tuple[float, float]:
    """Exposure-hours of the proposed action: as predicted, and summed over the memo's cells."""
    facts = memo_facts(play.tools, play.recall().id, proposal)
    assert facts.forecast is not None
    whole = next(p.exposure_hours for p in facts.forecast.predictions if p.action is facts.proposal.action)
    return whole or 0.0, sum(cell.exposure_hours or 0.0 for cell in facts.cells)


def test_the_cells_add_up_to_the_prediction(proposed: Play) -> None:
    whole, summed = proposed_hours(proposed)
    assert whole > 0
    assert summed == pytest.approx(whole)


def test_the_cells_come_largest_first_and_all_are_meant_by_a_full_recall(proposed: Play) -> None:
    facts = memo_facts(proposed.tools, proposed.recall().id)
    sizes = [cell.users for cell in facts.cells]
    assert sizes == sorted(sizes, reverse=True)
    assert facts.forecast is not None
    assert sum(sizes) == facts.forecast.course.users
    assert {(cell.is_meant, facts.proposal.action) for cell in facts.cells} == {(True, Action.FULL)}


def test_there_is_a_way_to_sign_only_while_the_proposal_is_open(proposed: Play) -> None:
    keep_addresses(proposed.home, "http://127.0.0.1:4200", {"sign-off": "d-1"})
    recall = proposed.recall().id
    assert {link.role for link in memo_facts(proposed.tools, recall).links} == {"product", "tech", "legal"}
    for person, role in EVERYONE:
        proposed.sign(person, role)
    assert memo_facts(proposed.tools, recall).links == ()


def test_an_older_proposal_keeps_its_own_memo(proposed: Play) -> None:
    first = proposed.question()
    before = proposed_hours(proposed, first)[0]
    proposed.wait(hours=30)
    propose_again(proposed.tools)
    facts = memo_facts(proposed.tools, *proposal_meant(proposed.tools, first))
    assert facts.proposal.id == first != proposed.question()
    assert proposed_hours(proposed, first)[0] == before
    assert memo_facts(proposed.tools, proposed.recall().id).proposal.id == proposed.question()


def test_an_id_means_its_recall(proposed: Play) -> None:
    recall, question = proposed.recall().id, proposed.question()
    assert [proposal_meant(proposed.tools, name) for name in (recall, proposed.issue().id, question)] == [
        (recall, ""), (recall, ""), (recall, question),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        proposal_meant(proposed.tools, "nothing")


def test_the_memo_speaks_the_wanted_language_or_english() -> None:
    wanted = ("zh_CN.UTF-8", "ru", "zh-Hans-CN", "de_DE", "")
    assert [memo_locale(one) for one in wanted] == ["zh", "ru", "zh", "en", "en"]


def test_complaints_are_of_the_release_and_in_turn_of_every_language(proposed: Play) -> None:
    facts = memo_facts(proposed.tools, proposed.recall().id)
    assert all(c.version in ("", facts.issue.version) for c in facts.complaints)
