"""The demo's folder: settings, policy, ledger and world, fresh at every start.

Add here when the demo needs another file; rather in `configs/recall.yaml` when every new user does.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from configs.errors import BadInput
from configs.settings import load_settings
from integrations.ledger.migrations import migrate
from integrations.rehearsal.scenario import Habits, Scenario
from integrations.rehearsal.world import FILE_NAME, World

APP = "com.example.app"
MARK = ".app-recall-demo"
"""Only a folder with this file in it is ever emptied."""

START = datetime(2026, 3, 2, tzinfo=UTC)
"""Virtual midnight of the day the bad release goes out; the same for everyone, so that a seed tells the same story."""

OUTSPOKEN = 0.3
"""Share of crashed users who write a review: more than in life, so that two days bring enough to read."""

SETTINGS = f"""\
# The demo's settings: a simulated app in virtual time; store, mail and contacts are the rehearsal's.
home: .
policy: default
clock: rehearsal
checkpoint_files: [elsewhere/checkpoints.jsonl]
apps:
  - id: {APP}
    title: Example
    platform: android
    store: play
    sources: [{{kind: simulator, name: vitals}}]
    contacts: {{kind: simulated}}
stores:
  play: {{kind: rehearsal}}
channels:
  email: {{kind: memory, bounce_share: 0.01}}
  webhook: {{kind: memory}}
"""


def open_home(home: Path, seed: int) -> Path:
    """An emptied folder with settings, a new world of that seed and a new ledger.

    Raises:
        BadInput: the folder holds something that no demo made.
    """
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise BadInput(f"{home} is not empty and was not made by a demo; choose another folder with --home")
    shutil.rmtree(home, ignore_errors=True)
    (home / "elsewhere").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    (home / MARK).write_text("made by `recall demo`, which empties this folder\n", encoding="utf-8")
    (home / "recall.yaml").write_text(SETTINGS, encoding="utf-8")
    World.create(home / FILE_NAME, Scenario(app=APP, seed=seed, start=START, habits=Habits(review_after_crash=OUTSPOKEN)))
    migrate(load_settings(home / "recall.yaml").ledger_url)
    return home.resolve()
