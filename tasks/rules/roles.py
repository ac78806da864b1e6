"""Who signs is itself signed for: which section of the policy is in force, and the question that changes it.

The policy file only says who should sign. In force is what was agreed: first the file's section, for there is nobody yet who could sign
for it (the founding); from the first question on only what the signers in force have signed for.

| agreed before | anything asked before | the file says | in force    |
|---------------|-----------------------|---------------|-------------|
| nothing       | any                   | any           | the file's  |
| something     | nothing               | another       | the file's  |
| something     | something             | another       | the agreed  |
| something     | any                   | the same      | the agreed  |

Add here when another part of the policy must be signed for; rather in `tasks/rules/signoff.py` when it judges a signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from configs.policy import Signoff

ABOUT = "roles"
"""What every such question is about: one thing, so only one of them can be open."""


@dataclass(frozen=True, slots=True)
class RolesChange:
    """The question "from now on, may these people sign?". It does not expire.

    `section`: digest of the new section; `restored_at`: without signatures it is agreed then, unless a signer objects (None: never).
    """

    number: int
    section: str
    reason: str
    opened_at: datetime
    proposed_by: str
    restored_at: datetime | None = None
    expires_at: None = None

    @property
    def id(self) -> str:
        """One id per question, in the name space of proposals."""
        return f"{ABOUT}-{self.number}"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over every field: signatures for other people, or another reason, do not fit."""
        times = [_utc(self.opened_at), _utc(self.restored_at) if self.restored_at else ""]
        return _hashed("roles-change", [self.number, self.section, self.reason, *times, self.proposed_by])


def section_text(signoff: Signoff) -> str:
    """The section's canonical JSON: everything that says who signs, where their codes go, how fast, and how they may be replaced."""
    return json.dumps(signoff.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def section_digest(signoff: Signoff) -> str:
    """SHA-256 (hex) by which a section is named in questions and in the journal, which hold no address."""
    return _hashed("signoff-section", json.loads(section_text(signoff)))


def section_from(text: str, file: Signoff) -> Signoff:
    """The agreed section. A key that came into the policy after it was agreed has the file's value until the next agreement."""
    agreed: Mapping[str, object] = json.loads(text)
    known = {key: value for key, value in agreed.items() if key in Signoff.model_fields}
    return Signoff.model_validate({**file.model_dump(mode="json"), **known})


def in_words(now: Signoff, then: Signoff) -> tuple[str, ...]:
    """What a new section changes, a line each, for people; no address is shown, only that it is another."""
    roles = [
        f"{name}: {_needed(now, name)} -> {_needed(then, name)}"
        for name in sorted({*now.roles, *then.roles})
        if _needed(now, name) != _needed(then, name)
    ]
    gone = [f"- {name}: {_holds(now, name)}" for name in sorted(set(now.people) - set(then.people))]
    new = [f"+ {name}: {_holds(then, name)}" for name in sorted(set(then.people) - set(now.people))]
    both = sorted(name for name in set(now.people) & set(then.people) if now.people[name] != then.people[name])
    other = [f"{name}: {_holds(now, name)} -> {_holds(then, name)}{_moved(now, then, name)}" for name in both]
    rest = [
        f"{key}: {getattr(now, key)} -> {getattr(then, key)}"
        for key in Signoff.model_fields
        if key not in ("roles", "people") and getattr(now, key) != getattr(then, key)
    ]
    return (*roles, *gone, *new, *other, *rest)


def _needed(section: Signoff, role: str) -> str:
    return str(section.roles[role].needed) if role in section.roles else "not asked"


def _holds(section: Signoff, name: str) -> str:
    person = section.people[name]
    return ", ".join([*person.roles, *(["may brake"] if person.may_brake else [])]) or "no role"


def _moved(now: Signoff, then: Signoff, name: str) -> str:
    return "" if now.people[name].addresses == then.people[name].addresses else ", other addresses"


def is_founding(agreed: Signoff | None, file: Signoff, asked_before: bool) -> bool:
    """Whether the file's section is agreed as it stands: by the table above."""
    return agreed is None or (not asked_before and agreed != file)


def is_restored(change: RolesChange, now: datetime) -> bool:
    """Whether the time for objections is over, so that the question is agreed without signatures. It must still be open."""
    return change.restored_at is not None and now >= change.restored_at


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _hashed(domain: str, value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"app-recall/{domain}/v1\n{canonical}".encode("ascii")).hexdigest()
