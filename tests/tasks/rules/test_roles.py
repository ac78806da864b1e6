"""Claims about which signers are in force, and about the question that changes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from configs.policy import Signoff
from tasks.rules.roles import RolesChange, in_words, is_founding, is_restored, section_digest, section_from, section_text
from tests.tasks.rules.signoff_builders import HOLDERS, NOW, OPENED, a_signoff

NOW_THEY, THEN_THEY = a_signoff(), a_signoff({name: roles for name, roles in HOLDERS.items() if name != "pia"} | {"eve": ("product",)})
CHANGE = RolesChange(1, section_digest(THEN_THEY), "Eve leads the product now.", OPENED, "ann")


@pytest.mark.parametrize(
    ("agreed", "file", "asked", "founds"),
    [
        (None, NOW_THEY, False, True),
        (None, NOW_THEY, True, True),
        (NOW_THEY, THEN_THEY, False, True),
        (NOW_THEY, THEN_THEY, True, False),
        (NOW_THEY, NOW_THEY, False, False),
        (NOW_THEY, NOW_THEY, True, False),
    ],
)
def test_the_files_section_is_founded_by_the_table(agreed: Signoff | None, file: Signoff, asked: bool, founds: bool) -> None:
    assert is_founding(agreed, file, asked) is founds


@pytest.mark.parametrize(
    "other",
    [
        {"number": 2},
        {"section": section_digest(NOW_THEY)},
        {"reason": "Just because."},
        {"opened_at": NOW},
        {"proposed_by": "tom"},
        {"restored_at": NOW},
    ],
    ids=lambda other: next(iter(other)),
)
def test_signatures_for_one_change_do_not_serve_another(other: dict[str, object]) -> None:
    assert replace(CHANGE, **other).digest != CHANGE.digest  # type: ignore[arg-type]  # one field by name


def test_a_section_reads_back_as_it_was_agreed() -> None:
    assert section_from(section_text(THEN_THEY), NOW_THEY) == THEN_THEY


def test_a_key_that_came_later_has_the_files_value() -> None:
    older = section_text(THEN_THEY).replace('"restore_after_hours":24.0,', "")
    assert "restore_after_hours" not in older
    file = NOW_THEY.model_copy(update={"restore_after_hours": 48.0})
    assert section_from(older, file) == THEN_THEY.model_copy(update={"restore_after_hours": 48.0})


def test_an_address_is_part_of_the_section_and_shown_nowhere() -> None:
    people = NOW_THEY.people | {"ann": NOW_THEY.people["ann"].model_copy(update={"addresses": {"email": "ann@recall.example"}})}
    moved = NOW_THEY.model_copy(update={"people": people})
    assert section_digest(moved) != section_digest(NOW_THEY)
    assert in_words(NOW_THEY, moved) == ("ann: product -> product, other addresses",)


def test_a_change_is_said_line_by_line() -> None:
    then = a_signoff({**{n: r for n, r in HOLDERS.items() if n != "noa"}, "lea": ("tech",), "eve": ("legal",)}, product=2, tech=1, legal=1)
    assert in_words(NOW_THEY, then) == ("product: 1 -> 2", "- noa: no role", "+ eve: legal", "lea: legal -> tech")
    assert in_words(NOW_THEY, a_signoff(tech=1, legal=1, product=1).model_copy(update={"min_reason_characters": 1})) == (
        "min_reason_characters: 10 -> 1",
    )
    assert in_words(NOW_THEY, NOW_THEY) == ()


@pytest.mark.parametrize(("hours", "restored"), [(23.9, False), (24, True), (48, True)])
def test_silence_restores_only_after_the_time_for_objections(hours: float, restored: bool) -> None:
    waiting = replace(CHANGE, restored_at=OPENED + timedelta(hours=24))
    assert is_restored(waiting, OPENED + timedelta(hours=hours)) is restored
    assert not is_restored(CHANGE, OPENED + timedelta(days=400))
