"""A home folder with a fresh ledger and one app whose events stand in files: what the benchmarks poll and score.

Add here when benchmarks need another home; rather in one benchmark when only it does.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import yaml

from benchmarks.event_text import DAY, VERSIONS
from configs.terms import Health, Platform, Reading, Release
from integrations.ledger.migrations import migrate
from integrations.ledger.readings import store_reading
from integrations.toolbox import Toolbox, open_toolbox

APP = "com.example.app"
SOURCE = "crashes"


def make_home(folder: Path, pattern: str = "events*.jsonl", apps: int = 1) -> Toolbox:
    """The toolbox over that new home; its releases are known, and the policy is the default one."""
    names = [APP] if apps == 1 else [f"{APP}.{n}" for n in range(apps)]
    (folder / "contacts.csv").write_text("id,email,locale,version\n", encoding="utf-8")
    settings = {
        "home": ".",
        "policy": "default",
        "ledger": f"sqlite:///{folder / 'ledger.db'}",
        "checkpoint_files": ["elsewhere/checkpoints.jsonl"],
        "apps": [_app(name, pattern.replace("*", f"-{n}-*") if apps > 1 else pattern) for n, name in enumerate(names)],
        "stores": {"play": {"kind": "rehearsal"}},
        "channels": {"email": {"kind": "memory"}, "webhook": {"kind": "memory"}},
    }
    (folder / "recall.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    migrate(f"sqlite:///{folder / 'ledger.db'}")
    tools = open_toolbox(folder / "recall.yaml")
    for name in names:
        _release(tools, name)
    return tools


def _app(name: str, pattern: str) -> dict[str, object]:
    sources = [{"kind": "events", "name": SOURCE, "path": pattern}]
    contacts = {"kind": "table", "path": "contacts.csv"}
    return {"id": name, "title": "Example", "platform": "android", "store": "play", "sources": sources, "contacts": contacts}


def _release(tools: Toolbox, app: str) -> None:
    begun = {version: DAY - timedelta(days=30 * n) for n, version in enumerate(VERSIONS)}
    releases = tuple(Release(app, Platform.ANDROID, version, at) for version, at in begun.items())
    with tools.book.write() as txn:
        store_reading(txn, app, Reading("store", DAY, DAY, DAY, Health.HEALTHY, releases=releases))
