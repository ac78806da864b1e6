"""Words for what the product does to the world outside: effects, messages, deliveries, what a store says.

Add here when a new thing is sent, halted or published, or a neighbour has a new way to answer; rather in `configs/terms.py` when it is
observed or judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from configs.terms import Platform


class EffectKind(StrEnum):
    ASK_SIGNATURE = "ask_signature"
    HALT_ROLLOUT = "halt_rollout"
    SEND_NOTICES = "send_notices"
    PUBLISH_FIX = "publish_fix"
    TELL_OPERATORS = "tell_operators"
    SEND_HOLDING = "send_holding"
    INVITE = "invite"
    REMIND = "remind"


class EffectState(StrEnum):
    """QUEUED -> CLAIMED -> DONE; UNKNOWN is resolved by reading; FAILED and CANCELLED are final and named."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to do outside, once. `key` = hash of (issue, step, target, revision); the same key with another body is an error."""

    key: str
    recall_id: str
    kind: EffectKind
    target: str
    revision: int
    body: dict[str, object]
    state: EffectState = EffectState.QUEUED
    fence: int = 0
    attempts: int = 0
    not_before: datetime | None = None


TOKEN = "READERS-OWN-TOKEN-0000000000000000000000000"  # noqa: S105 - a place, not a secret
"""Stands in a message's words where each reader's own token goes: 43 characters, as many as 256 bits take in base64url."""


# --- messages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """One install that was exposed, and how its owner can be reached. `version`: what it runs now, "" once the app is gone.

    `subject` is the source's id; addresses never enter the ledger, the id only in the table that erasing a person clears.
    """

    subject: str
    app: str
    platform: Platform
    version: str
    country: str
    os_version: str
    device: str
    locale: str
    addresses: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message to one address. `key` is deterministic and is given to the provider (Message-ID, idempotency header).

    `token` is the reader's own: it takes the place of `TOKEN` in text and HTML, so that words are encoded once for all readers.
    `short`: the same as one line of plain text, for channels that carry no more; "" where there is none.
    `calendar`: an iCalendar file that comes with it, where the channel can carry one; `calendar_method`: REQUEST or CANCEL.
    """

    key: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    locale: str = "en"
    urgent: bool = False
    token: str = field(default="", repr=False)
    calendar: str = field(default="", repr=False)
    calendar_method: str = ""
    short: str = field(default="", repr=False)


class DeliveryState(StrEnum):
    """ACCEPTED: the provider took it. BOUNCED: never by this channel. DEFERRED: try later. UNKNOWN: ask, or list for a person."""

    QUEUED = "queued"
    INTENDED = "intended"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's answer for one message: state, its own id, and its words (code and text, no address)."""

    key: str
    state: DeliveryState
    provider_id: str = ""
    detail: str = ""


# --- stores -------------------------------------------------------------------------------------------------------------


class RolloutState(StrEnum):
    """One vocabulary over both stores; each adapter maps its own words to it in a table."""

    DRAFT = "draft"
    IN_PROGRESS = "in_progress"
    HALTED = "halted"
    COMPLETED = "completed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the store says of one version now. `fraction` of eligible users, 0 to 1. `paused_days` is used up by App Store pauses."""

    app: str
    platform: Platform
    version: str
    state: RolloutState
    fraction: float
    started_at: datetime | None = None
    update_priority: int = 0
    paused_days: int = 0
    detail: str = ""


# --- the emergency stop -------------------------------------------------------------------------------------------------


class Standing(StrEnum):
    """What a store says of an app while the brake is engaged. UNREAD: it did not answer, so nothing is known."""

    STILL = "still"
    MOVING = "moving"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Surface:
    """One app in its store, as last read back after the brake fell.

    `running`: versions still being handed out. `still_since`: since when every look found it standing still; None while it does not.
    `looks` counts the changes seen, `looked_at` is the last look at all.
    """

    app: str
    platform: Platform
    store: str
    standing: Standing
    running: tuple[str, ...]
    detail: str
    looks: int
    looked_at: datetime
    still_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Effects of one kind while the brake is engaged. `under_way`: were with their neighbour when it fell, and end there."""

    kind: EffectKind
    waiting: int
    under_way: int
