"""Where the ledger and its checkpoints are, read from `recall.yaml` without loading everything the settings need.

`status` and `verify` must start in a blink; they trust `recall init` and every other command to check the rest of the file.

Add here when a quick command needs another path; rather in `configs/settings.py` when anything else does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configs.errors import SettingsInvalid
from configs.yaml_text import Document, parsed, text_of


@dataclass(frozen=True, slots=True)
class Places:
    """`checkpoint_files` are the configured ones, possibly none."""

    home: Path
    ledger_url: str
    checkpoint_files: tuple[Path, ...]


def read_places(environment: Mapping[str, str] = os.environ) -> Places:
    """The places named by `RECALL_CONFIG` (default ./recall.yaml) and `RECALL_LEDGER`.

    Raises:
        SettingsInvalid: no such file, not YAML, or a place that is no path; names file, line and way out.
    """
    path = Path(environment.get("RECALL_CONFIG") or "recall.yaml")
    document = read_settings(path)
    folder = path.resolve().parent
    home = (folder / _text(document, "home", ".recall")).resolve()
    url = environment.get("RECALL_LEDGER") or anchored(_text(document, "ledger", ""), folder) or f"sqlite:///{home / 'ledger.db'}"
    return Places(home, url, tuple((folder / p).resolve() for p in _texts(document, "checkpoint_files")))


def anchored(url: str, folder: Path) -> str:
    """The ledger's address as the settings in that folder mean it: a relative file is beside them, wherever the command is run."""
    scheme, _, name = url.partition(":///")
    is_relative = scheme == "sqlite" and name and name != ":memory:" and not name.startswith("/")
    return f"sqlite:///{folder / name}" if is_relative else url


def read_settings(path: Path) -> Document:
    """The settings as they stand in the file, a mapping at the top. Raises SettingsInvalid naming file, line and way out."""
    try:
        document = parsed(text_of(path), str(path), SettingsInvalid)
    except FileNotFoundError as err:
        raise SettingsInvalid(f"no settings at {path}; `recall init` writes a commented one") from err
    except OSError as err:
        raise SettingsInvalid(f"{path}: cannot be read ({err.strerror}); check path and permissions") from err
    except ValueError as err:
        raise SettingsInvalid(f"{path}: cannot be read ({err}); `recall init` writes a commented one") from err
    if not isinstance(document.values, dict):
        raise SettingsInvalid(f"{path}:1: holds no settings, which are `key: value` lines; `recall init` writes a commented one")
    return document


def _text(document: Document, key: str, default: str) -> str:
    found = _given(document, key, default)
    if not isinstance(found, str):
        raise SettingsInvalid(f"{document.at([key])}: {key}: must be text; `recall init` writes a commented example")
    return found


def _texts(document: Document, key: str) -> list[str]:
    found = _given(document, key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SettingsInvalid(f"{document.at([key])}: {key}: must be a list of paths; `recall init` writes a commented example")
    return found


def _given(document: Document, key: str, default: object) -> object:
    return document.values.get(key, default) if isinstance(document.values, dict) else default
