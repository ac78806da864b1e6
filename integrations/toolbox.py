"""The composition root: from settings and policy to everything a step may use.

Built once a process and settings file. Nothing here opens a connection; adapters do that when they are first asked.

Add here when a new kind of neighbour exists; rather in a registry when there is a new neighbour of a known kind.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

from configs.errors import PolicyInvalid, SettingsInvalid
from configs.policies import load_policy
from configs.policy import Policy
from configs.settings import App, Settings, load_settings, settings_path
from integrations.channels import ALERTS_ONLY, CHANNELS
from integrations.contacts import CONTACTS
from integrations.contracts import Channel, Clock, Contacts, Source, Store, Surroundings
from integrations.holder import new_holder
from integrations.ledger.book import Book
from integrations.ledger.checkpoints import CheckpointKeeper
from integrations.registry import chosen
from integrations.rehearsal.world import RehearsalClock
from integrations.sealing import Sealer
from integrations.sources import SOURCES
from integrations.stores import STORES


class WallClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Now."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Toolbox:
    """What a step may use. Mappings are by the names of the settings; `sources` by app id, then by source label."""

    settings: Settings
    policy: Policy
    clock: Clock
    book: Book
    keeper: CheckpointKeeper
    secret: bytes = field(repr=False)
    holder: str
    sources: Mapping[str, Mapping[str, Source]]
    contacts: Mapping[str, Contacts]
    channels: Mapping[str, Channel]
    stores: Mapping[str, Store]

    def apps(self, app_id: str = "") -> tuple[App, ...]:
        """That app, or all of them when none is named."""
        return (self.settings.app(app_id),) if app_id else self.settings.apps

    @cached_property
    def sealer(self) -> Sealer:
        """What seals addresses that lie in the ledger."""
        return Sealer(self.secret)

    def store_of(self, app_id: str) -> Store:
        """The store that hands this app out."""
        return self.stores[self.settings.app(app_id).store]


def open_toolbox(path: Path | None = None) -> Toolbox:
    """The toolbox of that settings file (default: `RECALL_CONFIG`, else ./recall.yaml), built once while the file is unchanged.

    Raises:
        SettingsInvalid, PolicyInvalid: naming file, key and way out.
        LedgerMissing, LedgerVersion: `recall init` makes or migrates the ledger.
    """
    found = (path or settings_path()).resolve()
    changed = found.stat().st_mtime_ns if found.exists() else 0
    return _built(found, changed, os.environ.get("RECALL_LEDGER", ""))


@lru_cache(maxsize=4)
def _built(path: Path, _changed: int, _ledger: str) -> Toolbox:
    settings = load_settings(path)
    try:
        return build_toolbox(settings)
    except SettingsInvalid as err:  # an adapter knows its option, but not which file it stands in
        raise SettingsInvalid(f"{path}: {err.message}", **err.facts) from err


def build_toolbox(settings: Settings, env: Mapping[str, str] = os.environ) -> Toolbox:
    """A toolbox for these settings. Errors as `open_toolbox`."""
    home = settings.home_folder
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    policy = load_policy(settings.policy_source)
    refuse_alert_channels(settings, policy)
    clock: Clock = RehearsalClock.at(home) if settings.clock == "rehearsal" else WallClock()
    around = Surroundings(folder=settings.folder, home=home, clock=clock, env=env)
    keeper = CheckpointKeeper.at(home, settings.checkpoint_paths, policy.journal)
    return Toolbox(
        settings=settings,
        policy=policy,
        clock=clock,
        book=Book.open(settings.ledger_url, clock=clock, keeper=keeper, max_skew=timedelta(seconds=policy.journal.max_clock_skew_seconds)),
        keeper=keeper,
        secret=_secret(home),
        holder=new_holder(),
        sources={app.id: _sources(app, around) for app in settings.apps},
        contacts={app.id: _contacts(app, around) for app in settings.apps},
        channels={name: chosen("channel", CHANNELS, a.kind).build(name, a.options, around) for name, a in settings.channels.items()},
        stores={name: chosen("store", STORES, a.kind).build(name, a.options, around) for name, a in settings.stores.items()},
    )


def refuse_alert_channels(settings: Settings, policy: Policy) -> None:
    """Raises PolicyInvalid where exposed users would be told by a channel that is for operators' alerts only."""
    alerts = {name for name, adapter in settings.channels.items() if adapter.kind in ALERTS_ONLY}
    for level, names in policy.notices.channels.items():
        for name in names:
            if name in alerts:
                kind = settings.channels[name].kind
                raise PolicyInvalid(
                    f"notices.channels.{level}: channel {name!r}: {kind} is for operators' alerts, never for notices; name another there"
                )


def _sources(app: App, around: Surroundings) -> dict[str, Source]:
    beside = _beside(app, around)
    return {s.label: chosen("source", SOURCES, s.kind).build(s.label, s.options, beside) for s in app.sources}


def _contacts(app: App, around: Surroundings) -> Contacts:
    kind = chosen("contacts", CONTACTS, app.contacts.kind)
    return kind.build(app.contacts.label, app.contacts.options, _beside(app, around))


def _beside(app: App, around: Surroundings) -> Surroundings:
    return Surroundings(folder=around.folder, home=around.home, clock=around.clock, env=around.env, app=app)


def _secret(home: Path) -> bytes:
    """The key behind pseudonyms and one-time codes: 32 random bytes in a file only we may read, made on first use."""
    path = home / "keys" / "pseudonym.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(secrets.token_bytes(32))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_bytes()
