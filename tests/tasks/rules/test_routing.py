"""The policy's order decides the channel, the reader's locale the language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.policies import load_policy
from configs.policy import Notices
from configs.terms import Level
from tasks.rules.routing import chunks, locale_for, route

NOTICES = load_policy("default").notices


def the_notices(**varied: object) -> Notices:
    return NOTICES.model_copy(update=varied)


@pytest.mark.parametrize(
    ("has", "prefers", "available", "chosen"),
    [
        ({"email", "push"}, ("push", "email"), {"email", "push"}, "push"),
        ({"email", "push"}, ("push", "email"), {"email"}, "email"),
        ({"push"}, ("email",), {"email", "push"}, None),
        (set(), ("email",), {"email"}, None),
        ({"email"}, ("email",), set(), None),
    ],
)
def test_the_first_preferred_channel_that_works_is_taken(
    has: set[str], prefers: tuple[str, ...], available: set[str], chosen: str | None
) -> None:
    notices = the_notices(channels=dict.fromkeys(Level, prefers))
    assert route(has, Level.HIGH, notices, available) == chosen


@pytest.mark.parametrize(
    ("has", "failed", "chosen"),
    [
        ({"email", "push", "sms"}, {"push"}, "sms"),
        ({"email", "push"}, {"push"}, "email"),
        ({"email", "push"}, {"push", "email"}, "push"),
        ({"push"}, {"push"}, "push"),
        ({"email", "push"}, {"email"}, "push"),
        (set(), {"push"}, None),
    ],
)
def test_where_a_channel_has_failed_the_next_is_taken(has: set[str], failed: set[str], chosen: str | None) -> None:
    notices = the_notices(channels=dict.fromkeys(Level, ("push", "sms", "email")))
    assert route(has, Level.HIGH, notices, {"push", "sms", "email"}, failed) == chosen


def test_levels_have_their_own_order() -> None:
    notices = the_notices(channels={Level.LOW: ("email",), Level.SERIOUS: ("push", "email")})
    assert route({"email", "push"}, Level.LOW, notices, {"email", "push"}) == "email"
    assert route({"email", "push"}, Level.SERIOUS, notices, {"email", "push"}) == "push"


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("zh", "zh"),
        ("zh-Hans-CN", "zh"),
        ("ZH_hans_cn", "zh"),
        ("ru_RU.UTF-8", "ru"),
        ("de_DE@euro", "en"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "en"),
        ("zhx", "en"),
        ("", "en"),
    ],
)
def test_a_locale_falls_back_part_by_part(wanted: str, chosen: str) -> None:
    assert locale_for(wanted, the_notices(locales=("en", "zh", "ru", "pt-BR"))) == chosen


@given(st.text(max_size=20))
def test_whatever_is_wanted_something_readable_comes(wanted: str) -> None:
    notices = the_notices()
    assert locale_for(wanted, notices) in notices.locales


@given(st.lists(st.integers()), st.integers(1, 7))
def test_portions_keep_every_item_and_the_order(items: list[int], size: int) -> None:
    portions = list(chunks(items, size))
    assert [i for p in portions for i in p] == items
    assert all(len(p) == size for p in portions[:-1])
    assert all(1 <= len(p) <= size for p in portions)


def test_a_portion_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no progress"):
        list(chunks([1], 0))
