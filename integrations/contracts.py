"""What the floors above may ask of the outside world: one Protocol per kind of neighbour.

Every adapter passes the contract tests of its kind (`tests/integrations/test_*_contract.py`), the rehearsal adapters included.
Adapters translate, call and parse; they raise only errors of `configs/errors.py`; their repr shows no secret and no address.

Add here when every adapter of a kind must be able to do it; rather in one adapter when only that vendor can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from configs.effects import Contact, Message, Receipt, Rollout
from configs.settings import App
from configs.terms import Platform, Reading, Scope

if TYPE_CHECKING:  # numpy, which a quick command does without
    from integrations.event_blocks import EventBlock, Mark


class Clock(Protocol):
    """Where "now" comes from: the wall, or a rehearsal's virtual time."""

    def now(self) -> datetime:
        """Now, UTC and aware."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter may know of the machine it runs on. `app` is set for what belongs to one app (sources, contacts)."""

    folder: Path
    home: Path
    clock: Clock
    env: Mapping[str, str] = field(repr=False)
    app: App | None = None


class Buildable(Protocol):
    """Every registry entry can be built from its part of the settings."""

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The adapter, after checking `options` with a pydantic model (extra=forbid). Opens no connection.

        Raises:
            SettingsInvalid: naming the adapter, the option and the way out.
        """
        ...


@runtime_checkable
class Source(Buildable, Protocol):
    """A monitoring source of one app."""

    name: str

    def poll(self, since: datetime, until: datetime) -> Reading:
        """Everything that arrived in [since, until), once; asking again for the same window gives the same answer.

        A bad row becomes `Rejected` and costs no other row. Missing or stale data gives `Health.UNKNOWN` with a warning.

        Raises:
            SourceUnavailable, Throttled: trying again can help.
            FileMalformed, Unsupported: it cannot.
        """
        ...


@runtime_checkable
class EventSource(Source, Protocol):
    """A source that brings single events besides its reading."""

    def event_blocks(
        self, since: datetime, until: datetime, *, marks: Mapping[str, Mark], known: Collection[bytes], late: bool
    ) -> Iterator[EventBlock]:
        """What was received before `until` and is not behind the marks, in blocks of bounded size.

        Args:
            marks: where the last poll's blocks ended, by file; {} reads everything.
            known: digests of the stretches the ledger already has.
            late: also what was received before `since` and shows up only now. False: exactly what was received in [since, until).

        Raises:
            FileMalformed: a file cannot be read at all.
        """
        ...


@runtime_checkable
class Contacts(Buildable, Protocol):
    """Who has the app, and how they can be reached. Addresses are read at send time and never kept."""

    def exposed(self, scope: Scope) -> Iterator[Contact]:
        """Contacts whose install ever ran `scope.version` and who are inside the scope, in a stable order, streamed."""
        ...

    def find(self, subjects: Sequence[str]) -> dict[str, Contact]:
        """The contacts of these subject ids that still exist, by id; erased ones are left out."""
        ...


@runtime_checkable
class Channel(Buildable, Protocol):
    """A way to reach people. `can_lookup`: the provider can be asked whether it has a key; otherwise sending is at most once."""

    name: str
    can_lookup: bool

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One receipt a message, in any order, as the answers come. A message's failure is a receipt, never an exception.

        Raises:
            ChannelUnavailable, Throttled: before the first message only; nothing was sent.
            Ambiguous: the connection broke; messages without a receipt so far are in doubt.
        """
        ...

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """What the provider already has of these keys. Raises Unsupported unless `can_lookup`."""
        ...


class Trace(Protocol):
    """What a kill leaves behind of a fan-out: kept outside the database, written before and after each irrevocable moment."""

    def note(self, answered: Sequence[Receipt], intended: Sequence[str]) -> None:
        """Writes down, in one go: these were answered, and these keys are about to go out beyond recall."""
        ...


@runtime_checkable
class FanOut(Protocol):
    """A channel that also hands many messages over at once, on several connections."""

    name: str
    can_lookup: bool

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """As `Channel.lookup`."""
        ...

    def fan_out(self, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        """Receipts as they come, one a message, in any order. What broke after its words went out is UNKNOWN; the others go on.

        Raises:
            ChannelUnavailable, Throttled: before the first message only; nothing was sent.
        """
        ...


@runtime_checkable
class Store(Buildable, Protocol):
    """An app store, or the rehearsal one with the same rules. All writes are safe to repeat with the same `key`."""

    name: str

    def rollouts(self, app: str, platform: Platform) -> tuple[Rollout, ...]:
        """Every version the store knows, newest first, drafts included. Raises StoreUnavailable, Throttled."""
        ...

    def halt(self, app: str, platform: Platform, version: str, *, key: str) -> Rollout:
        """Stops handing the version out; who has it keeps it. Halting a halted roll-out changes nothing.

        Raises:
            StoreUnavailable, Throttled: nothing happened.
            Ambiguous: it may have happened; read `rollouts` before anything else.
            NeighbourRefused: the store's rules forbid it (App Store pause used up, no such version, already removed).
        """
        ...

    def publish(self, app: str, platform: Platform, version: str, *, priority: int, key: str) -> Rollout:
        """Rolls a draft out to everyone, asking installs to update with `priority` 0 to 5. Errors as `halt`."""
        ...
