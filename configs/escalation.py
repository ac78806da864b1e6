"""What happens while a role is silent: who is reminded, who is asked in their place, and what may be said meanwhile.

Nothing here approves anything. The one thing that may go out without a signature is a statement that was approved word by word beforehand.

Add here when silence must lead to something else; rather in `tasks/rules/deadlines.py` when it is about what is due now.
"""

from __future__ import annotations

from string import Template
from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.section import Section
from configs.terms import Level

ShareOfTime = Annotated[float, Field(gt=0, lt=1)]

PLACES = frozenset({"app", "version"})
"""What a holding statement may name: `$app` and `$version`."""


class Escalation(Section):
    """Shares of the signers' time after which a silent role is reminded, its deputies are asked, and the contact is told.

    `contact`: channel name -> address of whoever can reach the signers by other means; operators only, never users.
    """

    remind_after: ShareOfTime
    deputies_after: ShareOfTime
    contact_after: ShareOfTime
    contact: dict[str, str] = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.remind_after <= self.deputies_after <= self.contact_after:
            raise ValueError("remind_after, deputies_after and contact_after must not go down: remind, then deputies, then the contact")
        return self


class Holding(Section):
    """A statement that may go out while one role is silent and every other has approved.

    `texts`: language -> the words, with `$app` and `$version` and nothing else to fill in; `channels`: channel name -> address, where the
    public reads it. `approved_by`: who answers for the words; part of the journal entry. Without texts nothing ever goes out.
    """

    silent_role: str
    after_minutes: Annotated[float, Field(gt=0)]
    from_level: Level
    approved_by: str = ""
    channels: dict[str, str] = Field(default_factory=dict, repr=False)
    texts: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for language, text in self.texts.items():
            template = Template(text)
            if not template.is_valid() or set(template.get_identifiers()) - PLACES or "version" not in template.get_identifiers():
                raise ValueError(f"the holding statement in {language!r} must name $version, may name $app, and has no other $ in it")
        if self.texts and not (self.approved_by.strip() and self.channels):
            raise ValueError("a holding statement needs approved_by, and channels to go out on")
        return self

    def statement(self, language: str, app: str, version: str) -> str:
        """The words in that language."""
        return Template(self.texts[language]).substitute(app=app, version=version)
