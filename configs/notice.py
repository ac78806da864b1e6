"""What a notice tells, as values: the facts that go in, and the words that come out.

Add here when a template needs another fact; rather in `configs/templates/languages.yaml` when it needs another word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from configs.terms import Action, IssueKind, Level, Platform


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What the users of a recalled version must know. Nothing about a person: one notice serves everyone of a language.

    `fixed_version` is empty until there is one. `countries`: ISO 3166 codes; none means wherever the store offers the app.
    `distributed_until` is None while the store still hands the version out. `answer_url`: where a reader answers, with `TOKEN` for what is
    each reader's own; "" where there is no such page.
    """

    recall_id: str
    app_title: str
    version: str
    platform: Platform
    kind: IssueKind
    level: Level
    distributed_from: date | None
    contact_url: str
    help_address: str
    fixed_version: str = ""
    countries: tuple[str, ...] = ()
    distributed_until: date | None = None
    answer_url: str = ""


@dataclass(frozen=True, slots=True)
class RenderedNotice:
    """One notice in one language: for e-mail (subject, text, html), short for SMS and other lines of plain text, and for push."""

    locale: str
    subject: str
    text: str
    html: str
    short: str
    push_title: str = ""
    push: str = ""


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """What a signer must know. `code` is the signer's own, for this proposal only; `link` leads to the form, "" where no UI is known.

    `summary` is "" where the memo below the message says it.
    `sign_link`: the signer's own page, "" where none is served.
    """

    proposal_id: str
    recall_id: str
    app_title: str
    version: str
    platform: Platform
    level: Level
    action: Action
    summary: str
    person: str
    role: str
    code: str
    link: str
    expires_at: datetime
    sign_link: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a signer of the brake's release must know. `reason`: why effects should go on, in the words of `asked_by`."""

    question_id: str
    reason: str
    asked_by: str
    person: str
    role: str
    code: str
    link: str
    sign_link: str = ""


@dataclass(frozen=True, slots=True)
class RolesFacts:
    """What a signer of a change of signers must know. `changes`: a line each; `without_at`: agreed then without signatures, "" never."""

    question_id: str
    reason: str
    asked_by: str
    changes: tuple[str, ...]
    without_at: str
    person: str
    role: str
    code: str
    link: str


class News(StrEnum):
    """What operators are told of."""

    OPENED = "opened"
    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    HALTED = "halted"
    NOTIFIED = "notified"
    FIX_PUBLISHED = "fix_published"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    BRAKED = "braked"
    RELEASED = "released"
    NEEDS_PERSON = "needs_person"
    SILENT = "silent"
    UNKNOWN = "unknown"
    KNOWN_AGAIN = "known_again"
    MEETING = "meeting"
    MEETING_CANCELLED = "meeting_cancelled"
    MILESTONE_DUE = "milestone_due"
    MILESTONE_LATE = "milestone_late"
    WIDEN = "widen"


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """One piece of news about a recall, for operators. `detail` is one plain sentence or a few lines; `link` may be empty."""

    recall_id: str
    app_title: str
    version: str
    platform: Platform
    news: News
    detail: str = ""
    link: str = ""


Facts = NoticeFacts | ProposalFacts | ReleaseFacts | RolesFacts | StatusFacts


@dataclass(frozen=True, slots=True)
class PartRule:
    """A pattern that must stand in these parts of a notice, and the rule that asks for it."""

    name: str
    rule: str
    parts: tuple[str, ...]
    pattern: str


@dataclass(frozen=True, slots=True)
class SofteningRule:
    """Patterns that must stand nowhere, and the rule that forbids them. `excepted`: what says something else in the same words."""

    name: str
    rule: str
    patterns: tuple[str, ...]
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordingRules:
    """One language's rules. `hazard`: the sentence that must be there for a kind of issue; `brief_hazard`: the same on a phone.

    `fold`: characters that are judged as another one (traditional Chinese as simplified).
    """

    locale: str
    must: tuple[PartRule, ...]
    urgent: PartRule
    must_not: tuple[SofteningRule, ...]
    hazard: dict[IssueKind, str]
    brief_hazard: dict[IssueKind, str] = field(default_factory=dict)
    fold: dict[str, str] = field(default_factory=dict)


def message_id(key: str, domain: str) -> str:
    """The Message-ID (RFC 5322) of a delivery: the same for the same key, so that a mailbox can tell a repetition."""
    return f"<{key}@{domain}>"
