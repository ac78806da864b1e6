"""Where the ledger and its checkpoints are, read from `recall.yaml` without loading everything the settings need.

`status` and `verify` must start in a blink; they trust `recall init` and every other command to check the rest of the file.

Add here when a quick command needs another path; rather in `configs/settings.py` when anything else does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from configs.errors import SettingsInvalid


@dataclass(frozen=True, slots=True)
class Places:
    """`checkpoint_files` are the configured ones, possibly none."""

    home: Path
    ledger_url: str
    checkpoint_files: tuple[Path, ...]


def read_places(environment: Mapping[str, str] = os.environ) -> Places:
    """The places named by `RECALL_CONFIG` (default ./recall.yaml) and `RECALL_LEDGER`.

    Raises:
        SettingsInvalid: no such file, or not YAML.
    """
    path = Path(environment.get("RECALL_CONFIG") or "recall.yaml")
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except FileNotFoundError as err:
        raise SettingsInvalid(f"no settings at {path}; `recall init` writes a commented one") from err
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as err:
        raise SettingsInvalid(f"{path}: cannot be read as YAML ({' '.join(str(err).split())})") from err
    if not isinstance(given, dict):
        raise SettingsInvalid(f"{path}: holds no settings; `recall init` writes a commented one")
    folder = path.resolve().parent
    home = (folder / str(given.get("home") or ".recall")).resolve()
    url = environment.get("RECALL_LEDGER") or str(given.get("ledger") or f"sqlite:///{home / 'ledger.db'}")
    return Places(home, url, tuple((folder / str(p)).resolve() for p in given.get("checkpoint_files") or ()))
