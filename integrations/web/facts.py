"""What the page of a signed link shows, and what it can ask for: values, and the one promise it needs kept.

Add here when the page needs another fact; rather in `tasks/answer.py` when a fact is found otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from configs.terms import Option, Proposal, Signature, Verdict


class Standing(StrEnum):
    """What can be done by a link now."""

    OPEN = "open"
    SIGNED = "signed"
    RENEWED = "renewed"
    DECIDED = "decided"
    EXPIRED = "expired"
    REPLACED = "replaced"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Page:
    """A question as its signer sees it. `proposal` is None for the release of the brake, whose `reason` and `asked_by` are given instead.

    `signature`: theirs, once given. `newest`: the question that stands in this one's place. `missing`: role -> signatures still needed.
    `key`: what the form must bring back.
    """

    locale: str
    standing: Standing
    question: str
    role: str
    person: str
    digest: str
    now: datetime
    key: str = field(repr=False)
    min_reason: int
    opened_at: datetime
    expires_at: datetime | None = None
    proposal: Proposal | None = None
    app_title: str = ""
    options: tuple[Option, ...] = ()
    reason: str = ""
    asked_by: str = ""
    missing: Mapping[str, int] = field(default_factory=dict)
    signature: Signature | None = None
    newest: str = ""


class Desk(Protocol):
    """Who keeps the questions. Both may raise SignatureRefused (no link of ours), and errors of the ledger."""

    def look(self, token: str) -> Page:
        """The question of that link. Changes nothing, however often it is called."""
        ...

    def answer(self, token: str, key: str, verdict: Verdict, reason: str) -> None:
        """Signs. Raises SignatureRefused naming why not."""
        ...
