"""How two scopes of one release stand to each other, and the smallest scope that holds several.

Add here when scopes are compared or joined in another way; rather in `tasks/rules/detection.py` when a detector finds one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from configs.terms import Scope

NAMES = (("country", "countries"), ("os", "os_versions"), ("device", "devices"))
"""The dimension as it is counted and typed, and the scope's field of it."""


class Relation(StrEnum):
    """How one scope stands to another. OVERLAPS: some users may be in both, and neither holds the other."""

    EQUAL = "equal"
    WITHIN = "within"
    HOLDS = "holds"
    OVERLAPS = "overlaps"
    DISJOINT = "disjoint"


def relation(scope: Scope, other: Scope) -> Relation:
    """How `scope` stands to `other`, over all three dimensions; an empty one is everybody.

    | every dimension                        | relation |
    |----------------------------------------|----------|
    | the same values                        | equal    |
    | `scope` has some of `other`'s          | within   |
    | `other` has some of `scope`'s          | holds    |
    | in one of them no value is in both     | disjoint |
    | anything else                          | overlaps |
    """
    pairs = [(set(mine), set(theirs)) for mine, theirs in zip(_parts(scope), _parts(other), strict=True)]
    if all(mine == theirs for mine, theirs in pairs):
        return Relation.EQUAL
    if any(mine and theirs and not mine & theirs for mine, theirs in pairs):
        return Relation.DISJOINT
    if all(_holds(theirs, mine) for mine, theirs in pairs):
        return Relation.WITHIN
    if all(_holds(mine, theirs) for mine, theirs in pairs):
        return Relation.HOLDS
    return Relation.OVERLAPS


def holds(scope: Scope, other: Scope) -> bool:
    """Whether everybody in `other` is in `scope`."""
    return relation(scope, other) in (Relation.EQUAL, Relation.HOLDS)


def hull(scopes: Iterable[Scope]) -> Scope | None:
    """The smallest scope that holds all of them, whatever their order; None of none."""
    found = list(scopes)
    if not found:
        return None
    countries, os_versions, devices = (_union(getattr(scope, field) for scope in found) for _, field in NAMES)
    return replace(found[0], countries=countries, os_versions=os_versions, devices=devices)


def width(scope: Scope) -> tuple[int, int]:
    """A measure that grows with the scope: dimensions left open, then values named."""
    parts = _parts(scope)
    return sum(not part for part in parts), sum(map(len, parts))


def _parts(scope: Scope) -> tuple[tuple[str, ...], ...]:
    return tuple(getattr(scope, field) for _, field in NAMES)


def _holds(mine: set[str], theirs: set[str]) -> bool:
    return not mine or (bool(theirs) and theirs <= mine)


def _union(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    found = list(parts)
    return tuple(sorted({value for part in found for value in part})) if all(found) else ()
