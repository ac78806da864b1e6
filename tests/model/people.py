"""Who takes part in a model: two signoff sections, the people in them, and those who should be nobody.

Add here when another kind of person could get in; rather in `parts.py` when people can do something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from configs.policies import load_policy
from configs.policy import Person, Policy, Role, Signoff
from configs.terms import Level

ON_DUTY = "duty"
STRANGER, MACHINE = "mallory", "release-bot"
"""Somebody no policy knows, and a machine that every policy wrongly lists as a holder of the first role."""

NO_ROLE = "chief"


def section(holders: Mapping[str, tuple[str, ...]], needed: Mapping[str, int]) -> Signoff:
    """One person on duty may brake and holds no role; so may the machine, by the same mistake."""
    first = next(iter(needed))
    people = {name: Person(roles=roles) for name, roles in holders.items()} | {ON_DUTY: Person(roles=(), may_brake=True)}
    return Signoff(
        roles={role: Role(needed=n) for role, n in needed.items()},
        people=people | {MACHINE: Person(roles=(first,), may_brake=True)},
        deadline_hours=dict.fromkeys(Level, 4.0),
        min_reason_characters=10,
        latest_start_hours=72.0,
        restore_after_hours=24.0,
    )


@dataclass(frozen=True, eq=False)
class Company:
    """The section in force at first, and the one it may be changed to and back."""

    name: str
    sections: tuple[Signoff, Signoff]

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(load_policy("default").model_copy(update={"signoff": signoff}) for signoff in self.sections)

    @cached_property
    def everyone(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.sections[0].people, *self.sections[1].people, STRANGER]))

    def may_be_alone(self, at: int) -> bool:
        """Whether one person's signature can be enough, so that it matters who wrote the text."""
        return sum(role.needed for role in self.sections[at].roles.values()) == 1

    def like(self, at: int, person: str) -> object:
        """What tells a person from others in that section: people who are alike can change places without changing anything."""
        known = self.sections[at].people.get(person)
        return (person,) if known is None or person == MACHINE else (known.roles, known.may_brake)


def _three_roles(name: str, product: int, tech: int, legal: int) -> Company:
    """The second section puts a newcomer in the place of the last product person, and asks for another person where two can sign."""
    holders = {f"{role}{n}": (role,) for role, many in (("product", product), ("tech", tech), ("legal", legal)) for n in range(many)}
    later = {("newcomer" if who == f"product{product - 1}" else who): roles for who, roles in holders.items()}
    needed = {"product": min(2, product), "tech": 1, "legal": 1}
    return Company(name, (section(holders, needed), section(later, {"product": 1, "tech": min(2, tech), "legal": 1})))


SMALL = _three_roles("3 roles, 2 + 1 + 1 people", 2, 1, 1)
LARGE = _three_roles("3 roles, 3 + 3 + 3 people", 3, 3, 3)
TWO_HATS = Company(
    "2 roles, 1 + 1 people and one who holds both",
    tuple(  # type: ignore[arg-type]  # two of them
        section({"tom": ("tech", "legal"), "lea": ("legal",), "tim": ("tech",)}, {"tech": n, "legal": 3 - n}) for n in (1, 2)
    ),
)
ALONE = Company(
    "1 role, 3 people, one signature needed",
    (
        section({"tom": ("tech",), "tim": ("tech",), "ted": ("tech",)}, {"tech": 1}),
        section({"tom": ("tech",), "eve": ("tech",)}, {"tech": 1}),
    ),
)

COMPANIES = (SMALL, ALONE, TWO_HATS, LARGE)
