"""`recall init`: a commented starting configuration, and the ledger.

Add here when starting needs another file; rather in `configs/policies/default.yaml` when the policy should start otherwise.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path


def run(args: argparse.Namespace) -> int:
    """Writes what is not there yet, checks what is, and makes or migrates the ledger."""
    from configs.settings import load_settings
    from flows.commands.printing import console
    from integrations.ledger.migrations import migrate
    from integrations.toolbox import open_toolbox

    folder, screen = Path(args.folder), console()
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in (("recall.yaml", ("configs", "recall.yaml")), ("policy.yaml", ("configs.policies", "default.yaml"))):
        path = folder / name
        written = _written(path, *source)
        screen.print(f"{'wrote' if written else 'kept'} {path}", markup=False)
    settings = load_settings(folder / "recall.yaml")
    settings.home_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate(settings.ledger_url)
    tools = open_toolbox(folder / "recall.yaml")
    tools.book.checkpoint(force=True)
    screen.print(f"ledger ready: {tools.book.shown_url}", markup=False)
    screen.print("next: edit recall.yaml and policy.yaml, then `recall up`", markup=False)
    return 0


def _written(path: Path, package: str, name: str) -> bool:
    if path.exists():
        return False
    path.write_text(files(package).joinpath(name).read_text(encoding="utf-8"), encoding="utf-8")
    return True
