"""Which channel and which language a person is told by, and in which portions.

| the person has | the policy prefers, at this level | set up | then |
|---|---|---|---|
| email, push | push, email | push, email | push |
| email, push | push, email | email | email |
| push | email | email, push | none: nobody may be told by a channel the policy does not name |
| email, push, and push has failed | push, email | push, email | email |
| push, and it has failed | push, email | push, email | push: its address may have been set right |

Add here when the choice depends on something new about a person; rather in the policy's `notices` when an order of preference changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from configs.policy import Notices
from configs.terms import Level

T = TypeVar("T")


def route(
    contact_channels: Collection[str], level: Level, notices: Notices, available: Collection[str], failed: Collection[str] = ()
) -> str | None:
    """The first channel in the policy's order for this level that the person has and that is set up; None when there is none.

    `failed`: where an earlier notice came back for good; the next channel is taken, the first again where all have failed.
    """
    usable = [c for c in notices.channels[level] if c in contact_channels and c in available]
    return next((c for c in usable if c not in failed), usable[0] if usable else None)


def locale_for(wanted: str, notices: Notices) -> str:
    """The language to write in: the wanted locale, else a shorter form of it, else the policy's default.

    `zh-Hans-CN` -> `zh-Hans` -> `zh` -> the default. Case and `_` or `-` make no difference.
    """
    return best_locale(wanted, notices.locales) or notices.default_locale


def best_locale(wanted: str, locales: Collection[str]) -> str | None:
    """The longest leading part of `wanted` that is among `locales`; None when none is."""
    known = {_normal(locale): locale for locale in locales}
    parts = _normal(wanted).split("-")
    return next((known[tag] for n in range(len(parts), 0, -1) if (tag := "-".join(parts[:n])) in known), None)


def _normal(locale: str) -> str:
    return locale.split(".")[0].split("@")[0].replace("_", "-").lower()


def chunks(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items in their order, `size` at a time, the last portion shorter. Raises ValueError when `size` is below 1."""
    if size < 1:
        raise ValueError(f"a portion of {size} items makes no progress")
    yield from (tuple(items[start : start + size]) for start in range(0, len(items), size))
