"""Addresses a person can open: forms and runs in the Prefect UI, the dossier on disk.

Add here when a message or page needs another link; rather in `integrations/server` when it is about the server itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from configs.web import Web

SIGN_PATH = "/s"
"""Below it are the pages of signed links."""


def keep_addresses(home: Path, ui_url: str, deployments: dict[str, str]) -> None:
    """Remembers where the UI is and the id of each deployment, so that messages made without a server can link to it."""
    path = home / "server.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"ui": ui_url, "deployments": deployments}), encoding="utf-8")
    draft.replace(path)


def form_link(home: Path, deployment: str, parameters: dict[str, str]) -> str:
    """The run form of a deployment with these parameters filled in; "" where no UI is known."""
    known = _addresses(home)
    deployments = known.get("deployments")
    if not isinstance(deployments, dict) or deployment not in deployments:
        return ""
    filled = quote(json.dumps(parameters, separators=(",", ":")), safe="")
    return f"{known['ui']}/deployments/deployment/{deployments[deployment]}/run?parameters={filled}"


def memo_link(home: Path, recall_id: str) -> str:
    """Where the Prefect UI shows a recall's decision memo; "" where no UI is known."""
    known = _addresses(home)
    return f"{known['ui']}/artifacts/key/memo-{recall_id.lower()}" if "ui" in known else ""


def sign_address(web: Web | None, token: str) -> str:
    """Where a signer's own link leads; "" where the settings name no address that people can reach."""
    return f"{web.public_url.rstrip('/')}{SIGN_PATH}/{token}" if web is not None and web.public_url else ""


def dossier_path(home: Path, recall_id: str) -> Path:
    """Where a recall's dossier is written."""
    return home / "dossiers" / f"{recall_id}.html"


def dossier_link(home: Path, recall_id: str) -> str:
    """The dossier's address once it is written, else ""."""
    path = dossier_path(home, recall_id)
    return path.resolve().as_uri() if path.exists() else ""


def _addresses(home: Path) -> dict[str, object]:
    try:
        found = json.loads((home / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
