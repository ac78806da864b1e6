"""Where things are on this machine: the file `recall.yaml`, and the environment for secrets.

The file names apps, sources, channels, stores and the ledger; it never holds a secret: an option ending in `_env` names the
environment variable that does. `RECALL_CONFIG` points to another file, `RECALL_LEDGER` to another ledger.

Add here when it differs from machine to machine; rather in `configs/policy.py` when it is a decision.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from configs.errors import SettingsInvalid
from configs.places import anchored, read_settings
from configs.terms import Platform
from configs.web import Web

SHOWN = 5
"""Complaints about one file told at once."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Adapter(_Part):
    """One entry of a registry: `kind` names the adapter, `options` are checked by the adapter itself."""

    kind: Name
    name: Name = ""
    options: dict[str, object] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, given: object) -> object:
        if isinstance(given, dict) and "options" not in given:
            own = {k: v for k, v in given.items() if k in ("kind", "name")}
            return own | {"options": {k: v for k, v in given.items() if k not in own}}
        return given

    @property
    def label(self) -> str:
        """What people call it: its name, else its kind."""
        return self.name or self.kind

    @property
    def counts_sessions(self) -> bool:
        """Whether a source counts crashing sessions, several of which may be one user's, and not distinct users."""
        return self.options.get("exposure") == "sessions"


class App(_Part):
    """One app on one platform, with where to read about it and where to act."""

    id: Name
    title: str
    platform: Platform
    store: Name
    sources: Annotated[tuple[Adapter, ...], Field(min_length=1)]
    contacts: Adapter

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        labels = [s.label for s in self.sources]
        if len(set(labels)) < len(labels):
            raise ValueError("two sources have the same name; give each its own `name`")
        return self


class Settings(_Part):
    """All of `recall.yaml`. Relative paths are relative to the file's folder."""

    folder: Path = Path(".")
    home: Path = Path(".recall")
    ledger: str = ""
    policy: str = "default"
    clock: Literal["wall", "rehearsal"] = "wall"
    apps: Annotated[tuple[App, ...], Field(min_length=1)]
    channels: dict[Name, Adapter]
    stores: dict[Name, Adapter]
    checkpoint_files: tuple[Path, ...] = ()
    web: Web | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        ids = [a.id for a in self.apps]
        if len(set(ids)) < len(ids):
            raise ValueError("two apps have the same id; an app on two platforms needs two ids")
        for app in self.apps:
            if app.store not in self.stores:
                raise ValueError(f"app {app.id!r} names store {app.store!r}, which is not under `stores`")
        return self

    @property
    def home_folder(self) -> Path:
        """Everything the product keeps: ledger, keys, checkpoints, dossiers."""
        return (self.folder / self.home).resolve()

    @property
    def ledger_url(self) -> str:
        """`sqlite:///path` or `postgresql://...`; `RECALL_LEDGER` wins, for it may hold a password."""
        default = f"sqlite:///{self.home_folder / 'ledger.db'}"
        return os.environ.get("RECALL_LEDGER") or anchored(self.ledger, self.folder.resolve()) or default

    @property
    def checkpoint_paths(self) -> tuple[Path, ...]:
        """The configured checkpoint files, absolute."""
        return tuple((self.folder / path).resolve() for path in self.checkpoint_files)

    @property
    def policy_source(self) -> str:
        """A built-in name, or the path of the policy file."""
        path = self.folder / self.policy
        return str(path) if path.suffix in (".yaml", ".yml") else self.policy

    def app(self, app_id: str) -> App:
        """The app of that id. Raises SettingsInvalid naming the known ones."""
        for app in self.apps:
            if app.id == app_id:
                return app
        raise SettingsInvalid(f"no app {app_id!r} in the settings; known: {', '.join(a.id for a in self.apps)}")


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """`RECALL_CONFIG`, else `recall.yaml` in the working folder."""
    return Path(environment.get("RECALL_CONFIG") or "recall.yaml")


def load_settings(path: Path | None = None) -> Settings:
    """The settings of that file.

    Raises:
        SettingsInvalid: no file, not YAML, a wrong or missing key; names the file, the line, the key and the way out.
    """
    path = path or settings_path()
    document = read_settings(path)
    try:
        return Settings.model_validate({**_keyed(document.values), "folder": path.resolve().parent})
    except ValidationError as err:
        found = err.errors(include_input=False, include_url=False)
        lines = "; ".join(f"{document.at(e['loc'])}: {'.'.join(map(str, e['loc'])) or '(all)'}: {e['msg']}" for e in found[:SHOWN])
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise SettingsInvalid(f"{lines}{more}; `recall init` writes a commented example") from None


def _keyed(values: object) -> dict[str, object]:
    return {str(key): value for key, value in values.items()} if isinstance(values, dict) else {}
