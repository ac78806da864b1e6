"""What must hold, said again without the rules: the judge knows needs, people and who answered, and calls none of the shipped code.

Add here when something else must never happen; rather in `parts.py` when something else can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from configs.policy import Signoff
from tests.model.people import MACHINE

Answer = tuple[str, str, bool]
"""Person, role, and whether they approve."""


def is_covered(signoff: Signoff, answers: Iterable[Answer], authors: Collection[str]) -> bool:
    """Whether these are all the signatures that the section asks for: distinct people, each in a role they hold, and nobody against."""
    given = list(answers)
    people = [person for person, _, _ in given]
    if len(set(people)) != len(people) or not all(approves for _, _, approves in given):
        return False
    if any(person == MACHINE or person not in signoff.people or role not in signoff.people[person].roles for person, role, _ in given):
        return False
    enough = all(sum(role == name for _, role, _ in given) >= rule.needed for name, rule in signoff.roles.items())
    return enough and not (len(people) == 1 and people[0] in authors)
