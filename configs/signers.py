"""Who must agree, in which role, within what time, and what their silence leads to.

Add here when the policy must say more about signers; rather in `tasks/rules/signoff.py` when it is about whether a signature counts.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.escalation import Escalation, Holding
from configs.section import Positive, Section
from configs.terms import Level


class Person(Section):
    """Someone who may sign or brake. `addresses`: channel name -> address; operators only, never users.

    `deputy_for`: roles they sign in too, but are only asked to once its holders stay silent.
    """

    roles: tuple[str, ...]
    deputy_for: tuple[str, ...] = ()
    locale: str = "en"
    addresses: dict[str, str] = Field(default_factory=dict, repr=False)
    may_brake: bool = False

    def signs_as(self, role: str) -> bool:
        """Whether they may sign in that role, as holder or as deputy."""
        return role in self.roles or role in self.deputy_for


class Role(Section):
    needed: Annotated[int, Field(ge=1)]


class Signoff(Section):
    """Who must agree, how fast, and what happens when they do not."""

    roles: Annotated[dict[str, Role], Field(min_length=1)]
    people: dict[str, Person]
    deadline_hours: dict[Level, Positive]
    min_reason_characters: Annotated[int, Field(ge=1)]
    latest_start_hours: Positive
    restore_after_hours: Annotated[float, Field(ge=1)]
    escalation: Escalation | None = None
    holding: Holding | None = None

    @model_validator(mode="after")
    def _holdable(self) -> Self:
        held = {r for p in self.people.values() for r in (*p.roles, *p.deputy_for)}
        unknown = sorted((held | ({self.holding.silent_role} if self.holding else set())) - set(self.roles))
        if unknown:
            raise ValueError(f"people hold, or the holding statement names, roles that nobody defined: {', '.join(unknown)}")
        for name, role in self.roles.items():
            holders = sum(name in p.roles for p in self.people.values())
            if holders < role.needed:
                raise ValueError(f"role {name!r} needs {role.needed} signatures but {holders} people hold it")
        missing = sorted(set(Level) - set(self.deadline_hours))
        if missing:
            raise ValueError(f"deadline_hours lacks {', '.join(missing)}")
        return self
